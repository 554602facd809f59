package relational

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
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

// errClosed says that the store takes no more.
var errClosed = errors.New("the database is being closed")

// inbox are the deliveries that wait to be kept. A flush to the disk takes as long for many as
// for one, so those that wait share a transaction; one that comes alone waits for nobody.
type inbox struct {
	mu      sync.Mutex
	waiting []*letter
	busy    bool // a goroutine is at work on them
	closed  bool
	keeper  sync.WaitGroup // that goroutine
}

// letter is a delivery on its way into the database.
type letter struct {
	store.Delivery
	fresh bool       // its GUID is new
	known bool       // its GUID or its body was there before: it is old, and tells nothing new
	kept  chan error // has room for the outcome
}

// shareable: it is about pull requests alone. What changes repositories or
// groups locks other rows, in an order of its own, and is rare.
func (l *letter) shareable() bool {
	return len(l.Repos) == 0 && len(l.Looks) == 0 && len(l.MergeGroups) == 0
}

// share keeps a letter together with others that wait.
func (db *DB) share(ctx context.Context, l *letter) error {
	l.kept = make(chan error, 1)
	if err := db.post(ctx, l); err != nil {
		return err
	}
	select {
	case err := <-l.kept:
		return err
	case <-ctx.Done():
		return ctx.Err() // it may be kept all the same, as one whose answer got lost
	}
}

// post puts a letter to those that wait, and has somebody at work on them.
func (db *DB) post(ctx context.Context, l *letter) error {
	in := &db.inbox
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.closed {
		return errClosed
	}
	in.waiting = append(in.waiting, l)
	if !in.busy {
		in.busy = true
		in.keeper.Go(func() { db.empty(context.WithoutCancel(ctx)) })
	}
	return nil
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

// Finish waits until everybody who waits has an answer, and refuses those who come later. An
// engine calls it before it closes the database.
func (db *DB) Finish() {
	db.inbox.mu.Lock()
	db.inbox.closed = true
	db.inbox.mu.Unlock()
	db.inbox.keeper.Wait()
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
func (db *DB) keepShared(ctx context.Context, batch []*letter) (err error) {
	ctx, cancel := context.WithTimeout(ctx, lettersWithin)
	defer cancel()
	defer func() {
		// Others wait for the goroutine that this runs in. The one that is to blame
		// panics again where it goes alone, in a goroutine of its sender.
		if v := recover(); v != nil {
			db.log.Error().Str("panic", fmt.Sprint(v)).Bytes("trace", debug.Stack()).Msg("deliveries panicked")
			err = errAlone
		}
	}()
	blame := false
	err = db.engine.Write(ctx, true, func(tx store.Tx) error {
		err := db.keepLetters(ctx, tx, batch)
		blame = err != nil
		return err
	})
	if err != nil && blame && len(batch) > 1 && ctx.Err() == nil {
		return errors.Join(errAlone, err)
	}
	return err
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
func (a arrival) sameRepo(b arrival) bool {
	x, y := a.hint.Ref, b.hint.Ref
	x.Number, y.Number = 0, 0
	return x == y && a.hint.OwnerID == b.hint.OwnerID && a.of.known == b.of.known
}
