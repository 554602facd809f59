package e2e

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/githubsim"
)

// eventful is how long events come in [BenchmarkFigures], for each crew and distance.
var eventful = flag.Duration("eventful", 10*time.Second, "how long events come at a fixed rate in the figures")

const (
	eventRate  = 50 // a second
	eventPulls = 200
	eventRepos = 20
)

// The kinds of event, as they follow each other on every pull request: each of these but talk
// and bug causes another status, and none the one that stands already.
const (
	byLabel   = "label"
	byCommand = "command"
	talk      = "comment"
	bug       = "other label"
	push      = "push"
)

// eventStep is what happens next to a pull request.
type eventStep struct{ kind, function string }

func eventSteps() []eventStep {
	return []eventStep{
		{byLabel, "product"}, {talk, ""}, {byCommand, "legal"}, {bug, ""}, {byLabel, "security"}, {talk, ""}, {byLabel, "support"}, {push, ""},
	}
}

// course is a pull request to which one thing after the other happens.
type course struct {
	repo   *githubsim.Repo
	pull   *githubsim.Pull
	branch string
	head   string
	step   int  // how many things have happened
	bug    bool // has the other label
	signed map[string]bool
	shown  map[string]string // by context, of the head
	open   []hoped           // oldest first
}

// hoped is what an event causes: from then on, what is to be shown in the end.
type hoped struct {
	began time.Time
	want  map[string]string
}

// events is a run in which things happen at their times, whether or not the ones before were answered.
type events struct {
	s *stage

	mu      sync.Mutex
	courses []*course
	byHead  map[string]*course
	took    times
	kinds   map[string]int
	putOff  int // came before the answer to the one before: somebody only says something
}

// benchEvents measures how long it takes from an event until the last status stands that it causes.
func benchEvents(b *testing.B, t *figures, binary string, c crew) {
	b.Helper()
	s := newStage(b, eventRepos, 0)
	f, svc := s.manned(binary, c)
	e := &events{s: s, byHead: map[string]*course{}}
	e.openAll()
	s.settle(svc)
	for _, x := range e.courses {
		require.Empty(b, s.unjudged(x.pull))
	}
	for b.Loop() {
		for _, latency := range distances() {
			s.sim.SetLatency(latency)
			e.took, e.kinds, e.putOff = nil, map[string]int{}, 0
			n, late := int(eventful.Seconds()*eventRate), times(nil)
			cost := s.spend(svc, func() {
				late = e.run(n)
				e.finish()
			})
			e.verify()
			e.report(t, c, latency, late)
			name := c.named(latency)
			cost.show(t, name, "events", n)
			figure := fmt.Sprintf("GitHub %d ms: event to status, ", latency.Milliseconds())
			t.compare(figure+"p50", c, ms(e.took.at(0.5)))
			t.compare(figure+"p99", c, ms(e.took.at(0.99)))
			t.compare(figure+"CPU with the database's", c, (cost.service + cost.database).Seconds())
			b.ReportMetric(ms(e.took.at(0.99)), fmt.Sprintf("p99-%dms-ms", latency.Milliseconds()))
		}
	}
	f.end()
}

// openAll opens the pull requests, each at another point of the same way.
func (e *events) openAll() {
	e.s.b.Helper()
	for i := range eventPulls {
		r := e.s.repos[i%len(e.s.repos)]
		branch := e.s.branch(r)
		p, err := e.s.open(r, branch)
		require.NoError(e.s.b, err)
		head := r.Tip(branch)
		c := &course{repo: r, pull: p, branch: branch, head: head, step: i, signed: map[string]bool{}}
		c.shown = c.wanted()
		e.courses = append(e.courses, c)
		e.byHead[head] = c
	}
	e.s.watch.tell(e.posted)
}

// run lets events come at their times and returns how late each was.
func (e *events) run(n int) (late times) {
	e.s.b.Helper()
	start := time.Now()
	for i := range n {
		due := start.Add(time.Duration(i) * time.Second / eventRate)
		<-time.After(time.Until(due))
		late = append(late, time.Since(due))
		require.NoError(e.s.b, e.happen(e.courses[i%len(e.courses)]))
	}
	return late
}

// happen lets the next thing happen to a pull request. No status is heard of meanwhile.
func (e *events) happen(c *course) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	step := eventSteps()[c.step%len(eventSteps())]
	if step.kind != talk && step.kind != bug && len(c.open) > 0 {
		e.putOff++
		step.kind = talk
	} else {
		c.step++
	}
	e.kinds[step.kind]++
	began := time.Now()
	causes, err := e.act(c, step)
	if err == nil && causes {
		c.open = append(c.open, hoped{began, c.wanted()})
	}
	return err
}

// act does it, and reports whether it causes a status.
func (e *events) act(c *course, step eventStep) (causes bool, err error) {
	signer := signers()[step.function]
	switch step.kind {
	case byLabel:
		c.signed[step.function] = true
		return true, e.s.sim.As(signer).Label(c.pull, "sla/"+step.function+"-approved")
	case byCommand:
		c.signed[step.function] = true
		_, err = e.s.sim.As(signer).Comment(c.pull, "/sla sign "+step.function)
		return true, err
	case bug:
		if c.bug = !c.bug; c.bug {
			return false, e.s.sim.As("bob").Label(c.pull, "bug")
		}
		return false, e.s.sim.As("bob").Unlabel(c.pull, "bug")
	case push:
		delete(e.byHead, c.head)
		c.head, err = e.s.sim.As("ana").Push(c.repo, c.branch, "change", map[string]githubsim.File{
			"slo/checkout.yml":     githubsim.Text(fmt.Sprintf("objective: 98.%04d\nwindow: 30d\n", c.step)),
			"slo/search.yml":       githubsim.Text(fmt.Sprintf("objective: 97.%04d\nwindow: 30d\n", c.step)),
			"oncall/escalation.tf": githubsim.Text(fmt.Sprintf("escalation_delay_in_minutes = %d\n", 31+c.step)),
		})
		e.byHead[c.head] = c
		clear(c.signed)
		c.shown = map[string]string{}
		return true, err
	}
	_, err = e.s.sim.As("bob").Comment(c.pull, "nice")
	return false, err
}

// wanted is what the statuses of the head are to be: the whole one by its text, those of functions by their state.
func (c *course) wanted() map[string]string {
	want, missing := map[string]string{}, []string(nil)
	sigs := signatures()
	for _, sig := range sigs {
		want["slagate/"+sig.function] = "pending"
		if c.signed[sig.function] {
			want["slagate/"+sig.function] = "success"
		} else {
			missing = append(missing, sig.function)
		}
	}
	want["slagate"] = sigs[len(sigs)-1].text
	if len(missing) > 0 {
		want["slagate"] = fmt.Sprintf("Waiting for %s (%d of %d signed)", strings.Join(missing, ", "), len(sigs)-len(missing), len(sigs))
	}
	return want
}

// posted hears of a status. It ends the newest event whose statuses now stand, and those before it.
func (e *events) posted(p posting, at time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	c := e.byHead[p.sha]
	if c == nil {
		return
	}
	c.shown[p.Context] = p.State
	if p.Context == "slagate" {
		c.shown[p.Context] = p.Description
	}
	for i, asked := range slices.Backward(c.open) {
		if !c.shows(asked.want) {
			continue
		}
		for _, done := range c.open[:i+1] {
			e.took = append(e.took, at.Sub(done.began))
		}
		c.open = c.open[i+1:]
		return
	}
}

func (c *course) shows(want map[string]string) bool {
	for context, text := range want {
		if c.shown[context] != text {
			return false
		}
	}
	return true
}

// finish waits until everything is answered.
func (e *events) finish() {
	e.s.b.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), figurePatience)
	defer cancel()
	var open []string
	err := atRest(ctx, func() bool {
		e.mu.Lock()
		defer e.mu.Unlock()
		open = open[:0]
		for _, c := range e.courses {
			if len(c.open) > 0 {
				open = append(open, fmt.Sprintf("%s#%d: %v, not %v", c.repo.FullName(), c.pull.Number, c.shown, c.open[0].want))
			}
		}
		return len(open) == 0
	})
	require.NoError(e.s.b, err, "never shown: %v", open)
}

// verify requires that what stands at GitHub is what was to come of it all.
func (e *events) verify() {
	e.s.b.Helper()
	for _, c := range e.courses {
		v := c.pull.View()
		got := map[string]string{"slagate": v.Status("slagate").Description}
		for _, sig := range signatures() {
			got["slagate/"+sig.function] = v.Status("slagate/" + sig.function).State
		}
		require.Equal(e.s.b, c.wanted(), got, "%s#%d", c.repo.FullName(), c.pull.Number)
		require.Equal(e.s.b, c.head, v.Head)
		require.Equal(e.s.b, 1, e.s.said(v), "comments")
	}
}

func (e *events) report(t *figures, c crew, latency time.Duration, late times) {
	name := fmt.Sprintf("%s%d events/s over %d pull requests: ", c.named(latency), eventRate, eventPulls)
	t.add(name+"event to last status", "", "p50 %.0f ms, p95 %.0f ms, p99 %.0f ms, most %.0f ms",
		ms(e.took.at(0.5)), ms(e.took.at(0.95)), ms(e.took.at(0.99)), ms(e.took.at(1)))
	t.add(name+"of them", "", "%d with a status: labels %d, commands %d, pushes %d; without: other labels %d, comments %d (%d because the one before was not shown yet); sent late p99 %.0f ms",
		len(e.took), e.kinds[byLabel], e.kinds[byCommand], e.kinds[push], e.kinds[bug], e.kinds[talk], e.putOff, ms(late.at(0.99)))
}
