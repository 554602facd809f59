package e2e

import (
	"context"
	"flag"
	"fmt"
	"math/big"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/githubsim"
)

// Random lives: people act at random on the pull requests of one repository while
// deliveries and GitHub fail at random and slagate is restarted; at the end an
// oracle, which knows the true state and every act but nothing of slagate's code,
// says where green may stand. More of them: -lives 500, one of them: -life 17.
var (
	lives    = flag.Int("lives", livesByDefault, "how many random lives")
	life     = flag.Int("life", -1, "only the life with this number")
	lifeActs = flag.Int("acts", 40, "how many acts a life has")
)

func TestLives(t *testing.T) {
	t.Parallel()
	for n := range *lives {
		if *life < 0 || n == *life {
			t.Run(fmt.Sprint(n), func(t *testing.T) {
				t.Parallel()
				newAliveWorld(t, onSQLite, uint64(n), n%4 != 0).live(*lifeActs)
			})
		}
	}
	if *life >= *lives {
		newAliveWorld(t, onSQLite, uint64(*life), *life%4 != 0).live(*lifeActs)
	}
}

// TestLives_Postgres lives some of them on the other engine.
func TestLives_Postgres(t *testing.T) {
	t.Parallel()
	for n := range (*lives + 4) / 5 {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			newAliveWorld(t, onPostgres, uint64(n+1), true).live(*lifeActs)
		})
	}
}

// The policies that main and release may have, and what the oracle knows of them:
// which functions a change asks.
const (
	livesPolicy = `version: 1
functions:
  product:  { teams: [acme/product] }
  legal:    { teams: [acme/legal] }
  security: { teams: [acme/security] }
  support:  { teams: [acme/support] }
rules:
  - name: service levels
    paths: ["slo/**"]
    require: { weakened: [product, legal], removed: [product, legal], unknown: [product, legal], strengthened: [product], added: [product], neutral: [] }
    checklist: [impact, rollback]
  - name: escalation paths
    paths: ["oncall/**"]
    require: [security, support]
policy: { require: [legal, security] }
`
	freePolicy = "version: 1\n"
	policyAt   = ".github/slagate.yml"
)

// widePolicy asks support, too, whatever a change of a service level does.
func widePolicy() string { return strings.ReplaceAll(livesPolicy, ": [product", ": [support, product") }

func isWide(policy string) bool { return strings.Contains(policy, "[support, product") }

// objective is how the oracle reads a promise: the files of slo/ have one number.
var objective = regexp.MustCompile(`(?m)^objective: (\d+(?:\.\d+)?)$`)

// side is a file on one side of a change.
type side struct {
	text  string
	there bool
}

// promise is what the oracle reads in a file of slo/, nil where it can read nothing.
func (s side) promise() *big.Rat {
	m := objective.FindStringSubmatch(s.text)
	if !s.there || m == nil {
		return nil
	}
	r, _ := new(big.Rat).SetString(m[1])
	return r
}

// effectOf is the oracle's judgement of a change of a file, and what is agreed to with it.
// Only what cannot be read is agreed to by the letter.
func effectOf(path string, before, after side) (effect, agreed string) {
	was, is := before.promise(), after.promise()
	number := fmt.Sprintf("%s: %v -> %v", path, was, is)
	switch {
	case before == after:
		return "", ""
	case !strings.HasPrefix(path, "slo/") || before.there && was == nil || after.there && is == nil:
		return "unknown", fmt.Sprintf("%s: %q %v -> %q %v", path, before.text, before.there, after.text, after.there)
	case !before.there:
		return "added", number
	case !after.there:
		return "removed", number
	case is.Cmp(was) < 0:
		return "weakened", number
	case is.Cmp(was) > 0:
		return "strengthened", number
	}
	return "neutral", number
}

// gates reports whether a policy has a rule for a path.
func gates(policy, path string) bool {
	return policy != freePolicy && (path == policyAt || strings.HasPrefix(path, "oncall/") || strings.HasPrefix(path, "slo/"))
}

// losers are the functions that lose their say by another policy and are not asked about policies anyway.
func losers(policy, after string) []string {
	switch {
	case after == freePolicy:
		return []string{"product", "support"}
	case isWide(policy) && !isWide(after):
		return []string{"support"}
	}
	return nil
}

// asksOf is the oracle's reading of a policy.
func asksOf(policy, path, effect string, after side) []string {
	var asked []string
	switch {
	case !gates(policy, path) || effect == "":
	case path == policyAt:
		asked = append([]string{"legal", "security"}, losers(policy, after.text)...)
	case strings.HasPrefix(path, "oncall/"):
		asked = []string{"security", "support"}
	case effect == "neutral":
	default:
		asked = []string{"product"}
		if effect != "strengthened" && effect != "added" {
			asked = append(asked, "legal")
		}
		if isWide(policy) {
			asked = append(asked, "support")
		}
	}
	return asked
}

// text is a file at random: promises better and worse, the same number written
// otherwise, with one remark or another, and now and then nothing that can be read.
func (a *alive) text(path string) githubsim.File {
	if !strings.HasPrefix(path, "slo/") || a.rand.IntN(8) == 0 {
		return githubsim.Text(fmt.Sprintf("value: %d\n", a.rand.IntN(3)))
	}
	return githubsim.Text(pick(a, "", "# a remark\n", "# another one\n") + "objective: " + pick(a, "99", "99.5", "99.50", "99.9", "99.90", "99.95") + "\nwindow: 30d\n")
}

// word is what somebody said about a function on a pull request.
type word struct {
	function, login string
	yes             bool
	contents        []string // that a yes may be for
	label           bool     // said by label
	at              int      // number of the act
	outside         bool     // said by somebody who was not in the function then
}

// alive is a world that lives at random, with what the oracle has to know.
type alive struct {
	*world
	rand   *rand.Rand
	faulty bool
	pulls  []*githubsim.Pull
	words  map[*githubsim.Pull][]word
	pushed map[string]map[[2]string]bool // by head: who pushed which path into it
	heads  map[*githubsim.Pull][]string
	left   map[string]int // when somebody last left a team, by act
	unsure map[int64]bool // comments whose creation was not delivered
	room   int            // for so many pull requests
	number int
	diary  []string
}

// newAlive has the repository of a prepared world live.
func newAlive(w *world, seed uint64) *alive {
	a := &alive{
		world: w, rand: rand.New(rand.NewPCG(seed, 2)), room: 5, words: map[*githubsim.Pull][]word{},
		pushed: map[string]map[[2]string]bool{}, heads: map[*githubsim.Pull][]string{}, left: map[string]int{}, unsure: map[int64]bool{},
	}
	a.repo.Branch("release", "main").Branch("free", "main")
	a.repo.Commit("free", a.users["ada"], "free", policyFile(freePolicy))
	return a
}

func newAliveWorld(t *testing.T, on engine, seed uint64, faulty bool) *alive {
	t.Helper()
	w := prepare(t, livesPolicy)
	w.on = on
	a := newAlive(w, seed)
	a.faulty = faulty
	a.start()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("life %d:\n%s", seed, strings.Join(a.diary, "\n"))
		}
	})
	return a
}

func (a *alive) note(format string, args ...any) {
	a.diary = append(a.diary, fmt.Sprintf("%3d ", a.number)+fmt.Sprintf(format, args...))
}

func pick[T any](a *alive, list ...T) T { return list[a.rand.IntN(len(list))] }

func (a *alive) live(acts int) {
	a.openFirst()
	a.days(acts, a.act)
	// Most of all it matters what is taken away from what is green.
	a.rest()
	a.signAll()
	a.days(acts/8, a.take)
	a.rest()
	a.judge()
	a.judgeAgain()
	a.everybodySigns()
	a.rewordAll()
	a.moveAll()
}

// days are so many acts, with faults between them.
func (a *alive) days(acts int, act func(lossy bool)) {
	for range acts {
		a.number++
		lossy := a.faulty && a.spoilDeliveries()
		if a.faulty && a.rand.IntN(8) == 0 {
			a.spoilGitHub()
		}
		act(lossy)
		for _, p := range a.pulls {
			a.keepHead(p)
		}
		if a.rand.IntN(3) == 0 {
			a.sim.Deliveries().Release()
			a.sim.Deliveries().Resume()
			a.settle()
		}
		if a.rand.IntN(25) == 0 {
			a.note("restart")
			a.sim.Deliveries().Resume()
			a.sweep()
		}
	}
}

// take does something that can take a success away, or hides that it does.
func (a *alive) take(lossy bool) {
	p := pick(a, a.pulls...)
	f := pick(a, "product", "legal", "security", "support")
	if asked := a.required(p); len(asked) > 0 {
		f = pick(a, asked...)
	}
	member := map[string]string{"product": "pia", "legal": pick(a, "lee", "lee", "lea"), "security": "sue", "support": "sid"}[f]
	switch a.rand.IntN(12) {
	case 0, 1:
		a.unlabel(p, f, member)
	case 2: // and the label's history goes
		a.unlabel(p, f, member)
		name := "sla/" + f + "-approved"
		a.note("ana renames or deletes %s: %v", name, pick(a, a.as("ana").DeleteLabel, func(r *githubsim.Repo, n string) error {
			return a.as("ana").RenameLabel(r, n, fmt.Sprint("old ", a.number))
		})(a.repo, name))
	case 3:
		a.command(p, f, member, false, lossy)
	case 4: // and the comment goes
		a.command(p, f, member, false, lossy)
		comments := p.View().Comments
		last := comments[len(comments)-1]
		a.forget(p, last)
		a.note("#%d ana deletes comment %d: %v", p.Number, last.ID, a.as("ana").DeleteComment(p, last.ID))
	case 5, 6: // signed for one content in the moment of another
		a.unlabel(p, f, member)
		a.label(p, f, member)
		a.change(p)
	case 7:
		a.change(p)
	case 8:
		a.people()
	case 9:
		a.pull(p)
	case 10:
		a.label(p, "security", "sam") // who pushes too
	default:
		a.mischief(p, f)
	}
}

// openFirst opens the pull requests of a life.
func (a *alive) openFirst() {
	for _, files := range []map[string]githubsim.File{
		weaken(),
		{"oncall/escalation.tf": githubsim.Text("escalation_delay_in_minutes = 60\n"), "README.md": githubsim.Text("b\n")},
		{"slo/search.yml": githubsim.Text("objective: 1\nwindow: 30d\n"), policyAt: githubsim.Text(livesPolicy + "# a remark\n")},
	} {
		a.openOne(files)
	}
	a.settle()
}

// openOne opens a pull request of ana's that the oracle knows of.
func (a *alive) openOne(files map[string]githubsim.File) {
	p := a.openOnly(files)
	a.pulls = append(a.pulls, p)
	for path := range files {
		a.contribute("", p.View().Head, "ana", path)
	}
	a.keepHead(p)
}

func (a *alive) keepHead(p *githubsim.Pull) {
	if head := p.View().Head; !slices.Contains(a.heads[p], head) {
		a.heads[p] = append(a.heads[p], head)
	}
}

// contribute notes that a head has what the one before had, and a push of login's.
func (a *alive) contribute(before, head, login, path string) {
	if a.pushed[head] == nil {
		a.pushed[head] = map[[2]string]bool{}
	}
	for k := range a.pushed[before] {
		a.pushed[head][k] = true
	}
	if path != "" {
		a.pushed[head][[2]string{login, path}] = true
	}
}

// spoilDeliveries makes deliveries fail somehow. It reports whether the next may be lost for good.
func (a *alive) spoilDeliveries() bool {
	d := a.sim.Deliveries()
	switch a.rand.IntN(12) {
	case 0:
		a.note("a delivery is lost")
		d.LoseNext(1)
		return true
	case 1:
		a.note("two deliveries come twice")
		d.DuplicateNext(2)
	case 2:
		a.note("a delivery is late")
		d.DelayNext(1)
	case 3:
		a.note("deliveries pause")
		d.Pause()
	case 4:
		a.note("the order is turned")
		d.Reverse()
		d.Resume()
	}
	return false
}

func (a *alive) spoilGitHub() {
	f := pick(a,
		githubsim.Fault{Route: "POST /graphql", Status: 500},
		githubsim.Fault{Route: "POST /graphql", Stale: true, Times: 2},
		githubsim.Fault{Route: "POST /graphql", Null: []string{"repository.pullRequest.timelineItems"}},
		githubsim.Fault{Route: "POST /graphql", Cut: true},
		githubsim.Fault{Route: "POST /repos/{owner}/{repo}/issues/{number}/comments", Status: 502, DoneAnyway: true},
		githubsim.Fault{Route: "PATCH /repos/{owner}/{repo}/issues/comments/{id}", Status: 502, DoneAnyway: true},
		githubsim.Fault{Route: "POST /repos/{owner}/{repo}/statuses/{sha}", Status: 502, DoneAnyway: true},
		githubsim.Fault{Route: "POST /repos/{owner}/{repo}/statuses/{sha}", Status: 500},
		githubsim.Fault{Route: "POST /repos/{owner}/{repo}/issues/{number}/labels", Status: 500, DoneAnyway: true},
		githubsim.Fault{Route: "DELETE /repos/{owner}/{repo}/issues/{number}/labels/{name}", Status: 500},
		githubsim.Fault{Route: "POST /repos/{owner}/{repo}/issues/comments/{id}/reactions", Status: 500},
		githubsim.Fault{Route: "GET", Status: 404},
	)
	a.note("fault: %s %d stale=%v cut=%v done=%v", f.Route, f.Status, f.Stale, f.Cut, f.DoneAnyway)
	a.sim.Fault(f)
}

// act does one thing. What GitHub refuses has not happened.
func (a *alive) act(lossy bool) {
	p := pick(a, a.pulls...)
	f := pick(a, "product", "legal", "security", "support")
	signers := map[string][]string{"product": {"pia"}, "legal": {"lee", "lea", "lee"}, "security": {"sam", "sue", "sue"}, "support": {"sid"}}
	member := pick(a, signers[f]...)
	if a.rand.IntN(5) == 0 {
		member = pick(a, "bob", "ana", "pia", "lee", "sam", "eve", "sid")
	}
	switch n := a.rand.IntN(100); {
	case n < 22:
		a.label(p, f, member)
	case n < 28:
		a.unlabel(p, f, member)
	case n < 36:
		a.command(p, f, member, true, lossy)
	case n < 42:
		a.command(p, f, member, false, lossy)
	case n < 64:
		a.change(p)
	case n < 72:
		a.pull(p)
	case n < 78:
		a.people()
	case n < 84:
		a.labels(f)
	case n < 94:
		a.mischief(p, f)
	default:
		a.policy()
	}
}

// label puts a sign-off label on.
// word is what somebody says now.
func (a *alive) word(f, login string, yes bool) word {
	return word{function: f, login: login, yes: yes, at: a.number, outside: !a.isIn(f, login)}
}

func (a *alive) label(p *githubsim.Pull, f, login string) {
	before := p.View()
	err := a.as(login).Label(p, "sla/"+f+"-approved")
	if after := p.View(); err == nil && len(after.Events) > len(before.Events) {
		w := a.word(f, login, true)
		w.contents, w.label = a.mayMean(p, f, after.Head), true
		a.words[p] = append(a.words[p], w)
		a.note("#%d %s labels %s", p.Number, login, f)
	}
}

func (a *alive) unlabel(p *githubsim.Pull, f, login string) {
	if a.as(login).Unlabel(p, "sla/"+f+"-approved") == nil {
		w := a.word(f, login, false)
		w.label = true
		a.words[p] = append(a.words[p], w)
		a.note("#%d %s unlabels %s", p.Number, login, f)
	}
}

// command signs or takes back by a comment. A yes is for what slagate's comment
// shows: before or after, for it may be written in between.
func (a *alive) command(p *githubsim.Pull, f, login string, yes, lossy bool) {
	shown := a.shown(p)
	verb := map[bool]string{true: "sign", false: "unsign"}[yes]
	c, err := a.as(login).Comment(p, "/sla "+verb+" "+f)
	require.NoError(a.t, err)
	a.unsure[c.ID] = lossy
	w := a.word(f, login, yes)
	for _, sha := range append(shown, a.shown(p)...) {
		w.contents = append(w.contents, a.mayMean(p, f, sha)...)
	}
	a.words[p] = append(a.words[p], w)
	a.note("#%d %s: %s %s (comment %d)", p.Number, login, verb, f, c.ID)
}

// shown are the heads that slagate's comment names as evaluated. While somebody
// has spoilt the comment it may have been any that was there.
func (a *alive) shown(p *githubsim.Pull) []string {
	v := p.View()
	for _, c := range v.Comments {
		_, rest, ok := strings.Cut(c.Body, "evaluated at ")
		if c.Author != a.sim.App() || !ok {
			continue
		}
		for _, sha := range a.heads[p] {
			if strings.HasPrefix(sha, rest[:7]) {
				return []string{sha}
			}
		}
	}
	return a.heads[p]
}

// change changes the head branch.
func (a *alive) change(p *githubsim.Pull) {
	v := p.View()
	who := pick(a, "ana", "ana", "sam")
	var err error
	switch what := a.rand.IntN(8); what {
	case 0, 1, 2:
		path := pick(a, "slo/checkout.yml", "slo/checkout.yml", "slo/search.yml", "slo/search.yml", "oncall/escalation.tf", "src/main.go")
		file := a.text(path)
		_, err = a.as(who).Push(a.repo, v.HeadName, "change", map[string]githubsim.File{path: file})
		if head := p.View().Head; err == nil && head != v.Head {
			a.contribute(v.Head, head, who, path)
			a.note("#%d %s pushes %s: %.7s %q", p.Number, who, path, head, file.Content)
		}
	case 7:
		a.hide(p, who)
	case 3, 4:
		to := pick(a, a.heads[p]...)
		err = a.as("ana").ForcePush(a.repo, v.HeadName, to)
		a.note("#%d ana force-pushes %.7s: %v", p.Number, to, err)
	case 5:
		err = a.as("ana").Rebase(p)
		if head := p.View().Head; err == nil && head != v.Head {
			a.contribute(v.Head, head, "ana", "")
			a.note("#%d ana rebases: %.7s", p.Number, head)
		}
	default:
		err = a.as(who).MergeBaseIn(p)
		if head := p.View().Head; err == nil && head != v.Head {
			a.contribute(v.Head, head, who, "")
			a.note("#%d %s merges the base in: %.7s", p.Number, who, head)
		}
	}
}

// hide takes a promise away or moves it to where no rule looks.
func (a *alive) hide(p *githubsim.Pull, who string) {
	v := p.View()
	path := pick(a, "slo/checkout.yml", "slo/search.yml")
	text, ok := a.repo.Content(v.Head, path)
	if !ok {
		return
	}
	files := map[string]githubsim.File{path: githubsim.Removed()}
	if a.rand.IntN(2) == 0 {
		files[strings.Replace(path, "slo/", "docs/", 1)] = githubsim.Text(text)
	}
	_, err := a.as(who).Push(a.repo, v.HeadName, "hide", files)
	if head := p.View().Head; err == nil && head != v.Head {
		a.contribute(v.Head, head, who, path)
		a.note("#%d %s hides %s (%d files): %.7s", p.Number, who, path, len(files), head)
	}
}

// pull changes the pull request itself, or opens another on the same head.
func (a *alive) pull(p *githubsim.Pull) {
	v := p.View()
	switch a.rand.IntN(6) {
	case 0, 1:
		base := pick(a, "main", "release", "free")
		a.note("#%d retargeted to %s: %v", p.Number, base, a.as("ana").Retarget(p, base))
	case 2:
		a.note("#%d closed: %v", p.Number, a.as("ana").Close(p))
	case 3:
		for _, q := range a.pulls {
			if !q.View().Open {
				a.note("#%d reopened: %v", q.Number, a.as("ana").Reopen(q))
				a.keepHead(q)
			}
		}
	case 4:
		a.note("#%d draft: %v", p.Number, a.as("ana").Draft(p))
	default:
		if len(a.pulls) >= a.room {
			return
		}
		q, err := a.as("ana").OpenPull(a.repo, githubsim.PullInput{Title: "the same head", Head: v.HeadName, Base: pick(a, "release", "free")})
		if err == nil {
			a.pulls = append(a.pulls, q)
			a.keepHead(q)
			a.note("#%d opened on %s", q.Number, q.View().Base)
		}
	}
}

// people changes teams.
func (a *alive) people() {
	team := pick(a, "product", "legal", "support")
	login := map[string]string{"product": "pia", "legal": pick(a, "lee", "lea"), "support": "sid"}[team]
	if a.rand.IntN(2) == 0 {
		if a.as("ada").RemoveFromTeam(a.teams[team], a.users[login]) == nil {
			a.left[login] = a.number
			a.note("%s leaves %s", login, team)
		}
		return
	}
	a.note("%s is in %s: %v", login, team, a.as("ada").AddToTeam(a.teams[team], a.users[login]))
}

// labels spoils the labels of the repository.
func (a *alive) labels(f string) {
	name := pick(a, "sla/"+f+"-approved", "sla/needs-"+f)
	switch a.rand.IntN(3) {
	case 0:
		a.note("sam deletes %s: %v", name, a.as("sam").DeleteLabel(a.repo, name))
	case 1:
		a.note("sam renames %s: %v", name, a.as("sam").RenameLabel(a.repo, name, fmt.Sprint("old ", a.number)))
	default:
		a.note("sam renames bug to %s: %v", name, a.as("sam").RenameLabel(a.repo, "bug", name))
	}
}

// mischief is what nobody should do.
func (a *alive) mischief(p *githubsim.Pull, f string) {
	v := p.View()
	var ours, theirs []githubsim.Comment
	for _, c := range v.Comments {
		if c.Author == a.sim.App() {
			ours = append(ours, c)
		} else {
			theirs = append(theirs, c)
		}
	}
	switch n := a.rand.IntN(8); {
	case n == 0:
		a.note("#%d forged: %v", p.Number, a.as("ana").PostStatus(a.repo, v.Head, "success", pick(a, "slagate", "SLAgate", "slagate/"+f), "Signed by all"))
	case n == 1 && len(ours) > 0:
		a.note("#%d sam edits slagate's comment: %v", p.Number, a.as("sam").EditComment(p, ours[0].ID, strings.ReplaceAll(ours[0].Body, "- [ ]", "- [x]")+pick(a, "", "x")))
	case n == 2 && len(ours) > 0:
		a.note("#%d sam deletes slagate's comment: %v", p.Number, a.as("sam").DeleteComment(p, ours[0].ID))
	case n <= 4 && len(theirs) > 0:
		c := pick(a, theirs...)
		a.forget(p, c)
		if n == 3 {
			a.note("#%d ana deletes comment %d: %v", p.Number, c.ID, a.as("ana").DeleteComment(p, c.ID))
		} else {
			a.note("#%d sam edits comment %d: %v", p.Number, c.ID, a.as("sam").EditComment(p, c.ID, "/sla sign "+f))
		}
	case n == 5:
		a.note("#%d bob puts needs-%s on: %v", p.Number, f, a.as("bob").Label(p, "sla/needs-"+f))
	default:
		a.note("#%d bob takes needs-%s off: %v", p.Number, f, a.as("bob").Unlabel(p, "sla/needs-"+f))
	}
}

// forget drops a "no" that nobody can know of any more: its comment is changed
// and its delivery was lost.
func (a *alive) forget(p *githubsim.Pull, c githubsim.Comment) {
	if !a.unsure[c.ID] {
		return
	}
	a.words[p] = slices.DeleteFunc(a.words[p], func(w word) bool {
		return !w.yes && !w.label && w.login == c.Author.Login() && strings.Contains(c.Body, "unsign "+w.function)
	})
}

// policy changes a base branch.
func (a *alive) policy() {
	branch := pick(a, "main", "release")
	files := pick(a, policyFile(livesPolicy), policyFile(widePolicy()),
		map[string]githubsim.File{"src/main.go": githubsim.Text(fmt.Sprint(a.number))},
		map[string]githubsim.File{"slo/search.yml": a.text("slo/search.yml")},
	)
	_, err := a.as("ada").Push(a.repo, branch, "base", files)
	for path := range files {
		a.note("ada pushes %s to %s: %v", path, branch, err)
	}
}

// content is what a function would sign at a head: for the base as it is now, "" if nothing.
func (a *alive) content(p *githubsim.Pull, f, head string) string {
	return a.contentIf(p, f, head, a.isIn(f, signers()[f]))
}

// mayMean is what a yes at a head may be for: when it is given slagate may not know
// yet that somebody has left or is back.
func (a *alive) mayMean(p *githubsim.Pull, f, head string) []string {
	return []string{a.contentIf(p, f, head, true), a.content(p, f, head)}
}

// contentIf is content, if there is somebody in the function or not: who loses a say is asked only while there is.
func (a *alive) contentIf(p *githubsim.Pull, f, head string, somebody bool) string {
	v := p.View()
	policy, _ := a.repo.Content(v.Base, policyAt)
	base := a.repo.MergeBase(v.Base, head)
	next := policy // what it asks counts already for the pull request that brings it
	if was, is := a.side(base, policyAt), a.side(head, policyAt); was != is && policy != freePolicy {
		next = is.text
	}
	var paths []string
	for _, path := range append(a.repo.Paths(base), a.repo.Paths(head)...) {
		before, after := a.side(base, path), a.side(head, path)
		effect, agreed := effectOf(path, before, after)
		asked := asksOf(policy, path, effect, after)
		switch {
		case path != policyAt:
			asked = append(asked, asksOf(next, path, effect, after)...)
		case !somebody && slices.Contains(losers(policy, after.text), f):
			continue
		}
		if slices.Contains(asked, f) {
			paths = append(paths, agreed)
		}
	}
	slices.Sort(paths)
	return strings.Join(slices.Compact(paths), "\n")
}

func (a *alive) side(ref, path string) side {
	text, there := a.repo.Content(ref, path)
	return side{text, there}
}

// rest ends all faults, lets time pass and has everything looked at.
func (a *alive) rest() {
	a.sim.ClearFaults()
	for _, plan := range []func(int){a.sim.Deliveries().LoseNext, a.sim.Deliveries().DuplicateNext, a.sim.Deliveries().DelayNext} {
		plan(0)
	}
	a.sim.Deliveries().Release()
	a.sim.Deliveries().Resume()
	a.settle()
	a.pass(2 * time.Hour)
	a.sweep()
	a.retried()
	a.settle()
}

// retried waits until no job waits for another try.
func (a *alive) retried() {
	a.t.Helper()
	require.Eventually(a.t, func() bool {
		var n int
		err := a.jobs.QueryRowContext(context.Background(), `select count(*) from river_job where state in ('available', 'running', 'retryable')
			or state = 'scheduled' and attempt > 0`).Scan(&n)
		return err == nil && n == 0
	}, 3*patience, 5*time.Millisecond, "something is tried again and again")
}

// required are the functions that have to sign a pull request.
func (a *alive) required(p *githubsim.Pull) []string {
	var out []string
	for _, f := range []string{"product", "legal", "security", "support"} {
		if a.content(p, f, p.View().Head) != "" {
			out = append(out, f)
		}
	}
	return out
}

// agreed is the oracle: whether somebody who may has said yes to this content
// and not taken it back.
func (a *alive) agreed(p *githubsim.Pull, f string) bool {
	now := a.content(p, f, p.View().Head)
	yes := map[string]bool{}
	for _, w := range a.words[p] {
		if w.function != f {
			continue
		}
		switch {
		case w.yes:
			yes[w.login] = yes[w.login] || slices.Contains(w.contents, now)
		case yes[w.login]:
			yes[w.login] = false
		case !w.outside && a.isIn(f, w.login) && a.stayed(w) && !a.gaveBefore(p, w):
			clear(yes)
		}
	}
	for login, said := range yes {
		if said && a.isIn(f, login) && login != "ana" && !a.pushedGated(p, login) {
			return true
		}
	}
	return false
}

// gaveBefore: whoever has an own sign-off takes back only that.
func (a *alive) gaveBefore(p *githubsim.Pull, no word) bool {
	return slices.ContainsFunc(a.words[p], func(w word) bool { return w.yes && w.login == no.login && w.function == no.function })
}

func (a *alive) stayed(w word) bool {
	at, ever := a.left[w.login]
	return !ever || at < w.at
}

func (a *alive) isIn(f, login string) bool { return a.teams[f].Has(a.users[login]) }

// pushedGated reports whether somebody pushed, into this very head, a gated path.
func (a *alive) pushedGated(p *githubsim.Pull, login string) bool {
	v := p.View()
	policy, _ := a.repo.Content(v.Base, policyAt)
	for k := range a.pushed[v.Head] {
		if k[0] == login && gates(policy, k[1]) &&
			slices.ContainsFunc(v.Files, func(f githubsim.FileView) bool { return f.Path == k[1] || f.Previous == k[1] }) {
			return true
		}
	}
	return false
}

// judge requires that nothing is shown that must not be.
func (a *alive) judge() {
	a.t.Helper()
	require.Empty(a.t, a.wrongs())
}

// wrongs is what is shown and must not be: green that may not be, no answer,
// a second comment, labels that do not agree with the statuses.
func (a *alive) wrongs() (out []string) {
	for _, p := range a.pulls {
		v := p.View()
		if !v.Open {
			continue
		}
		wrong := func(format string, args ...any) {
			out = append(out, fmt.Sprintf("%s#%d: ", a.repo.FullName(), p.Number)+fmt.Sprintf(format, args...))
		}
		if n := a.comments(v); n > 1 {
			wrong("%d comments", n)
		}
		status := v.Status("slagate")
		switch {
		case status.State == "":
			wrong("no status")
		case strings.Contains(status.Description, "Looking at"):
			wrong("%s", status.Description)
		case status.Creator != a.sim.App():
			wrong("forged: %s", status.Description)
		}
		if who := a.unagreed(p); status.State == "success" && who != "" {
			wrong("false green: %s: %s\n%s", who, status.Description, strings.Join(v.Labels, ", "))
		}
		if slices.ContainsFunc(a.pulls, func(q *githubsim.Pull) bool { return q != p && q.View().Open && q.View().Head == v.Head }) {
			continue // the strictest is shown
		}
		for _, f := range a.required(p) { // a label of a function that is not asked means nothing
			done := strings.HasPrefix(v.Status("slagate/"+f).Description, "Signed by")
			if done != slices.Contains(v.Labels, "sla/"+f+"-approved") || done == slices.Contains(v.Labels, "sla/needs-"+f) {
				wrong("%s signed: %v, labels %v", f, done, v.Labels)
			}
		}
	}
	return out
}

// comments is how many comments of slagate's there are.
func (a *alive) comments(v githubsim.PullView) (n int) {
	for _, c := range v.Comments {
		if c.Author == a.sim.App() {
			n++
		}
	}
	return n
}

// unagreed names a function that did not agree to what one of the open pull requests with
// the same head asks it; "" if all agreed.
func (a *alive) unagreed(p *githubsim.Pull) string {
	head := p.View().Head
	for _, q := range a.pulls {
		if v := q.View(); !v.Open || v.Head != head {
			continue
		}
		for _, f := range a.required(q) {
			if !a.agreed(q, f) {
				return fmt.Sprintf("%s of #%d did not agree", f, q.Number)
			}
		}
	}
	return ""
}

// judgeAgain requires that another sweep changes nothing that people see.
func (a *alive) judgeAgain() {
	seen := func() string {
		var b strings.Builder
		for _, p := range a.pulls {
			v := p.View()
			fmt.Fprintln(&b, p.Number, v.Labels, len(v.Events), a.comment(p))
			for _, s := range a.repo.Statuses(v.Head) {
				fmt.Fprintln(&b, s.ID, s.Context, s.State, s.Description, s.TargetURL)
			}
			for _, c := range v.Comments {
				fmt.Fprintln(&b, c.ID, c.Updated, c.Reactions)
			}
		}
		return b.String()
	}
	before := seen()
	a.sweep()
	a.retried()
	require.Equal(a.t, before, seen(), "a sweep at rest changed something")
}

// everybodySigns requires that whoever has to can still let everything through.
func (a *alive) everybodySigns() {
	a.signAll()
	for _, p := range a.pulls {
		if p.View().Open {
			require.Equal(a.t, "success", p.View().Status("slagate").State, "#%d stays red: %s\n%s", p.Number, p.View().Status("slagate").Description, a.comment(p))
		}
	}
}

// rewordAll requires that remarks beside promises take nothing away from those who signed.
func (a *alive) rewordAll() {
	labels := map[*githubsim.Pull][]string{}
	for _, p := range a.pulls {
		labels[p] = slices.Sorted(slices.Values(p.View().Labels))
	}
	for _, p := range a.pulls {
		v := p.View()
		files := map[string]githubsim.File{}
		for _, path := range []string{"slo/checkout.yml", "slo/search.yml"} {
			before, after := a.side(a.repo.MergeBase(v.Base, v.Head), path), a.side(v.Head, path)
			if after.promise() != nil && (!before.there || before.promise() != nil) {
				files[path] = githubsim.Text(fmt.Sprintf("# reworded %d\n%s", p.Number, after.text))
			}
		}
		if v.Open && len(files) > 0 {
			_, err := a.as("ana").Push(a.repo, v.HeadName, "reword", files)
			a.do(err)
			a.note("#%d reworded: %.7s", p.Number, p.View().Head)
		}
	}
	a.retried()
	for _, p := range a.pulls {
		if v := p.View(); v.Open {
			require.Equal(a.t, "success", v.Status("slagate").State, "#%d: a remark took it away: %s\n%s", p.Number, v.Status("slagate").Description, a.comment(p))
			require.Equal(a.t, labels[p], slices.Sorted(slices.Values(v.Labels)), "#%d: a remark changed the labels", p.Number)
		}
	}
}

// moveAll changes a promise in every pull request that is signed, and judges.
func (a *alive) moveAll() {
	for _, p := range a.pulls {
		if v := p.View(); v.Open {
			file := a.text("slo/checkout.yml")
			_, err := a.as("ana").Push(a.repo, v.HeadName, "move", map[string]githubsim.File{"slo/checkout.yml": file})
			a.do(err)
			a.note("#%d moved: %.7s %q", p.Number, p.View().Head, file.Content)
		}
	}
	a.retried()
	a.judge()
}

// signAll has everybody sign who has to, once the limits of putting right are over.
func (a *alive) signAll() {
	a.pass(2 * time.Hour)
	for f, login := range signers() {
		if !a.isIn(f, login) {
			a.do(a.as("ada").AddToTeam(a.teams[f], a.users[login]))
		}
	}
	a.sweep()
	a.retried()
	for _, p := range a.pulls {
		if !p.View().Open {
			continue
		}
		for _, f := range a.required(p) {
			if slices.Contains(p.View().Labels, "sla/"+f+"-approved") {
				continue
			}
			if a.rand.IntN(2) == 0 {
				a.label(p, f, signers()[f])
			} else {
				a.command(p, f, signers()[f], true, false)
			}
			a.settle()
			a.retried()
		}
	}
}
