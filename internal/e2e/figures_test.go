package e2e

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/slagate/slagate/internal/githubsim"
)

// The scenes of the figures.
const (
	livesAtOnce = 20
	liveRounds  = 3
	crowdRepos  = 20
	crowdPulls  = 200
	farAway     = 50 * time.Millisecond // how long GitHub takes for an answer
	startups    = 5
)

// BenchmarkFigures measures the program as it is given to people: a process of
// its own, with its database on disk, against the stand-in GitHub in this one.
//
//	go test -timeout 1h -run '^$' -bench Figures -benchtime 1x ./internal/e2e
//
// One scene alone: -bench Figures/Events, or /Evaluations, /L1, /Recovery, /Faults, /Load, /Acknowledged. How
// long events come in, the interval between sweeps of the recoveries, and for how long their webhooks
// are lost, are flags behind the package: -eventful 30s -recoverysweep 5m -lost 10m.
//
// The stand-in and the load take part of the same machine, so the times are
// upper bounds; ratios within one run say more than numbers of two machines. It
// ends with a table of what was aimed at and what was measured.
func BenchmarkFigures(b *testing.B) {
	binary := buildBinary(b)
	t := &figures{}
	b.Run("Start", func(b *testing.B) { benchStart(b, t, binary) })
	b.Run("Acknowledged", func(b *testing.B) { benchAcknowledged(b, t, binary) })
	b.Run("Ignored", func(b *testing.B) { benchIgnored(b, t, binary) })
	b.Run("Lives0ms", func(b *testing.B) { benchLives(b, t, binary, 0) })
	b.Run("Lives50ms", func(b *testing.B) { benchLives(b, t, binary, farAway) })
	b.Run("Crowd", func(b *testing.B) { benchCrowd(b, t, binary) })
	for _, c := range crews() {
		b.Run("Load/"+c.name, func(b *testing.B) { benchLoad(b, t, binary, c) })
	}
	for _, c := range crews() {
		b.Run("Evaluations/"+c.name, func(b *testing.B) { benchEvaluations(b, t, binary, c) })
	}
	for _, c := range crews() {
		b.Run("Events/"+c.name, func(b *testing.B) { benchEvents(b, t, binary, c) })
	}
	b.Run("L1", func(b *testing.B) { benchLife(b, t, binary) })
	for _, c := range soloAndThree() {
		b.Run("Recovery/"+c.name, func(b *testing.B) { benchRecovery(b, t, binary, c) })
	}
	for _, c := range soloAndThree() {
		b.Run("Faults/"+c.name, func(b *testing.B) { benchFaults(b, t, binary, c) })
	}
	t.addRatios()
	require.NoError(b, t.print(os.Stdout))
}

// figures is the table in which the figures are shown at the end.
type figures struct {
	rows   [][3]string
	ratios []ratio
}

// ratio is one figure as each crew has it.
type ratio struct {
	figure string
	of     []float64 // in the order of the crews, 0: not measured
}

// compare notes a figure of a crew, to be shown as a share of the first crew's.
func (t *figures) compare(figure string, c crew, value float64) {
	n := slices.IndexFunc(t.ratios, func(r ratio) bool { return r.figure == figure })
	if n < 0 {
		n = len(t.ratios)
		t.ratios = append(t.ratios, ratio{figure, make([]float64, len(crews()))})
	}
	t.ratios[n].of[slices.IndexFunc(crews(), func(x crew) bool { return x.name == c.name })] = value
}

// addRatios adds what [figures.compare] noted of more than one crew.
func (t *figures) addRatios() {
	for _, r := range t.ratios {
		for i, value := range r.of {
			if i > 0 && r.of[0] > 0 && value > 0 {
				t.add(fmt.Sprintf("%s: %s / %s", r.figure, crews()[i].name, crews()[0].name), "", "%.2f", value/r.of[0])
			}
		}
	}
}

// add adds a figure; what there is no aim for has "".
func (t *figures) add(figure, aim, format string, args ...any) {
	t.rows = append(t.rows, [3]string{figure, aim, fmt.Sprintf(format, args...)})
}

func (t *figures) print(w io.Writer) error {
	tab := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if _, err := fmt.Fprint(tab, "\nfigure\taim\tmeasured\n"); err != nil {
		return err
	}
	for _, r := range t.rows {
		if _, err := fmt.Fprintf(tab, "%s\t%s\t%s\n", r[0], r[1], r[2]); err != nil {
			return err
		}
	}
	return tab.Flush()
}

// times are durations of which quantiles are wanted.
type times []time.Duration

// at is the smallest duration that this share of them does not exceed.
func (t times) at(share float64) time.Duration {
	if len(t) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(t))
	return sorted[max(0, int(math.Ceil(share*float64(len(sorted))))-1)]
}

// wait adds how long it took from then until what was hoped for.
func (t *times) wait(hope <-chan time.Time, began time.Time) error {
	at, err := moment(hope)
	if err == nil {
		*t = append(*t, at.Sub(began))
	}
	return err
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func mib(bytes int64) float64 { return float64(bytes) / (1 << 20) }

// report gives p50 and p95 to the benchmark's line.
func (t times) report(b *testing.B, what string) {
	b.Helper()
	b.ReportMetric(ms(t.at(0.50)), what+"-p50-ms")
	b.ReportMetric(ms(t.at(0.95)), what+"-p95-ms")
}

// benchStart measures how long it takes until /readyz answers 200, on a new
// database and on one that is there, and what the program needs at rest.
func benchStart(b *testing.B, t *figures, binary string) {
	b.Helper()
	info, err := os.Stat(binary)
	require.NoError(b, err)
	var fresh, again times
	var rest usage
	known := false
	for b.Loop() {
		for range startups {
			s := newStage(b, 1, 0)
			folder := b.TempDir()
			svc, took := s.spawn(binary, folder)
			svc.stop()
			fresh = append(fresh, took)
			svc, took = s.spawn(binary, folder)
			require.NoError(b, poll(svc.swept), "no first sweep")
			rest, known = usageOfAll(svc.pids...)
			svc.stop()
			again = append(again, took)
		}
	}
	b.ReportMetric(ms(fresh.at(0.5)), "new-ms")
	b.ReportMetric(ms(again.at(0.5)), "again-ms")
	b.ReportMetric(mib(info.Size()), "binary-MiB")
	t.add("start until ready, new database, p50 (most)", "", "%.0f ms (%.0f)", ms(fresh.at(0.5)), ms(fresh.at(1)))
	t.add("start until ready, existing database, p50 (most)", "", "%.0f ms (%.0f)", ms(again.at(0.5)), ms(again.at(1)))
	t.add("stripped binary", "", "%.1f MiB", mib(info.Size()))
	if known {
		b.ReportMetric(mib(rest.resident), "rest-MiB")
		t.add("resident memory at rest", "", "%.1f MiB", mib(rest.resident))
	}
}

// spent is what the service and the stand-in used between two moments.
type spent struct {
	service, rest time.Duration
	database      time.Duration // of the database's own processes, which service has not
	after         usage
	requests      int
	known         bool
	// foreign is what other processes took of the machine meanwhile, all is the whole of it.
	foreign, all time.Duration
}

// spend measures what happens while something is done until the service is at rest.
func (s *stage) spend(svc *service, do func()) spent {
	s.b.Helper()
	s.sim.ResetRequests()
	service, ok1 := usageOfAll(svc.pids...)
	database := svc.kept()
	own, ok2 := usageOf(os.Getpid())
	busy, all, ok3 := machineTime()
	do()
	s.settle(svc)
	var out spent
	var ok4, ok5, ok6 bool
	out.after, ok4 = usageOfAll(svc.pids...)
	out.database = max(0, svc.kept().cpu-database.cpu)
	ownAfter, ok5 := usageOf(os.Getpid())
	busyAfter, allAfter, ok6 := machineTime()
	out.known = ok1 && ok2 && ok3 && ok4 && ok5 && ok6
	out.service, out.rest = out.after.cpu-service.cpu, ownAfter.cpu-own.cpu
	out.foreign, out.all = max(0, busyAfter-busy-out.service-out.rest-out.database), allAfter-all
	for _, r := range s.sim.Requests() {
		if r.Counted {
			out.requests++
		}
	}
	require.Empty(s.b, s.sim.Unknown())
	return out
}

// plus is both together.
func (x spent) plus(y spent) spent {
	return spent{
		service: x.service + y.service, rest: x.rest + y.rest, database: x.database + y.database, after: y.after, requests: x.requests + y.requests, known: y.known,
		foreign: x.foreign + y.foreign, all: x.all + y.all,
	}
}

// idle is the share of the machine, in percent, that nobody took.
func (x spent) idle() float64 {
	busy := x.service + x.rest + x.database + x.foreign
	return 100 * max(0, (x.all-busy).Seconds()) / max(x.all.Seconds(), 1e-9)
}

// noise is the share of the machine, in percent, that other processes took.
func (x spent) noise() float64 { return 100 * x.foreign.Seconds() / max(x.all.Seconds(), 1e-9) }

// perThousand is the CPU time that the service would use for 1,000 actions.
func (x spent) perThousand(actions int) float64 { return x.service.Seconds() * 1000 / float64(actions) }

// lived is what the lives of pull requests measured.
type lived struct{ opened, signed, function, last times }

func (l *lived) add(m lived) {
	l.opened, l.signed = append(l.opened, m.opened...), append(l.signed, m.signed...)
	l.function, l.last = append(l.function, m.function...), append(l.last, m.last...)
}

// benchLives lets pull requests be opened at once; each is signed by one
// function after the other, as soon as it shows the signature before.
func benchLives(b *testing.B, t *figures, binary string, latency time.Duration) {
	b.Helper()
	s := newStage(b, livesAtOnce/4, latency)
	svc, _ := s.spawn(binary, b.TempDir())
	s.warm(svc)
	var all lived
	var cost spent
	actions := 0
	for b.Loop() {
		for range liveRounds {
			cost = cost.plus(s.spend(svc, func() { all.add(s.lives()) }))
			actions += livesAtOnce * (1 + len(signatures()))
		}
	}
	svc.stop()
	all.opened.report(b, "opened")
	all.signed.report(b, "signoff")
	all.function.report(b, "function")
	all.last.report(b, "green")
	aims := map[bool][2]string{true: {"p50 <= 300 ms", "p50 <= 350 ms"}}[latency > 0]
	name := fmt.Sprintf("%d lives at once, GitHub %d ms: ", livesAtOnce, latency.Milliseconds())
	show := func(what, aim string, x times) {
		t.add(name+what, aim, "p50 %.0f ms, p95 %.0f ms", ms(x.at(0.5)), ms(x.at(0.95)))
	}
	show("opened to right status", aims[0], all.opened)
	show("sign-off to right status", aims[1], all.signed)
	show("sign-off to its function's status", "", all.function)
	show("last sign-off to success", aims[1], all.last)
	s.showCost(t, name, cost, actions)
}

func (s *stage) showCost(t *figures, name string, cost spent, actions int) {
	s.b.ReportMetric(float64(cost.requests)/float64(actions), "requests/action")
	t.add(name+"counted requests per action", "", "%.1f", float64(cost.requests)/float64(actions))
	if !cost.known {
		return
	}
	s.b.ReportMetric(cost.perThousand(actions), "cpu-s/1000actions")
	t.add(name+"CPU per 1,000 actions", "<= 3.6 s", "%.2f s (the stand-in and the load: %.2f s; others took %.0f%% of the machine)",
		cost.perThousand(actions), cost.rest.Seconds()*1000/float64(actions), cost.noise())
	s.b.ReportMetric(cost.noise(), "others-%")
}

func (s *stage) lives() lived {
	s.b.Helper()
	branches := make([]string, livesAtOnce)
	repos := make([]*githubsim.Repo, livesAtOnce)
	for i := range branches {
		repos[i] = s.repos[i%len(s.repos)]
		branches[i] = s.branch(repos[i])
	}
	require.NoError(s.b, s.sim.Deliveries().Wait(s.b.Context())) // the pushes are not what is measured
	parts := make([]lived, livesAtOnce)
	var group errgroup.Group
	for i := range parts {
		group.Go(func() (err error) {
			parts[i], err = s.live(repos[i], branches[i])
			return err
		})
	}
	require.NoError(s.b, group.Wait())
	var all lived
	for _, p := range parts {
		all.add(p)
	}
	return all
}

// live is the life of one pull request from its opening to green.
func (s *stage) live(r *githubsim.Repo, branch string) (out lived, err error) {
	head := r.Tip(branch)
	hope := s.watch.expect(head, "slagate", "pending", waitingForAll)
	began := time.Now()
	p, err := s.open(r, branch)
	if err != nil {
		return out, err
	}
	if err := out.opened.wait(hope, began); err != nil {
		return out, fmt.Errorf("open %s: %w", branch, err)
	}
	for _, sig := range signatures() {
		main := s.watch.expect(head, "slagate", sig.state, sig.text)
		own := s.watch.expect(head, "slagate/"+sig.function, "success", "Signed by "+sig.who)
		began = time.Now()
		if err := s.sim.As(sig.who).Label(p, "sla/"+sig.function+"-approved"); err != nil {
			return out, err
		}
		if err := errors.Join(out.signed.wait(main, began), out.function.wait(own, began)); err != nil {
			return out, fmt.Errorf("sign #%d for %s: %w", p.Number, sig.function, err)
		}
	}
	out.last = out.signed[len(out.signed)-1:]
	return out, nil
}

// benchCrowd has many pull requests over many repositories opened at once, and
// then signed for every function at once.
func benchCrowd(b *testing.B, t *figures, binary string) {
	b.Helper()
	var opened, signed times
	var cost spent
	right, total := 0, 0
	for b.Loop() {
		s := newStage(b, crowdRepos, 0)
		svc, _ := s.spawn(binary, b.TempDir())
		s.warm(svc)
		c := s.crowd(svc)
		svc.stop()
		opened, signed = append(opened, c.opened), append(signed, c.signed)
		right, total, cost = right+crowdPulls-len(c.wrong), total+crowdPulls, cost.plus(c.cost)
		require.Empty(b, c.wrong)
	}
	actions := total * (1 + len(signatures()))
	b.ReportMetric(ms(opened.at(1)), "opened-last-ms")
	b.ReportMetric(ms(signed.at(1)), "signed-last-ms")
	name := fmt.Sprintf("%d pull requests, %d repositories: ", crowdPulls, crowdRepos)
	t.add(name+"right in the end", fmt.Sprint(crowdPulls), "%d of %d", right, total)
	t.add(name+"opened at once, last right after", "2 s", "%.2f s", opened.at(1).Seconds())
	t.add(name+fmt.Sprintf("%d sign-offs at once, last right after", crowdPulls*len(signatures())), "2 s", "%.2f s", signed.at(1).Seconds())
	(&stage{b: b}).showCost(t, name, cost, actions)
	if cost.known {
		b.ReportMetric(mib(cost.after.peak), "peak-MiB")
		t.add(name+"resident memory after, at most", "", "%.1f MiB, %.1f MiB", mib(cost.after.resident), mib(cost.after.peak))
	}
}

// crowded is what a crowd measured.
type crowded struct {
	opened, signed time.Duration // until the last was right
	wrong          []string
	cost           spent
}

func (s *stage) crowd(svc *service) (out crowded) {
	s.b.Helper()
	branches, heads := make([]string, crowdPulls), make([]string, crowdPulls)
	for i := range branches {
		r := s.repos[i%len(s.repos)]
		branches[i] = s.branch(r)
		heads[i] = r.Tip(branches[i])
	}
	s.settle(svc)
	pulls := make([]*githubsim.Pull, crowdPulls)
	out.cost = s.spend(svc, func() {
		out.opened = s.atOnce(func() (hopes []<-chan time.Time) {
			for i, branch := range branches {
				var err error
				pulls[i], err = s.open(s.repos[i%len(s.repos)], branch)
				require.NoError(s.b, err)
				hopes = append(hopes, s.watch.expect(heads[i], "slagate", "pending", waitingForAll))
			}
			return hopes
		})
		s.settle(svc)
		out.signed = s.atOnce(func() (hopes []<-chan time.Time) {
			sigs := signatures()
			last := sigs[len(sigs)-1]
			for i, p := range pulls {
				for _, sig := range sigs {
					require.NoError(s.b, s.sim.As(sig.who).Label(p, "sla/"+sig.function+"-approved"))
				}
				hopes = append(hopes, s.watch.expect(heads[i], "slagate", last.state, last.text))
			}
			return hopes
		})
	})
	for _, p := range pulls {
		if what := wrong(p); what != "" {
			out.wrong = append(out.wrong, p.Repo().FullName()+what)
		}
	}
	return out
}

// atOnce does something whose deliveries leave all at once, and returns how long
// it takes from then until the last of the expected statuses.
func (s *stage) atOnce(do func() []<-chan time.Time) time.Duration {
	s.b.Helper()
	s.sim.Deliveries().Pause()
	hopes := do()
	began := time.Now()
	s.sim.Deliveries().Resume()
	var last time.Time
	for _, hope := range hopes {
		at, err := moment(hope)
		require.NoError(s.b, err)
		if at.After(last) {
			last = at
		}
	}
	return last.Sub(began)
}

// BenchmarkProfile is scenes of [BenchmarkFigures] with the service inside this
// process, for -cpuprofile and -memprofile; its times say nothing.
func BenchmarkProfile(b *testing.B) {
	b.Run("Lives", func(b *testing.B) {
		s := newStage(b, livesAtOnce/4, 0)
		svc := s.inProcess()
		s.warm(svc)
		for b.Loop() {
			s.lives()
		}
		svc.stop()
	})
	b.Run("Crowd", func(b *testing.B) {
		for b.Loop() {
			s := newStage(b, crowdRepos, 0)
			svc := s.inProcess()
			s.warm(svc)
			require.Empty(b, s.crowd(svc).wrong)
			svc.stop()
		}
	})
}
