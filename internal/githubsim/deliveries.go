package githubsim

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // the legacy header that GitHub still sends
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Delivery is one attempt to deliver a webhook, as the app's delivery log has it.
type Delivery struct {
	ID           int64
	GUID         string
	Event        string
	Action       string
	Installation int64
	Repository   int64
	Redelivery   bool
	DeliveredAt  time.Time // zero: not yet
	// StatusCode is what the receiver answered; 502 if it could not be reached, 504 if it was too slow.
	StatusCode int
	Status     string
	Payload    []byte
	Response   string
	Header     http.Header
	duration   time.Duration
}

// OK reports whether the receiver took the delivery.
func (d Delivery) OK() bool { return d.StatusCode >= 200 && d.StatusCode <= 299 }

// Deliveries sends webhooks, one after the other in the order of the events
// unless [Options].Workers says more, and keeps the log of attempts. Its faults are those of the real thing: lost,
// late, twice, out of order.
type Deliveries struct {
	client *http.Client
	now    func() time.Time
	appID  int64
	hookID int64

	mu      sync.Mutex
	url     string
	secret  string
	lastID  int64
	queue   []*Delivery
	held    []*Delivery
	log     []*Delivery
	paused  bool
	closed  bool
	running int // workers
	most    int
	idle    chan struct{} // closed when nothing is queued and nothing is under way
	drop    int
	lose    int
	twice   int
	delay   int
}

func newDeliveries(o Options) *Deliveries {
	idle := make(chan struct{})
	close(idle)
	return &Deliveries{client: o.Client, now: o.Now, appID: o.AppID, hookID: 100 + o.AppID, url: o.WebhookURL, secret: o.WebhookSecret, idle: idle, most: max(1, o.Workers), lastID: 5_000_000}
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
	d.lastID++
	x.ID = d.lastID
	x.GUID = guid(x.ID)
	copies := 1
	switch {
	case d.lose > 0:
		d.lose--
		return
	case d.drop > 0:
		d.drop--
		x.StatusCode, x.Status, x.DeliveredAt = http.StatusBadGateway, "failed to connect to host", d.now().UTC()
		d.log = append(d.log, x)
		return
	case d.delay > 0:
		d.delay--
		d.held = append(d.held, x)
		return
	case d.twice > 0:
		d.twice--
		copies = 2
	}
	for i := range copies {
		twin := *x
		if i > 0 {
			d.lastID++
			twin.ID = d.lastID
		}
		d.queue = append(d.queue, &twin)
	}
	d.start()
}

// guid makes the delivery's GUID from its number: stable runs are easier to read.
func guid(id int64) string {
	h := sha256.Sum256([]byte("delivery " + strconv.FormatInt(id, 10)))
	x := hex.EncodeToString(h[:16])
	return fmt.Sprintf("%s-%s-%s-%s-%s", x[:8], x[8:12], x[12:16], x[16:20], x[20:])
}

// start runs a worker if there is work and not enough of them run. The caller holds mu.
func (d *Deliveries) start() {
	if d.paused || d.closed {
		return
	}
	for range min(d.most-d.running, len(d.queue)) {
		if d.running == 0 {
			d.idle = make(chan struct{})
		}
		d.running++
		go d.run()
	}
}

func (d *Deliveries) run() {
	for {
		d.mu.Lock()
		if d.paused || d.closed || len(d.queue) == 0 {
			if d.running--; d.running == 0 {
				close(d.idle)
			}
			d.mu.Unlock()
			return
		}
		x := d.queue[0]
		d.queue = d.queue[1:]
		url, secret := d.url, d.secret
		d.mu.Unlock()
		d.send(x, url, secret)
	}
}

// Signature is the value of X-Hub-Signature-256 for a body.
func Signature(secret string, body []byte) string {
	return "sha256=" + mac(sha256.New, secret, body)
}

func mac(h func() hash.Hash, secret string, body []byte) string {
	m := hmac.New(h, []byte(secret))
	m.Write(body)
	return hex.EncodeToString(m.Sum(nil))
}

func (d *Deliveries) header(x *Delivery, secret string) http.Header {
	h := http.Header{}
	h.Set("Content-Type", "application/json")
	h.Set("Accept", "*/*")
	h.Set("User-Agent", "GitHub-Hookshot/5e7a51b")
	h.Set("X-GitHub-Event", x.Event)
	h.Set("X-GitHub-Delivery", x.GUID)
	h.Set("X-GitHub-Hook-ID", strconv.FormatInt(d.hookID, 10))
	h.Set("X-GitHub-Hook-Installation-Target-Type", "integration")
	h.Set("X-GitHub-Hook-Installation-Target-ID", strconv.FormatInt(d.appID, 10))
	if secret != "" {
		h.Set("X-Hub-Signature-256", Signature(secret, x.Payload))
		h.Set("X-Hub-Signature", "sha1="+mac(sha1.New, secret, x.Payload))
	}
	return h
}

func (d *Deliveries) send(x *Delivery, url, secret string) {
	start := d.now()
	code, status, response := http.StatusBadGateway, "failed to connect to host", ""
	header := d.header(x, secret)
	// A delivery belongs to nobody's request: its time limit is the client's.
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, url, bytes.NewReader(x.Payload))
	if err == nil {
		req.Header = header.Clone()
		var res *http.Response
		if res, err = d.client.Do(req); err == nil {
			code, status, response = res.StatusCode, "OK", readSome(res)
			if code < 200 || code > 299 {
				status = "Invalid HTTP Response: " + strconv.Itoa(code)
			}
		}
	}
	var timeout interface{ Timeout() bool }
	if errors.As(err, &timeout) && timeout.Timeout() {
		code, status = http.StatusGatewayTimeout, "timed out"
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	x.StatusCode, x.Status, x.Response, x.Header = code, status, response, header
	x.DeliveredAt = d.now().UTC()
	x.duration = x.DeliveredAt.Sub(start)
	d.log = append(d.log, x)
}

func readSome(res *http.Response) string {
	defer res.Body.Close() //nolint:errcheck // nothing is lost with it
	b, err := io.ReadAll(io.LimitReader(res.Body, 64<<10))
	if err != nil {
		return "unreadable: " + err.Error()
	}
	return string(b)
}

// Wait returns when everything queued has been delivered and nothing is under
// way, or with the context's error. While paused it returns at once.
func (d *Deliveries) Wait(ctx context.Context) error {
	for {
		d.mu.Lock()
		idle, done := d.idle, d.running == 0
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
	d.queue = append(d.queue, d.held...)
	d.held = nil
	d.start()
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

// Redeliver sends an attempt of the log again, with the same GUID and body.
func (d *Deliveries) Redeliver(id int64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	i := slices.IndexFunc(d.log, func(x *Delivery) bool { return x.ID == id })
	if i < 0 {
		return notFound()
	}
	twin := *d.log[i]
	d.lastID++
	twin.ID, twin.Redelivery, twin.DeliveredAt, twin.StatusCode, twin.Status, twin.Response = d.lastID, true, time.Time{}, 0, "", ""
	d.queue = append(d.queue, &twin)
	d.start()
	return nil
}
