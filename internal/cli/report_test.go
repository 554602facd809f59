package cli

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"testing"

	"github.com/invopop/jsonschema"
	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/doctor"
	"github.com/slagate/slagate/internal/gate"
	"github.com/slagate/slagate/internal/policy"
	"github.com/slagate/slagate/internal/pull"
)

var update = flag.Bool("update", false, "write the schemas under config")

// schemaOf is the JSON Schema of what a command prints.
func schemaOf(t *testing.T, report any, command, description string) []byte {
	t.Helper()
	reflector := jsonschema.Reflector{Anonymous: true, DoNotReference: true}
	reflector.Mapper = func(typ reflect.Type) *jsonschema.Schema {
		if typ != reflect.TypeFor[Side]() {
			return nil
		}
		type plain Side // without the mapper's attention
		side := (&jsonschema.Reflector{Anonymous: true, DoNotReference: true}).Reflect(plain{})
		side.Version = ""
		none := uint64(0)
		return &jsonschema.Schema{OneOf: []*jsonschema.Schema{side, {Type: "object", MaxProperties: &none}}}
	}
	s := reflector.Reflect(report)
	s.ID = jsonschema.ID("https://raw.githubusercontent.com/slagate/slagate/main/config/" + command + ".schema.json")
	s.Title = "slagate " + command + " --format json"
	s.Description = description
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	require.NoError(t, encoder.Encode(s))
	return out.Bytes()
}

func TestReportSchemaInStep(t *testing.T) {
	t.Parallel()
	for command, schema := range map[string][]byte{
		"check":  schemaOf(t, Report{}, "check", "What the gate would ask of a branch."),
		"diff":   schemaOf(t, DiffReport{}, "diff", "Which promises differ between two versions."),
		"doctor": schemaOf(t, doctor.Report{}, "doctor", "Whether slagate can guard anything, as GitHub is set up."),
	} {
		file := "../../config/" + command + ".schema.json"
		if *update {
			require.NoError(t, os.WriteFile(file, schema, 0o644))
		}
		committed, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, string(committed), string(schema), "run go generate ./internal/cli")
	}
}

func TestResultOf(t *testing.T) {
	t.Parallel()
	files := []gate.GatedFile{{Path: "slo/a.yml", Effect: commitment.Neutral, Rules: []gate.RuleHit{{Rule: "r", Pattern: "slo/**"}}}}
	functions := []gate.Function{{Name: "legal", Approvals: 1}}
	problems := []policy.Problem{{File: "f", Line: 1, Column: 1, Message: "m"}}
	for _, tt := range []struct {
		name string
		d    gate.Decision
		want Result
	}{
		{"no policy", gate.Decision{Verdict: gate.Silent}, NothingGated},
		{"nothing touched", gate.Decision{Verdict: gate.Ungated}, NothingGated},
		{"first policy", gate.Decision{Verdict: gate.AddsPolicy}, NothingGated},
		{"neutral", gate.Decision{Verdict: gate.AllNeutral, Files: files}, Neutral},
		{"nobody asked for this effect", gate.Decision{Verdict: gate.Signed, Files: files}, Neutral},
		{"waiting", gate.Decision{Verdict: gate.Waiting, Files: files, Functions: functions}, SignOffsNeeded},
		{"memberships unknown", gate.Decision{Verdict: gate.NoAnswer, Files: files, Functions: functions}, SignOffsNeeded},
		{"only a required item", gate.Decision{Verdict: gate.OpenItems, Files: files, Checklist: []gate.Item{{ID: "impact", Required: true}}}, SignOffsNeeded},
		{"only items that are not required", gate.Decision{Verdict: gate.Signed, Files: files, Checklist: []gate.Item{{ID: "impact"}}}, Neutral},
		{"something could not be read and nobody is asked", gate.Decision{Verdict: gate.NoAnswer, Files: files}, Failed},
		{"all touched and nobody is asked", gate.Decision{Verdict: gate.Signed, AllTouched: "why"}, Failed},
		{"policy broken", gate.Decision{Verdict: gate.PolicyBroken, Problems: problems}, Failed},
		{"policy would be invalid, people asked", gate.Decision{Verdict: gate.HeadPolicyInvalid, Problems: problems, Files: files, Functions: functions}, Failed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, resultOf(tt.d))
			if tt.want == Failed {
				require.NotEmpty(t, newReport(tt.d).Problems)
			}
		})
	}
}

func TestReportHasEveryKey(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(newReport(gate.Decision{}))
	require.NoError(t, err)
	require.JSONEq(t, `{"version":1,"result":"nothing-gated","functions":[],"files":[],"changes":[],"uncovered":[],"findings":[],"checklist":[],"problems":[]}`, string(text))

	d := gate.Decision{
		Functions: []gate.Function{{Name: "legal", Approvals: 2}},
		Files: []gate.GatedFile{
			{Path: "b", Previous: "a", Status: pull.FileRenamed, Effect: commitment.Removed, Rules: []gate.RuleHit{{Rule: "r", Pattern: "a", Path: "a"}, {Rule: "r", Pattern: "a", Path: "b"}}},
			{Path: "n", Status: pull.FileAdded, Effect: commitment.Unknown, Rules: []gate.RuleHit{{Rule: "r"}}},
			{Path: "o", Status: pull.FileRemoved, Effect: commitment.Unknown, Rules: []gate.RuleHit{{Rule: "r"}}},
		},
		Checklist: []gate.Item{{ID: "impact", Owner: "author"}},
		Problems:  []policy.Problem{{File: "f", Line: 2, Column: 3, Message: "m"}},
		Verdict:   gate.HeadPolicyInvalid,
	}
	text, err = json.Marshal(newReport(d))
	require.NoError(t, err)
	unknown := "what it means for customers could not be compared, so it counts as the worst"
	require.JSONEq(t, `{"version":1,"result":"error",
		"functions":[{"name":"legal","approvals":2,"because":[]}],
		"files":[{"path":"b","previous_path":"a","rules":[{"rule":"r","pattern":"a"}]},
			{"path":"n","previous_path":"","rules":[{"rule":"r","pattern":""}]},
			{"path":"o","previous_path":"","rules":[{"rule":"r","pattern":""}]}],
		"changes":[
			{"effect":"removed","kind":"other","service":"","name":"b","before":{"value":"","window":"","file":"a","line":0},"after":{"value":"","window":"","file":"b","line":0},
			 "text":"renamed from a; the promise leaves the rules that guard it","fields":[],"mixed": false, "notes": [], "same_as": [], "crosses_floor":false},
			{"effect":"unknown","kind":"other","service":"","name":"n","before":{},"after":{"value":"","window":"","file":"n","line":0},
			 "text":"new file; `+unknown+`","fields":[],"mixed": false, "notes": [], "same_as": [], "crosses_floor":false},
			{"effect":"unknown","kind":"other","service":"","name":"o","before":{"value":"","window":"","file":"o","line":0},"after":{},
			 "text":"deleted; `+unknown+`","fields":[],"mixed": false, "notes": [], "same_as": [], "crosses_floor":false}],
		"uncovered":[],"findings":[],
		"checklist":[{"id":"impact","owner":"author","required":false}],
		"problems":[{"file":"f","line":2,"column":3,"value":"","message":"m","allowed":[]}]}`, string(text))
}

// A page shows a bounded number of files, and cuts off the harmless ones.
func TestWorstFirst(t *testing.T) {
	t.Parallel()
	var files []gate.GatedFile
	for range 2 * filesShown {
		files = append(files, gate.GatedFile{Path: "a", Effect: commitment.Neutral})
	}
	files = append(files, gate.GatedFile{Path: "moved", Effect: commitment.Removed}, gate.GatedFile{Path: "unread", Effect: commitment.Unknown})
	shown := worstFirst(files)
	require.Len(t, shown, filesShown)
	require.Equal(t, []string{"unread", "moved", "a"}, []string{shown[0].Path, shown[1].Path, shown[2].Path})
	d := gate.Decision{Files: files}
	require.Contains(t, markdown(d, newReport(d)), "- … and 27 more files")
	require.Contains(t, newPage(&check{}, found("a"), d, newReport(d)).String(), "… and 27 more files (--format json lists all)")
}

// Whatever a path or a rule is called, it stays on its line and moves no cursor.
func TestForeignTextIsInert(t *testing.T) {
	t.Parallel()
	evil := "slo/\x1b[2J\n::stop-commands::x\u202e\xff`|<b>@acme/legal.yml"
	d := gate.Decision{
		Verdict:   gate.Waiting,
		Functions: []gate.Function{{Name: "legal", Approvals: 1, Label: evil, Because: []string{evil}, Users: []string{"jane"}}},
		Files: []gate.GatedFile{{
			Path: evil, Previous: evil, Status: pull.FileRenamed, Effect: commitment.Removed,
			Rules: []gate.RuleHit{{Rule: evil, Pattern: evil}},
		}},
		Checklist: []gate.Item{{ID: "own", Text: evil, Owner: "author"}},
	}
	c := &check{streams: streams{out: &bytes.Buffer{}}}
	pages := map[string]string{
		"text":     newPage(c, found(evil), d, newReport(d)).String(),
		"markdown": markdown(d, newReport(d)),
		"explain":  (&explanation{Path: evil, Branch: evil, Rules: []explainedRule{{Rule: evil, Why: evil}}}).text(paint{}),
	}
	for name, text := range pages {
		require.NotContains(t, text, "\x1b", name)
		require.NotContains(t, text, "\u202e", name)
		require.NotContains(t, text, "\xff", name)
		require.NotContains(t, text, "\n::", name)
		require.NotContains(t, text, "  ::", name)
	}
	require.NotContains(t, pages["markdown"], "- slo", "foreign text stands in code only")
}
