package redact_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/slagate/slagate/internal/redact"
)

const pem = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEAy8Dbv8prpJ/0kKhlGeJYozo2t60EG8L0561g13R29LvMR5hy\n" +
	"vGZlGJpmn65+A4xHXInJYiPuKzrKUnApeLZ+vw1HocOAZtWK0z3r26uA8kQYOKX9\n-----END RSA PRIVATE KEY-----"

// samples are texts, and what must not be left of them.
func samples() map[string]string {
	jwt := "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOjF9.c2lnbmF0dXJl-x_y"
	return map[string]string{
		"ghs_16C7e42F292c6912E7710c838347Ae178B4a": "16C7e42F",
		"ghs_12345_" + jwt:                         "c2lnbmF0dXJl",
		"wordghs_12345_" + jwt:                     "c2lnbmF0dXJl",
		"ghp_abc.def-ghi=":                         "ghi",
		"ghu_x":                                    "ghu",
		"gho_x1":                                   "x1",
		"ghr_x2":                                   "x2",
		"github_pat_11ABC_def":                     "11ABC",
		"line\nghs_short":                          "short",
		"tokenghp_16C7e42F292c6912E7710c838347Ae178B4a": "16C7e42F",
		jwt:                                 "eyJ",
		"Bearer abcdefghijklmnop":           "abcdefgh",
		"Authorization: token abc":          "abc",
		"map[Authorization:[Bearer s.e.c]]": "s.e.c",
		`{"authorization":"Basic eA=="}`:    "eA==",
		pem:                                 "vGZlGJpm",
		pem[:100]:                           "MIIEow",
		"postgres://me:hunter2@db:5432/slagate?sslmode=verify-ca": "hunter2",
		"postgres://me:hun/te@r2@db/slagate":                      "r2",
		`parse "postgres://me:hunter2%zz@db": invalid`:            "hunter2",
		"https://hunter2@github.com/acme/shop":                    "hunter2",
		"host=db user=me password=hunter2 sslmode=disable":        "hunter2",
		"host=db password='hunter 2' user=me":                     "hunter",
		"client_secret=hunter2&code=x":                            "hunter2",
		`{"webhook_secret":"hunter2"}`:                            "hunter2",
		`{"body":"{\"password\":\"hunter2\",\"a\":1}"}`:           "hunter2",
		`{"refresh_token": "hun\"ter2"}`:                          "ter2",
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	for text, secret := range samples() {
		got := redact.Text("before " + text + " after")
		require.NotContains(t, got, secret, text)
		require.Contains(t, got, redact.Mark, text)
		require.True(t, strings.HasPrefix(got, "before "), got)
		var line bytes.Buffer
		log := zerolog.New(redact.New().Writer(&line))
		log.Info().Str("text", "x "+text).Err(errors.New("went wrong\n"+text)).Str("next", "kept").Msg(text)
		require.NotContains(t, line.String(), secret)
		var fields map[string]string
		require.NoError(t, json.Unmarshal(line.Bytes(), &fields), line.String())
		require.Equal(t, "kept", fields["next"])
	}
}

func TestOrdinaryWordsStay(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "a token of the org, ghs and eyes", "the token was not accepted", "highs_and_lows.md", "authorization failed",
		"https://api.github.com/repos/acme/shop/pulls/12", "jane@example.com", "GITHUB_APP_WEBHOOK_SECRET (github.app.webhook_secret in the file): is missing",
		"slagate is running", "monkeyJungle.x", `{"secret":2,"message":"delivery signed with a further secret"}`,
	} {
		require.Equal(t, text, redact.Text(text))
	}
}

// What is known is found in every spelling, if it looks like nothing at all.
func TestKnownSecrets(t *testing.T) {
	t.Parallel()
	const odd = "p\"a ss\\w/rd:\n2ü%"
	r := redact.New(odd, "plain-words", "short", pem)
	for _, text := range []string{
		odd, "plain-words", "GET /?x=p%22a+ss%5Cw%2Frd%3A%0A2%C3%BC%25", "MIIEowIBAAKCAQEAy8Dbv8prpJ/0kKhlGeJYozo2t60EG8L0561g13R29LvMR5hy",
	} {
		require.Equal(t, "is "+replaced(text)+"!", r.Text("is "+text+"!"), text)
		var line bytes.Buffer
		log := zerolog.New(r.Writer(&line))
		log.Info().Str("a", text).Str("b", strings.ToUpper("kept")).Msg("x")
		require.JSONEq(t, `{"level":"info","a":"`+replaced(text)+`","b":"KEPT","message":"x"}`, line.String())
	}
	require.Equal(t, "a short word", r.Text("a short word"), "it would be taken out of every line")
	require.Equal(t, "nothing known", redact.New("", "  ").Text("nothing known"))
}

// replaced is what is left of a text that is a secret as a whole.
func replaced(text string) string {
	if strings.HasPrefix(text, "GET") {
		return "GET /?x=" + redact.Mark
	}
	return redact.Mark
}

func TestError(t *testing.T) {
	t.Parallel()
	require.NoError(t, redact.Error(nil))
	clean := errors.New("bad gateway")
	require.Same(t, clean, redact.Error(clean))
	inner := errors.New("leaked ghs_abc, invalid \xff")
	got := redact.Error(inner)
	require.EqualError(t, got, "leaked [redacted], invalid ?")
	require.ErrorIs(t, got, inner)
	require.EqualError(t, redact.New("hunter2-hunter2").Error(errors.New("hunter2-hunter2")), redact.Mark)
}

func TestWriter(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	n, err := redact.New("a-known-one").Writer(&out).Write([]byte("a-known-one, ghp_x\n"))
	require.NoError(t, err)
	require.Equal(t, 19, n, "what was taken, not what was written")
	require.Equal(t, "[redacted], [redacted]\n", out.String())
	_, err = redact.New().Writer(broken{}).Write([]byte("x"))
	require.ErrorIs(t, err, io.ErrClosedPipe)
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

// A line of JSON stays one whatever is in it, and nothing is found in what was cleaned.
func TestLinesStayJSON(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		pieces := rapid.SliceOf(rapid.SampledFrom([]string{
			"ghs_", "password=", `"`, `\`, "\n", "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----", "://", ":", "@", "eyJa.b", "Authorization: ", "'",
			"bearer ", "0123456789abcdefgh", "x", " ", `{"secret":"`, "\x1b[1m", "%", "&", "ü", "]", "}",
		})).Draw(t, "pieces")
		line, err := json.Marshal(map[string]string{"a": strings.Join(pieces, ""), "b": "kept"})
		require.NoError(t, err)
		var fields map[string]string
		require.NoError(t, json.Unmarshal([]byte(redact.Text(string(line))), &fields), redact.Text(string(line)))
	})
}

func FuzzText(f *testing.F) {
	for text := range samples() {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, token := range []string{"ghs_77_eyJhbGciOi.J9.c2ln", "github_pat_11AA"} {
			require.NotContains(t, redact.Text(text+" "+token), token)
		}
		line, err := json.Marshal(text)
		require.NoError(t, err)
		require.True(t, json.Valid([]byte(redact.Text(string(line)))), "%s became %s", line, redact.Text(string(line)))
	})
}

func BenchmarkText(b *testing.B) {
	const line = `{"level":"info","delivery":"72d3162e-cc78-11e3-81ab-4c9367dc0958","event":"pull_request","action":"labeled","fresh":true,` +
		`"pulls":1,"looks":0,"time":"2026-03-02T10:00:00Z","message":"delivery accepted by github at https://github.com"}`
	r := redact.New("It's a Secret to Everybody", pem)
	b.SetBytes(int64(len(line)))
	for b.Loop() {
		r.Text(line)
	}
}
