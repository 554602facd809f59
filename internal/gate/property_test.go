package gate_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/gate"
	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/taskbox"
)

const pickyPolicy = `version: 1
functions:
  legal: { teams: [acme/legal], users: [lee] }
  security: { teams: [acme/security], approvals: 2, label: "security: ok" }
rules:
  - name: slo
    paths: ["slo/**", "!slo/x/**"]
    require: { weakened: [legal], removed: [legal, security], unknown: [security], strengthened: [], added: [], neutral: [] }
    checklist: [impact, { id: customer-notice, required: true }]
  - { name: all, paths: ["**"], branches: [main], require: [legal] }
signoffs: { methods: [label, command, review], committers: true, several: true, on_push: reset }
`

// anything draws snapshots of which no part need fit any other: few words, so
// that by chance they do.
func anything() *rapid.Generator[pull.Snapshot] {
	words := rapid.SampledFrom([]string{
		"", "h1", "h2", "main", "acme", "acme/legal", "acme/security", "lee", "ana", "helper[bot]", "ghost", "slagate", "legal", "security", "product",
		"author", "sla/legal-approved", "security: ok", "slo/a.yml", "slo/ä.yml", "SLO/a.yml", "../x", ".github/slagate.yml", "impact", "customer-notice",
		"100644", "120000", "160000", "a1", "a2", "h1..h2", "E1", "E2", "comment:1:x", "review:1:legal", "/sla sign legal\n/sla done impact\n/sla na x",
		"/sla unsign legal\r\n/sla refresh\n/sla help\n/sla", "success", "label", "command", "review", "admin", "APPROVED", "DISMISSED", "label:x",
		taskbox.Line("impact", false), taskbox.Line("impact", true), "not found", standardPolicy, pickyPolicy, "version: 2\n", "version: 1\n", "\x00: [",
	})
	moments := rapid.Custom(func(t *rapid.T) any {
		s := rapid.IntRange(-5, 120).Draw(t, "second")
		if s == -5 {
			return time.Time{}
		}
		return time.Date(2026, 3, 2, 10, 0, s, 0, time.UTC)
	})
	of := func(v ...any) *rapid.Generator[any] { return rapid.SampledFrom(v) }
	text := func(v pull.Blob) any { return v }
	return rapid.MakeCustom[pull.Snapshot](rapid.MakeConfig{
		Types: map[reflect.Type]*rapid.Generator[any]{
			reflect.TypeFor[time.Time](): moments,
			reflect.TypeFor[pull.EvidenceKind](): of(pull.EvidenceOpened, pull.EvidencePush, pull.EvidenceLabeled, pull.EvidenceUnlabeled, pull.EvidenceReview,
				pull.EvidenceComment, pull.EvidenceCommentEdited, pull.EvidenceCommentDeleted, pull.EvidenceLabelGone, pull.EvidenceKind("?")),
			reflect.TypeFor[pull.SignOffState](): of(pull.SignOffActive, pull.SignOffLapsed, pull.SignOffRefused, pull.SignOffWithdrawn),
			reflect.TypeFor[pull.TickState]():    of(pull.TickDone, pull.TickNotApplicable, pull.TickUndone),
			reflect.TypeFor[pull.FileStatus]():   of(pull.FileAdded, pull.FileChanged, pull.FileCopied, pull.FileModified, pull.FileRemoved, pull.FileRenamed),
			reflect.TypeFor[commitment.Effect](): of(commitment.Unknown, commitment.Neutral, commitment.Effect("?")),
			reflect.TypeFor[pull.Person](): of(person("lee"), person("lea"), person("ana"), person("helper[bot]"), person("ghost"), app,
				person("sam"), person("sue"), pull.Person{Login: "lee"}, pull.Person{ID: 3}),
			reflect.TypeFor[pull.Blob](): of(text(found(standardPolicy)), found(pickyPolicy), found(pickyPolicy), found("version: 2\n"), found("version: 1\n"),
				pull.Blob{}, pull.Blob{State: pull.BlobAbsent}, pull.Blob{State: pull.BlobHidden}, pull.Blob{State: pull.BlobSymlink},
				pull.Blob{State: pull.BlobNoAnswer}, pull.Blob{State: pull.BlobUnreadable}, pull.Blob{State: "?"}),
		},
		Kinds: map[reflect.Kind]*rapid.Generator[any]{
			reflect.String: words.AsAny(),
			reflect.Int64:  of(int64(0), int64(1), int64(2), person("lee").ID, person("sam").ID, person("sue").ID),
			reflect.Int:    of(0, 1, 2, -1),
		},
		Fields: map[reflect.Type]map[string]*rapid.Generator[any]{
			reflect.TypeFor[pull.Pull]():     {"Open": of(true, true, true, false), "BaseBranch": of("main", "release")},
			reflect.TypeFor[pull.Snapshot](): {"App": of(app), "FilesProblem": of("", "", "", "too many")},
			reflect.TypeFor[pull.Ref]():      {"Owner": of("acme"), "Repo": of("shop", ".github")},
		},
	})
}

func toJSON(t require.TestingT, v any) string {
	raw, err := json.Marshal(v)
	require.NoError(t, err)
	return string(raw)
}

// TestEvaluateIsTotalAndDeterministic: whatever is in a snapshot there is a
// decision, the snapshot is left alone, and the same snapshot read back from
// JSON by another gate gives the same bytes.
func TestEvaluateIsTotalAndDeterministic(t *testing.T) {
	t.Parallel()
	snapshots := anything()
	here, elsewhere := gate.New(), gate.New()
	rapid.Check(t, func(t *rapid.T) {
		sn := snapshots.Draw(t, "snapshot")
		before := toJSON(t, sn)
		first := toJSON(t, here.Evaluate(sn))
		require.Equal(t, first, toJSON(t, here.Evaluate(sn)), "judged twice")
		needs := toJSON(t, here.Needs(sn))
		bindings := toJSON(t, here.Bindings(sn))
		here.AsksFor(sn, sn.Files)
		require.Equal(t, before, toJSON(t, sn), "a judgement changes nothing in the snapshot")

		var stored pull.Snapshot
		require.NoError(t, json.Unmarshal([]byte(before), &stored))
		require.Equal(t, first, toJSON(t, elsewhere.Evaluate(stored)), "judged again from the store")
		require.Equal(t, needs, toJSON(t, elsewhere.Needs(stored)))
		require.Equal(t, bindings, toJSON(t, elsewhere.Bindings(stored)))
	})
}

// TestNothingUnreadIsGreen: facts that are missing make no success, where the
// rules ask anybody.
func TestNothingUnreadIsGreen(t *testing.T) {
	t.Parallel()
	whole := signedStory(t)
	require.Equal(t, gate.Signed, gate.New().Evaluate(whole).Verdict)
	for name, forget := range map[string]func(sn *pull.Snapshot){
		"policy not asked":     func(sn *pull.Snapshot) { sn.Policy.Base = pull.Blob{} },
		"policy no answer":     func(sn *pull.Snapshot) { sn.Policy.Base = pull.Blob{State: pull.BlobNoAnswer} },
		"policy of odd state":  func(sn *pull.Snapshot) { sn.Policy.Base = pull.Blob{State: "odd"} },
		"owner not asked":      func(sn *pull.Snapshot) { sn.Policy.Owner = pull.Blob{} },
		"teams":                func(sn *pull.Snapshot) { sn.Teams = nil },
		"nobody asked":         func(sn *pull.Snapshot) { sn.Teams[0].Asked, sn.Teams[0].Members = nil, nil },
		"team without answer":  func(sn *pull.Snapshot) { sn.Teams[0].NoAnswer = true },
		"commits not whole":    func(sn *pull.Snapshot) { sn.CommitsProblem = "too many" },
		"file not read":        func(sn *pull.Snapshot) { sn.Files[0].After = nil },
		"other side not read":  func(sn *pull.Snapshot) { sn.Files[0].Before = nil },
		"file unreadable":      func(sn *pull.Snapshot) { sn.Files[0].Problem = "too large" },
		"files not listed":     func(sn *pull.Snapshot) { sn.FilesProblem = "too many" },
		"memory lost":          func(sn *pull.Snapshot) { sn.Memory, sn.Evidence = pull.Memory{}, nil },
		"content is other":     func(sn *pull.Snapshot) { sn.Files[0].After.OID = "other" },
		"mode is other":        func(sn *pull.Snapshot) { sn.Files[0].After.Mode = "100755" },
		"one more file":        func(sn *pull.Snapshot) { sn.Files = append(sn.Files, pull.File{Path: "slo/b.yml"}) },
		"the other name gated": func(sn *pull.Snapshot) { sn.Files[0].Previous, sn.Files[0].Path = "slo/a.yml", "docs/a.yml" },
		"signer is the author": func(sn *pull.Snapshot) { sn.Pull.Author = person("lee") },
		"signer named in commit": func(sn *pull.Snapshot) {
			sn.Commits = []pull.Commit{{OID: "c9", Committer: person("lee")}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var sn pull.Snapshot
			require.NoError(t, json.Unmarshal([]byte(toJSON(t, whole)), &sn))
			forget(&sn)
			require.NotContains(t, []gate.Verdict{gate.Signed, gate.Ungated, gate.AllNeutral, gate.Silent, gate.AddsPolicy}, gate.New().Evaluate(sn).Verdict)
		})
	}
}

// TestUnreadFileIsNoAnswer also where nobody would be asked: it may be a link.
func TestUnreadFileIsNoAnswer(t *testing.T) {
	t.Parallel()
	sn := signedStory(t)
	sn.Policy.Base = found(`version: 1
functions: {legal: {teams: [acme/legal]}}
rules: [{name: slo, paths: ["slo/**"], require: {weakened: [], removed: [], unknown: []}}]
`)
	require.Equal(t, gate.Signed, gate.New().Evaluate(sn).Verdict)
	sn.Files[0].After = nil
	require.Equal(t, gate.NoAnswer, gate.New().Evaluate(sn).Verdict)
}

// signedStory is the snapshot of a pull request that stands signed.
func signedStory(t require.TestingT) pull.Snapshot {
	w := newWorld(t, storyOf(legalPolicy))
	for line := range strings.Lines("10:00:00 ana opened h1\n10:00:02 look\n10:01:00 lee labeled sla/legal-approved\n10:01:02 look\n10:02:00 look") {
		w.do(strings.TrimSpace(line))
	}
	return w.snapshot()
}
