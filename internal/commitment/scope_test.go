package commitment_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/commitment"
)

// restricted is an alert that looks at what meets some matchers: label, operator, value.
func restricted(better commitment.Better, matchers ...string) commitment.Commitment {
	var all []string
	for i := 0; i+2 < len(matchers); i += 3 {
		all = append(all, commitment.Restriction(matchers[i], matchers[i+1], matchers[i+2])...)
	}
	c := alert("a.yml", "A", "up == ?", "0", "5m", "page")
	c.Fields = append(c.Fields, commitment.Field{Name: "selector of up", Role: commitment.RoleScope, Value: commitment.ScopeOf(all...), Better: better, Inner: true})
	return c
}

func TestWhatIsLookedAt(t *testing.T) {
	t.Parallel()
	weaker, better, unknown := commitment.Weakened, commitment.Strengthened, commitment.Unknown
	for _, tt := range []struct {
		name          string
		before, after []string
		want          commitment.Effect // "" for no change
	}{
		{"a matcher is new", nil, []string{"job", "=", "a"}, weaker},
		{"one more", []string{"job", "=", "a"}, []string{"job", "=", "a", "ns", "=", "b"}, weaker},
		{"one less", []string{"job", "=", "a", "ns", "!=", "b"}, []string{"job", "=", "a"}, better},
		{"another value", []string{"job", "=", "a"}, []string{"job", "=", "b"}, unknown},
		{"one more, another less", []string{"job", "=", "a"}, []string{"ns", "=", "a"}, unknown},
		{"one of several", []string{"ns", "=~", "(a-.*|b|c)"}, []string{"ns", "=~", "a-.*|c"}, weaker},
		{"one more of several", []string{"ns", "=~", "a|b"}, []string{"ns", "=~", "b|a|c"}, better},
		{"one value of a pattern", []string{"ns", "=~", "a-.*"}, []string{"ns", "=", "a-b"}, weaker},
		{"one outside a pattern", []string{"ns", "=~", "a-.*"}, []string{"ns", "=", "b"}, unknown},
		{"one more excluded", []string{"m", "!=", "idle"}, []string{"m", "!~", "idle|wait"}, weaker},
		{"a pattern excluded that has it", []string{"m", "!=", "idle"}, []string{"m", "!~", "idle.*"}, weaker},
		{"a pattern excluded that has it not", []string{"m", "!=", "idle"}, []string{"m", "!~", "wait.*"}, unknown},
		{"without nothing, and something", []string{"m", "!=", ""}, []string{"m", "!~", "/mnt/.*"}, unknown},
		{"something, and not nothing", []string{"m", "!=", ""}, []string{"m", "=~", "/mnt/.*"}, weaker},
		{"excluded to picked", []string{"c", "!~", "2..|404"}, []string{"c", "=~", "5.."}, unknown},
		{"excluded to picked words", []string{"c", "!~", "2..|404"}, []string{"c", "=~", "500|503"}, weaker},
		{"a broken pattern", []string{"c", "!=", "x"}, []string{"c", "=~", "[z-a]"}, unknown},
		{"equal and like", []string{"job", "=", "a"}, []string{"job", "=~", "^(a)$"}, ""},
		{"any", nil, []string{"job", "=~", ".*"}, ""},
		{"some", []string{"job", "!=", ""}, []string{"job", "=~", ".+"}, ""},
		{"a flag is not read away", []string{"job", "=", "a"}, []string{"job", "=~", "(?i:a)"}, better},
		{"other order", []string{"ns", "=~", "a|b", "c", "!~", "d|e"}, []string{"c", "!=", "e", "c", "!=", "d", "ns", "=~", "(?:b|a)"}, ""},
	} {
		for _, turned := range []bool{false, true} {
			side, want := commitment.Higher, tt.want
			if turned {
				side = commitment.Lower
				switch tt.want {
				case weaker:
					want = better
				case better:
					want = weaker
				default:
				}
			}
			got := diff(set(restricted(side, tt.before...)), set(restricted(side, tt.after...)))
			if want == "" {
				require.Empty(t, got, tt.name)
				continue
			}
			require.Len(t, got, 1, tt.name)
			require.Equal(t, want, got[0].Effect, "%s: %s", tt.name, got[0].Text)
		}
		if tt.want != "" {
			got := diff(set(restricted(commitment.Neither, tt.before...)), set(restricted(commitment.Neither, tt.after...)))
			require.Equal(t, unknown, got[0].Effect, tt.name)
		}
	}
}

// Two alerts of one name are told apart by what they look at, and one that looks at
// something else is not the same alert under another name.
func TestWhatIsLookedAtTellsAlertsApart(t *testing.T) {
	t.Parallel()
	a, b := restricted(commitment.Higher, "job", "=", "a"), restricted(commitment.Higher, "job", "=", "b")
	narrower := restricted(commitment.Higher, "job", "=", "b", "ns", "=", "x")
	got := diff(set(a, b), set(b))
	require.Len(t, got, 1)
	require.Equal(t, commitment.Removed, got[0].Effect)
	require.Len(t, diff(set(a, b), set(narrower, a)), 1)

	other := restricted(commitment.Higher, "job", "=", "b")
	other.Name, other.Key.Name = "B", "B"
	require.Len(t, diff(set(a), set(other)), 2)
}

// What is measured was rewritten: that the selectors are others says nothing by itself.
func TestARewrittenConditionIsShownAsAWhole(t *testing.T) {
	t.Parallel()
	before, after := restricted(commitment.Higher, "job", "=", "a"), restricted(commitment.Higher, "job", "=", "b")
	after.Indicator = "down == ?"
	after.Fields[0].Value, after.Fields[0].Inner = commitment.Number("3", commitment.None), true
	got := diff(set(before), set(after))
	require.Len(t, got, 1)
	require.Equal(t, commitment.Unknown, got[0].Effect)
	require.NotContains(t, got[0].Text, "starts at")
	require.NotContains(t, got[0].Text, "looks at")
}

// A recorded value matters where what is measured by it stays as it was.
func TestRecordedValues(t *testing.T) {
	t.Parallel()
	record := func(name, indicator string) commitment.Commitment {
		return commitment.Commitment{
			Key: commitment.Key{Format: "test", Name: name}, Kind: commitment.Measurement, Name: name, Indicator: indicator,
			Source: commitment.Source{File: "r.yml", Line: 1},
		}
	}
	user := func(uses ...string) commitment.Commitment {
		c := alert("a.yml", "A", "r > ?", "5", "5m", "page")
		c.Uses = uses
		return c
	}
	effects := func(b, a commitment.Set) map[string]commitment.Effect {
		out := map[string]commitment.Effect{}
		for _, c := range diff(b, a) {
			if c.Kind == commitment.Measurement && c.After != nil {
				out[c.After.Name] = c.Effect
			} else if c.Kind == commitment.Measurement {
				out[c.Before.Name] = c.Effect
			}
		}
		return out
	}
	unknown, neutral := commitment.Unknown, commitment.Neutral
	for _, tt := range []struct {
		name          string
		before, after commitment.Set
		want          map[string]commitment.Effect
	}{
		{"computed in another way", set(record("r", "x"), user("r")), set(record("r", "y"), user("r")), map[string]commitment.Effect{"r": unknown}},
		{"gone, and still used", set(record("r", "x"), user("r")), set(user("r")), map[string]commitment.Effect{"r": unknown}},
		{"gone with its alert", set(record("r", "x"), user("r")), set(user()), map[string]commitment.Effect{"r": neutral}},
		{"new with its alert", set(user()), set(record("r", "x"), user("r")), map[string]commitment.Effect{"r": neutral}},
		{"recorded once more", set(record("r", "x"), user("r")), set(record("r", "x"), record("r", "y"), user("r")), map[string]commitment.Effect{"r": unknown}},
		{"renamed, the alert not", set(record("r", "x"), user("r")), set(record("s", "x"), user("r")), map[string]commitment.Effect{"s": unknown}},
		{"renamed with its alert", set(record("r", "x"), user("r")), set(record("s", "x"), user("s")), map[string]commitment.Effect{"s": neutral}},
		{"not used", set(record("r", "x"), user()), set(record("r", "y"), user()), map[string]commitment.Effect{"r": neutral}},
	} {
		require.Equal(t, tt.want, effects(tt.before, tt.after), tt.name)
	}
}
