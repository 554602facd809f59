package job

import (
	"sync"
	"time"
)

const (
	// shareOf is the part of the workers that one repository may have at once: one
	// with many or slow pull requests never has all of them.
	shareOf = 2
	// shareStep and shareMost are when a pull request is tried again whose repository has its share:
	// each a step later than the one before, so that they do not all come back together.
	shareStep = 25 * time.Millisecond
	shareMost = 5 * time.Second
)

// shares hands out the workers of this process by repository.
type shares struct {
	most int
	now  func() time.Time

	mu sync.Mutex
	of map[int64]*share
}

type share struct {
	running int
	next    time.Time // when the next one that is put off may come back
}

func newShares(workers int, now func() time.Time) *shares {
	return &shares{most: max(1, workers/shareOf), now: now, of: map[int64]*share{}}
}

// take takes a worker for the repository; release gives it back. If the repository has
// its share, release is nil, and wait says when to come again.
func (s *shares) take(repo int64) (release func(), wait time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	of := s.of[repo]
	if of == nil {
		of = &share{}
		s.of[repo] = of
	}
	if of.running >= s.most {
		now := s.now()
		if of.next.Before(now) {
			of.next = now
		}
		of.next = of.next.Add(shareStep)
		if latest := now.Add(shareMost); of.next.After(latest) {
			of.next = latest
		}
		return nil, of.next.Sub(now)
	}
	of.running++
	return func() { s.release(repo) }, 0
}

func (s *shares) release(repo int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	of := s.of[repo]
	if of.running--; of.running == 0 {
		delete(s.of, repo)
	}
}
