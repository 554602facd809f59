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
// dismissed, or followed by "request changes" of the same person, withdraws.
func (c *collector) reviewEvents() []event {
	if !slices.Contains(c.Policy.SignOffs.Methods, policy.Review) {
		return nil
	}
	var events []event
	for _, r := range c.sn.Reviews {
		switch strings.ToUpper(r.State) {
		case pull.ReviewApproved:
			events = append(events, event{r.Submitted, rankReview, func() { c.reviewGiven(r) }})
		case pull.ReviewChangesRequested:
			events = append(events, event{r.Submitted, rankTake, func() { c.reviewTaken(r, "review:") }})
		case pull.ReviewDismissed:
			events = append(events, event{r.Submitted, rankTake, func() { c.reviewTaken(r, fmt.Sprintf("review:%d:", r.ID)) }})
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
		g.view, g.unbound = c.viewOfReview(r)
		c.judge(g)
	}
}

// viewOfReview binds a review to the head of its signed delivery. GitHub's own
// commit of a review is not proof: it was seen to move with a force-push.
func (c *collector) viewOfReview(r pull.Review) (*pull.View, string) {
	for _, d := range c.sn.Evidence {
		if d.Kind != pull.EvidenceReview || d.ReviewID != r.ID || !strings.EqualFold(d.ReviewState, pull.ReviewApproved) {
			continue
		}
		if d.Commit != d.Head {
			return nil, fmt.Sprintf("the review looked at commit %s while the head was %s", short(d.Commit), short(d.Head))
		}
		return c.viewOfHead(d.Head, d.BaseBranch, r.Submitted)
	}
	for _, p := range c.sn.ForcePushes {
		if !p.Created.Before(r.Submitted) {
			return nil, unseen
		}
	}
	views := c.sn.Memory.Views
	for i := range views {
		if v := &views[i]; v.Head == c.Now.Head && v.Head == r.Commit && v.BaseBranch == c.Now.BaseBranch && v.SeenAt.Before(r.Submitted) {
			return v, ""
		}
	}
	return nil, unseen
}

// reviewTaken withdraws the sign-offs by review that its person gave until then:
// all of them, or those of the one review that was dismissed.
func (c *collector) reviewTaken(r pull.Review, which string) {
	for i := range c.res.Memory.SignOffs {
		s := &c.res.Memory.SignOffs[i]
		if s.Method == string(policy.Review) && s.State == pull.SignOffActive && s.Person.ID == r.Author.ID &&
			!s.At.After(r.Submitted) && strings.HasPrefix(s.Evidence, which) {
			s.State, s.By, s.Reason = pull.SignOffWithdrawn, r.Author, "the review no longer approves"
		}
	}
}
