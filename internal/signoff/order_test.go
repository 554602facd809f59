package signoff_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/policy"
	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/signoff"
)

var (
	ten = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	lee = pull.Person{ID: 7, Login: "lee", Kind: pull.KindUser}
	lea = pull.Person{ID: 8, Login: "lea", Kind: pull.KindUser}
	ana = pull.Person{ID: 9, Login: "ana", Kind: pull.KindUser}

	legal = policy.Function{Name: "legal", Teams: []string{"acme/legal"}, Approvals: 1, Label: "sla/legal-approved", Binding: "x"}
)

const second = 5 * time.Minute // when everything of a story happens, after the first look

// asked is a pull request that asks legal, was looked at and shown.
func asked() signoff.Input {
	view := pull.View{Head: "h1", BaseBranch: "main", SeenAt: ten, Asked: []pull.Asked{{
		Function: "legal", Fingerprint: signoff.Fingerprint("legal", nil, nil),
	}}}
	seen := view
	seen.Publications = []pull.Publication{{CommentID: 1, Created: true, At: ten}}
	return signoff.Input{
		Snapshot: pull.Snapshot{
			At: ten.Add(second + time.Minute), App: pull.Person{ID: 1, Login: "slagate", Kind: pull.KindBot},
			Pull:   pull.Pull{Open: true, Head: "h1", BaseBranch: "main", Author: ana, CreatedAt: ten.Add(-time.Minute)},
			Teams:  []pull.Team{{Slug: "acme/legal", ID: 5, Total: 2, Asked: []int64{7, 8, 9}, Members: []int64{7, 8}}},
			Memory: pull.Memory{Views: []pull.View{seen}}, LabelNamesRead: true,
		},
		Policy: &policy.Policy{
			Functions: []policy.Function{legal},
			SignOffs:  policy.SignOffs{Methods: []policy.Method{policy.Label, policy.Command, policy.Review}},
		},
		Now: view, Functions: []policy.Function{legal},
	}
}

// The words of lee, all in one second.
const (
	label   = "label"
	unlabel = "unlabel"
	sign    = "/sla sign legal"
	unsign  = "/sla unsign legal"
	approve = "approve"
	reject  = "request changes"
)

// say lets lee do something at GitHub; the delivery of a label may be missing.
func say(in *signoff.Input, i int, word string, delivered bool) {
	at := ten.Add(second)
	sn := &in.Snapshot
	switch word {
	case label, unlabel:
		sn.LabelEvents = append(sn.LabelEvents, pull.LabelEvent{
			ID: fmt.Sprintf("E%d", i), Added: word == label, Label: pull.Label{Name: legal.Label}, Actor: lee, Created: at,
		})
		if word == label {
			sn.LabelNames = append(sn.LabelNames, pull.LabelName{Added: true, Name: legal.Label, ActorID: lee.ID, Created: at})
		}
		if word == label && delivered {
			sn.Evidence = append(sn.Evidence, pull.Evidence{
				Seq: int64(i + 1), Kind: pull.EvidenceLabeled, At: at, Actor: lee, Head: "h1", BaseBranch: "main", Label: legal.Label,
			})
		}
	case approve, reject:
		state := pull.ReviewApproved
		if word == reject {
			state = pull.ReviewChangesRequested
		}
		sn.Reviews = append(sn.Reviews, pull.Review{ID: int64(i + 1), Author: lee, State: state, Commit: "h1", Submitted: at})
	default:
		sn.Comments = append(sn.Comments, pull.Comment{ID: int64(100 + i), Author: lee, Body: word, Created: at})
	}
}

// possible reports whether GitHub would let these words follow one another: a
// label that is not there cannot be taken off, one that is there not put on.
func possible(words []string) bool {
	on := false
	for _, w := range words {
		if (w == label && on) || (w == unlabel && !on) {
			return false
		}
		if w == label || w == unlabel {
			on = w == label
		}
	}
	return true
}

func permutations(words []string) [][]string {
	if len(words) < 2 {
		return [][]string{slices.Clone(words)}
	}
	var all [][]string
	for i := range words {
		for _, rest := range permutations(slices.Delete(slices.Clone(words), i, i+1)) {
			all = append(all, append([]string{words[i]}, rest...))
		}
	}
	return all
}

// TestSameSecond: GitHub's times have a resolution of one second. In whatever
// order the words of one person fall within it, whether they are found all at
// once or one by one, with their deliveries or without: a sign-off whose latest
// word is a removal does not count.
func TestSameSecond(t *testing.T) {
	t.Parallel()
	orders := slices.DeleteFunc(permutations([]string{label, unlabel, label, sign, unsign}), func(w []string) bool { return !possible(w) })
	slices.SortFunc(orders, slices.Compare[[]string])
	orders = slices.CompactFunc(orders, slices.Equal[[]string])
	orders = append(orders, []string{label, unlabel}, []string{sign, unsign}, []string{sign, label, unlabel}, []string{label, sign, unlabel})
	require.Greater(t, len(orders), 20)
	for _, words := range orders {
		for _, delivered := range []bool{true, false} {
			for _, stepwise := range []bool{true, false} {
				t.Run(fmt.Sprintf("%s/%t/%t", strings.Join(words, ","), delivered, stepwise), func(t *testing.T) {
					t.Parallel()
					in := asked()
					for i, w := range words {
						say(&in, i, w, delivered)
						if stepwise {
							in.Snapshot.Memory = signoff.Collect(in).Memory
						}
					}
					counting := signoff.Collect(in).Counting["legal"]
					switch last := words[len(words)-1]; {
					case last == unlabel || last == unsign:
						require.Empty(t, counting)
					case slices.Equal(words, []string{label, unlabel, label}):
						require.Len(t, counting, 1)
					}
				})
			}
		}
	}
}

// TestSameSecondLabels: among labels GitHub's own order tells, so that the last
// word counts both ways.
func TestSameSecondLabels(t *testing.T) {
	t.Parallel()
	for n := 1; n <= 5; n++ {
		in := asked()
		for i := range n {
			say(&in, i, []string{label, unlabel}[i%2], true)
		}
		require.Len(t, signoff.Collect(in).Counting["legal"], n%2, "%d words", n)
	}
}

// TestSameSecondReview: a rejection of the same second withdraws.
func TestSameSecondReview(t *testing.T) {
	t.Parallel()
	for _, words := range [][]string{{approve, reject}, {reject, approve}} {
		in := asked()
		for i, w := range words {
			say(&in, i, w, true)
		}
		require.Empty(t, signoff.Collect(in).Counting["legal"], words)
	}
	in := asked()
	say(&in, 0, approve, true)
	require.Len(t, signoff.Collect(in).Counting["legal"], 1)
}

// TestCollectLeavesTheSnapshotAlone: what was kept before is not written over.
func TestCollectLeavesTheSnapshotAlone(t *testing.T) {
	t.Parallel()
	in := asked()
	in.Snapshot.Memory.SignOffs = append(make([]pull.SignOff, 0, 8), pull.SignOff{
		Function: "legal", Evidence: "E9", Person: lea, At: ten, State: pull.SignOffActive, Fingerprint: in.Now.Asked[0].Fingerprint, Head: "h1",
	})
	before := slices.Clone(in.Snapshot.Memory.SignOffs[:8])
	say(&in, 0, label, true)
	say(&in, 1, unlabel, true)
	res := signoff.Collect(in)
	require.Len(t, res.Memory.SignOffs, 2)
	require.Equal(t, before, in.Snapshot.Memory.SignOffs[:8])
}

// TestOnePersonCountsOnce however often they sign.
func TestOnePersonCountsOnce(t *testing.T) {
	t.Parallel()
	in := asked()
	say(&in, 0, label, true)
	say(&in, 1, sign, true)
	say(&in, 2, approve, true)
	res := signoff.Collect(in)
	require.Len(t, res.Counting["legal"], 1)
	require.Len(t, res.Memory.SignOffs, 3, "each piece of evidence is judged")
}

// TestHeadNotLookedAt: a label for a head that slagate looked at only later counts if the policy of then is known.
func TestHeadNotLookedAt(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		before, now string        // policies; before "none": slagate had never looked
		late        time.Duration // after the label
		counts      bool
	}{
		"the policy is as it was":          {"p1", "p1", time.Hour, true},
		"another policy":                   {"p1", "p2", time.Second, false},
		"never looked at, but at once":     {"none", "p1", signoff.Grace, true},
		"never looked at until long after": {"none", "p1", signoff.Grace + time.Second, false},
		"that of then is not known":        {"", "p1", time.Second, false},
		"nor is that of now":               {"", "", time.Second, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := asked()
			say(&in, 0, label, true)
			sn := &in.Snapshot
			sn.Evidence[0].Head, sn.Pull.Head, in.Now.Head = "h2", "h2", "h2"
			in.Now.SeenAt, in.Now.Policy = ten.Add(second+x.late), x.now
			sn.At, sn.Memory.Views[0].Policy = in.Now.SeenAt, x.before
			if x.before == "none" {
				sn.Memory.Views = nil
			}
			for _, kept := range []bool{false, true} { // seen for the first time now, or when legal's members could not be had
				if kept {
					in.Snapshot.Memory.Views = append(in.Snapshot.Memory.Views, in.Now)
				}
				res := signoff.Collect(in)
				require.Equal(t, x.counts, len(res.Counting["legal"]) == 1, "%+v", res.Memory.SignOffs)
				require.Equal(t, !x.counts, strings.Contains(res.Memory.SignOffs[0].Reason, "before slagate had looked at it"))
			}
		})
	}
}
