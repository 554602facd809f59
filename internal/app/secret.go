package app

import (
	"io"
	"net/url"

	"github.com/rs/zerolog"

	"github.com/slagate/slagate/internal/redact"
)

// Redacted takes the secrets of the configuration, and whatever looks like one, out of
// the lines that are written to w. The service's log has to go through it.
func (c Config) Redacted(w io.Writer) io.Writer { return c.redactor().Writer(w) }

// redactor knows the secrets that came as settings.
func (c Config) redactor() *redact.Redactor {
	secrets := append([]string{string(c.PrivateKey)}, c.Secrets...)
	secrets = append(secrets, c.Traces.Secrets...)
	if u, err := url.Parse(c.Database); err == nil {
		if password, ok := u.User.Password(); ok {
			secrets = append(secrets, password)
		}
		for _, key := range []string{"password", "sslpassword"} {
			secrets = append(secrets, u.Query()[key]...)
		}
	}
	return redact.New(secrets...)
}

// shortSecret is what is too short to be safe from guessing: whoever has seen one
// signed delivery can try secrets as fast as they can count. GitHub advises "a random string
// of text with high entropy".
// https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries#creating-a-secret-token
const shortSecret = 16

// warnOfShort says which webhook secrets are too short, by their place.
func (c Config) warnOfShort(log zerolog.Logger) {
	for i, s := range c.Secrets {
		if len(s) < shortSecret {
			log.Warn().Int("secret", i+1).Int("least", shortSecret).Msg("webhook secret is short enough to be guessed, set a longer one")
		}
	}
}
