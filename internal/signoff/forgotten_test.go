package signoff_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/signoff"
)

// TestForgotten: a removal of the label by slagate itself takes back what was signed
// until then if, and only if, the decision that the memory kept last does not explain it.
func TestForgotten(t *testing.T) {
	t.Parallel()
	const (
		ours, theirs = "slagate", "bob"
		judged       = time.Minute // after ten, when lee signed by a command
	)
	type happening struct {
		after time.Duration // ten
		who   string
		added bool
	}
	for name, x := range map[string]struct {
		wanted, never bool // the label, when it was judged; never judged
		events        []happening
		counts        bool
	}{
		"nothing happened since":                  {wanted: true, events: []happening{{0, ours, true}}, counts: true},
		"taken off, which is not remembered":      {wanted: true, events: []happening{{0, ours, true}, {2 * judged, ours, false}}},
		"taken off and put on again":              {wanted: true, events: []happening{{2 * judged, ours, false}, {3 * judged, ours, true}}},
		"taken off before, as is remembered":      {wanted: true, events: []happening{{0, ours, true}, {judged, ours, false}}, counts: true},
		"taken off by somebody without a say":     {wanted: true, events: []happening{{0, ours, true}, {2 * judged, theirs, false}}, counts: true},
		"taken off as was decided":                {events: []happening{{0, theirs, true}, {2 * judged, ours, false}}, counts: true},
		"put on and off since, by nobody's order": {events: []happening{{2 * judged, ours, true}, {3 * judged, ours, false}}},
		"of before this was kept":                 {never: true, events: []happening{{0, ours, true}, {2 * judged, ours, false}}, counts: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := asked()
			sn := &in.Snapshot
			sn.Memory.SignOffs = []pull.SignOff{{
				Function: "legal", Method: "command", Evidence: "comment:1:1", Person: lee, At: ten,
				Head: "h1", Fingerprint: in.Now.Asked[0].Fingerprint, State: pull.SignOffActive,
			}}
			if !x.never {
				var wanted []string
				if x.wanted {
					wanted = []string{"SLA/legal-approved"} // GitHub sees no difference in letter case
				}
				signoff.Labelled(&sn.Memory, &pull.Snapshot{At: ten.Add(judged)}, wanted)
			}
			for i, e := range x.events {
				who := map[string]pull.Person{ours: sn.App, theirs: {ID: 66, Login: theirs, Kind: pull.KindUser}}[e.who]
				sn.LabelEvents = append(sn.LabelEvents, pull.LabelEvent{
					ID: fmt.Sprint(i), Added: e.added, Label: pull.Label{Name: legal.Label}, Actor: who, Created: ten.Add(e.after),
				})
			}
			sn.Teams[0].Asked = append(sn.Teams[0].Asked, 66)
			res := signoff.Collect(in)
			require.Equal(t, x.counts, len(res.Counting["legal"]) == 1, "%+v", res.Memory.SignOffs)
			if !x.counts {
				require.Contains(t, res.Memory.SignOffs[0].Reason, "an older backup")
			}
			// It is found out once: what is signed from now on counts.
			signoff.Labelled(&res.Memory, sn, nil)
			in.Snapshot.Memory = res.Memory
			in.Snapshot.Memory.SignOffs = append(in.Snapshot.Memory.SignOffs, pull.SignOff{
				Function: "legal", Method: "command", Evidence: "comment:2:1", Person: lea, At: ten.Add(judged),
				Head: "h1", Fingerprint: in.Now.Asked[0].Fingerprint, State: pull.SignOffActive,
			})
			require.Len(t, signoff.Collect(in).Counting["legal"], map[bool]int{true: 2, false: 1}[x.counts])
		})
	}
}

// The history is known up to its newest event, which may be younger than the answer with the clock.
func TestForgotten_ReadLater(t *testing.T) {
	t.Parallel()
	var m pull.Memory
	signoff.Labelled(&m, &pull.Snapshot{At: ten, LabelEvents: []pull.LabelEvent{{Created: ten.Add(time.Second)}, {Created: ten.Add(-time.Second)}}}, nil)
	require.Equal(t, ten.Add(time.Second), m.JudgedAt)
}
