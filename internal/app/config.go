package app

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/v2"
	"github.com/rs/zerolog"
)

// Config is the validated configuration of the service.
type Config struct {
	WebURL string // where people see GitHub
	V3URL  string // REST
	V4URL  string // GraphQL

	AppID      int64
	Secrets    []string // webhook secrets, the current one first
	PrivateKey []byte   // PEM

	Listen        string
	AdminListen   string // "" for no admin listener
	PublicURL     string
	Database      string // path of the SQLite file, or address of the PostgreSQL database
	Workers       int
	SweepInterval time.Duration
	// Retention is how long deliveries are kept, ClosedRetention how long the evidence and
	// the snapshot of a closed pull request are.
	Retention, ClosedRetention time.Duration
	// ContentPerMinute bounds the comments made for one installation; negative: no bound.
	ContentPerMinute int
	LogLevel         zerolog.Level
	LogJSON          bool
	Traces           Traces
}

// setting is one setting: its key in the file, its variable, its default.
type setting struct {
	key, env, fallback string
}

// settings lists every setting there is (product.md section 6). GitHub's part has
// the names of go-githubapp.
func settings() []setting {
	return []setting{
		{"github.web_url", "GITHUB_WEB_URL", "https://github.com"},
		{"github.v3_api_url", "GITHUB_V3_API_URL", "https://api.github.com/"},
		{"github.v4_api_url", "GITHUB_V4_API_URL", "https://api.github.com/graphql"},
		{"github.app.integration_id", "GITHUB_APP_INTEGRATION_ID", ""},
		{"github.app.webhook_secret", "GITHUB_APP_WEBHOOK_SECRET", ""},
		{"github.app.webhook_secrets", "GITHUB_APP_WEBHOOK_SECRETS", ""},
		{"github.app.private_key", "GITHUB_APP_PRIVATE_KEY", ""},
		{"github.app.private_key_file", "GITHUB_APP_PRIVATE_KEY_FILE", ""},
		{"github.oauth.client_id", "GITHUB_OAUTH_CLIENT_ID", ""},
		{"github.oauth.client_secret", "GITHUB_OAUTH_CLIENT_SECRET", ""},
		{"listen", "SLAGATE_LISTEN", "127.0.0.1:8080"},
		{"admin_listen", "SLAGATE_ADMIN_LISTEN", ""},
		{"public_url", "SLAGATE_PUBLIC_URL", ""},
		{"database_url", "SLAGATE_DATABASE_URL", "sqlite:slagate.db"},
		{"workers", "SLAGATE_WORKERS", "32"},
		{"sweep_interval", "SLAGATE_SWEEP_INTERVAL", "5m"},
		{"retention", "SLAGATE_RETENTION", "720h"},
		{"closed_retention", "SLAGATE_CLOSED_RETENTION", "720h"},
		{"content_per_minute", "SLAGATE_CONTENT_PER_MINUTE", ""},
		{"log_level", "SLAGATE_LOG_LEVEL", "info"},
		{"log_format", "SLAGATE_LOG_FORMAT", "json"},
	}
}

// LoadConfig reads the configuration: environment over file over default. It
// reports every missing or unusable setting at once.
func LoadConfig(path string, environ []string) (Config, error) {
	k := koanf.New(".")
	names := map[string]string{}
	var keys []string
	for _, s := range settings() {
		names[s.env] = s.key
		keys = append(keys, s.key)
	}
	var errs []error
	if path != "" {
		if err := k.Load(file.Provider(path), yaml.Parser()); err != nil {
			return Config{}, fmt.Errorf("read %s: %w", path, err)
		}
		for _, key := range k.Keys() {
			// A group with nothing below it is a key without a value.
			if !slices.Contains(keys, key) && k.Get(key) != nil {
				errs = append(errs, fmt.Errorf("%s: unknown key %q", path, key))
			}
		}
	}
	err := k.Load(env.Provider(".", env.Opt{
		EnvironFunc: func() []string { return environ },
		TransformFunc: func(name, value string) (string, any) {
			if strings.TrimSpace(value) == "" {
				return "", nil // set to nothing is not set
			}
			return names[name], value
		},
	}), nil)
	if err != nil {
		return Config{}, fmt.Errorf("read environment: %w", err)
	}
	r := reader{k: k, errs: errs}
	c := r.config()
	c.Traces, err = tracesFrom(environ)
	return c, c.redactor().Error(errors.Join(append(r.errs, err)...))
}

// reader turns settings into values and collects what is wrong with them.
type reader struct {
	k    *koanf.Koanf
	errs []error
}

func (r *reader) find(key string) setting {
	i := slices.IndexFunc(settings(), func(s setting) bool { return s.key == key })
	return settings()[i]
}

func (r *reader) text(key string) string {
	if v := strings.TrimSpace(r.k.String(key)); v != "" {
		return v
	}
	return r.find(key).fallback
}

func (r *reader) wrong(key, format string, args ...any) {
	s := r.find(key)
	r.errs = append(r.errs, fmt.Errorf("%s (%s in the file): %s", s.env, s.key, fmt.Sprintf(format, args...)))
}

func (r *reader) config() Config {
	c := Config{
		WebURL: strings.TrimRight(r.url("github.web_url"), "/"), V3URL: r.url("github.v3_api_url"), V4URL: r.url("github.v4_api_url"),
		AppID: r.appID(), Secrets: r.secrets(), PrivateKey: r.privateKey(),
		Listen: r.listen("listen"), Database: r.database(),
		Workers: r.workers(), SweepInterval: r.duration("sweep_interval", time.Second, "5m"),
		Retention: r.duration("retention", time.Hour, "720h"), ClosedRetention: r.duration("closed_retention", time.Hour, "720h"),
		ContentPerMinute: r.content(), LogLevel: r.level(), LogJSON: r.format() == "json",
	}
	if r.text("admin_listen") != "" {
		c.AdminListen = r.listen("admin_listen")
	}
	if r.text("public_url") != "" {
		c.PublicURL = strings.TrimRight(r.url("public_url"), "/")
	}
	return c
}

func (r *reader) url(key string) string {
	v := r.text(key)
	u, err := url.Parse(v)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		r.wrong(key, "%q is not an http or https address", v)
	}
	return v
}

func (r *reader) appID() int64 {
	v := r.text("github.app.integration_id")
	if v == "" {
		r.wrong("github.app.integration_id", "is missing: the App ID on the app's settings page")
		return 0
	}
	id, err := strconv.ParseInt(v, 10, 64)
	if err != nil || id <= 0 {
		r.wrong("github.app.integration_id", "%q is not a positive number", v)
	}
	return id
}

// secrets are the webhook secrets, one a line in the list. An app without a
// secret would believe anybody, so there is no such thing.
func (r *reader) secrets() []string {
	var out []string
	if v := r.text("github.app.webhook_secret"); v != "" {
		out = append(out, v)
	} else {
		r.wrong("github.app.webhook_secret", "is missing: without it anybody could send events")
	}
	list := r.k.Strings("github.app.webhook_secrets")
	if len(list) == 0 {
		list = strings.Split(r.k.String("github.app.webhook_secrets"), "\n")
	}
	for _, v := range list {
		if v = strings.TrimSpace(v); v != "" && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

func (r *reader) privateKey() []byte {
	pem, path := r.text("github.app.private_key"), r.text("github.app.private_key_file")
	switch {
	case pem != "" && path != "":
		r.wrong("github.app.private_key", "is given twice, directly and as a file: leave one out")
	case pem != "":
		// Variables are often set with \n for the line ends.
		return []byte(strings.ReplaceAll(pem, `\n`, "\n"))
	case path != "":
		data, err := os.ReadFile(path) //nolint:gosec // the path is the operator's own setting
		if err != nil {
			r.wrong("github.app.private_key_file", "%v", err)
		}
		return data
	default:
		r.wrong("github.app.private_key", "is missing: the PEM file made on the app's settings page (or GITHUB_APP_PRIVATE_KEY_FILE)")
	}
	return nil
}

func (r *reader) listen(key string) string {
	v := r.text(key)
	if _, _, err := net.SplitHostPort(v); err != nil {
		r.wrong(key, "%q is not HOST:PORT", v)
	}
	return v
}

func (r *reader) database() string {
	v := r.text("database_url")
	if isPostgres(v) {
		return v
	}
	path, ok := strings.CutPrefix(v, "sqlite:")
	if !ok || path == "" {
		r.wrong("database_url", "%q is neither of the form sqlite:FILE nor postgres://user:password@host:5432/database", redactURL(v))
	}
	return path
}

// redactURL hides the password of an address. What is not one, such as libpq's form
// "host=… password=…", is not shown at all.
func redactURL(v string) string {
	u, err := url.Parse(v)
	if err != nil || u.Host == "" && u.Scheme != "sqlite" {
		return "(not shown: it may hold a password)"
	}
	return u.Redacted()
}

func (r *reader) workers() int {
	v := r.text("workers")
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 || n > 256 {
		r.wrong("workers", "%q is not a number from 1 to 256", v)
	}
	return n
}

func (r *reader) duration(key string, least time.Duration, example string) time.Duration {
	v := r.text(key)
	d, err := time.ParseDuration(v)
	if err != nil || d < least {
		r.wrong(key, "%q is not a duration of at least %s, such as %s", v, least, example)
	}
	return d
}

// contentPerMinute is about what GitHub allows
// (https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits).
const contentPerMinute = 80

// content is a bound for comments; "off" is none. Where nothing is said, it is GitHub's own, and none
// for a GitHub Enterprise Server, whose limits are off unless somebody switches them on.
func (r *reader) content() int {
	v := r.text("content_per_minute")
	switch v {
	case "":
		if hosted(r.text("github.v3_api_url")) {
			return contentPerMinute
		}
		return -1
	case "off":
		return -1
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 {
		r.wrong("content_per_minute", "%q is neither a positive number nor off", v)
	}
	return n
}

// hosted reports whether the API is one that GitHub itself runs: github.com, or its
// data residency, whose hosts end in ghe.com.
func hosted(api string) bool {
	u, err := url.Parse(api)
	if err != nil {
		return true // said elsewhere
	}
	host := strings.ToLower(u.Hostname())
	return host == "api.github.com" || strings.HasSuffix(host, ".ghe.com")
}

func (r *reader) level() zerolog.Level {
	v := r.text("log_level")
	level, err := zerolog.ParseLevel(strings.ToLower(v))
	if err != nil || level < zerolog.TraceLevel || level > zerolog.ErrorLevel {
		r.wrong("log_level", "%q is not one of trace, debug, info, warn, error", v)
	}
	return level
}

func (r *reader) format() string {
	v := strings.ToLower(r.text("log_format"))
	if v != "json" && v != "text" {
		r.wrong("log_format", "%q is not one of json, text", v)
	}
	return v
}
