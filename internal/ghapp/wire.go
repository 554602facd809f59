package ghapp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

const (
	// attemptTimeout bounds one attempt if nothing else is configured. GitHub itself cuts
	// requests off after 10 s.
	// https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api#timeouts
	attemptTimeout = 10 * time.Second
	// bodyLimit bounds an answer; the largest real ones are trees of 7 MB.
	bodyLimit = 64 << 20
)

// wire is the innermost transport, shared by all installations: it bounds time
// and size of every request, repeats a failed read once and counts.
type wire struct {
	base      http.RoundTripper
	userAgent string
	timeout   time.Duration // of one attempt, from the first packet to the last byte of the answer
	metrics   *metrics
	now       func() time.Time
	onSkew    func(skew time.Duration)
}

type repeatable struct{}

// mayRepeat marks a POST as a read: GraphQL queries are.
func mayRepeat(ctx context.Context) context.Context {
	return context.WithValue(ctx, repeatable{}, true)
}

type installationKey struct{}

// withInstallation names the installation of a request for the metrics.
func withInstallation(ctx context.Context, id int64) context.Context {
	return context.WithValue(ctx, installationKey{}, id)
}

func installationOf(ctx context.Context) int64 {
	id, ok := ctx.Value(installationKey{}).(int64)
	if !ok {
		return 0
	}
	return id
}

// RoundTrip implements http.RoundTripper.
func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	isRead := req.Method == http.MethodGet || req.Context().Value(repeatable{}) != nil
	resp, err := w.attempt(req)
	if !isRead || !worthRepeating(req.Context(), resp, err) {
		return resp, err
	}
	again, cloneErr := cloneRequest(req)
	if cloneErr != nil {
		return resp, err
	}
	if resp != nil {
		if err := resp.Body.Close(); err != nil {
			return nil, fmt.Errorf("closing an answer: %w", err)
		}
	}
	return w.attempt(again)
}

// worthRepeating: GitHub or the way to it stumbled, and there is time for
// another try. A time-out is not: the second would rarely be faster.
func worthRepeating(ctx context.Context, resp *http.Response, err error) bool {
	if ctx.Err() != nil {
		return false
	}
	if err != nil {
		return !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, errTooLarge)
	}
	return resp.StatusCode == http.StatusBadGateway || resp.StatusCode == http.StatusServiceUnavailable
}

// attempt sends the request once and reads the answer whole.
func (w *wire) attempt(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(req.Context(), w.timeout)
	defer cancel()
	sent := req.Clone(ctx)
	if w.userAgent != "" {
		sent.Header.Set("User-Agent", w.userAgent)
	}
	resp, err := w.base.RoundTrip(sent)
	if err != nil {
		w.metrics.count(req, "error")
		return nil, cleaned(err)
	}
	body, err := readBody(resp.Body)
	if err != nil {
		w.metrics.count(req, "error")
		return nil, cleaned(fmt.Errorf("reading the answer to %s %s: %w", req.Method, req.URL.Path, err))
	}
	resp.Body = &wholeBody{Reader: bytes.NewReader(body), data: body}
	resp.ContentLength = int64(len(body))
	resp.Request = req
	w.metrics.answer(req, resp)
	if resp.StatusCode == http.StatusUnauthorized {
		w.noteSkew(resp)
	}
	return resp, nil
}

// noteSkew tells how far our clock is off when GitHub does not accept us: a
// clock that is wrong by more than half a minute is a usual reason.
func (w *wire) noteSkew(resp *http.Response) {
	date, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil || w.onSkew == nil {
		return
	}
	w.onSkew(w.now().Sub(date))
}

var errTooLarge = fmt.Errorf("the answer is larger than %d MiB", bodyLimit>>20)

func readBody(r io.ReadCloser) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r, bodyLimit+1))
	if err := joinClose(err, r); err != nil {
		return nil, err
	}
	if len(body) > bodyLimit {
		return nil, errTooLarge
	}
	return body, nil
}

// joinClose closes c and returns both errors.
func joinClose(err error, c io.Closer) error {
	if closeErr := c.Close(); closeErr != nil {
		return errors.Join(err, closeErr)
	}
	return err
}

// wholeBody is a body that was read already.
type wholeBody struct {
	*bytes.Reader
	data []byte
}

// Close implements io.Closer.
func (*wholeBody) Close() error { return nil }

// bodyOf returns the body of an answer and leaves it to be read again.
func bodyOf(resp *http.Response) ([]byte, error) {
	if whole, ok := resp.Body.(*wholeBody); ok {
		return whole.data, nil
	}
	body, err := readBody(resp.Body)
	if err != nil {
		return nil, err
	}
	resp.Body = &wholeBody{Reader: bytes.NewReader(body), data: body}
	return body, nil
}

// cloneRequest makes a request that can be sent anew, with its body.
func cloneRequest(req *http.Request) (*http.Request, error) {
	clone := req.Clone(req.Context())
	if req.Body == nil || req.Body == http.NoBody {
		return clone, nil
	}
	if req.GetBody == nil {
		return nil, errors.New("the body can be sent only once")
	}
	body, err := req.GetBody()
	if err != nil {
		return nil, fmt.Errorf("taking the body anew: %w", err)
	}
	clone.Body = body
	return clone, nil
}

// sameHost follows redirects of renamed repositories and nothing else: the
// token must not travel to another host, and a write must stay the write it was.
func sameHost(req *http.Request, via []*http.Request) error {
	first := via[0]
	switch {
	case len(via) > 3:
		return errors.New("stopped after 3 redirects")
	case req.URL.Host != first.URL.Host || req.URL.Scheme != first.URL.Scheme:
		return errors.New("a redirect leads to another host")
	case req.Method != first.Method:
		return http.ErrUseLastResponse
	}
	return nil
}
