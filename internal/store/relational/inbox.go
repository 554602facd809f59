package relational

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/slagate/slagate/internal/store"
)

const (
	// lettersAtOnce bounds how many deliveries share a transaction, and so how long the first waits for the last.
	lettersAtOnce = 64
	// lettersWithin bounds such a transaction: GitHub waits for an answer for 10 s.
	lettersWithin = 8 * time.Second
)

// errAlone says that one of several deliveries could not be kept, so that each has to go alone.
var errAlone = errors.New("deliveries that cannot be kept together")

// inbox are the deliveries that wait to be kept. A flush to the disk takes as long for many as
// for one, so those that wait share a transaction; one that comes alone waits for nobody.
type inbox struct {
	mu      sync.Mutex
	waiting []*letter
	busy    bool // a goroutine is at work on them
}

// letter is a delivery on its way into the database.
type letter struct {
	store.Delivery
	fresh, known bool
	kept         chan error // has room for the outcome
}

// shareable: it is about pull requests alone. What changes repositories or
// groups locks other rows, in an order of its own, and is rare.
func (l *letter) shareable() bool {
	return len(l.Repos) == 0 && len(l.Looks) == 0 && len(l.MergeGroups) == 0
}

// share keeps a letter together with others that wait.
func (db *DB) share(ctx context.Context, l *letter) error {
	l.kept = make(chan error, 1)
	db.inbox.mu.Lock()
	db.inbox.waiting = append(db.inbox.waiting, l)
	begin := !db.inbox.busy
	db.inbox.busy = true
	db.inbox.mu.Unlock()
	if begin {
		go db.empty(context.WithoutCancel(ctx))
	}
	select {
	case err := <-l.kept:
		return err
	case <-ctx.Done():
		return ctx.Err() // it may be kept all the same, as one whose answer got lost
	}
}

// empty keeps what waits until nothing does.
func (db *DB) empty(ctx context.Context) {
	for {
		batch := db.inbox.take(lettersAtOnce)
		if len(batch) == 0 {
			return
		}
		err := db.keepShared(ctx, batch)
		for _, l := range batch {
			l.kept <- err
		}
	}
}

// take takes the letters that have waited longest. None: the goroutine that asks is to end.
func (in *inbox) take(most int) []*letter {
	in.mu.Lock()
	defer in.mu.Unlock()
	n := min(most, len(in.waiting))
	batch := slices.Clone(in.waiting[:n])
	in.waiting = slices.Delete(in.waiting, 0, n)
	in.busy = n > 0
	return batch
}

// keepShared keeps letters in one transaction. Where one of several is to blame for a
// failure the error is errAlone; where the database is, each has its error.
func (db *DB) keepShared(ctx context.Context, batch []*letter) error {
	ctx, cancel := context.WithTimeout(ctx, lettersWithin)
	defer cancel()
	blame := false
	err := db.engine.Write(ctx, true, func(tx store.Tx) error {
		err := db.keepLetters(ctx, tx, batch)
		blame = err != nil
		return err
	})
	if err != nil && blame && len(batch) > 1 && ctx.Err() == nil {
		return errors.Join(errAlone, err)
	}
	return err
}

// keepLetters writes all that follows from deliveries, in the order in which rows are locked
// everywhere: deliveries by GUID, repositories, pull requests, jobs. What was said of a
// pull request is kept in the order in which it came.
func (db *DB) keepLetters(ctx context.Context, tx store.Tx, batch []*letter) (err error) {
	for _, l := range inOrder(batch, func(a, b *letter) int { return cmp.Compare(a.GUID, b.GUID) }) {
		if l.fresh, l.known, err = keepDelivery(ctx, tx, l.Delivery); err != nil {
			return err
		}
	}
	arrivals := arrivalsOf(batch)
	for i, a := range arrivals {
		if i > 0 && a.of.known == arrivals[i-1].of.known && sameRepo(a.hint, arrivals[i-1].hint) {
			continue
		}
		if err := ensureRepo(ctx, tx, a.hint, a.of.known); err != nil {
			return err
		}
	}
	hints := make([]store.PullHint, 0, len(arrivals))
	for _, a := range arrivals {
		if err := db.arrive(ctx, tx, a.hint, a.of.GUID, a.of.known); err != nil {
			return err
		}
		hints = append(hints, a.hint)
	}
	for _, l := range batch {
		if l.known {
			continue
		}
		if err := keepEvidence(ctx, tx, l.Delivery); err != nil {
			return err
		}
	}
	return db.queueUrgent(ctx, tx, hints)
}

// arrival is one pull request that a letter is about.
type arrival struct {
	hint store.PullHint
	of   *letter
}

func arrivalsOf(batch []*letter) (out []arrival) {
	for _, l := range batch {
		for _, h := range l.Pulls {
			out = append(out, arrival{h, l})
		}
	}
	return inOrder(out, func(a, b arrival) int { return byRef(a.hint, b.hint) })
}

// sameRepo: the two say the same of their repository.
func sameRepo(a, b store.PullHint) bool {
	a.Ref.Number, b.Ref.Number = 0, 0
	return a.Ref == b.Ref && a.OwnerID == b.OwnerID
}
