package ghapp

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/golang-jwt/jwt/v4"
	"github.com/google/go-github/v62/github"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/redact"
)

const tokenRoute = "POST /app/installations/1/access_tokens"

func TestOneTokenForRESTAndGraphQL(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.reply(commitRoute, `{}`)
	f.always(map[string]any{"data": map[string]any{}})
	c := f.creator()
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			if err := errors.Join(getCommit(t.Context(), t, c, 1), askGraph(t.Context(), t, c)); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	require.Equal(t, 1, f.tokens)
}

func TestTokenIsNarrow(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	var asked github.InstallationTokenOptions
	mint := f.routes[tokenRoute]
	f.handle(tokenRoute, func(w http.ResponseWriter, r *http.Request) {
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
			t.Error(err)
		}
		mint(w, r)
	})
	f.handle(commitRoute, func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("Authorization"); got != "token "+secretToken {
			t.Errorf("Authorization is %q", got)
		}
		if got := r.Header.Get("User-Agent"); got != "slagate/test" {
			t.Errorf("User-Agent is %q", got)
		}
		f.send(w, `{}`)
	})
	require.NoError(t, getCommit(t.Context(), t, f.creator(), 1))
	require.Equal(t, scopes().Permissions, asked.Permissions)
	require.Nil(t, asked.Permissions.Administration)
	require.Equal(t, "read", asked.Permissions.GetContents())
}

func TestPermissionNotGrantedGoesOnWithWhatThereIs(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.reply(commitRoute, `{}`)
	mint := f.routes[tokenRoute]
	refusals := 0
	f.handle(tokenRoute, func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength > 10 {
			refusals++
			w.WriteHeader(http.StatusUnprocessableEntity)
			f.send(w, `{"message":"The permissions requested are not granted to this installation."}`)
			return
		}
		mint(w, r)
	})
	c := f.creator()
	require.NoError(t, getCommit(t.Context(), t, c, 1))
	require.NoError(t, getCommit(t.Context(), t, c, 1))
	require.Equal(t, 1, refusals)
	require.Equal(t, 1, strings.Count(f.log.String(), "some permissions are not granted"))
	require.Contains(t, f.log.String(), "not granted to this installation")
}

func TestRefusedTokens(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		status int
		body   string
		want   error
	}{
		{"suspended", 403, `{"message":"This installation has been suspended"}`, ErrSuspended},
		{"gone", 404, `{"message":"Not Found"}`, ErrGone},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			f.status(tokenRoute, test.status, test.body)
			require.ErrorIs(t, getCommit(t.Context(), t, f.creator(), 1), test.want)
		})
	}
	t.Run("limited", func(t *testing.T) {
		t.Parallel()
		f := newFake(t)
		f.status(tokenRoute, http.StatusTooManyRequests, "", "Retry-After", "7")
		var limited *LimitedError
		require.ErrorAs(t, getCommit(t.Context(), t, f.creator(), 1), &limited)
	})
	t.Run("no such thing as installation 0", func(t *testing.T) {
		t.Parallel()
		_, err := newFake(t).creator().NewInstallationClient(0)
		require.ErrorContains(t, err, "installation id 0")
	})
}

func TestUnauthorizedTakesANewTokenOnce(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	calls := 0
	f.handle("POST /repos/acme/shop/issues/12/labels", func(w http.ResponseWriter, r *http.Request) {
		calls++
		var labels []string
		if err := json.NewDecoder(r.Body).Decode(&labels); err != nil || len(labels) != 1 {
			t.Errorf("the body did not come whole: %v %v", labels, err)
		}
		if calls == 1 {
			w.Header().Set("Date", start.Add(-90*1e9).Format(http.TimeFormat))
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		f.send(w, `[]`)
	})
	client, err := f.creator().NewInstallationClient(1)
	require.NoError(t, err)
	_, _, err = client.Issues.AddLabelsToIssue(t.Context(), "acme", "shop", 12, []string{"x"})
	require.NoError(t, err)
	require.Equal(t, 2, calls)
	require.Equal(t, 2, f.tokens)
	require.Contains(t, f.log.String(), `"clock_ahead":"1m30s"`)
}

func TestKeySignsTheAppsRequests(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	cfg := f.config()
	cfg.Signer = nil
	cfg.Key = pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	c, err := NewCreator(cfg)
	require.NoError(t, err)
	f.handle("GET /app", func(w http.ResponseWriter, r *http.Request) {
		text := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		token, err := jwt.Parse(text, func(*jwt.Token) (any, error) { return &key.PublicKey, nil })
		if err != nil || !token.Valid {
			t.Errorf("the app's token is not valid: %v", err)
		}
		f.send(w, `{"id":7,"slug":"slagate"}`)
	})
	app, err := c.App(t.Context())
	require.NoError(t, err)
	require.Equal(t, App{ID: 7, Slug: "slagate"}, app)
	f.status("GET /app", 500, "")
	_, err = c.App(t.Context())
	require.NoError(t, err, "the answer is kept")
}

func TestSettingsAreCheckedAllAtOnce(t *testing.T) {
	t.Parallel()
	_, err := NewCreator(Config{V3URL: "ftp://x", V4URL: ":", Key: []byte("-----BEGIN RSA PRIVATE KEY-----\nMIIsecret\n-----END RSA PRIVATE KEY-----")})
	for _, part := range []string{"ftp://x", `":"`, "app id 0", "private key", "clock"} {
		require.ErrorContains(t, err, part)
	}
	require.NotContains(t, err.Error(), "MIIsecret")
}

func TestSecretsDoNotGetOut(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{
		secretToken, "ghs_16C7e42F292c6912E7710c838347Ae178B4a", "github_pat_11AAAA_bbbb",
		"eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiI3In0.c2lnbmF0dXJl", "Bearer abcdefghijklmnopqrst",
		"-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----", "-----BEGIN RSA PRIVATE KEY-----\nMIIEow cut off",
	} {
		got := redact.Text("before " + secret + " after")
		require.NotContains(t, got, secret)
		require.NotContains(t, got, "MIIEow")
		require.Contains(t, got, "before [redacted]")
	}
	require.Equal(t, "a token of the org, ghs and eyes", redact.Text("a token of the org, ghs and eyes"))

	f := newFake(t)
	f.status(commitRoute, 500, fmt.Sprintf(`{"message":"leaked %s"}`, secretToken))
	err := getCommit(t.Context(), t, f.creator(), 1)
	require.ErrorContains(t, err, "leaked [redacted]")
	require.Equal(t, 500, answered(err))
}

func TestRequestsAreCounted(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.status(commitRoute, http.StatusOK, `{}`, "X-Ratelimit-Remaining", "4321", "X-Ratelimit-Limit", "5000", "X-Ratelimit-Resource", "core")
	f.always(map[string]any{"data": map[string]any{}})
	cfg := f.config()
	registry := prometheus.NewPedanticRegistry()
	cfg.Registerer = registry
	c, err := NewCreator(cfg)
	require.NoError(t, err)
	require.NoError(t, getCommit(t.Context(), t, c, 1))
	require.NoError(t, askGraph(t.Context(), t, c))
	require.Error(t, getCommit(t.Context(), t, c, 3))
	require.ElementsMatch(t, []string{
		"slagate_github_limit 1 core 5000",
		"slagate_github_remaining 1 core 4321",
		"slagate_github_requests_total graphql 2xx 1 POST 1",
		"slagate_github_requests_total rest 2xx 1 GET 1",
		"slagate_github_requests_total token 2xx 1 POST 1",
		"slagate_github_requests_total token 4xx 3 POST 1",
	}, gathered(t, registry))
	_, err = NewCreator(cfg)
	require.ErrorContains(t, err, "registering the metrics")
}

func TestClientsForEveryKindOfToken(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.handle("GET /user", func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("Authorization"); got != "Bearer person" {
			t.Errorf("Authorization is %q", got)
		}
		f.send(w, `{"id":11,"login":"ana"}`)
	})
	c := f.creator()
	client, err := c.NewTokenClient("person")
	require.NoError(t, err)
	user, _, err := client.Users.Get(t.Context(), "")
	require.NoError(t, err)
	require.Equal(t, int64(11), user.GetID())
	for _, make4 := range []func() error{
		func() error { _, err := c.NewAppV4Client(); return err },
		func() error { _, err := c.NewInstallationV4Client(1); return err },
		func() error { _, err := c.NewTokenV4Client("x"); return err },
		func() error { _, err := c.NewAppClient(); return err },
	} {
		require.NoError(t, make4())
	}
	_, err = c.NewInstallationV4Client(-1)
	require.Error(t, err)
}

// gathered are the series of a registry: name, values of the labels, value.
func gathered(t *testing.T, registry *prometheus.Registry) []string {
	t.Helper()
	families, err := registry.Gather()
	require.NoError(t, err)
	var out []string
	for _, family := range families {
		for _, m := range family.GetMetric() {
			line := family.GetName()
			for _, l := range m.GetLabel() {
				line += " " + l.GetValue()
			}
			out = append(out, fmt.Sprintf("%s %v", line, m.GetCounter().GetValue()+m.GetGauge().GetValue()))
		}
	}
	return out
}
