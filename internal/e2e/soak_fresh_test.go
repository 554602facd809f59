package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/stretchr/testify/require"
)

// What the soak holds its outcome against once all is quiet.

// readOnly passes on what only reads and answers what writes without doing it. It
// remembers the states that would have been posted.
type readOnly struct {
	next http.Handler

	mu     sync.Mutex
	wanted map[string]string // by commit: the state of the context slagate
}

// ServeHTTP answers a request.
func (o *readOnly) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet || strings.HasSuffix(r.URL.Path, "/graphql") || strings.HasSuffix(r.URL.Path, "/access_tokens") {
		o.next.ServeHTTP(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if _, sha, ok := strings.Cut(r.URL.Path, "/statuses/"); ok {
		p := posting{sha: sha}
		err = errors.Join(err, json.Unmarshal(body, &p))
		o.note(p)
	}
	w.Header().Set("Content-Type", "application/json")
	answer := fmt.Sprintf(`{"id": 1, "created_at": %[1]q, "updated_at": %[1]q}`, time.Now().UTC().Format(time.RFC3339))
	switch {
	case err != nil:
		w.WriteHeader(http.StatusBadRequest)
	case r.Method == http.MethodDelete:
		w.WriteHeader(http.StatusNoContent)
		return
	case r.Method == http.MethodPost && strings.Contains(r.URL.Path, "/issues/") && strings.HasSuffix(r.URL.Path, "/labels"):
		answer = "[]"
	case r.Method == http.MethodPost:
		w.WriteHeader(http.StatusCreated)
	}
	if _, err := io.Copy(w, bytes.NewBufferString(answer)); err != nil {
		return // the caller is gone
	}
}

func (o *readOnly) note(p posting) {
	// "Looking at" is what it says before it has judged.
	if p.Context == "slagate" && !strings.HasPrefix(p.Description, "Looking at") {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.wanted[p.sha] = p.State
	}
}

func (o *readOnly) state(sha, standing string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	if state, ok := o.wanted[sha]; ok {
		return state
	}
	return standing
}

// fresh has a process without any history judge everything and holds that against what is
// shown. A process without history asks again where it cannot know what somebody saw who
// signed, so only one that would let through more than is shown is a difference.
func (s *soak) fresh(table *figures, name string) {
	s.t.Helper()
	only := &readOnly{next: s.sim.Handler(), wanted: map[string]string{}}
	api := httptest.NewServer(only)
	defer api.Close()
	f := newFleet(s.t, s.binary, api.URL, onSQLite, 1, "SLAGATE_SWEEP_INTERVAL=1h", "SLAGATE_LOG_LEVEL=warn", "SLAGATE_CONTENT_PER_MINUTE=off")
	require.NoError(s.t, poll(func() bool { return f.sweeps() > 0 && f.quiet() }), "no first sweep")
	f.end()
	alike, asks := 0, 0
	var more []string
	for _, a := range s.repos {
		for _, p := range a.pulls {
			v := p.View()
			shown := v.Status("slagate")
			wants := only.state(v.Head, shown.State)
			switch {
			case !v.Open:
			case (wants == "success") == (shown.State == "success"):
				alike++
			case wants == "success":
				more = append(more, fmt.Sprintf("%s#%d shows %s: %s", a.repo.FullName(), p.Number, shown.State, shown.Description))
			default:
				asks++
			}
		}
	}
	table.add(name+": a fresh run without history: alike, would ask again, would let through what is held", "-, -, 0", "%d, %d, %d", alike, asks, len(more))
	require.Empty(s.t, more)
}

// sweeps is how many sweeps the processes have done since they were started.
func (f *fleet) sweeps() (n int) {
	for _, m := range f.members {
		_, body, err := (&service{url: "http://" + m.address}).get("/metrics")
		if err != nil {
			return 0
		}
		for line := range strings.Lines(body) {
			if rest, ok := strings.CutPrefix(line, `slagate_sweeps_total{outcome="complete"}`); ok {
				if count, err := strconv.ParseFloat(strings.TrimSpace(rest), 64); err == nil {
					n += int(count)
				}
			}
		}
	}
	return n
}

// atRest restarts all processes and requires that the sweeps with which they begin and another one write nothing.
func (s *soak) atRest(table *figures, name string) {
	s.t.Helper()
	most := 3*s.form.sweep + patience
	before := s.fleet.sweeps() // of limits that have ended
	require.NoError(s.t, pollFor(most, func() bool { return s.fleet.sweeps() >= before+2 && s.fleet.quiet() }), "no sweep")
	s.sim.ResetRequests()
	for _, m := range s.fleet.members {
		_, err := m.signal(os.Interrupt)
		require.NoError(s.t, err)
	}
	begun := len(s.fleet.members) + 1 // each sweeps at once, and one of them gives places
	require.NoError(s.t, pollFor(most, func() bool { return s.fleet.ready() && s.fleet.sweeps() > begun && s.fleet.quiet() }), "no sweep")
	var writes []string
	for _, r := range s.sim.Requests() {
		if r.Method != http.MethodGet && !strings.HasSuffix(r.Route, "/graphql") && !strings.HasSuffix(r.Route, "/access_tokens") {
			writes = append(writes, r.Method+" "+r.Path+" "+r.Body)
		}
	}
	table.add(name+": writes after a restart and the sweeps that follow", "0", "%d", len(writes))
	require.Empty(s.t, writes)
}

// signed has everybody sign who is to, and requires that this lets everything through.
func (s *soak) signed(table *figures, name string) {
	s.t.Helper()
	shared := s.repos[0]
	for f, login := range signers() {
		if !shared.isIn(f, login) {
			require.NoError(s.t, shared.as("ada").AddToTeam(shared.teams[f], shared.users[login]))
		}
	}
	_, wrongs := s.rest() // whoever is back may sign again
	require.Empty(s.t, wrongs)
	for _, a := range s.repos {
		s.acts++
		a.number = s.acts
		for _, p := range a.pulls {
			s.agree(a, p)
		}
	}
	_, wrongs = s.rest()
	require.Empty(s.t, wrongs)
	for _, a := range s.repos { // who had no label to put on says it
		for _, p := range a.pulls {
			for _, f := range a.required(p) {
				if v := p.View(); v.Open && !slices.Contains(v.Labels, "sla/"+f+"-approved") {
					a.command(p, f, signers()[f], true, false)
				}
			}
		}
	}
	_, wrongs = s.rest()
	require.Empty(s.t, wrongs)
	green, open := 0, 0
	var red []string
	for _, a := range s.repos {
		for _, p := range a.pulls {
			switch v := p.View(); {
			case !v.Open:
			case v.Status("slagate").State == "success":
				green, open = green+1, open+1
			default:
				open++
				red = append(red, fmt.Sprintf("%s#%d: %s %v", a.repo.FullName(), p.Number, v.Status("slagate").Description, v.Labels))
			}
		}
	}
	table.add(name+": green once everybody has signed who has to", fmt.Sprint(open), "%d", green)
	s.explain(red)
	require.Empty(s.t, red)
}
