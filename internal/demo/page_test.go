package demo

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/githubsim"
)

// visit is a browser at the page of a trial.
type visit struct {
	t      *testing.T
	page   *page
	server *httptest.Server
	client *http.Client
}

func newVisit(t *testing.T) *visit {
	t.Helper()
	cfg, _ := config(t)
	server := httptest.NewUnstartedServer(nil)
	address := "http://" + server.Listener.Addr().String()
	st, err := newStage(t.Context(), cfg, address)
	require.NoError(t, err)
	p, err := newPage(st)
	require.NoError(t, err)
	server.Config.Handler = p.handler()
	server.Start()
	t.Cleanup(func() {
		server.Close()
		require.NoError(t, st.stop(context.Background()))
	})
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return &visit{t: t, page: p, server: server, client: &http.Client{Jar: jar}}
}

// get is the text of a page.
func (v *visit) get(path string) string {
	v.t.Helper()
	status, body := v.ask(http.MethodGet, path, nil, nil)
	require.Equal(v.t, http.StatusOK, status, path)
	return body
}

func (v *visit) ask(method, path string, form url.Values, header http.Header) (int, string) {
	v.t.Helper()
	req, err := http.NewRequestWithContext(v.t.Context(), method, v.server.URL+path, strings.NewReader(form.Encode()))
	require.NoError(v.t, err)
	req.Header = header.Clone()
	if req.Header == nil {
		req.Header = http.Header{}
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := v.client.Do(req)
	require.NoError(v.t, err)
	body, err := io.ReadAll(res.Body)
	require.NoError(v.t, err)
	require.NoError(v.t, res.Body.Close())
	return res.StatusCode, string(body)
}

// open opens a prepared change as ana.
func (v *visit) open(change string) *githubsim.Pull {
	v.t.Helper()
	status, _ := v.ask(http.MethodPost, "/open", url.Values{"as": {writer}, "change": {change}}, nil)
	require.Equal(v.t, http.StatusOK, status)
	v.settle()
	pulls := v.page.st.repo.Pulls()
	return pulls[len(pulls)-1]
}

// do does an act on the page and returns the page that follows; fields come in pairs.
func (v *visit) do(login string, p *githubsim.Pull, act string, fields ...string) string {
	v.t.Helper()
	form := url.Values{"as": {login}}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	status, body := v.ask(http.MethodPost, pullPath(p.Number)+"/"+act, form, nil)
	require.Equal(v.t, http.StatusOK, status, act)
	v.settle()
	return body
}

func (v *visit) settle() {
	v.t.Helper()
	require.NoError(v.t, v.page.st.settle(v.t.Context()))
}

func (v *visit) sees(p *githubsim.Pull, status string) {
	v.t.Helper()
	st := p.View().Status(statusContext)
	require.Equal(v.t, status, st.State+": "+st.Description)
}

func TestPage_SignOffAndMerge(t *testing.T) {
	t.Parallel()
	v := newVisit(t)
	p := v.open("weaken")
	body := v.get(pullPath(1))
	require.Contains(t, body, "Merging is blocked: Required status check &#34;slagate&#34; is pending.")
	require.Contains(t, body, `<span class="label needs">sla/needs-legal</span>`)
	require.Contains(t, body, `name="item" value="rollback"`)
	require.Contains(t, body, `name="text" value="/sla done rollback"`)

	require.Contains(t, v.do("lee", p, "label", "label", "sla/legal-approved"), "<q>Must have triage rights to Repository.</q>")
	require.Contains(t, v.do("pia", p, "label", "label", "sla/product-approved"), "<b>pia</b> added the label sla/product-approved.")
	require.Contains(t, v.do("lee", p, "comment", "text", "/sla sign legal agreed"), "🚀 rocket by slagate[bot]")
	require.Contains(t, v.do("sam", p, "review", "state", "APPROVED"), "<b>sam</b> approved these changes")
	require.Contains(t, v.do(writer, p, "review", "state", "APPROVED"), "Can not approve your own pull request")
	v.do("sid", p, "comment", "text", "/sla sign support")
	v.sees(p, "pending: Signed; still open: rollback")
	require.Contains(t, v.do(writer, p, "merge"), "<q>Required status check &#34;slagate&#34; is pending.</q>")
	require.Contains(t, v.do("lee", p, "tick", "item", "rollback"), "<q>Must have write rights to Repository.</q>")
	v.do(writer, p, "tick", "item", "rollback")
	v.sees(p, "success: Signed by product, legal, security, support")
	require.NotContains(t, v.get(pullPath(1)), `value="/sla done rollback"`)
	require.Contains(t, v.get(pullPath(1)), "This pull request can be merged.")
	require.Contains(t, v.do("bob", p, "merge"), "<q>Must have write rights to Repository.</q>")
	require.Contains(t, v.do(writer, p, "merge"), "This pull request is merged.")
	require.True(t, p.View().Merged)
}

func TestPage_Pushes(t *testing.T) {
	t.Parallel()
	v := newVisit(t)
	p := v.open("escalation")
	v.sees(p, "pending: Waiting for security, support (0 of 2 signed)")
	v.do("sam", p, "label", "label", "sla/security-approved")
	one := "pending: Waiting for support (1 of 2 signed)"
	v.sees(p, one)
	for _, act := range []string{"advance", "rebase", "advance", "update"} {
		head := p.View().Head
		require.Contains(t, v.do(writer, p, act), `<p class="deed"`, act)
		require.Equal(t, act != "advance", head != p.View().Head, act)
		v.sees(p, one)
	}
	require.Contains(t, v.do(writer, p, "push", "how", "other"), "pushed something that no rule covers")
	v.sees(p, one)
	require.Contains(t, v.do(writer, p, "force"), "there is nothing prepared under &#34;&#34;")
	require.Contains(t, v.do(writer, p, "force", "how", "same"), "force-pushed one new commit with the same content")
	v.sees(p, one)
	require.Contains(t, v.do(writer, p, "force", "how", "escalation"), "force-pushed one new commit with another delay")
	v.sees(p, "pending: Waiting for security, support (0 of 2 signed)")
	require.Contains(t, v.do("pia", p, "push", "how", "other"), "<q>Must have write rights to Repository.</q>")
	require.Contains(t, v.do("pia", p, "force", "how", "same"), "<q>Must have write rights to Repository.</q>")
	require.Contains(t, v.do(writer, p, "retarget", "base", releaseBranch), "changed the base branch from main to "+releaseBranch)
	require.Equal(t, releaseBranch, p.View().Base)
	require.Contains(t, v.do(writer, p, "retarget", "base", "elsewhere"), "Validation Failed")
}

func TestPage_Steering(t *testing.T) {
	t.Parallel()
	v := newVisit(t)
	p := v.open("docs")
	v.sees(p, "success: No customer commitment touched")
	require.Contains(t, v.do(writer, p, "draft"), `<span class="state draft">`)
	require.Contains(t, v.do(writer, p, "merge"), "still a draft")
	require.Contains(t, v.do(writer, p, "ready"), `<span class="state open">`)
	require.Contains(t, v.do("lee", p, "close"), "<q>Must have triage rights to Repository.</q>")
	require.Contains(t, v.do("bob", p, "close"), `<span class="state closed">`)
	require.Contains(t, v.do(writer, p, "push", "how", "other"), "<b>ana</b> pushed")
	require.Contains(t, v.do("bob", p, "reopen"), `<span class="state open">`)
	require.Contains(t, v.do("bob", p, "label", "label", "colour"), "Validation Failed")
	require.Contains(t, v.do(writer, p, "label", "label", "colour"), `<span class="label plain">colour`)
	require.Contains(t, v.do("bob", p, "unlabel", "label", "colour"), `took off <span class="label plain">colour</span>`)
	require.Contains(t, v.do(writer, p, "tick", "item", "rollback"), "slagate has not commented here")
	q := v.open("weaken")
	require.Contains(t, v.do(writer, q, "bypass"), "<q>Must have admin rights to Repository.</q>")
	require.Contains(t, v.do(mayor, q, "bypass"), "This pull request is merged.")
	require.Contains(t, v.page.journal.all()[len(v.page.journal.all())-1].Did, "bypassing")
	status, body := v.ask(http.MethodPost, "/open", url.Values{"as": {writer}, "change": {"weaken"}}, nil)
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, body, "could not do that: this branch has that change already.")
	_, body = v.ask(http.MethodPost, "/open", url.Values{"as": {"bob"}, "change": {"tighten"}}, nil)
	require.Contains(t, body, "<q>Must have write rights to Repository.</q>")
}

func TestPage_CheatingIsPutRight(t *testing.T) {
	t.Parallel()
	v := newVisit(t)
	p := v.open("alert")
	waiting := "pending: Waiting for security, support (0 of 2 signed)"
	v.sees(p, waiting)
	body := v.do(writer, p, "forge")
	v.sees(p, waiting)
	require.Contains(t, body, "success: all fine</span> <span class=\"tag bad\">posted by ana</span>")
	words := v.page.st.comment(p.View()).Body
	v.do(writer, p, "tamper")
	require.NotContains(t, v.page.st.comment(p.View()).Body, "**yes**")
	v.do(writer, p, "erase")
	require.NotNil(t, v.page.st.comment(p.View()))
	require.NotEmpty(t, words)
	require.Contains(t, v.do("bob", p, "forge"), "<q>Must have write rights to Repository.</q>")
	require.Contains(t, v.do("bob", p, "erase"), "<q>Must have write rights to Repository.</q>")
}

func TestPage_WhoOneIs(t *testing.T) {
	t.Parallel()
	v := newVisit(t)
	require.Contains(t, v.get("/"), "Open a pull request as ana")
	status, body := v.ask(http.MethodPost, "/as", url.Values{"as": {"lee"}, "back": {"/acme/shop/tree/main"}}, nil)
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, body, `value="lee" class="on"`)
	require.Contains(t, body, "docs/support-policy.md")
	require.Contains(t, v.get("/"), "Open a pull request as lee")
	for _, back := range []string{"//elsewhere.test/", "https://elsewhere.test/", `/\elsewhere.test`, ""} {
		require.Equal(t, "/", local(back))
	}
	status, _ = v.ask(http.MethodPost, "/as", url.Values{"as": {"mallory"}}, nil)
	require.Equal(t, http.StatusBadRequest, status)
}

func TestPage_Refuses(t *testing.T) {
	t.Parallel()
	v := newVisit(t)
	p := v.open("docs")
	form := url.Values{"as": {writer}, "label": {"x"}}
	for name, test := range map[string]struct {
		method, path string
		form         url.Values
		header       http.Header
		want         int
	}{
		"another site":       {http.MethodPost, pullPath(1) + "/label", form, http.Header{"Sec-Fetch-Site": {"cross-site"}}, http.StatusForbidden},
		"another origin":     {http.MethodPost, pullPath(1) + "/label", form, http.Header{"Origin": {"https://elsewhere.test"}}, http.StatusForbidden},
		"an unknown person":  {http.MethodPost, pullPath(1) + "/label", url.Values{"as": {"mallory"}}, nil, http.StatusBadRequest},
		"nobody":             {http.MethodPost, pullPath(1) + "/label", url.Values{}, nil, http.StatusBadRequest},
		"an unknown act":     {http.MethodPost, pullPath(1) + "/explode", form, nil, http.StatusBadRequest},
		"an act as a link":   {http.MethodGet, pullPath(1) + "/label", nil, nil, http.StatusMethodNotAllowed},
		"an unknown change":  {http.MethodPost, "/open", form, nil, http.StatusBadRequest},
		"no such pull":       {http.MethodGet, pullPath(99), nil, nil, http.StatusNotFound},
		"no number":          {http.MethodGet, "/acme/shop/pull/x/files", nil, nil, http.StatusNotFound},
		"no such file":       {http.MethodGet, "/acme/shop/blob/main/nothing", nil, nil, http.StatusNotFound},
		"no such branch":     {http.MethodGet, "/acme/shop/tree/nothing", nil, nil, http.StatusNotFound},
		"no template's text": {http.MethodGet, "/page/base.html", nil, nil, http.StatusNotFound},
		"too much":           {http.MethodPost, pullPath(1) + "/comment", url.Values{"as": {writer}, "text": {strings.Repeat("x", maxForm)}}, nil, http.StatusBadRequest},
	} {
		status, _ := v.ask(test.method, test.path, test.form, test.header)
		require.Equal(t, test.want, status, name)
	}
	require.Empty(t, p.View().Labels)
	require.Empty(t, p.View().Comments)

	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, v.server.URL, nil)
	require.NoError(t, err)
	req.Host = "rebound.elsewhere.test"
	res, err := v.client.Do(req)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusMisdirectedRequest, res.StatusCode)
}

// TestPage_LoadsNothing holds every page against its policy: no script or style in
// it, nothing from elsewhere, and links that lead back to it.
func TestPage_LoadsNothing(t *testing.T) {
	t.Parallel()
	v := newVisit(t)
	p := v.open("rename")
	v.do(writer, p, "comment", "text", `<script>alert(1)</script> ![x](https://elsewhere.test/x.png) <b onclick="x()">`)
	loads := regexp.MustCompile(`(?i)(?:src|<link[^>]*href|url)\s*[=(]\s*["']?([^"')\s>]+)`)
	seen := map[string]bool{}
	next := []string{"/", "/page/style.css", "/page/refresh.js", "/favicon.ico"}
	links := regexp.MustCompile(`<a [^>]*href="([^"#?]*)`)
	for len(next) > 0 {
		path := strings.TrimPrefix(next[0], v.server.URL)
		next = next[1:]
		if seen[path] || path == "" {
			continue
		}
		seen[path] = true
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, v.server.URL+path, nil)
		require.NoError(t, err)
		res, err := v.client.Do(req)
		require.NoError(t, err)
		body, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		require.Less(t, res.StatusCode, 300, path)
		require.Equal(t, policyHeader, res.Header.Get("Content-Security-Policy"), path)
		require.Equal(t, "nosniff", res.Header.Get("X-Content-Type-Options"), path)
		for _, m := range loads.FindAllStringSubmatch(string(body), -1) {
			require.True(t, strings.HasPrefix(m[1], "/page/"), "%s loads %s", path, m[1])
		}
		require.NotRegexp(t, `(?i)<style|<script>|\son[a-z]+="|\sstyle="`, string(body), path)
		for _, m := range links.FindAllStringSubmatch(string(body), -1) {
			require.NotContains(t, m[1], "elsewhere", path)
			next = append(next, m[1])
		}
	}
	require.True(t, seen[pullPath(1)+"/files"], "what slagate links to is there")
	require.True(t, seen["/acme/shop/blob/main/.github/slagate.yml"])
	require.Greater(t, len(seen), 15)
}

func TestPage_Traffic(t *testing.T) {
	t.Parallel()
	v := newVisit(t)
	v.open("docs")
	counted := 0
	for _, row := range v.page.traffic() {
		counted += row.Counted
	}
	require.Positive(t, counted)
	require.Contains(t, v.get("/"), "What slagate asked GitHub")
	require.Empty(t, v.page.st.sim.Unknown())
}

func TestRun(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	cfg, _ := config(t)
	read, write := io.Pipe()
	cfg.Listen, cfg.Out = "127.0.0.1:0", write
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- Run(ctx, cfg) }()
	text := make([]byte, 200)
	n, err := read.Read(text)
	require.NoError(t, err)
	addresses := regexp.MustCompile(`http://\S+`).FindAllString(string(text[:n]), -1)
	require.Len(t, addresses, 1, string(text[:n]))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, addresses[0], nil)
	require.NoError(t, err)
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusOK, res.StatusCode)
	// A browser opens connections ahead of need; they must not hold the end up.
	var dialer net.Dialer
	unused, err := dialer.DialContext(t.Context(), "tcp", strings.TrimPrefix(addresses[0], "http://"))
	require.NoError(t, err)
	defer func() { require.NoError(t, unused.Close()) }()
	inside, err := filepath.Glob(filepath.Join(dir, "*", "slagate.db"))
	require.NoError(t, err)
	require.Len(t, inside, 1)
	cancel()
	require.NoError(t, <-done)
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left, "the folder is removed")
}

func TestRun_ListensOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:80", "example.com:80", "127.0.0.1"} {
		cfg, out := config(t)
		cfg.Listen = address
		require.ErrorContains(t, Run(t.Context(), cfg), "listen on", address)
		require.Empty(t, out.String())
	}
}

func TestListen_FallsBack(t *testing.T) {
	t.Parallel()
	first, err := listen(t.Context(), "")
	require.NoError(t, err)
	defer func() { require.NoError(t, first.Close()) }()
	second, err := listen(t.Context(), "")
	require.NoError(t, err)
	require.NotEqual(t, first.Addr().String(), second.Addr().String())
	require.NoError(t, second.Close())
	_, err = listen(t.Context(), first.Addr().String())
	require.Error(t, err, "an address that was asked for is not replaced")
}

func TestKeep(t *testing.T) {
	t.Parallel()
	cfg, out := config(t)
	cfg.Keep = filepath.Join(t.TempDir(), "trial")
	require.NoError(t, play(t.Context(), cfg, opening()[:1]))
	require.FileExists(t, filepath.Join(cfg.Keep, "slagate.db"))
	log, err := os.ReadFile(filepath.Join(cfg.Keep, "slagate.log"))
	require.NoError(t, err)
	require.Contains(t, string(log), "slagate is running")
	out.Reset()
	require.ErrorContains(t, play(t.Context(), cfg, opening()[:1]), "of an earlier trial")
	require.FileExists(t, filepath.Join(cfg.Keep, "slagate.db"))
}

func TestClock(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 3, 2, 12, 0, 0, 500, time.UTC)
	c := &clock{real: func() time.Time { return noon }}
	require.Equal(t, noon, c.Now())
	c.step()
	require.Equal(t, noon.Truncate(time.Second).Add(time.Second), c.Now())
	c.step()
	require.Equal(t, noon.Truncate(time.Second).Add(2*time.Second), c.Now())
	noon = noon.Add(time.Minute)
	require.Equal(t, noon, c.Now(), "it never falls behind")
}
