package githubsim

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Delivery is one attempt to deliver a webhook, as the app's delivery log has it.
type Delivery struct {
	ID           int64 // rises with the attempts; 0 until it is attempted
	GUID         string
	Event        string
	Action       string
	Installation int64
	Repository   int64
	Redelivery   bool
	DeliveredAt  time.Time // zero: not yet
	// StatusCode is what the receiver answered; 502 if it could not be reached, 504
	// if it was too slow, unless SetUnanswered says otherwise.
	StatusCode int
	Status     string
	Payload    []byte
	Response   string
	Header     http.Header
	duration   time.Duration
	host       string // of a GitHub Enterprise Server
	body       object // what becomes Payload when it is attempted: nobody waits for that
}

// write makes the payload, once.
func (d *Delivery) write() {
	if d.body != nil {
		d.Payload, d.body = mustJSON(d.body), nil
	}
}

// OK reports whether the receiver took the delivery.
func (d Delivery) OK() bool { return d.StatusCode >= 200 && d.StatusCode <= 299 }

// Deliveries sends webhooks, one after the other in the order of the events
// unless [Options].Workers says more, and keeps the log of attempts. Its faults
// are those of the real thing: dropped (sent in vain, listed as failed), lost
// (never sent, never listed), late, twice, out of order.
type Deliveries struct {
	sender
	most   int
	keep   int
	retain time.Duration
	chaos  *chaos

	mu      sync.Mutex
	url     string
	secret  string
	lastID  int64
	guids   int64
	queue   []*Delivery
	held    []*Delivery
	timers  map[*time.Timer]bool // of those kept back for a while
	log     []*Delivery          // by id; what is in it does not change any more
	counts  map[int]int
	paused  bool
	closed  bool
	workers int
	idle    chan struct{} // closed when nothing is queued and nothing is under way
	stirred bool          // idle is open
	drop    int
	lose    int
	twice   int
	delay   int
	none    int // status code of no answer; 0: as it is
}

// Deliveries are kept for 3 days, by a GitHub Enterprise Server for 7
// (https://docs.github.com/webhooks/testing-and-troubleshooting-webhooks/viewing-webhook-deliveries).
const (
	retained           = 3 * 24 * time.Hour
	retainedEnterprise = 7 * 24 * time.Hour
)

func newDeliveries(o Options, now func() time.Time, x *chaos) *Deliveries {
	idle := make(chan struct{})
	close(idle)
	d := &Deliveries{
		sender: sender{client: o.Client, now: now, appID: o.AppID, hookID: 100 + o.AppID, enterprise: o.Enterprise, deadline: o.Deadline},
		most:   max(1, o.Workers), keep: o.KeepLog, retain: retained, chaos: x, url: o.WebhookURL, secret: o.WebhookSecret,
		lastID: 5_000_000, guids: 5_000_000, timers: map[*time.Timer]bool{}, counts: map[int]int{}, idle: idle,
	}
	if o.Enterprise != "" {
		d.retain = retainedEnterprise
	}
	return d
}

func (d *Deliveries) set(url, secret string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.url, d.secret = url, secret
}

// enqueue takes a new event. Nothing is sent or logged while no URL is set.
func (d *Deliveries) enqueue(x *Delivery) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.url == "" || d.closed {
		return
	}
	d.guids++
	x.GUID = guid(d.guids)
	switch {
	case d.lose > 0:
		d.lose--
	case d.drop > 0:
		d.drop--
		d.fail(x)
	case d.delay > 0:
		d.delay--
		d.held = append(d.held, x)
	case d.twice > 0:
		d.twice--
		d.push(x, x)
	default:
		d.byChance(x)
	}
}

// byChance does to a delivery what chaos says. The caller holds mu.
func (d *Deliveries) byChance(x *Delivery) {
	switch kind, later := d.chaos.webhook(x); kind {
	case chaosDrop:
		d.fail(x)
	case chaosLose:
	case chaosTwice:
		d.push(x, x)
	case chaosDelay, chaosReorder:
		d.later(x, later)
	default:
		d.push(x)
	}
}

// push queues copies of a delivery. The caller holds mu.
func (d *Deliveries) push(all ...*Delivery) {
	for _, x := range all {
		twin := *x
		d.queue = append(d.queue, &twin)
	}
	d.start()
}

// later queues a delivery after a while. The caller holds mu.
func (d *Deliveries) later(x *Delivery, after time.Duration) {
	d.stir()
	var timer *time.Timer
	timer = time.AfterFunc(after, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if !d.timers[timer] {
			return // closed meanwhile
		}
		delete(d.timers, timer)
		d.push(x)
		d.settle()
	})
	d.timers[timer] = true
}

// fail logs a delivery that did not reach the receiver. The caller holds mu.
func (d *Deliveries) fail(x *Delivery) {
	d.lastID++
	x.write()
	x.Header = d.header(x, d.secret)
	x.ID, x.StatusCode, x.Status, x.DeliveredAt = d.lastID, d.unanswered(http.StatusBadGateway), "failed to connect to host", d.now().UTC()
	d.record(x)
}

func (d *Deliveries) unanswered(code int) int {
	if d.none != 0 {
		return d.none
	}
	return code
}

// record puts an attempt in its place in the log: several workers end in any
// order. The caller holds mu.
func (d *Deliveries) record(x *Delivery) {
	i := len(d.log)
	for i > 0 && d.log[i-1].ID > x.ID {
		i--
	}
	d.log = kept(slices.Insert(d.log, i, x), d.keep)
	d.counts[x.StatusCode]++
}

// guid makes the delivery's GUID from its number: stable runs are easier to read.
func guid(id int64) string {
	h := sha256.Sum256([]byte("delivery " + strconv.FormatInt(id, 10)))
	x := hex.EncodeToString(h[:16])
	return fmt.Sprintf("%s-%s-%s-%s-%s", x[:8], x[8:12], x[12:16], x[16:20], x[20:])
}

// stir says that something is under way, settle looks whether nothing is any
// more. The caller holds mu.
func (d *Deliveries) stir() {
	if !d.stirred {
		d.idle, d.stirred = make(chan struct{}), true
	}
}

func (d *Deliveries) settle() {
	if d.stirred && d.workers == 0 && len(d.timers) == 0 {
		close(d.idle)
		d.stirred = false
	}
}

// start runs a worker if there is work and not enough of them run. The caller holds mu.
func (d *Deliveries) start() {
	if d.paused || d.closed {
		return
	}
	for range min(d.most-d.workers, len(d.queue)) {
		d.stir()
		d.workers++
		go d.run()
	}
}

func (d *Deliveries) run() {
	for {
		d.mu.Lock()
		if d.paused || d.closed || len(d.queue) == 0 {
			d.workers--
			d.settle()
			d.mu.Unlock()
			return
		}
		x := d.queue[0]
		d.queue = d.queue[1:]
		d.lastID++
		x.ID = d.lastID
		url, secret := d.url, d.secret
		d.mu.Unlock()
		answered := d.send(x, url, secret)
		d.mu.Lock()
		if !answered {
			x.StatusCode = d.unanswered(x.StatusCode)
		}
		d.record(x)
		d.mu.Unlock()
	}
}

// Wait returns when everything queued has been delivered and nothing is under
// way, or with the context's error. While paused it returns at once.
func (d *Deliveries) Wait(ctx context.Context) error {
	for {
		d.mu.Lock()
		idle, done := d.idle, !d.stirred
		d.mu.Unlock()
		if done {
			return nil
		}
		select {
		case <-idle:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (d *Deliveries) close(ctx context.Context) error {
	d.mu.Lock()
	d.closed = true
	for t := range d.timers {
		t.Stop()
	}
	clear(d.timers)
	d.settle()
	d.mu.Unlock()
	return d.Wait(ctx)
}

// Pause holds everything back from now on.
func (d *Deliveries) Pause() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.paused = true
}

// Resume sends what was held back by Pause.
func (d *Deliveries) Resume() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.paused = false
	d.start()
}

// DropNext makes the next n deliveries fail without reaching the receiver; the log shows them.
func (d *Deliveries) DropNext(n int) { d.plan(&d.drop, n) }

// LoseNext makes the next n deliveries vanish without a trace.
func (d *Deliveries) LoseNext(n int) { d.plan(&d.lose, n) }

// DuplicateNext sends each of the next n deliveries twice, with one GUID.
func (d *Deliveries) DuplicateNext(n int) { d.plan(&d.twice, n) }

// DelayNext keeps the next n deliveries back until Release; later ones overtake them.
func (d *Deliveries) DelayNext(n int) { d.plan(&d.delay, n) }

func (d *Deliveries) plan(what *int, n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	*what = n
}

// Release sends what DelayNext kept back.
func (d *Deliveries) Release() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.push(d.held...)
	d.held = nil
}

// Reverse turns the order of what is queued, which makes sense while paused.
func (d *Deliveries) Reverse() {
	d.mu.Lock()
	defer d.mu.Unlock()
	slices.Reverse(d.queue)
}

// Log lists the attempts, oldest first.
func (d *Deliveries) Log() []Delivery {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := make([]Delivery, len(d.log))
	for i, x := range d.log {
		out[i] = *x
	}
	return out
}

// Counts tells how many attempts ended with each status code, those that the
// log no longer has included.
func (d *Deliveries) Counts() map[int]int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return maps.Clone(d.counts)
}

// SetUnanswered sets the status code that the log has for a receiver that could
// not be reached or was too slow; 0: 502 and 504. What GitHub writes there is not
// documented, and its filter status=failure only finds 400 to 599.
func (d *Deliveries) SetUnanswered(code int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.none = code
}

// target is where deliveries go, and the secret that signs them.
func (d *Deliveries) target() (url, secret string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.url, d.secret
}

// attempt returns an attempt that is still kept, nil if there is none.
func (d *Deliveries) attempt(id int64) *Delivery {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.find(id)
}

// find returns an attempt that is still kept. The caller holds mu.
func (d *Deliveries) find(id int64) *Delivery {
	i, ok := slices.BinarySearchFunc(d.log, id, func(x *Delivery, id int64) int { return cmp.Compare(x.ID, id) })
	if !ok || d.expired(d.log[i]) {
		return nil
	}
	return d.log[i]
}

func (d *Deliveries) expired(x *Delivery) bool { return d.now().Sub(x.DeliveredAt) > d.retain }

// page lists up to n attempts that are wanted, newest first, from before an id
// on; more tells whether there are others behind them.
func (d *Deliveries) page(before int64, n int, wanted func(*Delivery) bool) (out []*Delivery, more bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	from, _ := slices.BinarySearchFunc(d.log, before, func(x *Delivery, id int64) int { return cmp.Compare(x.ID, id) })
	for i := from - 1; i >= 0 && !d.expired(d.log[i]); i-- {
		switch {
		case !wanted(d.log[i]):
		case len(out) == n:
			return out, true
		default:
			out = append(out, d.log[i])
		}
	}
	return out, false
}

// Redeliver sends an attempt of the log again, with the same GUID and body: a
// new attempt with an id of its own.
func (d *Deliveries) Redeliver(id int64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	old := d.find(id)
	if old == nil {
		return notFound()
	}
	d.byChance(&Delivery{
		GUID: old.GUID, Event: old.Event, Action: old.Action, Installation: old.Installation, Repository: old.Repository,
		Redelivery: true, Payload: old.Payload, host: old.host,
	})
	return nil
}
