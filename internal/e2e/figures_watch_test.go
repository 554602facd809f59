package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// watch stands before the stand-in GitHub and sees the statuses that are
// posted, at the moment when GitHub has answered that it has them.
type watch struct {
	next http.Handler

	mu     sync.Mutex
	hopes  map[posting][]chan time.Time
	listen func(posting, time.Time) // hears of every status, if it is set
}

// posting is one status as it is posted.
type posting struct {
	sha         string
	Context     string `json:"context"`
	State       string `json:"state"`
	Description string `json:"description"`
}

func newWatch(next http.Handler) *watch {
	return &watch{next: next, hopes: map[posting][]chan time.Time{}}
}

// ServeHTTP passes a request on.
func (w *watch) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	_, sha, ok := strings.Cut(r.URL.Path, "/statuses/")
	if !ok || r.Method != http.MethodPost {
		w.next.ServeHTTP(rw, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	p := posting{sha: sha}
	if err = errors.Join(err, json.Unmarshal(body, &p)); err != nil {
		http.Error(rw, err.Error(), http.StatusBadRequest)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	w.next.ServeHTTP(rw, r)
	w.seen(p)
}

func (w *watch) seen(p posting) {
	at := time.Now()
	if listen := w.fulfil(p, at); listen != nil {
		listen(p, at)
	}
}

// fulfil tells those who hoped for a status, and returns who hears of every one.
func (w *watch) fulfil(p posting, at time.Time) func(posting, time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, hope := range w.hopes[p] {
		hope <- at // has room for it
	}
	delete(w.hopes, p)
	return w.listen
}

// tell has every status told from now on.
func (w *watch) tell(listen func(posting, time.Time)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.listen = listen
}

// expect returns what tells the time when this status is posted next.
func (w *watch) expect(sha, context, state, description string) <-chan time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	key := posting{sha: sha, Context: context, State: state, Description: description}
	hope := make(chan time.Time, 1)
	w.hopes[key] = append(w.hopes[key], hope)
	return hope
}

// errSilent says that a status that was expected is not posted.
var errSilent = errors.New("the status is not posted")

// moment waits for what was expected.
func moment(hope <-chan time.Time) (time.Time, error) {
	timeout := time.NewTimer(figurePatience)
	defer timeout.Stop()
	select {
	case at := <-hope:
		return at, nil
	case <-timeout.C:
		return time.Time{}, errSilent
	}
}
