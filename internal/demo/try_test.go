package demo

import ("testing";"strings";"github.com/slagate/slagate/internal/githubsim";"os";"time";"github.com/stretchr/testify/require")

func TestTry(t *testing.T) {
	require.NoError(t, Script(t.Context(), Config{Out: os.Stdout, Err: os.Stderr, Now: time.Now, Keep: "/tmp/demokeep/"+time.Now().Format("150405")}))
}

func TestTry2(t *testing.T) {
	st, err := newStage(t.Context(), Config{Err: os.Stderr, Now: time.Now}, scriptURL)
	require.NoError(t, err)
	tl := &teller{stage: st, out: os.Stdout}
	require.NoError(t, propose("break")(tl))
	require.NoError(t, st.settle(t.Context()))
	t.Log(tl.pr.View().Files)
	t.Log(tl.comment(tl.pr.View()).Body)
	require.NoError(t, st.stop())
}

func TestTry3(t *testing.T) {
	st, err := newStage(t.Context(), Config{Err: os.Stderr, Now: time.Now, Keep: "/tmp/demokeep/"+time.Now().Format("150405")}, scriptURL)
	require.NoError(t, err)
	tl := &teller{stage: st, out: os.Stdout}
	step := func(f func(*teller) error) { require.NoError(t, f(tl)); require.NoError(t, st.settle(t.Context())) }
	step(propose("weaken"))
	step(by("ada", func(t *teller, a githubsim.Actor) error { return a.Merge(t.pr, true) }))
	step(propose("break"))
	t.Log(tl.pr.View().Files)
	t.Log(tl.pr.View().Labels)
	t.Log(tl.comment(tl.pr.View()).Body)
	for _, r := range st.sim.Requests() { t.Log(r.Method, r.Path, r.Status, r.Body) }
	require.NoError(t, st.stop())
}

func TestTry4(t *testing.T) {
	st, err := newStage(t.Context(), Config{Err: os.Stderr, Now: time.Now}, scriptURL)
	require.NoError(t, err)
	tl := &teller{stage: st, out: os.Stdout}
	for i, s := range story()[:16] { _ = i; if err := s.Do(tl); err != nil { t.Log(err) }; require.NoError(t, st.settle(t.Context())) }
	t.Log(tl.pr.View().Files)
	for _, e := range tl.pr.View().Events { t.Log(e.Kind, e.Name, e.Actor.Login(), e.At) }
	t.Log(tl.comment(tl.pr.View()).Body)
	n:=0
	for _, r := range st.sim.Requests() { if strings.Contains(r.Path+r.Body, "/3") || strings.Contains(r.Body, `"number":3`) {n++; t.Log(r.Method, r.Path, r.Status, r.Body)} }
	require.NoError(t, st.stop())
}
