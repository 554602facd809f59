package pagerduty_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/pagerduty"
)

const policy = `resource "pagerduty_escalation_policy" "shop" {
  name      = "Shop On Call"
  num_loops = 2
  rule {
    escalation_delay_in_minutes = 10
    target {
      id = pagerduty_user.ana.id
    }
  }
  rule {
    escalation_delay_in_minutes = 5
    target {
      type = "schedule_reference"
      id   = pagerduty_schedule.b.id
    }
    target {
      type = "user_reference"
      id   = pagerduty_user.all["c"].id
    }
  }
}
`

func TestAPolicyIsAPathInTime(t *testing.T) {
	t.Parallel()
	got := pagerduty.Format().Parse("team/a.tf", []byte(policy))
	require.True(t, got.Mine)
	require.Len(t, got.Commitments, 1)
	c := got.Commitments[0]
	require.Equal(t, commitment.Key{Format: "pagerduty", Group: "pagerduty_escalation_policy", Name: "shop"}, c.Key)
	require.Equal(t, commitment.Escalation, c.Kind)
	require.Equal(t, "Shop On Call", c.Name)
	require.Equal(t, commitment.Source{File: "team/a.tf", Line: 1}, c.Source)
	require.Equal(t, 10, c.Path.Levels[1].Line)
	require.Equal(t, 2, c.Path.Repeats)
	require.Equal(t, "15m", c.Path.Round.Text)
	require.Equal(t, `t+0 user ana, t+10 min b and user all["c"], then again from the start 2 times`, c.Path.Walk())
}

func TestOnlyItsOwnFiles(t *testing.T) {
	t.Parallel()
	f := pagerduty.Format()
	require.True(t, f.Sniff("a.tf", []byte(policy)))
	require.True(t, f.Sniff("a.tf.json", []byte(`{"resource": {"pagerduty_service": {}}}`)))
	require.False(t, f.Sniff("a.tf", []byte(`resource "aws_instance" "a" {}`)))
	require.False(t, f.Sniff("a.md", []byte(policy)))
	require.False(t, f.Parse("a.tf", []byte("# pagerduty_service\nlocals {}\n")).Mine)
}

func TestJSONSaysTheSame(t *testing.T) {
	t.Parallel()
	json := `{"resource": {"pagerduty_escalation_policy": {"shop": {
  "name": "Shop On Call", "num_loops": 2, "rule": [
    {"escalation_delay_in_minutes": 10, "target": {"id": "${pagerduty_user.ana.id}"}},
    {"escalation_delay_in_minutes": "5", "target": [
      {"type": "schedule_reference", "id": "${pagerduty_schedule.b.id}"},
      {"type": "user_reference", "id": "${pagerduty_user.all[\"c\"].id}"}]}]}}}}`
	set := func(path, text string) (s commitment.Set) {
		s.Load(path, []byte(text), []commitment.Format{pagerduty.Format()})
		return s
	}
	r := commitment.Diff(set("a.tf", policy), set("a.tf.json", json), commitment.Options{Renames: map[string]string{"a.tf": "a.tf.json"}})
	for _, c := range r.Changes {
		require.Equal(t, commitment.Neutral, c.Effect, c.Text)
	}
}

func TestALoopThatIsNotANumberMakesThePathOpaque(t *testing.T) {
	t.Parallel()
	got := pagerduty.Format().Parse("a.tf", []byte("resource \"pagerduty_escalation_policy\" \"a\" {\n  num_loops = var.loops\n}\n"))
	require.Equal(t, "how often it starts again is var.loops", got.Commitments[0].Path.Opaque)
}
