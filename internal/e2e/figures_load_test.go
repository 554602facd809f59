package e2e

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/githubsim"
)

const (
	loadFor   = 10 * time.Second
	loadConns = 32 // GitHub sends from many machines at once
)

// crew is a number of processes on a kind of database.
type crew struct {
	name string
	on   engine
	n    int
	aim  string // deliveries acknowledged a second
}

func crews() []crew {
	return []crew{
		{"1 process, SQLite", onSQLite, 1, ">= 1000/s"},
		{"1 process, PostgreSQL", onDurable, 1, ">= 1500/s"},
		{"3 processes, PostgreSQL", onDurable, 3, ">= 1500/s"},
	}
}

// manned starts the program as that many processes before the stage, warm and at rest;
// more are settings that take the place of those below.
func (s *stage) manned(binary string, c crew, more ...string) (*fleet, *service) {
	s.b.Helper()
	f := newFleet(s.b, binary, s.api.URL, c.on, c.n,
		append([]string{"SLAGATE_SWEEP_INTERVAL=1h", "SLAGATE_CONTENT_PER_MINUTE=off", "SLAGATE_LOG_LEVEL=error"}, more...)...)
	svc := f.service()
	s.warm(svc)
	return f, svc
}

// service is the fleet as one service.
func (f *fleet) service() *service {
	svc := &service{url: f.balancer.URL, on: f.on, db: f.database, stop: f.end, pids: f.pids()}
	if f.server != nil {
		svc.keep = f.backends
	}
	return svc
}

func (f *fleet) pids() (pids []int) {
	for _, m := range f.members {
		m.mu.Lock()
		if m.cmd != nil {
			pids = append(pids, m.cmd.Process.Pid)
		}
		m.mu.Unlock()
	}
	return pids
}

// backends are the processes of PostgreSQL, but for its first, which only waits.
func (f *fleet) backends() (pids []int) {
	f.tb.Helper()
	rows, err := f.db.QueryContext(context.Background(), `select pid from pg_stat_activity`)
	require.NoError(f.tb, err)
	defer rows.Close() //nolint:errcheck // Err says it
	for rows.Next() {
		var pid int
		require.NoError(f.tb, rows.Scan(&pid))
		pids = append(pids, pid)
	}
	require.NoError(f.tb, rows.Err())
	return pids
}

// benchLoad measures how many deliveries a fleet acknowledges if the next ones wait
// already. Each connection goes to a process of its own choice, so that no balancer takes part of the machine.
func benchLoad(b *testing.B, t *figures, binary string, c crew) {
	b.Helper()
	s := newStage(b, ackRepos, farAway)
	f, svc := s.manned(binary, c)
	samples := s.samples(svc, func(s *stage, p *githubsim.Pull) error { return s.sim.As("bob").Label(p, "bug") })
	var took times
	var elapsed time.Duration
	var cost spent
	for run := 0; b.Loop(); run++ {
		cost = cost.plus(s.spend(svc, func() {
			s.sim.SetLatency(loadFor) // evaluations wait for GitHub: what is measured is the door alone
			defer s.sim.SetLatency(farAway)
			began := time.Now()
			took = append(took, f.hammer(b, samples, run)...)
			elapsed += time.Since(began)
		}))
	}
	rate := float64(len(took)) / elapsed.Seconds()
	b.ReportMetric(rate, "acks/s")
	b.ReportMetric(ms(took.at(0.99)), "p99-ms")
	t.add(c.name+": durable acknowledgements", c.aim, "%.0f/s; p50 %.1f ms, p99 %.1f ms with %d connections",
		rate, ms(took.at(0.5)), ms(took.at(0.99)), loadConns)
	t.compare("durable acknowledgements/s", c, rate)
	cost.show(t, c.name+": ", "deliveries acknowledged, and all evaluated", len(took))
}

// show adds what so many things cost: CPU time for 1,000 of them, and memory.
func (x spent) show(t *figures, name, what string, n int) {
	if !x.known {
		return
	}
	t.add(name+"CPU per 1,000 "+what, "", "%.2f s, PostgreSQL %.2f s (the stand-in and the load: %.2f s; others took %.0f%% of the machine)",
		x.perThousand(n), x.database.Seconds()*1000/float64(n), x.rest.Seconds()*1000/float64(n), x.noise())
	t.add(name+"resident memory after, at most", "", "%.1f MiB, %.1f MiB", mib(x.after.resident), mib(x.after.peak))
}

// hammer has every connection send the next delivery when the last was answered.
func (f *fleet) hammer(b *testing.B, samples []githubsim.Delivery, run int) (took times) {
	b.Helper()
	client := deliveryClient()
	var next, refused atomic.Int64
	var mu sync.Mutex
	var all sync.WaitGroup
	end := time.Now().Add(loadFor)
	for conn := range loadConns {
		svc := &service{url: "http://" + f.members[conn%len(f.members)].address}
		all.Go(func() {
			var own times
			for time.Now().Before(end) {
				n := int(next.Add(1))
				req := signed(b, svc, samples[n%len(samples)], fmt.Sprintf("load-%d-%d", run, n))
				sent := time.Now()
				if err := answered(client, req); err != nil {
					refused.Add(1)
				}
				own = append(own, time.Since(sent))
			}
			mu.Lock()
			defer mu.Unlock()
			took = append(took, own...)
		})
	}
	all.Wait()
	require.Zero(b, refused.Load())
	return took
}
