package signoff

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/policy"
	"github.com/slagate/slagate/internal/pull"
)

// reviewEvents turns approving reviews into gives for every asked function that
// the reviewer belongs to, where the policy lists reviews. A review that was
// dismissed, or followed by "request changes" of the same person, withdraws,
// even where reviews are not listed any more.
func (c *collector) reviewEvents() []event {
	listed := slices.Contains(c.Policy.SignOffs.Methods, policy.Review)
	var events []event
	for _, r := range c.sn.Reviews {
		switch strings.ToUpper(r.State) {
		case pull.ReviewApproved:
			if !listed {
				continue
			}
			events = append(events, event{r.Submitted, rankReview, func() { c.reviewGiven(r) }})
		case pull.ReviewChangesRequested, pull.ReviewDismissed:
			// What was dismissed may have been a "request changes": GitHub does not tell any more.
			events = append(events, event{r.Submitted, rankTake, func() { c.reviewTaken(r) }})
		}
	}
	return events
}

func (c *collector) reviewGiven(r pull.Review) {
	for _, f := range c.Functions {
		evidence := fmt.Sprintf("review:%d:%s", r.ID, f.Name)
		if f.Name == RepairFunction || c.judged(evidence) {
			continue
		}
		switch c.isMember(f, r.Author) {
		case no:
			continue // a review by somebody else is an ordinary review
		case unknown:
			c.res.Undecided[f.Name] = true
			continue
		case yes:
		}
		g := give{function: f, method: policy.Review, evidence: evidence, person: r.Author, at: r.Submitted}
		var known bool
		if g.view, g.unbound, known = c.viewOfReview(r); !known {
			c.res.Undecided[f.Name] = true
			c.lookAt(r.Submitted.Add(Grace))
			continue
		}
		c.judge(g)
	}
}

// viewOfReview binds a review to the head of its signed delivery. GitHub's own
// commit of a review is not proof: it was seen to move with a force-push.
func (c *collector) viewOfReview(r pull.Review) (v *pull.View, unbound string, known bool) {
	for _, d := range c.sn.Evidence {
		if d.Kind != pull.EvidenceReview || d.ReviewID != r.ID || !strings.EqualFold(d.ReviewState, pull.ReviewApproved) {
			continue
		}
		if d.Commit != d.Head {
			return nil, fmt.Sprintf("the review looked at commit %s while the head was %s", short(d.Commit), short(d.Head)), true
		}
		v, unbound = c.viewOfHead(d.Head, d.BaseBranch, r.Submitted)
		return v, unbound, true
	}
	if c.sn.At.Sub(r.Submitted) < Grace {
		return nil, "", false // the delivery may still come
	}
	if v := c.standingAt(r.Submitted); v != nil && v.Head == r.Commit {
		return v, "", true
	}
	return nil, unseen, true
}

// reviewTaken withdraws the sign-offs by review that its person gave until then.
func (c *collector) reviewTaken(r pull.Review) {
	for i := range c.res.Memory.SignOffs {
		s := &c.res.Memory.SignOffs[i]
		if s.Method == string(policy.Review) && s.State == pull.SignOffActive && s.Person.ID == r.Author.ID && !s.At.After(r.Submitted) {
			s.State, s.By, s.Reason = pull.SignOffWithdrawn, r.Author, "the review no longer approves"
		}
	}
}
