package controller

import (
	"sync"

	"github.com/slagate/slagate/internal/pull"
)

// keyed is a mutex per key. The zero value is ready for use.
type keyed struct {
	mu    sync.Mutex
	locks map[string]*counted
}

type counted struct {
	sync.Mutex
	users int
}

// lock locks a key and returns what unlocks it.
func (k *keyed) lock(key string) func() {
	k.mu.Lock()
	if k.locks == nil {
		k.locks = map[string]*counted{}
	}
	l := k.locks[key]
	if l == nil {
		l = &counted{}
		k.locks[key] = l
	}
	l.users++
	k.mu.Unlock()
	l.Lock()
	return func() {
		l.Unlock()
		k.mu.Lock()
		if l.users--; l.users == 0 {
			delete(k.locks, key)
		}
		k.mu.Unlock()
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
