package ghapp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/bradleyfalzon/ghinstallation/v2"
	"github.com/google/go-github/v62/github"
)

// bearer is the transport that signs the requests of one installation with its
// token. The token is narrowed to what slagate uses; where the owner has not
// granted all of it yet, the token holds what there is.
type bearer struct {
	installation int64
	next         http.RoundTripper
	fresh        func() (*ghinstallation.Transport, error)
	limit        *limiter // set by newInstallation: sees the limits of token requests, too
	onNarrow     func(message string)

	mu      sync.Mutex
	current *ghinstallation.Transport
	wide    bool // ask for all that was granted
}

// scopes are the permissions that slagate uses: see "permissions" in README.
// Adding labels and comments to a pull request takes pull_requests: write alone.
// https://docs.github.com/en/rest/authentication/permissions-required-for-github-apps
func scopes() *github.InstallationTokenOptions {
	return &github.InstallationTokenOptions{Permissions: &github.InstallationPermissions{
		Metadata:     new("read"),
		Contents:     new("read"),
		PullRequests: new("write"),
		Statuses:     new("write"),
		Issues:       new("read"),
		Members:      new("read"),
	}}
}

// RoundTrip implements http.RoundTripper. A 401 is answered with a new token
// and a second try: GitHub has done nothing then, whatever the method.
func (b *bearer) RoundTrip(req *http.Request) (*http.Response, error) {
	again, cloneErr := cloneRequest(req)
	resp, used, err := b.send(req)
	if err != nil || resp.StatusCode != http.StatusUnauthorized || cloneErr != nil {
		return resp, err
	}
	if err := resp.Body.Close(); err != nil {
		return nil, fmt.Errorf("closing an answer: %w", err)
	}
	b.forget(used)
	resp, _, err = b.send(again)
	return resp, err
}

func (b *bearer) send(req *http.Request) (*http.Response, *ghinstallation.Transport, error) {
	ctx := withInstallation(req.Context(), b.installation)
	token, used, err := b.token(ctx)
	if err != nil {
		if req.Body != nil {
			err = joinClose(err, req.Body)
		}
		return nil, used, err
	}
	signed := req.Clone(ctx)
	signed.Header.Set("Authorization", "token "+token)
	resp, err := b.next.RoundTrip(signed)
	return resp, used, err
}

// token returns a valid token. A refusal of the narrowed one because a
// permission was not granted (422) leads to the wide one, from then on.
func (b *bearer) token(ctx context.Context) (string, *ghinstallation.Transport, error) {
	transport, err := b.transport()
	if err != nil {
		return "", nil, err
	}
	token, err := transport.Token(ctx)
	if err == nil {
		return token, transport, nil
	}
	status, err := b.explainToken(err)
	if status != http.StatusUnprocessableEntity || !b.widen(transport, err) {
		return "", transport, err
	}
	if transport, err = b.transport(); err != nil {
		return "", nil, err
	}
	if token, err = transport.Token(ctx); err != nil {
		_, err = b.explainToken(err)
		return "", transport, err
	}
	return token, transport, nil
}

func (b *bearer) transport() (*ghinstallation.Transport, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.current != nil {
		return b.current, nil
	}
	transport, err := b.fresh()
	if err != nil {
		return nil, err
	}
	if !b.wide {
		transport.InstallationTokenOptions = scopes()
	}
	b.current = transport
	return transport, nil
}

// widen goes over to the unscoped token; false if that one was refused.
func (b *bearer) widen(refused *ghinstallation.Transport, cause error) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.wide {
		return b.current != refused
	}
	b.wide, b.current = true, nil
	b.onNarrow(cause.Error())
	return true
}

// forget drops a token that GitHub does not accept any more.
func (b *bearer) forget(used *ghinstallation.Transport) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.current == used {
		b.current = nil
	}
}

// explainToken says what a refused token means: the installation is suspended
// (403), gone (404) or limited.
func (b *bearer) explainToken(err error) (int, error) {
	var refused *ghinstallation.HTTPError
	if !errors.As(err, &refused) || refused.Response == nil {
		return 0, cleaned(fmt.Errorf("asking for the token of installation %d: %w", b.installation, err))
	}
	resp := refused.Response
	body, readErr := bodyOf(resp)
	if readErr != nil {
		return 0, cleaned(fmt.Errorf("asking for the token of installation %d: %w", b.installation, readErr))
	}
	if limited := b.limit.judge(false, resp, body); limited != nil {
		return resp.StatusCode, limited
	}
	text := strings.ToLower(string(body))
	switch {
	case resp.StatusCode == http.StatusForbidden && strings.Contains(text, "suspended"):
		return resp.StatusCode, fmt.Errorf("installation %d: %w", b.installation, ErrSuspended)
	case resp.StatusCode == http.StatusNotFound:
		return resp.StatusCode, fmt.Errorf("installation %d: %w", b.installation, ErrGone)
	}
	refusal := github.CheckResponse(resp)
	if refusal == nil {
		refusal = io.ErrUnexpectedEOF
	}
	return resp.StatusCode, fmt.Errorf("asking for the token of installation %d: %w", b.installation, explain(refusal))
}
