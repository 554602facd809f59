package ghapp

import (
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bradleyfalzon/ghinstallation/v2"
	"github.com/golang-jwt/jwt/v4"
	"github.com/google/go-github/v62/github"
	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/palantir/go-githubapp/githubapp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/shurcooL/githubv4"
	"golang.org/x/oauth2"
)

// keptInstallations is how many installations keep their token and limiter.
const keptInstallations = 4096

// Config is what a [Creator] is made of. AppID, one of Key and Signer, and Now
// are required.
type Config struct {
	V3URL string // default https://api.github.com/
	V4URL string // default https://api.github.com/graphql
	AppID int64
	// Key is the app's private key as PEM. Signer, if set, signs instead: a key
	// in a vault never comes here.
	Key    []byte
	Signer ghinstallation.Signer

	UserAgent string
	Transport http.RoundTripper // default: one with bounds on every step of a connection
	// Around, if set, is put around the transport: it sees every attempt of a request.
	Around func(http.RoundTripper) http.RoundTripper
	// Timeout bounds one attempt of a request, the answer's last byte included; 0: 10 s,
	// after which GitHub gives up itself. GitHub Enterprise Server may take 30 s.
	Timeout time.Duration
	// ContentPerMinute is how many comments and reactions an installation may make in a
	// minute; 0: 80, and 500 in an hour, as GitHub has it; negative: not limited, for
	// servers whose limits are off.
	ContentPerMinute int
	Now              func() time.Time
	Log              zerolog.Logger
	Registerer       prometheus.Registerer // nil: nothing is registered
}

// Creator makes clients that are authenticated as the app or as one of its
// installations. All clients of an installation share one token and one
// limiter. It is safe for concurrent use.
type Creator struct {
	v3, v4 *url.URL
	appID  int64
	signer ghinstallation.Signer
	wire   *wire
	now    func() time.Time
	log    zerolog.Logger

	contentPerMinute int
	noQueues         atomic.Bool // the server's schema knows no merge queues

	installations *lru.Cache[int64, *installation]
	making        sync.Mutex // two makers of one installation would have two limiters
	app           *installation

	naming sync.Mutex
	name   App
}

var _ githubapp.ClientCreator = (*Creator)(nil)

// installation is what the requests of one installation go through; that of
// the app itself signs with the app's own JWT.
type installation struct {
	id    int64
	http  *http.Client
	rest  *github.Client
	limit *limiter
}

// NewCreator checks the configuration, all of it at once.
func NewCreator(cfg Config) (*Creator, error) {
	v3, err3 := apiURL(cfg.V3URL, "https://api.github.com/")
	v4, err4 := apiURL(cfg.V4URL, "https://api.github.com/graphql")
	signer, errKey := signerOf(cfg)
	errs := []error{err3, err4, errKey}
	if cfg.AppID <= 0 {
		errs = append(errs, fmt.Errorf("app id %d is not a positive number", cfg.AppID))
	}
	if cfg.Now == nil {
		errs = append(errs, errors.New("a clock is missing"))
	}
	if cfg.Timeout < 0 {
		errs = append(errs, fmt.Errorf("timeout %s is negative", cfg.Timeout))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("settings of the GitHub App: %w", err)
	}
	m, err := newMetrics(cfg.Registerer)
	if err != nil {
		return nil, err
	}
	cache, err := lru.New[int64, *installation](keptInstallations)
	if err != nil {
		return nil, fmt.Errorf("making the cache of installations: %w", err)
	}
	c := &Creator{
		v3: v3, v4: v4, appID: cfg.AppID, signer: signer, now: cfg.Now, log: cfg.Log, installations: cache,
		contentPerMinute: cfg.ContentPerMinute,
	}
	c.v3.Path = strings.TrimSuffix(c.v3.Path, "/") + "/"
	c.v4.Path = strings.TrimSuffix(c.v4.Path, "/")
	c.wire = newWire(cfg, m, c.warnOfSkew)
	if c.app, err = c.newApp(); err != nil {
		return nil, err
	}
	return c, nil
}

func apiURL(given, byDefault string) (*url.URL, error) {
	if given == "" {
		given = byDefault
	}
	u, err := url.Parse(given)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" {
		return nil, fmt.Errorf("%q is not the address of an API", given)
	}
	return u, nil
}

func signerOf(cfg Config) (ghinstallation.Signer, error) {
	if cfg.Signer != nil {
		return cfg.Signer, nil
	}
	key, err := privateKey(cfg.Key)
	if err != nil {
		return nil, err
	}
	return ghinstallation.NewRSASigner(jwt.SigningMethodRS256, key), nil
}

// privateKey parses the key; its error never quotes it.
func privateKey(pem []byte) (*rsa.PrivateKey, error) {
	key, err := jwt.ParseRSAPrivateKeyFromPEM(pem)
	if err != nil {
		return nil, errors.New("the private key is not an RSA key in PEM form")
	}
	return key, nil
}

func (c *Creator) warnOfSkew(skew time.Duration) {
	c.log.Warn().Int64("app", c.appID).Stringer("clock_ahead", skew.Round(time.Second)).
		Msg("github did not accept our token, see whether the private key is this app's and whether the clock is right")
}

// appsTransport makes a transport that signs with the app's JWT. Each belongs
// to one owner: ghinstallation writes to it.
func (c *Creator) appsTransport(next http.RoundTripper) (*ghinstallation.AppsTransport, error) {
	t, err := ghinstallation.NewAppsTransportWithOptions(next, c.appID, ghinstallation.WithSigner(c.signer))
	if err != nil {
		return nil, fmt.Errorf("making the app's transport: %w", err)
	}
	t.BaseURL = strings.TrimSuffix(c.v3.String(), "/")
	return t, nil
}

func (c *Creator) newApp() (*installation, error) {
	t, err := c.appsTransport(c.wire)
	if err != nil {
		return nil, err
	}
	return c.client(0, c.limiter(0, cloning{t})), nil
}

// cloning keeps the transport below from changing its caller's request.
type cloning struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (t cloning) RoundTrip(req *http.Request) (*http.Response, error) {
	return t.next.RoundTrip(req.Clone(req.Context()))
}

// installation returns the one client of an installation.
func (c *Creator) installation(id int64) (*installation, error) {
	if id <= 0 {
		return nil, fmt.Errorf("installation id %d is not a positive number", id)
	}
	c.making.Lock()
	defer c.making.Unlock()
	if known, ok := c.installations.Get(id); ok {
		return known, nil
	}
	b := &bearer{installation: id, next: c.wire, onNarrow: func(message string) {
		c.log.Warn().Int64("installation", id).Str("answer", message).
			Msg("some permissions are not granted, going on with those that are")
	}}
	b.fresh = func() (*ghinstallation.Transport, error) {
		apps, err := c.appsTransport(c.wire)
		if err != nil {
			return nil, err
		}
		return ghinstallation.NewFromAppsTransport(apps, id), nil
	}
	b.limit = c.limiter(id, b)
	made := c.client(id, b.limit)
	c.installations.Add(id, made)
	return made, nil
}

func (c *Creator) limiter(id int64, next http.RoundTripper) *limiter {
	return newLimiter(id, next, newContentLog(c.contentPerMinute), c.now)
}

func (c *Creator) client(id int64, limit *limiter) *installation {
	client := &http.Client{Transport: limit, CheckRedirect: sameHost}
	return &installation{id: id, http: client, rest: c.v3Client(client), limit: limit}
}

func (c *Creator) v3Client(client *http.Client) *github.Client {
	rest := github.NewClient(client)
	base := *c.v3
	rest.BaseURL = &base
	return rest
}

func (c *Creator) v4Client(client *http.Client) *githubv4.Client {
	return githubv4.NewEnterpriseClient(c.v4.String(), client)
}

// NewAppClient implements githubapp.ClientCreator.
func (c *Creator) NewAppClient() (*github.Client, error) { return c.app.rest, nil }

// NewAppV4Client implements githubapp.ClientCreator.
func (c *Creator) NewAppV4Client() (*githubv4.Client, error) { return c.v4Client(c.app.http), nil }

// NewInstallationClient implements githubapp.ClientCreator.
func (c *Creator) NewInstallationClient(installationID int64) (*github.Client, error) {
	i, err := c.installation(installationID)
	if err != nil {
		return nil, err
	}
	return i.rest, nil
}

// NewInstallationV4Client implements githubapp.ClientCreator.
func (c *Creator) NewInstallationV4Client(installationID int64) (*githubv4.Client, error) {
	i, err := c.installation(installationID)
	if err != nil {
		return nil, err
	}
	return c.v4Client(i.http), nil
}

// NewTokenSourceClient implements githubapp.ClientCreator.
func (c *Creator) NewTokenSourceClient(ts oauth2.TokenSource) (*github.Client, error) {
	return c.v3Client(c.tokenClient(ts)), nil
}

// NewTokenSourceV4Client implements githubapp.ClientCreator.
func (c *Creator) NewTokenSourceV4Client(ts oauth2.TokenSource) (*githubv4.Client, error) {
	return c.v4Client(c.tokenClient(ts)), nil
}

// NewTokenClient implements githubapp.ClientCreator.
func (c *Creator) NewTokenClient(token string) (*github.Client, error) {
	return c.NewTokenSourceClient(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: token}))
}

// NewTokenV4Client implements githubapp.ClientCreator.
func (c *Creator) NewTokenV4Client(token string) (*githubv4.Client, error) {
	return c.NewTokenSourceV4Client(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: token}))
}

// tokenClient is for a person's token: a limiter of its own, no installation.
func (c *Creator) tokenClient(ts oauth2.TokenSource) *http.Client {
	signed := &oauth2.Transport{Source: ts, Base: c.wire}
	return &http.Client{Transport: c.limiter(0, signed), CheckRedirect: sameHost}
}

// get sends a GET that go-github has no method for, and decodes the answer.
func (i *installation) get(ctx context.Context, path string, into any) error {
	req, err := i.rest.NewRequest(http.MethodGet, path, nil)
	if err != nil {
		return fmt.Errorf("making the request: %w", err)
	}
	resp, err := i.rest.Do(ctx, req, into)
	if err != nil {
		return explain(err)
	}
	return resp.Body.Close()
}
