package commitment

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// pathOf writes a path as "0 a; 600 b+c; 1200 d / 1800 x9": when each level is called and
// who, the length of a pass, and how often it starts again.
func pathOf(t *testing.T, text string) *Path {
	t.Helper()
	p := &Path{}
	levels, end, _ := strings.Cut(text, " / ")
	round, loops, again := strings.Cut(end, " x")
	if round != "" {
		p.Round = Duration(round, PlainSeconds)
	}
	if again {
		n, ok := ParseNumber(loops)
		require.True(t, ok)
		p.Repeats = int(n.Num().Int64())
	}
	for level := range strings.SplitSeq(levels, "; ") {
		at, who, _ := strings.Cut(level, " ")
		l := Level{Reach: Duration(at, PlainSeconds)}
		for name := range strings.SplitSeq(who, "+") {
			if name != "" {
				l.Targets = append(l.Targets, Target{Name: name})
			}
		}
		p.Levels = append(p.Levels, l)
	}
	return p
}

func TestPathsAreJudgedAsAWhole(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, before, after string
		effect              Effect
		mixed               bool
		text                string
	}{
		{"the same", "0 a; 600 b / 1200 x2", "0 a; 600 b / 1200 x2", Neutral, false, ""},
		{
			"the second level is lost", "0 a; 1200 b / 1800", "0 a / 7200", Weakened, false,
			"Nobody but the first responder is paged any more: the second responder (b) was called after 20 minutes, now never.",
		},
		{"two levels are lost", "0 a; 600 b; 1200 c / 1800", "0 a / 1800", Weakened, false, "The third responder (c) was called after 20 minutes, now never."},
		{"one of three is lost", "0 a; 600 b; 1200 c / 1800", "0 a; 600 b / 1800", Weakened, false, "The third responder (c) was called after 20 minutes, now never."},
		{"nobody is left", "0 a / 600", "0  / 600", Weakened, false, "Nobody is paged any more: the first responder (a) was called at once, now never."},
		{"a level is gained", "0 a / 600", "0 a; 600 b / 1200", Strengthened, false, "There is a second responder now (b), called after 10 minutes; before, nobody was."},
		{"later", "0 a; 600 b / 1200", "0 a; 900 b / 1500", Weakened, false, "The second responder (b) is called after 15 minutes instead of after 10 minutes."},
		{"earlier", "0 a; 600 b / 1200", "0 a; 300 b / 900", Strengthened, false, ""},
		{"one earlier, one later", "0 a; 600 b; 1200 c / 1800", "0 a; 300 b; 1800 c / 2400", Weakened, true, ""},
		{"below a minute", "0 a; 600 b / 1200", "0 a; 630 b / 1230", Neutral, false, ""},
		{"later but with loops", "0 a; 600 b / 1200", "0 a; 1200 b / 1800 x9", Weakened, true, "The path starts again now, 9 times."},
		{"later but one level more", "0 a; 600 b / 1200", "0 a; 1200 b; 1800 c / 2400", Weakened, true, "The second responder (b) is called after 20 minutes instead of after 10 minutes. There is a third responder now (c)"},
		{"no loops any more", "0 a; 600 b / 1200 x9", "0 a; 600 b / 1200", Weakened, false, "The path does not start again any more, it did 9 times: nobody is called after its last level."},
		{"fewer loops", "0 a / 600 x9", "0 a / 600 x3", Weakened, false, "The path starts again 3 times instead of 9 times."},
		{"for ever", "0 a / 600 x9", "0 a / 600 x-1", Strengthened, false, "The path starts again for ever instead of 9 times."},
		{"longer rounds", "0 a; 600 b / 1200 x2", "0 a; 600 b / 3600 x2", Weakened, false, "The path starts again after 60 minutes instead of after 20 minutes."},
		{"longer rounds, but sooner", "0 a; 600 b / 1200 x2", "0 a; 300 b / 3600 x2", Weakened, true, ""},
		{"the last wait of a path that ends", "0 a; 600 b / 1200", "0 a; 600 b / 3600", Neutral, false, "Only the wait after the last level changed, and nobody is called after it."},
		{"somebody else", "0 a; 600 b / 1200", "0 a; 600 c / 1200", Unknown, false, "On the second level c is called in place of b; whether that is better cannot be told."},
		{"somebody else, and a level lost", "0 a; 600 b; 900 c / 1200", "0 a; 600 x / 1200", Weakened, false, ""},
		{"swapped", "0 a; 600 b / 1200", "0 b; 600 a / 1200", Unknown, false, ""},
		{"one more on a level", "0 a; 600 b / 1200", "0 a+c; 600 b / 1200", Strengthened, false, "On the first level c is called too."},
		{"one less on a level", "0 a+c; 600 b / 1200", "0 a; 600 b / 1200", Weakened, false, "On the first level c is not called any more; a still is."},
		{"two levels become one", "0 a; 600 b / 1200", "0 a+b / 1200", Weakened, true, "The second level is gone: there b was called after 10 minutes, and now only at once."},
		{"an unknown delay", "0 a; 600 b / 1200", "0 a; var.x b / var.y", Unknown, false, "cannot be told: after 10 minutes before, after var.x now."},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			before, after := pathOf(t, c.before), pathOf(t, c.after)
			fields, effect, mixed, text, size := diffPaths(before, after)
			require.Equal(t, c.effect, effect, text)
			require.Equal(t, c.mixed, mixed)
			require.Contains(t, text, c.text)
			require.Equal(t, len(fields) == 0, text == "", "what differs is said")
			require.GreaterOrEqual(t, size, 0.0)
			mirror := map[Effect]Effect{Weakened: Strengthened, Strengthened: Weakened, Unknown: Unknown, Neutral: Neutral}
			_, back, again, _, _ := diffPaths(after, before)
			require.Equal(t, c.mixed, again, "mixed in one direction is mixed in the other")
			if !c.mixed && c.name != "somebody else, and a level lost" {
				require.Equal(t, mirror[c.effect], back, "the way back")
			}
		})
	}
}

func TestWhatCannotBeReadIsUnknownUnlessItIsTheSame(t *testing.T) {
	t.Parallel()
	before, after := pathOf(t, "0 a; 600 b / 1200"), pathOf(t, "0 a / 600")
	before.Opaque, after.Opaque = "rules from var.x", "rules from var.x"
	_, effect, _, _, _ := diffPaths(before, after)
	require.Equal(t, Weakened, effect, "beside what is unread a level is lost")
	after.Opaque = "rules from var.y"
	fields, effect, _, text, _ := diffPaths(before, after)
	require.Equal(t, Unknown, effect)
	require.Equal(t, "rules from var.y", fields[0].After)
	require.Contains(t, text, "Please judge")
}

func TestAPathInWords(t *testing.T) {
	t.Parallel()
	p := pathOf(t, "0 pagerduty_schedule.primary.id; 900 b+a; 7200 c; 7290  / 9000 x9")
	require.Equal(t, "t+0 primary, t+15 min a and b, t+2 h c, t+7290 s nobody, then again from the start 9 times", p.Walk())
	require.Equal(t, "t+0 a, then nobody", pathOf(t, "0 a / 600").Walk())
	require.Equal(t, "t+0 a, then again from the start for ever", pathOf(t, "0 a / 600 x-1").Walk())
	require.Equal(t, "nobody", (&Path{}).Walk())
	require.Empty(t, (*Path)(nil).Walk())
	for text, want := range map[string]string{
		"pagerduty_schedule.a.id":               "a",
		"data.pagerduty_user.a.id":              "a",
		`pagerduty_user.all["ana"].id`:          `all["ana"]`,
		"opsgenie_schedule.a.id (next)":         "a (next)",
		"ana@example.org":                       "ana@example.org",
		"module.x.id":                           "module.x.id",
		`cond ? a_b.c.id : d_e.f.id`:            `cond ? a_b.c.id : d_e.f.id`,
		"whoever is generated":                  "whoever is generated",
		"opsgenie_team.ops.id (all, if-closed)": "ops (all, if-closed)",
	} {
		require.Equal(t, want, Target{Name: text}.String())
	}
	require.Equal(t, "user ana", Target{Kind: "user", Name: "x_user.ana.id"}.String())
}

func TestWeakSpotsOfAPath(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, path, code string }{
		{"nothing wrong", "0 a; 600 b / 1200", ""},
		{"a level with nobody", "0 a; 600  / 1200", "escalation-dead-end"},
		{"leads to itself", "0 a; 600 pagerduty_escalation_policy.shop.id / 1200", "escalation-loop"},
		{"only one person", "0 a; 600 a / 1200", "escalation-one-person"},
		{"one level is no repetition", "0 a / 1200", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := pathFindings(&Commitment{
				Name: "Shop", Key: Key{Group: "pagerduty_escalation_policy", Name: "shop"}, Path: pathOf(t, c.path), Source: Source{File: "a.tf", Line: 3},
			})
			if c.code == "" {
				require.Empty(t, got)
				return
			}
			require.Len(t, got, 1)
			require.Equal(t, c.code, got[0].Code)
			require.Equal(t, 3, got[0].Line)
			require.Contains(t, got[0].Text, "Shop")
		})
	}
	require.Len(t, pathFindings(&Commitment{Path: &Path{}}), 1, "a path without levels")
	require.Empty(t, pathFindings(&Commitment{Path: &Path{Opaque: "var.x"}}))
	require.Empty(t, pathFindings(&Commitment{}))
}
