package slodocument_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/formattest"
	"github.com/slagate/slagate/internal/commitment/slodocument"
)

func TestCases(t *testing.T) {
	t.Parallel()
	formattest.Cases(t, slodocument.Format())
}

func TestTheUnitSaysHowATargetIsRead(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, target, want string }{
		{"ratio", "{name: a, SLOTarget: 0.99, SLOTargetUnit: percent_0_1}", "99/100"},
		{"percent", "{name: a, SLOTarget: '99', SLOTargetUnit: percent_0_100}", "99/100"},
		{"by its size", "{name: a, SLOTarget: 99}", "99/100"},
		{"against its unit", "{name: a, SLOTarget: 99, SLOTargetUnit: percent_0_1}", ""},
		{"a unit nobody knows", "{name: a, SLOTarget: 99, SLOTargetUnit: permille}", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			text := []byte("---\n$schema: /app-sre/slo-document-1.yml\nname: post\nslos:\n- " + test.target + "\n")
			require.True(t, slodocument.Format().Sniff("a.yml", text))
			p := slodocument.Format().Parse("a.yml", text)
			require.True(t, p.Mine)
			require.Len(t, p.Commitments, 1)
			c := p.Commitments[0]
			require.Equal(t, commitment.Key{Format: "slodocument", Group: "post", Name: "a"}, c.Key)
			require.Equal(t, 5, c.Fields[0].Line)
			if test.want == "" {
				require.True(t, c.Fields[0].Value.Opaque)
				require.NotEmpty(t, p.Problems)
				return
			}
			require.Equal(t, test.want, c.Fields[0].Value.Num.String())
		})
	}
}

func TestLeavesOtherSchemasAlone(t *testing.T) {
	t.Parallel()
	require.False(t, slodocument.Format().Parse("a.yml", []byte("$schema: /app-sre/app-1.yml\nslos: [{name: a}]\n")).Mine)
	require.True(t, slodocument.Format().Parse("a.yml", []byte("$schema: /app-sre/slo-document-1.yml\nslos: []\n")).Mine)
}

func FuzzParse(f *testing.F) {
	f.Add("$schema: /app-sre/slo-document-1.yml\nname: post\nslos:\n- {name: a, SLIType: latency, SLOTarget: 99, SLOTargetUnit: percent_0_100, SLOParameters: {window: 28d}, expr: 'sum(rate(x_seconds_bucket{le=\"1\"}[{{window}}]))'}\n")
	f.Fuzz(func(_ *testing.T, text string) {
		slodocument.Format().Sniff("a.yml", []byte(text))
		slodocument.Format().Parse("a.yml", []byte(text))
	})
}
