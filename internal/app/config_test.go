package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
)

// secrets is an environment with all that has no default.
func secrets(more ...string) []string {
	return append([]string{
		"GITHUB_APP_INTEGRATION_ID=7", "GITHUB_APP_WEBHOOK_SECRET=s3cret", "GITHUB_APP_PRIVATE_KEY=PEM",
	}, more...)
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestLoadConfigDefaults(t *testing.T) {
	t.Parallel()
	c, err := LoadConfig("", secrets())
	require.NoError(t, err)
	require.Equal(t, Config{
		WebURL: "https://github.com", V3URL: "https://api.github.com/", V4URL: "https://api.github.com/graphql",
		AppID: 7, Secrets: []string{"s3cret"}, PrivateKey: []byte("PEM"),
		Listen: "127.0.0.1:8080", Database: "slagate.db", Workers: 32, SweepInterval: 5 * time.Minute,
		Retention: 30 * 24 * time.Hour, ClosedRetention: 30 * 24 * time.Hour, ContentPerMinute: 80,
		LogLevel: zerolog.InfoLevel, LogJSON: true,
	}, c)
}

// The example shows every setting, and what it shows are the defaults.
func TestExampleConfig(t *testing.T) {
	t.Parallel()
	const example = "../../config/server.example.yml"
	c, err := LoadConfig(example, []string{"GITHUB_APP_WEBHOOK_SECRET=s3cret", "GITHUB_APP_PRIVATE_KEY=PEM"})
	require.NoError(t, err)
	defaults, err := LoadConfig("", secrets())
	require.NoError(t, err)
	require.Equal(t, int64(12345), c.AppID)
	c.AppID = defaults.AppID
	require.Equal(t, defaults, c)

	text, err := os.ReadFile(example)
	require.NoError(t, err)
	for _, s := range settings() {
		key := s.key[strings.LastIndex(s.key, ".")+1:]
		require.Regexp(t, `(?m)^[ #]*`+key+`:.*# `+s.env+`\b`, string(text), "setting %s", s.key)
	}

	// It is of use as it is, with every setting in it given.
	_, err = LoadConfig(write(t, "all.yml", strings.NewReplacer(
		"# webhook_secret:", "webhook_secret:", "# webhook_secrets:", "webhook_secrets:", "# private_key:", "private_key:",
		"  # oauth:", "  oauth:", "  #   client", "    client", "# public_url:", "public_url:",
	).Replace(string(text))), []string{"GITHUB_APP_WEBHOOK_SECRET=s3cret", "GITHUB_APP_PRIVATE_KEY=PEM"})
	require.NoError(t, err)
}

const wholeFile = `
github:
  web_url: https://ghe.example.com/
  v3_api_url: https://ghe.example.com/api/v3/
  v4_api_url: https://ghe.example.com/api/graphql
  app:
    integration_id: 9
    webhook_secret: from file
    webhook_secrets: [old one, from file, older one]
    private_key: |
      PEM
      of two lines
listen: 0.0.0.0:80
public_url: https://slagate.example.com/
database_url: sqlite:/var/lib/slagate.db
workers: 3
sweep_interval: 90s
retention: 48h
closed_retention: 72h
content_per_minute: off
admin_listen: 127.0.0.1:9
log_level: WARN
log_format: text
`

func TestLoadConfigFile(t *testing.T) {
	t.Parallel()
	want := Config{
		WebURL: "https://ghe.example.com", V3URL: "https://ghe.example.com/api/v3/", V4URL: "https://ghe.example.com/api/graphql",
		AppID: 9, Secrets: []string{"from file", "old one", "older one"}, PrivateKey: []byte("PEM\nof two lines"),
		Listen: "0.0.0.0:80", PublicURL: "https://slagate.example.com", Database: "/var/lib/slagate.db",
		AdminListen: "127.0.0.1:9", Workers: 3, SweepInterval: 90 * time.Second, LogLevel: zerolog.WarnLevel,
		Retention: 48 * time.Hour, ClosedRetention: 72 * time.Hour, ContentPerMinute: -1,
	}
	path := write(t, "server.yml", wholeFile)
	c, err := LoadConfig(path, []string{"HOME=/home/x", "UNRELATED=1"})
	require.NoError(t, err)
	require.Equal(t, want, c)

	// The environment counts over the file, setting by setting.
	c, err = LoadConfig(path, []string{
		"GITHUB_APP_INTEGRATION_ID=8", "GITHUB_APP_WEBHOOK_SECRET=from env", "GITHUB_APP_WEBHOOK_SECRETS= a \n\nb\nfrom env\n",
		`GITHUB_APP_PRIVATE_KEY=one\ntwo`, "SLAGATE_WORKERS=1", "SLAGATE_LOG_FORMAT=json",
	})
	require.NoError(t, err)
	want.AppID, want.Secrets, want.PrivateKey = 8, []string{"from env", "a", "b"}, []byte("one\ntwo")
	want.Workers, want.LogJSON = 1, true
	require.Equal(t, want, c)
}

func TestLoadConfigPrivateKeyFile(t *testing.T) {
	t.Parallel()
	const pem = "-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----\n"
	key := write(t, "key.pem", pem)
	c, err := LoadConfig("", []string{"GITHUB_APP_INTEGRATION_ID=7", "GITHUB_APP_WEBHOOK_SECRET=s", "GITHUB_APP_PRIVATE_KEY_FILE=" + key})
	require.NoError(t, err)
	require.Equal(t, pem, string(c.PrivateKey))

	_, err = LoadConfig("", []string{"GITHUB_APP_INTEGRATION_ID=7", "GITHUB_APP_WEBHOOK_SECRET=s", "GITHUB_APP_PRIVATE_KEY_FILE=" + key + ".gone"})
	require.ErrorContains(t, err, "GITHUB_APP_PRIVATE_KEY_FILE (github.app.private_key_file in the file): ")
	require.ErrorContains(t, err, "no such file")

	_, err = LoadConfig("", secrets("GITHUB_APP_PRIVATE_KEY_FILE="+key))
	require.ErrorContains(t, err, "given twice")
}

// GitHub's own hosts refuse too many comments; a server of one's own does not unless told to.
func TestLoadConfigContentByHost(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		api, given string
		want       int
	}{
		{"https://api.github.com", "", 80},
		{"https://API.github.com:443/", "", 80},
		{"https://api.acme.ghe.com/", "", 80},
		{"https://git.acme.test/api/v3/", "", -1},
		{"https://api.github.com.acme.test/", "", -1},
		{"https://notghe.com/", "", -1},
		{"https://git.acme.test/api/v3/", "30", 30},
		{"https://api.github.com/", "off", -1},
	} {
		got, err := LoadConfig("", secrets("GITHUB_V3_API_URL="+c.api, "SLAGATE_CONTENT_PER_MINUTE="+c.given))
		require.NoError(t, err)
		require.Equal(t, c.want, got.ContentPerMinute, "%+v", c)
	}
}

// libpq's other form of an address is refused, without a word of what may be a password.
func TestLoadConfigShowsNoPassword(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"host=db user=slagate password=s3cr3t dbname=slagate", "password=s3cr3t", "s3cr3t", "mysql://slagate:s3cr3t@db/slagate", "postgres:s3cr3t",
	} {
		_, err := LoadConfig("", secrets("SLAGATE_DATABASE_URL="+address))
		require.ErrorContains(t, err, "SLAGATE_DATABASE_URL", address)
		require.NotContains(t, err.Error(), "s3cr3t", address)
	}
}

// One setting is wrong, and the error names it in both spellings.
func TestLoadConfigRefuses(t *testing.T) {
	t.Parallel()
	for _, wrong := range []string{
		"GITHUB_WEB_URL=github.com", "GITHUB_V3_API_URL=ftp://api.github.com", "GITHUB_V4_API_URL=:", "GITHUB_APP_INTEGRATION_ID=my-app",
		"GITHUB_APP_INTEGRATION_ID=-1", "SLAGATE_LISTEN=8080", "SLAGATE_ADMIN_LISTEN=6060", "SLAGATE_RETENTION=1m", "SLAGATE_CLOSED_RETENTION=30",
		"SLAGATE_CONTENT_PER_MINUTE=0", "SLAGATE_PUBLIC_URL=slagate.example.com", "SLAGATE_DATABASE_URL=slagate.db",
		"SLAGATE_DATABASE_URL=sqlite:", "SLAGATE_WORKERS=0", "SLAGATE_WORKERS=257", "SLAGATE_WORKERS=many", "SLAGATE_SWEEP_INTERVAL=5",
		"SLAGATE_SWEEP_INTERVAL=1ms", "SLAGATE_SWEEP_INTERVAL=-5m", "SLAGATE_LOG_LEVEL=loud", "SLAGATE_LOG_LEVEL=disabled", "SLAGATE_LOG_FORMAT=xml",
	} {
		name, _, _ := strings.Cut(wrong, "=")
		_, err := LoadConfig("", secrets(wrong))
		require.ErrorContains(t, err, name+" (", wrong)
		require.Len(t, strings.Split(err.Error(), "\n"), 1, wrong)
	}
}

func TestLoadConfigSaysAllAtOnce(t *testing.T) {
	t.Parallel()
	path := write(t, "server.yml", "workers: none\nwrokers: 3\ngithub: {app: {secret: x}}\n")
	_, err := LoadConfig(path, []string{"SLAGATE_LISTEN=8080", "SLAGATE_DATABASE_URL=mysql://me:hunter2@db/slagate"})
	require.Error(t, err)
	lines := strings.Split(err.Error(), "\n")
	for _, want := range []string{
		path + `: unknown key "wrokers"`, path + `: unknown key "github.app.secret"`, "GITHUB_APP_INTEGRATION_ID (", "GITHUB_APP_WEBHOOK_SECRET (",
		"GITHUB_APP_PRIVATE_KEY (", "SLAGATE_WORKERS (", "SLAGATE_LISTEN (", "SLAGATE_DATABASE_URL (",
	} {
		require.Condition(t, func() bool {
			for _, l := range lines {
				if strings.HasPrefix(l, want) {
					return true
				}
			}
			return false
		}, "%s in\n%s", want, err)
	}
	require.Len(t, lines, 8)
	require.NotContains(t, err.Error(), "hunter2", "no password in errors")
}

// A further secret does not stand in for the one that is in force.
func TestLoadConfigNeedsASecret(t *testing.T) {
	t.Parallel()
	_, err := LoadConfig("", []string{"GITHUB_APP_INTEGRATION_ID=7", "GITHUB_APP_PRIVATE_KEY=PEM", "GITHUB_APP_WEBHOOK_SECRETS=old"})
	require.ErrorContains(t, err, "GITHUB_APP_WEBHOOK_SECRET (")
	require.NotContains(t, err.Error(), "old")
}

func TestLoadConfigFileUnreadable(t *testing.T) {
	t.Parallel()
	_, err := LoadConfig(filepath.Join(t.TempDir(), "none.yml"), secrets())
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = LoadConfig(write(t, "bad.yml", "a: [b"), secrets())
	require.ErrorContains(t, err, "bad.yml")
}

// A variable set to nothing, and a group with everything below it commented out,
// are as good as absent.
func TestLoadConfigNothingIsAbsent(t *testing.T) {
	t.Parallel()
	path := write(t, "server.yml", "workers: 3\ngithub:\n  oauth:\n#   client_id: x\n")
	c, err := LoadConfig(path, append(secrets(), "SLAGATE_WORKERS=", "SLAGATE_LISTEN=  "))
	require.NoError(t, err)
	require.Equal(t, 3, c.Workers)
	require.Equal(t, "127.0.0.1:8080", c.Listen)
}
