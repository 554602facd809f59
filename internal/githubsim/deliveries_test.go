package githubsim_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/githubsim"
)

// TestSignature is the test vector of GitHub's documentation.
func TestSignature(t *testing.T) {
	t.Parallel()
	require.Equal(t, "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
		githubsim.Signature("It's a Secret to Everybody", []byte("Hello, World!")))
}

func TestDeliveryHeaders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.pull("topic")
	for _, h := range w.take() {
		require.Equal(t, githubsim.Signature("secret", h.raw), h.header.Get("X-Hub-Signature-256"))
		require.True(t, strings.HasPrefix(h.header.Get("X-Hub-Signature"), "sha1="))
		require.Equal(t, "integration", h.header.Get("X-GitHub-Hook-Installation-Target-Type"))
		require.Equal(t, "7", h.header.Get("X-GitHub-Hook-Installation-Target-ID"))
		require.NotEmpty(t, h.header.Get("X-GitHub-Hook-ID"))
		require.True(t, strings.HasPrefix(h.header.Get("User-Agent"), "GitHub-Hookshot/"))
		require.Regexp(t, `^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`, h.guid)
		require.Equal(t, "acme/shop", at(t, h.body, "repository.full_name"))
		require.Equal(t, "acme", at(t, h.body, "organization.login"))
	}
}

func TestRedeliveryKeepsTheGUID(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pull("topic")
	w.take()
	w.hooks.mu.Lock()
	w.hooks.status = http.StatusServiceUnavailable
	w.hooks.mu.Unlock()
	_, err := w.sim.As("lee").Comment(p, "first")
	require.NoError(t, err)
	failed := w.take()[0]
	w.hooks.mu.Lock()
	w.hooks.status = http.StatusOK
	w.hooks.mu.Unlock()

	list := w.send("Bearer "+w.jwt(), http.MethodGet, "/app/hook/deliveries?status=failure", nil).list()
	require.Len(t, list, 1)
	require.InDelta(t, 503, list[0]["status_code"], 0)
	require.Equal(t, failed.guid, list[0]["guid"])
	path := fmt.Sprintf("/app/hook/deliveries/%.0f", list[0]["id"])
	one := w.send("Bearer "+w.jwt(), http.MethodGet, path, nil).object()
	require.Equal(t, "first", at(t, one, "request.payload.comment.body"))
	require.Equal(t, http.StatusAccepted, w.send("Bearer "+w.jwt(), http.MethodPost, path+"/attempts", nil).status)
	again := w.take()[0]
	require.Equal(t, failed.guid, again.guid)
	require.Equal(t, failed.raw, again.raw)
	list = w.send("Bearer "+w.jwt(), http.MethodGet, "/app/hook/deliveries?per_page=1", nil).list()
	require.Equal(t, true, list[0]["redelivery"])
	a := w.send("Bearer "+w.jwt(), http.MethodGet, "/app/hook/deliveries?per_page=1", nil)
	older := w.send("Bearer "+w.jwt(), http.MethodGet, nextLink(a), nil).list()
	require.Equal(t, failed.guid, older[0]["guid"])
	require.Equal(t, false, older[0]["redelivery"])
}

func TestDeliveryFaults(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pull("topic")
	w.take()
	d := w.sim.Deliveries()
	say := func(texts ...string) {
		t.Helper()
		for _, text := range texts {
			_, err := w.sim.As("lee").Comment(p, text)
			require.NoError(t, err)
		}
	}
	heard := func() []string {
		t.Helper()
		var out []string
		for _, h := range w.take() {
			out = append(out, fmt.Sprint(at(t, h.body, "comment.body")))
		}
		return out
	}
	d.DropNext(1)
	say("dropped", "a")
	require.Equal(t, []string{"a"}, heard())
	log := d.Log()
	require.Equal(t, 502, log[len(log)-2].StatusCode)
	require.False(t, log[len(log)-2].OK())

	n := len(d.Log())
	d.LoseNext(1)
	say("lost", "b")
	require.Equal(t, []string{"b"}, heard())
	require.Len(t, d.Log(), n+1)

	d.DuplicateNext(1)
	say("c", "d")
	require.Equal(t, []string{"c", "c", "d"}, heard())

	d.DelayNext(1)
	say("late", "e")
	require.Equal(t, []string{"e"}, heard())
	d.Release()
	require.Equal(t, []string{"late"}, heard())

	d.Pause()
	say("f", "g")
	require.Empty(t, heard())
	d.Reverse()
	d.Resume()
	require.Equal(t, []string{"g", "f"}, heard())
}

func TestUnreachableReceiver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sim.SetWebhook("http://127.0.0.1:1/hook", "secret")
	w.pull("topic")
	w.take()
	for _, d := range w.sim.Deliveries().Log() {
		require.Equal(t, 502, d.StatusCode)
	}
}

func TestEventsNeedPermissions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pull("topic")
	w.app.AcceptPermission("issues", "")
	w.take()
	_, err := w.sim.As("lee").Comment(p, "unheard")
	require.NoError(t, err)
	require.Empty(t, w.events())
}

func TestManyWorkersDeliverEverything(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *githubsim.Options) { o.Workers = 8 })
	p := w.pull("topic")
	for range 100 {
		_, err := w.sim.As("lee").Comment(p, "x")
		require.NoError(t, err)
	}
	require.Len(t, w.take(), 102)
}
