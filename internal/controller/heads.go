package controller

import (
	"context"
	"sync"
	"time"

	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/store"
)

// How long an evaluation waits for another one that writes the statuses of the
// same commit, and how often it asks.
const (
	headPatience = 10 * time.Second
	headEvery    = 20 * time.Millisecond
)

// lockHead waits for the right to write the statuses of a commit: whoever has it
// knows how all pull requests that share it stand, and that nobody else is about to write.
func (c *Controller) lockHead(ctx context.Context, repoID int64, head string) (store.Lock, error) {
	ctx, cancel := context.WithTimeout(ctx, headPatience)
	defer cancel()
	for {
		lock, ok, err := c.Heads.TryHead(ctx, repoID, head)
		if err != nil || ok {
			return lock, err
		}
		timer := time.NewTimer(headEvery)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, soonError{"another pull request with this head is being evaluated"}
		}
	}
}

// tally counts by pull request. The zero value is ready for use. It lives as long
// as the process: what it counts only tunes how long something is waited for.
type tally struct {
	mu sync.Mutex
	n  map[tallyKey]int
}

type tallyKey struct {
	repo   int64
	number int
}

// add counts one more and returns the count.
func (t *tally) add(ref pull.Ref) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.n == nil {
		t.n = map[tallyKey]int{}
	}
	k := tallyKey{ref.RepoID, ref.Number}
	t.n[k]++
	return t.n[k]
}

func (t *tally) clear(ref pull.Ref) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.n, tallyKey{ref.RepoID, ref.Number})
}
