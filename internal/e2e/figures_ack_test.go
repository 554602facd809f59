package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/githubsim"
)

const (
	ackRate   = 200 // deliveries a second
	ackFor    = 15 * time.Second
	ackRepos  = 5
	ackPulls  = 100
	pulseRate = 50 // requests to /healthz a second, beside them
	flushes   = 200
)

// benchAcknowledged sends deliveries that are kept and lead to evaluations.
func benchAcknowledged(b *testing.B, t *figures, binary string) {
	b.Helper()
	benchDeliveries(b, t, binary, "acknowledged durably", "p99 < 15 ms", func(s *stage, p *githubsim.Pull) error {
		return s.sim.As("bob").Label(p, "bug")
	})
}

// benchIgnored sends deliveries from which nothing follows.
func benchIgnored(b *testing.B, t *figures, binary string) {
	b.Helper()
	benchDeliveries(b, t, binary, "ignored", "", func(s *stage, p *githubsim.Pull) error {
		_, err := s.sim.As("bob").Comment(p, "nice")
		return err
	})
}

// benchDeliveries measures how long a delivery takes that a bystander causes.
// They are sent at their times, whether or not earlier ones were answered.
func benchDeliveries(b *testing.B, t *figures, binary, what, aim string, cause func(*stage, *githubsim.Pull) error) {
	b.Helper()
	s := newStage(b, ackRepos, farAway)
	svc, _ := s.spawn(binary, b.TempDir())
	s.warm(svc)
	samples := s.samples(svc, cause)
	disk := flushTimes(b)
	var took, pulse, late times
	var cost spent
	for run := 0; b.Loop(); run++ {
		requests := make([]*http.Request, int(ackFor/time.Second)*ackRate)
		for i := range requests {
			requests[i] = signed(b, svc, samples[i%len(samples)], fmt.Sprintf("figure-%d-%d", run, i))
		}
		cost = cost.plus(s.spend(svc, func() {
			stop := make(chan struct{})
			var beside sync.WaitGroup
			beside.Go(func() { pulse = append(pulse, beat(svc, stop)...) })
			x, l, refused := fire(requests)
			close(stop)
			beside.Wait()
			took, late = append(took, x...), append(late, l...)
			require.Zero(b, refused)
		}))
	}
	svc.stop()
	b.ReportMetric(ms(took.at(0.50)), "p50-ms")
	b.ReportMetric(ms(took.at(0.99)), "p99-ms")
	b.ReportMetric(ms(took.at(1)), "most-ms")
	b.ReportMetric(ms(pulse.at(0.99)), "healthz-p99-ms")
	b.ReportMetric(ms(late.at(0.99)), "late-p99-ms")
	name := fmt.Sprintf("%d deliveries/s, %s: ", ackRate, what)
	t.add(name+"time to the answer", aim, "p50 %.1f ms, p99 %.1f ms, most %.1f ms", ms(took.at(0.5)), ms(took.at(0.99)), ms(took.at(1)))
	t.add(name+"/healthz beside them", "", "p50 %.1f ms, p99 %.1f ms", ms(pulse.at(0.5)), ms(pulse.at(0.99)))
	t.add(name+"one flush to this disk at rest", "", "p50 %.1f ms, p99 %.1f ms", ms(disk.at(0.5)), ms(disk.at(0.99)))
	if cost.known {
		b.ReportMetric(cost.perThousand(len(took)), "cpu-s/1000deliveries")
		b.ReportMetric(cost.noise(), "others-%")
		t.add(name+"CPU per 1,000 deliveries", "", "%.2f s (the stand-in and the load: %.2f s; others took %.0f%% of the machine)",
			cost.perThousand(len(took)), cost.rest.Seconds()*1000/float64(len(took)), cost.noise())
	}
}

// samples are the deliveries that something causes, one for each pull request.
func (s *stage) samples(svc *service, cause func(*stage, *githubsim.Pull) error) []githubsim.Delivery {
	s.b.Helper()
	pulls := make([]*githubsim.Pull, ackPulls)
	for i := range pulls {
		r := s.repos[i%len(s.repos)]
		var err error
		pulls[i], err = s.open(r, s.branch(r))
		require.NoError(s.b, err)
	}
	s.settle(svc)
	before := len(s.sim.Deliveries().Log())
	for _, p := range pulls {
		require.NoError(s.b, cause(s, p))
	}
	s.settle(svc)
	caused := s.sim.Deliveries().Log()[before:]
	require.Len(s.b, caused, ackPulls)
	return caused
}

// signed is a delivery like that sample but of its own: its GUID and its bytes are new.
func signed(b *testing.B, svc *service, sample githubsim.Delivery, guid string) *http.Request {
	b.Helper()
	body := append(fmt.Appendf(nil, `{"figure":%q,`, guid), sample.Payload[1:]...)
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, svc.url+"/api/github/hook", bytes.NewReader(body))
	require.NoError(b, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-GitHub-Event", sample.Event)
	req.Header.Set("X-GitHub-Delivery", guid)
	req.Header.Set("X-Hub-Signature-256", githubsim.Signature(secret, body))
	return req
}

// fire sends the requests at their times and returns how long each took from its
// sending to the end of its answer, how late each was sent, and how many were refused.
func fire(requests []*http.Request) (took, late times, refused int) {
	client := deliveryClient()
	took, late = make(times, len(requests)), make(times, len(requests))
	var mu sync.Mutex
	var all sync.WaitGroup
	start := time.Now()
	for i, req := range requests {
		due := start.Add(time.Duration(i) * time.Second / ackRate)
		<-time.After(time.Until(due))
		all.Go(func() {
			sent := time.Now()
			err := answered(client, req)
			took[i], late[i] = time.Since(sent), sent.Sub(due)
			if err != nil {
				mu.Lock()
				defer mu.Unlock()
				refused++
			}
		})
	}
	all.Wait()
	return took, late, refused
}

// answered sends a request and reads the answer; another than 200 is an error.
func answered(client *http.Client, req *http.Request) error {
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	if err = errors.Join(err, resp.Body.Close()); err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("answered %d", resp.StatusCode)
	}
	return err
}

// beat asks the service again and again whether it is alive: how long that
// takes, without disk or work, is the noise of the machine.
func beat(svc *service, stop <-chan struct{}) (took times) {
	tick := time.NewTicker(time.Second / pulseRate)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return took
		case <-tick.C:
			began := time.Now()
			if _, _, err := svc.get("/healthz"); err == nil {
				took = append(took, time.Since(began))
			}
		}
	}
}

// flushTimes is how long this disk takes to keep a few bytes for good.
func flushTimes(b *testing.B) (took times) {
	b.Helper()
	f, err := os.Create(filepath.Join(b.TempDir(), "flush"))
	require.NoError(b, err)
	block := make([]byte, 4096)
	for range flushes {
		began := time.Now()
		_, err := f.Write(block)
		require.NoError(b, err)
		require.NoError(b, f.Sync())
		took = append(took, time.Since(began))
	}
	require.NoError(b, f.Close())
	return took
}
