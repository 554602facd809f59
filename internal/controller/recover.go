package controller

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rs/zerolog"
)

// Deliveries is GitHub's own list of what it delivered, or could not.
type Deliveries interface {
	// Deliveries are the attempts since then, newest first. whole is false if there
	// were more than could be read at once.
	Deliveries(ctx context.Context, since time.Time) (list []Attempt, whole bool, err error)
	// Redeliver asks for an attempt's event once more. GitHub may have forgotten it, which is no error.
	Redeliver(ctx context.Context, id int64) error
}

// Asked keeps which deliveries were asked for again, and how far the list was read.
type Asked interface {
	AskedAgain(ctx context.Context, guids []string) (asked []string, err error)
	NoteAsked(ctx context.Context, guid string) error
	Mark(ctx context.Context, name string) (time.Time, error)
	SetMark(ctx context.Context, name string, at time.Time) error
}

// Attempt is one attempt to deliver an event; attempts of one event share the GUID.
type Attempt struct {
	ID   int64
	GUID string
	At   time.Time
	OK   bool
}

// ErrNoList says that the server keeps no list of deliveries.
var ErrNoList = errors.New("this server keeps no list of deliveries")

const (
	// markDeliveries is the name under which it is kept how far the list was read.
	markDeliveries = "deliveries"
	// keptByGitHub is how long github.com can deliver an event again.
	// https://docs.github.com/en/webhooks/testing-and-troubleshooting-webhooks/redelivering-webhooks
	keptByGitHub = 3 * 24 * time.Hour
	// overlap is read once more each time: attempts get their place in the list
	// late, and clocks differ.
	overlap = time.Hour
	// redeliveries bounds what one run asks for. Each counts five of the 900 points that GitHub
	// grants in a minute, each page of the list one; half of them is left for others.
	// https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#calculating-points-for-the-secondary-rate-limit
	redeliveries = 80
	// redeliverAgain is when the next run follows on one that reached its bound.
	redeliverAgain = time.Minute
	// failuresMost is how many events in a row a run tries in vain: one that GitHub does not
	// answer for holds up none of the others, and while it answers for none it is left in peace.
	failuresMost = 3
)

// leftError ends a run that left something, and says when the next one follows.
type leftError struct {
	left int
	why  error // nil: the run reached its bound
}

func (e leftError) Error() string {
	text := fmt.Sprintf("%d failed deliveries are left to be asked for", e.left)
	if e.why != nil {
		text += ": " + e.why.Error()
	}
	return text
}

func (e leftError) Unwrap() error           { return e.why }
func (leftError) RetryAfter() time.Duration { return redeliverAgain }

// Recover asks GitHub once more for each event that it could not deliver: the
// service was away, or too slow. What is known of an event only through its
// delivery, such as the commit that somebody saw who signed, is not lost that way.
// Where there is no such list the sweep alone finds out what happened.
//
// A run asks for a bounded number, the oldest first. If some are left it returns an error whose
// RetryAfter says when the next run is to follow; what it asked for is noted, so that none is asked for twice.
func (c *Controller) Recover(ctx context.Context) error {
	began := c.Now()
	mark, err := c.Asked.Mark(ctx, markDeliveries)
	if err != nil {
		return err
	}
	if oldest := began.Add(-keptByGitHub); mark.Before(oldest) {
		mark = oldest
	}
	list, whole, err := c.Deliveries.Deliveries(ctx, mark.Add(-overlap))
	if errors.Is(err, ErrNoList) {
		zerolog.Ctx(ctx).Info().Msg("github keeps no list of deliveries here, what gets lost is found by sweeps alone")
		return nil
	}
	if err != nil {
		return fmt.Errorf("list deliveries: %w", err)
	}
	if n := len(list); !whole && (n == 0 || list[n-1].At.After(mark)) {
		// The next run does not reach them either.
		log := zerolog.Ctx(ctx).Warn().Int("read", n).Time("since", mark)
		if n > 0 {
			log = log.Time("until", list[n-1].At)
		}
		log.Msg("more deliveries than can be looked through: of those in between the failed ones are not asked for again, " +
			"sweeps put the pull requests right, and who signed meanwhile may have to sign again")
	}
	left, err := c.askAgain(ctx, failed(list))
	if err != nil {
		return err
	}
	if len(left) == 0 {
		return c.Asked.SetMark(ctx, markDeliveries, began)
	}
	if left[0].At.After(mark) { // all before it were asked for: they need not be read again
		if err := c.Asked.SetMark(ctx, markDeliveries, left[0].At); err != nil {
			return err
		}
	}
	return leftError{left: len(left)}
}

// failed are the last attempts of the events of which no attempt succeeded, oldest first.
func failed(list []Attempt) []Attempt {
	delivered := map[string]bool{}
	for _, a := range list {
		delivered[a.GUID] = delivered[a.GUID] || a.OK
	}
	last := map[string]Attempt{}
	for _, a := range list {
		if !delivered[a.GUID] && a.GUID != "" && !a.At.Before(last[a.GUID].At) {
			last[a.GUID] = a
		}
	}
	out := make([]Attempt, 0, len(last))
	for _, a := range last {
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b Attempt) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	return out
}

// askAgain asks for each event that was not asked for before, in order, and returns those that are left.
func (c *Controller) askAgain(ctx context.Context, events []Attempt) (left []Attempt, err error) {
	guids := make([]string, 0, len(events))
	for _, a := range events {
		guids = append(guids, a.GUID)
	}
	before, err := c.Asked.AskedAgain(ctx, guids)
	if err != nil {
		return nil, err
	}
	known := make(map[string]bool, len(before))
	for _, guid := range before {
		known[guid] = true
	}
	events = slices.DeleteFunc(events, func(a Attempt) bool { return known[a.GUID] })
	if len(events) == 0 {
		return nil, nil
	}
	bound := min(len(events), redeliveries)
	left = events[bound:]
	asked, refused, err := c.redeliver(ctx, events[:bound])
	c.Observer.Redelivered(asked, refused)
	more := len(events) - asked - refused
	zerolog.Ctx(ctx).Info().Int("deliveries", asked).Int("refused", refused).Int("left", more).Msg("failed deliveries asked for again")
	if err != nil && asked > 0 && !saysWhen(err) {
		err = leftError{more, err} // a try at once would be a run beyond the bound
	}
	return left, err
}

// redeliver asks for events, one after the other, and notes each. An event that GitHub refuses to
// deliver again is not asked for a second time either. The error tells of those that could not be asked for.
func (c *Controller) redeliver(ctx context.Context, events []Attempt) (asked, refused int, err error) {
	var errs []error
	inVain := 0
	for _, a := range events {
		err := c.Deliveries.Redeliver(ctx, a.ID)
		var no interface{ Refusal() bool }
		switch {
		case err == nil:
			asked++
		case errors.As(err, &no) && no.Refusal():
			refused++
			zerolog.Ctx(ctx).Warn().Err(err).Str("delivery", a.GUID).Msg("github refused to deliver again, what it told is left to the sweep")
		default:
			errs = append(errs, fmt.Errorf("ask for delivery %s again: %w", a.GUID, err))
			if inVain++; inVain == failuresMost || ctx.Err() != nil || saysWhen(err) {
				return asked, refused, errors.Join(errs...)
			}
			continue
		}
		inVain = 0
		if err := c.noteAsked(ctx, a.GUID); err != nil {
			return asked, refused, errors.Join(append(errs, err)...)
		}
	}
	return asked, refused, errors.Join(errs...)
}

// noteAsked notes it also if the time of the run is over: GitHub has been asked.
func (c *Controller) noteAsked(ctx context.Context, guid string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteWithin)
	defer cancel()
	return c.Asked.NoteAsked(ctx, guid)
}

// saysWhen reports whether an error names the time of the next try: a limit, which holds for the others too.
func saysWhen(err error) bool {
	var when interface{ RetryAfter() time.Duration }
	return errors.As(err, &when)
}
