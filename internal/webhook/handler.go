// Package webhook is the door that GitHub knocks at: it checks that a delivery
// is GitHub's and meant for us, says what it is about, and has it kept.
//
// Its one idea is that a delivery is a hint, never an order. [Affected] reads
// from a payload which pull requests should be looked at and what was said about
// them; whether any of it is so is asked of GitHub later. The sender is answered
// only after the inbox has kept everything for good, so what was accepted is not lost.
//
// An event that is to be heeded is a row in the table of affected.go with its
// function. The package asks GitHub nothing, decides nothing, logs no bodies and no secrets.
package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/palantir/go-githubapp/githubapp"
	"github.com/rs/zerolog"
	"golang.org/x/sync/semaphore"

	"github.com/slagate/slagate/internal/store"
)

const (
	// bodyLimit is GitHub's own cap on payloads: larger events are not delivered
	// (docs.github.com, "Webhook events and payloads", payload cap).
	bodyLimit = 25 << 20
	// guidLimit is far above the 36 characters of a GUID.
	guidLimit = 128

	// keepWithin bounds the wait for the store. GitHub gives up after 10 s, and then says only that
	// nobody answered; a 503 in time says why.
	// https://docs.github.com/en/webhooks/testing-and-troubleshooting-webhooks/troubleshooting-webhooks
	keepWithin = 8 * time.Second

	headerEvent     = "X-GitHub-Event"
	headerDelivery  = "X-GitHub-Delivery"
	headerSignature = "X-Hub-Signature-256"
	headerTarget    = "X-GitHub-Hook-Installation-Target-ID"
	signaturePrefix = "sha256="

	// otherEvent stands for every event that is not heeded.
	otherEvent = "other"
)

// Inbox keeps deliveries. Accept returns without an error only when the
// delivery and all that follows from it cannot be lost any more.
type Inbox interface {
	Accept(ctx context.Context, d store.Delivery) (fresh bool, err error)
}

// Config is what Handler needs.
type Config struct {
	// Secrets that a delivery may be signed with: one, or several while one is replaced by another.
	Secrets []string
	// AppID is the id of our GitHub App.
	AppID int64
	Inbox Inbox
	// Bot is the login of our App's own account, with or without "[bot]"; "" while it is not known.
	Bot func() string
	Now func() time.Time
	Log zerolog.Logger
	// Observe is told of each answer, if it is set.
	Observe func(Answer)
	// Explain says in a few words what keeps the inbox from keeping deliveries, if it is
	// set: they are told to GitHub, which shows them to the app's owner. It is asked
	// with the inbox's error and must not quote it.
	Explain func(err error) string
}

// Answer is what a delivery was answered, in words that can label metrics: nothing in
// them is chosen by the sender.
type Answer struct {
	Event   string // "" for what was not signed, "other" for events that are not heeded
	Outcome Outcome
	Status  int // HTTP
	Took    time.Duration
}

// Outcome says what became of a delivery.
type Outcome string

// The outcomes.
const (
	Fresh    Outcome = "fresh"    // kept
	Repeated Outcome = "repeated" // had been kept before
	Ignored  Outcome = "ignored"  // nothing follows from it
	Refused  Outcome = "refused"  // not GitHub's, not ours, or malformed
	Busy     Outcome = "busy"     // too many at once
	Failed   Outcome = "failed"   // the inbox did not keep it
)

func (c Config) validate() error {
	var errs []error
	if len(c.Secrets) == 0 {
		errs = append(errs, errors.New("no webhook secret"))
	}
	for i, s := range c.Secrets {
		// An empty secret would let in whoever leaves the signature away.
		if strings.TrimSpace(s) == "" {
			errs = append(errs, fmt.Errorf("webhook secret %d is empty", i+1))
		}
	}
	if c.AppID <= 0 {
		errs = append(errs, fmt.Errorf("app id is %d", c.AppID))
	}
	if c.Inbox == nil || c.Bot == nil || c.Now == nil {
		errs = append(errs, errors.New("inbox, bot and clock are needed"))
	}
	return errors.Join(errs...)
}

// Handler answers POST /api/github/hook: 200 with "accepted" or "ignored" in the body, 400 malformed, 401
// signature missing, wrong or SHA-1 only, 403 another app's delivery, 405, 413 over 25 MiB, 503 not kept.
func Handler(cfg Config) (http.Handler, error) {
	if err := cfg.validate(); err != nil {
		return nil, fmt.Errorf("set up webhook: %w", err)
	}
	h := &handler{cfg: cfg, bodies: semaphore.NewWeighted(bodiesAtOnce)}
	in := &inbox{cfg: cfg}
	for _, secret := range cfg.Secrets {
		// One dispatcher per secret, because a dispatcher knows one only.
		h.dispatchers = append(h.dispatchers, githubapp.NewEventDispatcher([]githubapp.EventHandler{in}, secret,
			githubapp.WithScheduler(in),
			githubapp.WithErrorCallback(in.answerError),
			githubapp.WithResponseCallback(answer)))
	}
	return h, nil
}

type handler struct {
	cfg         Config
	dispatchers []http.Handler // by secret
	bodies      *semaphore.Weighted
}

// receipt is what is known of a request, and what came of it.
type receipt struct {
	event    string
	bodyHash string
	outcome  Outcome
	status   int
	err      error
	why      string // in words for the sender
}

type receiptKey struct{}

// ServeHTTP takes one delivery.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := h.cfg.Now()
	rec := &receipt{}
	if status, why := h.serve(w, r, rec); status != 0 {
		rec.status, rec.outcome = status, Refused
		if status == http.StatusServiceUnavailable {
			rec.outcome = Busy
		}
		refuse(w, status, "")
		h.cfg.Log.Warn().Int("status", status).Str("why", why).Str("event", rec.event).
			Str("delivery", clip(r.Header.Get(headerDelivery))).Msg("delivery refused")
	} else if rec.err != nil {
		h.cfg.Log.Error().Err(rec.err).Str("why", rec.why).Int("status", rec.status).Str("event", rec.event).
			Str("delivery", clip(r.Header.Get(headerDelivery))).Msg("delivery not taken")
	}
	if h.cfg.Observe != nil {
		h.cfg.Observe(Answer{Event: rec.event, Outcome: rec.outcome, Status: rec.status, Took: h.cfg.Now().Sub(began)})
	}
}

// serve checks the request in the order of the contract and has it dispatched.
// A status other than 0 refuses it.
func (h *handler) serve(w http.ResponseWriter, r *http.Request, rec *receipt) (status int, why string) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return http.StatusMethodNotAllowed, "method"
	}
	if r.ContentLength > bodyLimit {
		return http.StatusRequestEntityTooLarge, "body too large"
	}
	signature, ok := parseSignature(r.Header.Get(headerSignature))
	if !ok {
		// Nobody can make this body right, so it is not read.
		return http.StatusUnauthorized, "no SHA-256 signature"
	}
	source := &metered{from: http.MaxBytesReader(w, r.Body, bodyLimit), budget: h.bodies}
	defer source.release()
	body, err := readBody(source, r.ContentLength)
	if errors.Is(err, errBusy) {
		return http.StatusServiceUnavailable, err.Error()
	}
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return http.StatusRequestEntityTooLarge, "body too large"
		}
		return http.StatusBadRequest, "body ended early"
	}
	index := h.signedWith(body, signature)
	if index < 0 {
		return http.StatusUnauthorized, "wrong signature"
	}
	if target := r.Header.Get(headerTarget); target != "" && target != strconv.FormatInt(h.cfg.AppID, 10) {
		return http.StatusForbidden, "another app's delivery"
	}
	if status, why := checkHeaders(r.Header, rec); status != 0 {
		return status, why
	}
	if payload, err := payloadOf(r.Header.Get("Content-Type"), body); err != nil {
		return http.StatusBadRequest, err.Error()
	} else if !mayBeObject(payload) || rec.event == otherEvent && !json.Valid(payload) {
		return http.StatusBadRequest, "payload is not a JSON object"
	}
	if index > 0 {
		h.cfg.Log.Info().Int("secret", index+1).Msg("delivery signed with a further secret")
	}
	sum := sha256.Sum256(body)
	rec.bodyHash = hex.EncodeToString(sum[:])
	h.dispatch(w, r, rec, index, body)
	return 0, ""
}

func (h *handler) dispatch(w http.ResponseWriter, r *http.Request, rec *receipt, index int, body []byte) {
	// The dispatcher logs each event; ours says it once, with what came of it.
	quiet := h.cfg.Log.Level(zerolog.WarnLevel)
	ctx := context.WithValue(quiet.WithContext(r.Context()), receiptKey{}, rec)
	r = r.Clone(ctx)
	r.Body = io.NopCloser(bytes.NewReader(body))
	h.dispatchers[index].ServeHTTP(w, r)
}

// parseSignature reads "sha256=" and 64 hexadecimal digits.
func parseSignature(header string) ([]byte, bool) {
	digits, ok := strings.CutPrefix(header, signaturePrefix)
	if !ok || len(digits) != 2*sha256.Size {
		return nil, false
	}
	signature, err := hex.DecodeString(digits)
	return signature, err == nil
}

// signedWith is the index of the secret that the body was signed with, or -1.
func (h *handler) signedWith(body, signature []byte) int {
	for i, secret := range h.cfg.Secrets {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write(body)
		if hmac.Equal(mac.Sum(nil), signature) {
			return i
		}
	}
	return -1
}

func checkHeaders(header http.Header, rec *receipt) (status int, why string) {
	event, guid := header.Get(headerEvent), header.Get(headerDelivery)
	if event == "" {
		return http.StatusBadRequest, "no event name"
	}
	rec.event = otherEvent
	if _, ok := heeded()[event]; ok {
		rec.event = event
	}
	if guid == "" || len(guid) > guidLimit {
		return http.StatusBadRequest, "no delivery id"
	}
	return 0, ""
}

// payloadOf is the JSON in the body. GitHub's hooks can be set to a form with
// one field, which is even their default.
func payloadOf(contentType string, body []byte) ([]byte, error) {
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return nil, errors.New("no usable content type")
	}
	switch media {
	case "application/json":
		return body, nil
	case "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return nil, errors.New("form cannot be read")
		}
		return []byte(form.Get("payload")), nil
	default:
		return nil, errors.New("neither JSON nor a form")
	}
}

// mayBeObject reports whether a payload begins as a JSON object does. Whether it is one [Affected]
// finds out, which reads it anyway; that of an event that is not heeded nobody reads.
func mayBeObject(payload []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(payload, " \t\r\n"), []byte("{"))
}

// inbox is go-githubapp's seam: the dispatcher answers GitHub only after Schedule has returned.
type inbox struct {
	cfg Config
}

// Handles lists the events that are heeded.
func (in *inbox) Handles() []string {
	var names []string
	for name := range heeded() {
		names = append(names, name)
	}
	return names
}

// Handle keeps the delivery; the dispatcher comes here by way of Schedule.
func (in *inbox) Handle(ctx context.Context, event, guid string, payload []byte) error {
	rec, ok := ctx.Value(receiptKey{}).(*receipt)
	if !ok {
		return errors.New("delivery did not come through the handler")
	}
	d, err := Affected(event, payload, in.cfg.Bot())
	if err != nil {
		return githubapp.ValidationError{EventType: event, DeliveryID: guid, Cause: err}
	}
	log := about(in.cfg.Log.With().Str("delivery", guid).Str("event", event).Str("action", d.Action), d)
	if d.Empty() {
		rec.outcome = Ignored
		log.Debug().Msg("delivery ignored")
		return nil
	}
	d.GUID, d.BodyHash, d.Received = guid, rec.bodyHash, in.cfg.Now()
	ctx, cancel := context.WithTimeout(ctx, keepWithin)
	defer cancel()
	fresh, err := in.cfg.Inbox.Accept(ctx, d)
	if err != nil {
		return fmt.Errorf("keep delivery %s: %w", guid, err)
	}
	if rec.outcome = Fresh; !fresh {
		rec.outcome = Repeated
	}
	log.Info().Bool("fresh", fresh).Int("pulls", len(d.Pulls)).Int("looks", len(d.Looks)).Msg("delivery accepted")
	return nil
}

// about adds what the delivery is about to the lines that tell of it.
func about(fields zerolog.Context, d store.Delivery) zerolog.Logger {
	if len(d.Pulls) > 0 {
		p := d.Pulls[0]
		fields = fields.Str("repo", p.Ref.Owner+"/"+p.Ref.Repo).Int("pr", p.Ref.Number).Str("head", p.Head)
	} else if len(d.Looks) > 0 && d.Looks[0].Repo != "" {
		fields = fields.Str("repo", d.Looks[0].Owner+"/"+d.Looks[0].Repo)
	}
	return fields.Logger()
}

// Schedule keeps the delivery at once: it is the jobs kept with it that run later.
func (in *inbox) Schedule(ctx context.Context, d githubapp.Dispatch) error {
	return d.Execute(ctx)
}

// answer tells GitHub that the delivery was taken.
func answer(w http.ResponseWriter, r *http.Request, _ string, _ bool) {
	text := "ignored\n"
	if rec, ok := r.Context().Value(receiptKey{}).(*receipt); ok {
		rec.status = http.StatusOK
		switch rec.outcome {
		case Fresh, Repeated:
			text = "accepted\n"
		default:
			rec.outcome = Ignored // the dispatcher knows nobody who heeds the event
		}
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if _, err := io.WriteString(w, text); err != nil {
		zerolog.Ctx(r.Context()).Debug().Err(err).Msg("answer not read")
	}
}

// answerError tells GitHub that the delivery was not taken: 400 if it never will be, 503 if
// the store failed, so that it can be asked for again.
func (in *inbox) answerError(w http.ResponseWriter, r *http.Request, err error) {
	status, outcome, why := http.StatusServiceUnavailable, Failed, ""
	if invalid, ok := errors.AsType[githubapp.ValidationError](err); ok {
		status, outcome, err = http.StatusBadRequest, Refused, invalid.Cause
	} else if in.cfg.Explain != nil {
		why = in.cfg.Explain(err)
	}
	if rec, ok := r.Context().Value(receiptKey{}).(*receipt); ok {
		rec.status, rec.outcome, rec.err, rec.why = status, outcome, err, why
	}
	refuse(w, status, why)
}

// refuse answers with the status in words, and why if that is known.
func refuse(w http.ResponseWriter, status int, why string) {
	text := strings.ToLower(http.StatusText(status))
	if why != "" {
		text += ": not kept, " + why
	}
	http.Error(w, text, status)
}

// clip keeps a foreign header from filling the log.
func clip(s string) string { return s[:min(len(s), guidLimit)] }
