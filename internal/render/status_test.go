package render_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/slagate/slagate/internal/gate"
	"github.com/slagate/slagate/internal/policy"
	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/render"
)

// One row for each row of the contract's table of statuses, text for text.
func TestStatus(t *testing.T) {
	t.Parallel()
	of := func(v gate.Verdict, change func(d *gate.Decision)) gate.Decision {
		d := waiting()
		d.Verdict = v
		if change != nil {
			change(&d)
		}
		return d
	}
	tests := []struct {
		name        string
		decision    gate.Decision
		state, text string
	}{
		{"nothing gated", of(gate.Ungated, nil), "success", "No customer commitment touched"},
		{"neutral", of(gate.AllNeutral, nil), "success", "Commitments touched, none changed"},
		{"waiting", partlySigned(), "pending", "Waiting for legal, security (2 of 4 signed)"},
		{"open items", openItems(), "pending", "Signed; still open: rollback"},
		{"signed", allSigned(), "success", "Signed by product, legal, security, support"},
		{"cannot", cannotSign(), "failure", "legal cannot sign: team acme/legal not found"},
		{"head policy", policyInvalid(), "failure", `Policy would be invalid: .github/slagate.yml:7 unknown key "sign_offs", did you mean "signoffs"?`},
		{"base policy", policyBroken(), "error", `.github/slagate.yml:7 unknown key "sign_offs", did you mean "signoffs"?`},
		{"policy link", of(gate.PolicyBroken, func(d *gate.Decision) {
			d.Problems = []policy.Problem{{File: ".github/slagate.yml", Line: 1, Column: 1, Message: "is a symbolic link"}}
		}), "error", ".github/slagate.yml:1 is a symbolic link"},
		{"adds policy", addsPolicy(), "success", "Adds slagate's policy: valid, in force once merged"},
		{
			"no answer", of(gate.NoAnswer, func(d *gate.Decision) { d.At = time.Date(2026, 3, 2, 15, 5, 0, 0, time.FixedZone("CET", 3600)) }),
			"error", "GitHub did not answer since 14:05 UTC; trying again",
		},
		{"repair", policyRepair(), "pending", "Waiting for policy (0 of 1 signed)"},
		{"repaired", of(gate.Signed, func(d *gate.Decision) {
			d.Functions = []gate.Function{{Name: "policy", Approvals: 1, SignOffs: []pull.SignOff{{}}}}
		}), "success", "Signed by policy"},
		{
			"owner default", of(gate.Signed, func(d *gate.Decision) { *d = allSigned(); d.OwnerUnreadableSince = noon }),
			"success", "Signed by product, legal, security, support (owner default unreadable since 2026-03-02)",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, pull.Status{Context: "slagate", State: tt.state, Description: tt.text}, render.Status(tt.decision))
		})
	}
	require.Zero(t, render.Status(of(gate.Silent, nil)))
	require.Equal(t, "error", render.Status(of("news", nil)).State)
	require.Equal(t, "GitHub did not answer since 12:00 UTC; trying again (owner default unreadable since 2026-03-01)",
		render.NoAnswer(noon, noon.AddDate(0, 0, -1)).Description)
}

func TestFunctionStatus(t *testing.T) {
	t.Parallel()
	f := functions()[1]
	status := func(f gate.Function) []string {
		s := render.FunctionStatus(f)
		return []string{s.Context, s.State, s.Description}
	}
	require.Equal(t, []string{"slagate/legal", "pending", "Waiting for legal (acme/legal, @jane)"}, status(f))
	f.Approvals = 2
	require.Equal(t, []string{"slagate/legal", "pending", "Waiting for legal (acme/legal, @jane)"}, status(f))
	f.SignOffs = append(f.SignOffs, signOff("legal", "label", person(1, "jane"), noon))
	require.Equal(t, []string{"slagate/legal", "pending", "1 of 2"}, status(f))
	f.SignOffs = append(f.SignOffs, signOff("legal", "label", person(2, "lee"), noon))
	require.Equal(t, []string{"slagate/legal", "success", "Signed by jane, lee"}, status(f))
	f.Cannot = "team acme/legal not found"
	require.Equal(t, []string{"slagate/legal", "failure", "legal cannot sign: team acme/legal not found"}, status(f))
	require.Equal(t, pull.Status{Context: "slagate/legal", State: "success", Description: "Not asked any more"}, render.NotAsked("legal"))
}

func TestStatus_Cut(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := cannotSign()
		d.Functions[1].Cannot = rapid.OneOf(rapid.String(), rapid.StringMatching(`[éa日]{30,90}`)).Draw(t, "cannot")
		suffix := ""
		if rapid.Bool().Draw(t, "unreadable") {
			d.OwnerUnreadableSince = noon
			suffix = " (owner default unreadable since 2026-03-02)"
		}
		s := render.Status(d)
		shared := render.SharedHead(pull.Sibling{Number: 12, State: s.State, Description: s.Description}, []pull.Sibling{{Number: 14, State: "success", Description: "x"}})
		for _, text := range []string{s.Description, shared.Description} {
			require.LessOrEqual(t, len(text), 140)
			require.True(t, utf8.ValidString(text))
			require.True(t, strings.HasSuffix(text, suffix))
			require.False(t, strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x202e }))
		}
	})
	d := cannotSign()
	d.Functions[1].Cannot = strings.Repeat("é", 200)
	text := render.Status(d).Description
	require.Equal(t, "legal cannot sign: "+strings.Repeat("é", 59)+"…", text)
	require.Len(t, text, 140)
}

func TestSharedHead(t *testing.T) {
	t.Parallel()
	sibling := func(n int, state, text string) pull.Sibling {
		return pull.Sibling{Number: n, State: state, Description: text, TargetURL: "https://example.com/" + text}
	}
	waits := sibling(12, "pending", "Waiting")
	tests := []struct {
		name        string
		all         []pull.Sibling
		state, text string
		target      string
	}{
		{"stricter sibling", []pull.Sibling{sibling(14, "success", "Fine"), waits}, "pending", "#12 (same commit): Waiting", waits.TargetURL},
		{"error is the strictest", []pull.Sibling{sibling(1, "failure", "F"), sibling(2, "error", "E"), waits}, "error", "#2 (same commit): E", "https://example.com/E"},
		{"equal outcomes", []pull.Sibling{sibling(14, "success", "Fine"), sibling(13, "success", "Fine")}, "success", "Fine", "https://example.com/Fine"},
		{"same state, other text", []pull.Sibling{sibling(14, "pending", "A"), waits}, "pending", "#12 (same commit): Waiting", waits.TargetURL},
		{"not judged yet", []pull.Sibling{sibling(14, "success", "Fine"), {Number: 15}}, "pending", "#15 (same commit): Looking at this pull request", ""},
		{"nobody judged yet", []pull.Sibling{{Number: 14}, {Number: 15}}, "pending", "Looking at this pull request", ""},
		{"a state nobody knows", []pull.Sibling{sibling(14, "failure", "F"), sibling(15, "stale", "S")}, "stale", "#15 (same commit): S", "https://example.com/S"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			want := pull.Status{Context: "slagate", State: tt.state, Description: tt.text, TargetURL: tt.target}
			for i := range tt.all { // every one of them says the same
				others := append(append([]pull.Sibling{}, tt.all[:i]...), tt.all[i+1:]...)
				require.Equal(t, want, render.SharedHead(tt.all[i], others))
			}
		})
	}
}

func TestMergeGroup(t *testing.T) {
	t.Parallel()
	signed := func(n int, changed ...string) render.GroupPull {
		return render.GroupPull{Number: n, Gated: true, Signed: true, Changed: changed}
	}
	unsigned := render.GroupPull{Number: 13, Gated: true, FirstDescription: "Waiting for legal (1 of 2 signed)"}
	tests := []struct {
		name        string
		pulls       []render.GroupPull
		state, text string
	}{
		{"as signed", []render.GroupPull{signed(14), {Number: 13}, signed(12)}, "success", "Signed for this content: #12, #14"},
		{"changed", []render.GroupPull{signed(12, "legal")}, "failure", "#12 changed in the group: legal must look again"},
		{"several functions", []render.GroupPull{signed(14), signed(12, "legal", "support")}, "failure", "#12 changed in the group: legal, support must look again"},
		{"not signed", []render.GroupPull{unsigned}, "failure", "#13 is not signed: Waiting for legal (1 of 2 signed)"},
		{"several", []render.GroupPull{signed(15, "legal"), unsigned, signed(12, "legal"), signed(1)}, "failure", "#12 changed in the group: legal must look again; +2 more"},
		{"none gated", []render.GroupPull{{Number: 3}}, "success", "No customer commitment touched"},
		{"empty", nil, "success", "No customer commitment touched"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, pull.Status{Context: "slagate", State: tt.state, Description: tt.text}, render.MergeGroup(tt.pulls, time.Time{}))
			require.Equal(t, tt.text+" (owner default unreadable since 2026-03-02)", render.MergeGroup(tt.pulls, noon).Description)
		})
	}
	unsigned.FirstDescription = strings.Repeat("a", 140)
	text := render.MergeGroup([]render.GroupPull{unsigned, signed(14, "legal")}, noon).Description
	require.Len(t, text, 140)
	require.True(t, strings.HasSuffix(text, "a…; +1 more (owner default unreadable since 2026-03-02)"), text)
}

func TestLabels(t *testing.T) {
	t.Parallel()
	require.Equal(t, "sla/needs-legal", policy.NeedsLabel("legal"))
	require.Equal(t, "sla/legal-approved", policy.ApprovedLabel("legal"))
	for _, look := range []render.Look{render.NeedsLook(strings.Repeat("é", 200)), render.ApprovedLook(gate.Function{Name: strings.Repeat("é", 200)})} {
		require.Regexp(t, `^[0-9a-f]{6}$`, look.Color)
		require.LessOrEqual(t, utf8.RuneCountInString(look.Description), 100)
	}
}
