package githubsim

import (
	"context"
	"crypto/rsa"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Options are the settings of a stand-in GitHub.
type Options struct {
	// AppID and AppSlug name the app under test; the app's bot is AppSlug + "[bot]".
	AppID   int64
	AppSlug string
	// PublicKey verifies the app's JWTs; PrivateKey stands in for it where that is handier.
	PublicKey  *rsa.PublicKey
	PrivateKey *rsa.PrivateKey
	// Now is GitHub's clock. Required.
	Now func() time.Time
	// CheckJWTTime also holds a JWT's iat and exp against the clock.
	CheckJWTTime bool

	// WebhookURL and WebhookSecret can also be set later, with SetWebhook.
	WebhookURL    string
	WebhookSecret string
	// Events are the webhook events the app subscribes to; nil: DefaultEvents.
	Events []string
	// Permissions are what the app asks for; nil: DefaultPermissions.
	Permissions map[string]string
	// Workers is how many webhooks are sent at once; above 1 their order is not kept. 0: 1.
	Workers int
	// Client sends the webhooks; nil: http.DefaultTransport.
	Client *http.Client
	// Deadline is how long the receiver of a webhook may take; 0: GitHub's 10
	// seconds, or 30 on a GitHub Enterprise Server
	// (https://docs.github.com/webhooks/using-webhooks/best-practices-for-using-webhooks).
	Deadline time.Duration

	// Enterprise is the version of a GitHub Enterprise Server, e.g. "3.17.0"; ""
	// is github.com. The server has its API below /api only, no merge queue, no
	// rate limits, and names itself in its webhooks and answers.
	Enterprise string
	// NoDeliveries takes the deliveries API away: it answers 404.
	NoDeliveries bool
	// KeepLog is how many requests, and how many deliveries, the logs keep; 0: all.
	KeepLog int

	// WebURL is the address in html_url and APIURL the one in url fields.
	WebURL string
	APIURL string
	// Prefix is a second place for the REST routes, "" is the root.
	Prefix string
	// Latency is added to every answer.
	Latency time.Duration
	// Limit is the primary rate limit an hour of an installation; 0: 5,000.
	Limit int
	// MaxTree is the number of entries above which a recursive tree is truncated; 0: 100,000.
	MaxTree int
}

// DefaultEvents are the events slagate subscribes to; those that no app can
// switch off (installation, installation_repositories) come by themselves.
func DefaultEvents() []string {
	return []string{
		"pull_request", "issue_comment", "pull_request_review", "push", "status", "label", "merge_group",
		"membership", "team", "team_add", "member", "organization", "repository",
	}
}

// DefaultPermissions are what slagate asks for.
func DefaultPermissions() map[string]string {
	return map[string]string{
		"metadata": "read", "pull_requests": "write", "issues": "read", "contents": "read",
		"statuses": "write", "members": "read", "merge_queues": "read",
	}
}

// New makes an empty GitHub. It does not listen: serve [Server.Handler].
func New(opts Options) *Server {
	if opts.PublicKey == nil && opts.PrivateKey != nil {
		opts.PublicKey = &opts.PrivateKey.PublicKey
	}
	if opts.AppSlug == "" {
		opts.AppSlug = "slagate"
	}
	if opts.WebURL == "" {
		opts.WebURL = "https://github.test"
	}
	if opts.APIURL == "" {
		opts.APIURL = opts.WebURL + "/api/v3"
	}
	if opts.Events == nil {
		opts.Events = DefaultEvents()
	}
	if opts.Permissions == nil {
		opts.Permissions = DefaultPermissions()
	}
	if opts.Enterprise != "" {
		opts = forEnterprise(opts)
	}
	if opts.Limit == 0 {
		opts.Limit = 5000
	}
	if opts.MaxTree == 0 {
		opts.MaxTree = 100_000
	}
	if opts.Client == nil {
		opts.Client = &http.Client{}
	}
	if opts.Deadline == 0 {
		opts.Deadline = 10 * time.Second
		if opts.Enterprise != "" {
			opts.Deadline = 30 * time.Second
		}
	}
	s := &Server{
		opts:     opts,
		lastID:   1000,
		accounts: map[string]*User{},
		repos:    map[int64]*Repo{},
		names:    map[string]int64{},
		tokens:   map[string]*token{},
		traffic:  newTraffic(opts),
		faults:   newFaults(),
		chaos:    newChaos(),
	}
	s.latency.Store(int64(opts.Latency))
	s.hook = newDeliveries(opts, s.clock, s.chaos)
	s.appSince = s.now()
	s.app = s.addAccount(opts.AppSlug+"[bot]", KindBot)
	s.ghost = s.addAccount("ghost", KindUser)
	s.queueBot = s.addAccount("github-merge-queue[bot]", KindBot)
	s.handler = s.routes()
	return s
}

// Handler serves the API.
func (s *Server) Handler() http.Handler { return s.handler }

// Close stops the delivery of webhooks and waits for the one under way.
func (s *Server) Close(ctx context.Context) error { return s.hook.close(ctx) }

// Deliveries is the webhook side: the log and the faults of delivery.
func (s *Server) Deliveries() *Deliveries { return s.hook }

// SetWebhook says where deliveries go from now on, and the secret that signs them.
func (s *Server) SetWebhook(url, secret string) { s.hook.set(url, secret) }

// SetWebURL sets the addresses in html_url and url fields once the listener's address is known.
func (s *Server) SetWebURL(url string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opts.WebURL = strings.TrimSuffix(url, "/")
	s.opts.APIURL = s.opts.WebURL + "/api/v3"
}

// SetApp changes what the app asks for and subscribes to. As at GitHub,
// installations keep what they have until somebody accepts it, see AcceptPermission.
func (s *Server) SetApp(permissions map[string]string, events []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opts.Permissions, s.opts.Events = maps.Clone(permissions), slices.Clone(events)
}

// SetLatency adds d to every answer from now on.
func (s *Server) SetLatency(d time.Duration) { s.latency.Store(int64(d)) }

// SetClockSkew sets GitHub's clock d ahead of [Options].Now: in every time
// stamp, in the header Date, and where a JWT's times are checked.
func (s *Server) SetClockSkew(d time.Duration) { s.skew.Store(int64(d)) }

// App is the app's own bot account.
func (s *Server) App() *User { return s.app }

// Ghost is the account that stands in for deleted ones.
func (s *Server) Ghost() *User { return s.ghost }
