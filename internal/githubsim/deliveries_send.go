package githubsim

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // the legacy header that GitHub still sends
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"net/http"
	"strconv"
	"time"
)

// sender makes the requests of deliveries.
type sender struct {
	client     *http.Client
	now        func() time.Time
	appID      int64
	hookID     int64
	enterprise string
	deadline   time.Duration
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

func (d *sender) header(x *Delivery, secret string) http.Header {
	h := http.Header{}
	h.Set("Content-Type", "application/json")
	h.Set("Accept", "*/*")
	h.Set("User-Agent", "GitHub-Hookshot/5e7a51b")
	h.Set("X-GitHub-Event", x.Event)
	h.Set("X-GitHub-Delivery", x.GUID)
	h.Set("X-GitHub-Hook-ID", strconv.FormatInt(d.hookID, 10))
	h.Set("X-GitHub-Hook-Installation-Target-Type", "integration")
	h.Set("X-GitHub-Hook-Installation-Target-ID", strconv.FormatInt(d.appID, 10))
	if d.enterprise != "" {
		h.Set("X-GitHub-Enterprise-Version", d.enterprise)
		h.Set("X-GitHub-Enterprise-Host", x.host)
	}
	if secret != "" {
		h.Set("X-Hub-Signature-256", Signature(secret, x.Payload))
		h.Set("X-Hub-Signature", "sha1="+mac(sha1.New, secret, x.Payload))
	}
	return h
}

// send attempts a delivery and writes down how it ended. It reports whether the
// receiver answered in time.
func (d *sender) send(x *Delivery, url, secret string) bool {
	start := d.now()
	x.StatusCode, x.Status, x.Response = http.StatusBadGateway, "failed to connect to host", ""
	x.write()
	x.Header = d.header(x, secret)
	// A delivery belongs to nobody's request: it has a time limit of its own.
	ctx, cancel := context.WithTimeout(context.Background(), d.deadline)
	defer cancel()
	err := d.post(ctx, x, url)
	var timeout interface{ Timeout() bool }
	if errors.As(err, &timeout) && timeout.Timeout() {
		x.StatusCode, x.Status = http.StatusGatewayTimeout, "timed out"
	}
	x.DeliveredAt = d.now().UTC()
	x.duration = x.DeliveredAt.Sub(start)
	return err == nil
}

func (d *sender) post(ctx context.Context, x *Delivery, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(x.Payload))
	if err != nil {
		return err
	}
	req.Header = x.Header.Clone()
	res, err := d.client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close() //nolint:errcheck // nothing is lost with it
	body, err := io.ReadAll(io.LimitReader(res.Body, 64<<10))
	if err != nil {
		return err
	}
	x.StatusCode, x.Status, x.Response = res.StatusCode, "OK", string(body)
	if !x.OK() {
		x.Status = "Invalid HTTP Response: " + strconv.Itoa(x.StatusCode)
	}
	return nil
}
