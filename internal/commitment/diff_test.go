package commitment_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/commitment"
)

// slo is an objective of availability over a window.
func slo(file, name, target, window string) commitment.Commitment {
	return commitment.Commitment{
		Key: commitment.Key{Format: "test", Name: name}, Kind: commitment.Availability, Name: name, Indicator: "errors / total of " + name,
		Fields: []commitment.Field{
			{Name: "objective", Role: commitment.RoleTarget, Value: commitment.PercentOf(target), Better: commitment.Higher, Line: 2},
			{Name: "window", Role: commitment.RoleWindow, Value: commitment.Duration(window, commitment.NoPlain), Line: 3},
		},
		Source: commitment.Source{File: file, Line: 1},
	}
}

// alert is an alert rule.
func alert(file, name, indicator, threshold, hold, severity string) commitment.Commitment {
	return commitment.Commitment{
		Key: commitment.Key{Format: "test", Group: "g", Name: name}, Kind: commitment.Detection, Name: name, Indicator: indicator,
		Fields: []commitment.Field{
			{Name: "threshold", Role: commitment.RoleThreshold, Value: commitment.Number(threshold, commitment.None), Better: commitment.Lower},
			{Name: "for", Role: commitment.RoleDelay, Value: commitment.Duration(hold, commitment.NoPlain)},
			{Name: "severity", Role: commitment.RoleSeverity, Value: commitment.Words(severity)},
		},
		Source: commitment.Source{File: file, Line: 1},
	}
}

func set(list ...commitment.Commitment) commitment.Set {
	s := commitment.Set{Commitments: list}
	for _, c := range list {
		if _, ok := s.File(c.Source.File); !ok {
			s.Files = append(s.Files, commitment.File{Path: c.Source.File, Read: true})
		}
	}
	return s
}

func diff(b, a commitment.Set) []commitment.Change {
	return commitment.Diff(b, a, commitment.Options{}).Changes
}

func TestDirections(t *testing.T) {
	t.Parallel()
	base := alert("a.yml", "A", "rate(x[?]) > ?", "5", "5m", "page")
	tests := []struct {
		name          string
		before, after commitment.Commitment
		want          commitment.Effect // "" for no change
	}{
		{"target down", slo("a", "x", "99.95", "30d"), slo("a", "x", "99.9", "30d"), commitment.Weakened},
		{"target as a ratio of the same size", slo("a", "x", "99.950", "30d"), slo("a", "x", "99.95%", "720h"), ""},
		{"window longer", slo("a", "x", "99.9", "30d"), slo("a", "x", "99.9", "90d"), commitment.Weakened},
		{"window a little longer", slo("a", "x", "99.9", "28d"), slo("a", "x", "99.9", "30d"), commitment.Neutral},
		{"target up, window longer", slo("a", "x", "99.9", "7d"), slo("a", "x", "99.95", "30d"), commitment.Weakened},
		{"threshold", base, alert("a.yml", "A", "rate(x[?]) > ?", "50", "5m", "page"), commitment.Weakened},
		{"for longer", base, alert("a.yml", "A", "rate(x[?]) > ?", "5", "3h", "page"), commitment.Weakened},
		{"for a few seconds", base, alert("a.yml", "A", "rate(x[?]) > ?", "5", "5m30s", "page"), commitment.Neutral},
		{"severity down", base, alert("a.yml", "A", "rate(x[?]) > ?", "5", "5m", "ticket"), commitment.Weakened},
		{"severity in other words", base, alert("a.yml", "A", "rate(x[?]) > ?", "5", "5m", "critical"), commitment.Neutral},
		{"severity unknown", base, alert("a.yml", "A", "rate(x[?]) > ?", "5", "5m", "team-x"), commitment.Unknown},
		{"severity gone", base, alert("a.yml", "A", "rate(x[?]) > ?", "5", "5m", ""), commitment.Unknown},
		{"rewritten", base, alert("a.yml", "A", "rate(y[?]) > ?", "5", "5m", "page"), commitment.Unknown},
		{"a stricter number of something else", base, alert("a.yml", "A", "rate(y[?]) > ?", "1", "5m", "page"), commitment.Unknown},
		{"rewritten and later", base, alert("a.yml", "A", "rate(y[?]) > ?", "5", "1h", "page"), commitment.Weakened},
		{"rewritten and earlier", base, alert("a.yml", "A", "rate(y[?]) > ?", "5", "1m", "page"), commitment.Unknown},
		{"number became a variable", base, alert("a.yml", "A", "rate(x[?]) > ?", "{{ x }}", "5m", "page"), commitment.Unknown},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := diff(set(tt.before), set(tt.after))
			if tt.want == "" {
				require.Empty(t, got)
				return
			}
			require.Len(t, got, 1)
			require.Equal(t, tt.want, got[0].Effect, got[0].Text)
		})
	}
}

func TestABudgetIsSaidInMinutes(t *testing.T) {
	t.Parallel()
	got := diff(set(slo("slo.yml", "checkout", "99.95", "30d")), set(slo("slo.yml", "checkout", "99.9", "30d")))
	require.Equal(t, "The availability objective of checkout goes from 99.95% to 99.9%. In 30 days the allowed downtime goes from "+
		"21.6 minutes to 43.2 minutes, if everything fails (2 times as much). Weaker for customers.", got[0].Text)
}

func TestPairing(t *testing.T) {
	t.Parallel()
	a := func(file, name, indicator, threshold string) commitment.Commitment {
		return alert(file, name, indicator, threshold, "5m", "page")
	}
	tests := []struct {
		name          string
		before, after commitment.Set
		want          string // effect name note, a line each
	}{
		{"moved to another file", set(a("a", "A", "x > ?", "1")), set(a("b", "A", "x > ?", "1")), "neutral A moved from a"},
		{"moved and weakened", set(a("a", "A", "x > ?", "1")), set(a("b", "A", "x > ?", "2")), "weakened A moved from a"},
		{"renamed", set(a("a", "A", "x > ?", "1")), set(a("a", "KubeA", "x > ?", "1")), "neutral KubeA renamed from A"},
		{"same name, told by what they measure", set(a("a", "A", "x > ?", "1"), a("a", "A", "y > ?", "1")), set(a("a", "A", "y > ?", "2"), a("a", "A", "x > ?", "1")), "weakened A "},
		{"one of two of the same name removed", set(a("a", "A", "x > ?", "1"), a("a", "A", "y > ?", "1")), set(a("a", "A", "x > ?", "1")), "removed A "},
		{"split in two files", set(a("a", "A", "x > ?", "1"), a("a", "B", "y > ?", "1")), set(a("a", "A", "x > ?", "1"), a("b", "B", "y > ?", "1")), "neutral B moved from a"},
		{"nothing in common", set(a("a", "A", "x > ?", "1")), set(a("a", "B", "y + z > ?", "1")), "removed A \nadded B "},
		{
			"copies", set(a("a", "A", "x > ?", "1"), a("b", "A", "x > ?", "1"), a("generated/c", "A", "x > ?", "1")),
			set(a("a", "A", "x > ?", "2"), a("b", "A", "x > ?", "2"), a("generated/c", "A", "x > ?", "2")), "weakened A +2",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var lines []string
			for _, c := range diff(tt.before, tt.after) {
				side := c.After
				if side == nil {
					side = c.Before
				}
				name := side.Name
				note := strings.Join(c.Notes, "; ")
				if len(c.SameAs) > 0 {
					note += "+" + string(rune('0'+len(c.SameAs)))
				}
				lines = append(lines, string(c.Effect)+" "+name+" "+note)
			}
			require.Equal(t, tt.want, strings.Join(lines, "\n"))
		})
	}
}

func TestAFileThatBreaksIsNeverSilent(t *testing.T) {
	t.Parallel()
	before := set(slo("a.yml", "x", "99.9", "30d"), slo("a.yml", "y", "99.9", "30d"))
	after := commitment.Set{Files: []commitment.File{{Path: "a.yml", Problems: []commitment.Problem{{Line: 3, Text: "it is not valid YAML", Whole: true}}, Hash: "2"}}}
	got := diff(before, after)
	require.Len(t, got, 1)
	require.Equal(t, commitment.Unknown, got[0].Effect)
	require.Equal(t, "a.yml cannot be read any more: line 3: it is not valid YAML. 2 commitments not checked.", got[0].Text)
	back := diff(after, before)
	require.Len(t, back, 1)
	require.Equal(t, commitment.Unknown, back[0].Effect)
	both := commitment.Set{Files: []commitment.File{{Path: "a.yml", Problems: after.Files[0].Problems, Hash: "3"}}}
	require.Len(t, diff(after, both), 1, "broken on both sides and changed")
	require.Empty(t, diff(after, after), "broken, but left alone")
}

func TestDelaysAreJudgedTogether(t *testing.T) {
	t.Parallel()
	with := func(hold, window string) commitment.Commitment {
		c := alert("a", "A", "x > ?", "1", hold, "page")
		c.Fields = append(c.Fields, commitment.Field{Name: "range", Role: commitment.RoleDelay, Value: commitment.Duration(window, commitment.NoPlain)})
		return c
	}
	got := diff(set(with("20m", "1m")), set(with("5m", "6m")))
	require.Equal(t, commitment.Strengthened, got[0].Effect, "20 + 1 against 5 + 6")
	got = diff(set(with("5m", "5m")), set(with("1m", "1h")))
	require.Equal(t, commitment.Weakened, got[0].Effect, "shorter for, much longer range")
	got = diff(set(with("5m", "5m")), set(with("0s", "10m")))
	require.Equal(t, commitment.Neutral, got[0].Effect)
}

func TestWorkingHoursAreNotHours(t *testing.T) {
	t.Parallel()
	of := func(v commitment.Value) commitment.Set {
		return set(commitment.Commitment{
			Key: commitment.Key{Format: "t", Name: "sev1"}, Kind: commitment.ResponseTime, Name: "sev1",
			Fields: []commitment.Field{{Name: "first response", Role: commitment.RoleTarget, Value: v, Better: commitment.Lower}},
			Source: commitment.Source{File: "a"},
		})
	}
	hours := func(n string, unit commitment.Unit) commitment.Value {
		v := commitment.Duration(n, commitment.NoPlain)
		v.Unit = unit
		return v
	}
	got := diff(of(hours("8h", commitment.Seconds)), of(hours("8h", commitment.BusinessSeconds)))
	require.Equal(t, commitment.Weakened, got[0].Effect)
	got = diff(of(hours("16h", commitment.BusinessSeconds)), of(hours("24h", commitment.BusinessSeconds)))
	require.Equal(t, commitment.Weakened, got[0].Effect)
	require.Contains(t, got[0].Text, "from 16 business hours to 3 business days")
	got = diff(of(hours("8h", commitment.BusinessSeconds)), of(hours("30d", commitment.Seconds)))
	require.Equal(t, commitment.Weakened, got[0].Effect, "a month is longer than any working day")
}

func TestAPageBesideOtherWordsIsMore(t *testing.T) {
	t.Parallel()
	a := func(name, severity string) commitment.Commitment {
		return alert("a", name, name+" > ?", "1", "5m", severity)
	}
	got := diff(set(a("A", "critical"), a("B", "page")), set(a("A", "page"), a("B", "page")))
	require.Equal(t, commitment.Strengthened, got[0].Effect)
	got = diff(set(a("A", "critical"), a("B", "critical")), set(a("A", "page"), a("B", "page")))
	require.Equal(t, commitment.Neutral, got[0].Effect, "the vocabulary was renamed")
}

func TestLabels(t *testing.T) {
	t.Parallel()
	with := func(name, value string) commitment.Set {
		c := alert("a", "A", "x > ?", "1", "5m", "page")
		if value != "" {
			c.Fields = append(c.Fields, commitment.Field{Name: name, Role: commitment.RoleKey, Value: commitment.Words(value)})
		}
		return set(c)
	}
	require.Equal(t, commitment.Neutral, diff(with("labels.project", ""), with("labels.project", "x"))[0].Effect)
	require.Equal(t, commitment.Unknown, diff(with("labels.project", "y"), with("labels.project", "x"))[0].Effect)
	require.Equal(t, commitment.Unknown, diff(with("labels.team", ""), with("labels.team", "x"))[0].Effect)
	require.Equal(t, commitment.Unknown, diff(with("labels.team", "x"), with("labels.team", ""))[0].Effect)
}
