package commitment_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/commitment"
)

// code stands for the code of a Jsonnet file.
func code(file, version string) commitment.Commitment {
	return commitment.Commitment{
		Key: commitment.Key{Format: "jsonnet", Group: "code", Name: file}, Kind: commitment.Other, Name: "the code of " + file,
		Fields: []commitment.Field{{Name: "code", Role: commitment.RoleDefinition, Value: commitment.Words(version)}},
		Source: commitment.Source{File: file, Line: 1},
	}
}

// files gives each file of a side its contents, so that one can be another than before.
func files(s commitment.Set, hash string) commitment.Set {
	for i := range s.Files {
		s.Files[i].Hash = hash
	}
	return s
}

func TestCodeThatChangedIsOneFinding(t *testing.T) {
	t.Parallel()
	got := diff(set(code("a.libsonnet", "1"), code("b.libsonnet", "1")), set(code("a.libsonnet", "2"), code("b.libsonnet", "2")))
	require.Len(t, got, 1)
	require.Equal(t, commitment.Unknown, got[0].Effect)
	require.Len(t, got[0].Places(), 2)
	require.Contains(t, got[0].Text, "a.libsonnet, b.libsonnet")
}

func TestNewCodeDoesNothingAndCodeThatGoesMay(t *testing.T) {
	t.Parallel()
	require.Equal(t, commitment.Neutral, diff(set(), set(code("a.libsonnet", "1")))[0].Effect)
	require.Equal(t, commitment.Unknown, diff(set(code("a.libsonnet", "1")), set())[0].Effect)
}

func TestTheRenderedTextCounts(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, file, inSource string
		hash                 string
		want                 commitment.Effect
	}{
		{"a folder of manifests", "manifests/rules.yaml", "", "2", commitment.Neutral},
		{"a rule of the source", "deploy/rules.yaml", "A", "2", commitment.Neutral},
		{"rules of somebody else", "deploy/rules.yaml", "B", "2", commitment.Unknown},
		{"not rendered anew", "manifests/rules.yaml", "A", "1", commitment.Unknown},
	} {
		rule := alert(tt.file, "A", "x > ?", "5", "5m", "page")
		before, after := []commitment.Commitment{code("a.libsonnet", "1"), rule}, []commitment.Commitment{code("a.libsonnet", "2"), rule}
		if tt.inSource != "" {
			source := alert("a.libsonnet", tt.inSource, "{{ x }} > ?", "5", "5m", "page")
			source.Key.Format = "jsonnet"
			before, after = append(before, source), append(after, source)
		}
		got := diff(files(set(before...), "1"), files(set(after...), tt.hash))
		require.Len(t, got, 1, tt.name)
		require.Equal(t, tt.want, got[0].Effect, tt.name)
	}
}

// The source of a rule cannot be judged, what is rendered from it can.
func TestASourceIsFoldedIntoWhatIsRendered(t *testing.T) {
	t.Parallel()
	source := func(limit string) commitment.Commitment {
		c := alert("a.libsonnet", "A", "x > ?", limit, "5m", "page")
		c.Key.Format = "jsonnet"
		return c
	}
	rule := func(limit string) commitment.Commitment {
		return alert("rules.yaml", "A", "x > ?", limit, "5m", "page")
	}
	got := diff(set(source("{{ a }}"), rule("5")), set(source("{{ b }}"), rule("9")))
	require.Len(t, got, 1)
	require.Equal(t, commitment.Weakened, got[0].Effect)
	require.Equal(t, "rules.yaml", got[0].Places()[0].After.File)
	require.Equal(t, "a.libsonnet", got[0].Places()[1].After.File)

	got = diff(set(source("{{ a }}"), rule("5")), set(source("{{ b }}"), rule("5")))
	require.Len(t, got, 1, "nothing rendered differs")
	require.Equal(t, commitment.Unknown, got[0].Effect)

	got = diff(set(source("5"), rule("5")), set(source("9"), rule("3")))
	require.Len(t, got, 2, "two directions are two findings")
}

// What is told in one finding is signed as a whole.
func TestWhatIsToldTogetherIsSignedTogether(t *testing.T) {
	t.Parallel()
	digest := func(b string) string {
		got := diff(set(code("a.libsonnet", "1"), code("b.libsonnet", "1")), set(code("a.libsonnet", "2"), code("b.libsonnet", b)))
		require.Len(t, got, 1)
		return got[0].Digest()
	}
	require.NotEqual(t, digest("2"), digest("3"))
}

func TestOneCauseIsOneFinding(t *testing.T) {
	t.Parallel()
	at := func(name, place string) commitment.Commitment {
		c := alert("a.yml", name, name+"_total > ?", "5", "5m", "page")
		c.Fields = append(c.Fields, commitment.Field{Name: "place", Role: commitment.RoleDefinition, Value: commitment.Words(place)})
		return c
	}
	got := diff(set(at("A", "x"), at("B", "x"), at("C", "x"), at("D", "x")), set(at("A", "y"), at("B", "y"), at("C", "y"), at("D", "z")))
	require.Len(t, got, 2)
	for _, c := range got {
		require.Equal(t, commitment.Unknown, c.Effect)
		require.Len(t, c.Places(), map[string]int{"A": 3, "D": 1}[c.After.Name])
	}
}

// An alert that always fires is not another one that always fires.
func TestWhatIsAlikeWithoutBeingMeasuredIsNoRename(t *testing.T) {
	t.Parallel()
	got := diff(set(alert("a.yml", "Watchdog", "vector(1)", "1", "0s", "none")), set(alert("a.yml", "Example", "vector(1)", "1", "0s", "warning")))
	require.Len(t, got, 2)
}

// Two alerts of one name, for two urgencies, move to another file together.
func TestAlertsOfOneNameMoveTogether(t *testing.T) {
	t.Parallel()
	got := diff(
		set(alert("a.yml", "A", "x > ?", "5", "5m", "page"), alert("a.yml", "A", "x > ?", "3", "5m", "ticket")),
		set(alert("b.yml", "A", "x > ?", "5", "9m", "page"), alert("b.yml", "A", "x > ?", "3", "9m", "ticket")))
	require.Len(t, got, 2)
	for _, c := range got {
		require.Equal(t, commitment.Weakened, c.Effect)
		require.Len(t, c.Fields, 1)
	}
}
