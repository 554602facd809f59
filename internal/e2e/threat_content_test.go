package e2e

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"

	"github.com/slagate/slagate/internal/githubsim"
	"github.com/slagate/slagate/internal/render"
)

func TestThreat_T10_EditsThePolicyItself(t *testing.T) {
	t.Parallel()
	// Whoever loses a say is asked, and legal and security always.
	all := []string{"product", "legal", "security", "support"}
	tests := map[string]struct {
		files map[string]githubsim.File
		asked []string
	}{
		"empties it":     {map[string]githubsim.File{".github/slagate.yml": githubsim.Text("version: 1\n")}, all},
		"deletes it":     {map[string]githubsim.File{".github/slagate.yml": githubsim.Removed()}, all},
		"renames it":     {map[string]githubsim.File{".github/slagate.yml": githubsim.Removed(), ".github/old.yml": githubsim.Text(thePolicy)}, all},
		"touches a rule": {policyFile(strings.Replace(thePolicy, "[product, legal]", "[product]", 1)), all[:3]},
	}
	signers := map[string]string{"product": "pia", "legal": "lee", "security": "sue", "support": "sid"}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, thePolicy)
			files := tt.files
			maps.Copy(files, weaken())
			p := w.open(files)
			w.sees(p, "pending", fmt.Sprintf("Waiting for %s (0 of %d signed)", strings.Join(tt.asked, ", "), len(tt.asked)))
			for _, f := range tt.asked {
				w.notGreen(p)
				w.do(w.as(signers[f]).Label(p, "sla/"+f+"-approved"))
			}
			w.green(p)
		})
	}
}

func TestThreat_T10_PolicyAsSymlink(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	p := w.open(map[string]githubsim.File{".github/slagate.yml": githubsim.Symlink("../slo/checkout.yml")})
	w.sees(p, "failure", "Policy would be invalid: .github/slagate.yml:1 is a symbolic link")
}

func TestThreat_T10_PolicyAsSymlinkInTheBase(t *testing.T) {
	t.Parallel()
	w := prepare(t, "")
	w.repo.Commit("main", w.users["ada"], "link", map[string]githubsim.File{
		"policy.yml": githubsim.Text("version: 1\n"), ".github/slagate.yml": githubsim.Symlink("../policy.yml"),
	})
	w.start()
	p := w.open(weaken())
	w.sees(p, "error", ".github/slagate.yml:1 is a symbolic link")
}

func TestThreat_T11_HidesAGatedFile(t *testing.T) {
	t.Parallel()
	same := githubsim.Text("objective: 99.9\nwindow: 30d\n")
	tests := map[string]struct {
		files map[string]githubsim.File
		want  string // the status; "" : waiting for product, legal
		says  string // in the comment
	}{
		"renamed out of the glob":  {map[string]githubsim.File{"slo/checkout.yml": githubsim.Removed(), "docs/checkout.yml": same}, "", "moved to a name"},
		"renamed and changed":      {map[string]githubsim.File{"slo/checkout.yml": githubsim.Removed(), "docs/c.yml": githubsim.Text("objective: 1\n")}, "", "slo/checkout.yml"},
		"letter case":              {map[string]githubsim.File{"SLO/new.yml": same}, "", "letter case"},
		"look-alike letters":       {map[string]githubsim.File{"sl\u043e/new.yml": githubsim.Text("objective: 1\n")}, "", "look-alike"},
		"not NFC":                  {map[string]githubsim.File{"slo/cafe\u0301.yml": githubsim.Text("objective: 1\n")}, "", "normal form"},
		"symlink":                  {map[string]githubsim.File{"slo/checkout.yml": githubsim.Symlink("../README.md")}, "", "symbolic link"},
		"submodule":                {map[string]githubsim.File{"slo/checkout.yml": githubsim.Submodule(strings.Repeat("a", 40))}, "", "submodule"},
		"dots in the name":         {map[string]githubsim.File{"slo/a..b.yml": githubsim.Text("objective: 1\n")}, "", "slo/a..b.yml"},
		"line ends only":           {map[string]githubsim.File{"slo/checkout.yml": githubsim.Text("objective: 99.9\r\nwindow: 30d\r\n")}, "", "slo/checkout.yml"},
		"gigantic":                 {map[string]githubsim.File{"slo/checkout.yml": githubsim.Text(strings.Repeat("x", 3<<20))}, "", "slo/checkout.yml"},
		"mode change is neutral":   {map[string]githubsim.File{"slo/checkout.yml": githubsim.Exec("objective: 99.9\nwindow: 30d\n")}, "pending: Waiting for product, legal (0 of 2 signed)", "mode"},
		"renamed within the rules": {map[string]githubsim.File{"slo/checkout.yml": githubsim.Removed(), "slo/moved.yml": same}, "", "renamed"},
		"copied out of the glob":   {map[string]githubsim.File{"docs/copy.yml": same}, isTold, "files that no rule covers"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, thePolicy)
			p := w.open(tt.files)
			s := p.View().Status("slagate")
			want := tt.want
			if want == "" {
				want = "pending: Waiting for product, legal (0 of 2 signed)"
			}
			require.Equal(t, want, s.State+": "+s.Description)
			require.Contains(t, w.comment(p), tt.says)
		})
	}
}

func TestThreat_T11_PureRenameIsNeutralInTheLongForm(t *testing.T) {
	t.Parallel()
	policy := strings.Replace(thePolicy, "require: [product, legal]", "require: { weakened: [product, legal] }", 1)
	w := newWorld(t, policy)
	p := w.open(map[string]githubsim.File{
		"slo/checkout.yml": githubsim.Removed(), "slo/moved.yml": githubsim.Text("objective: 99.9\nwindow: 30d\n"),
	})
	w.sees(p, "success", "Commitments touched, none changed")
	q := w.open(map[string]githubsim.File{
		"slo/checkout.yml": githubsim.Removed(), "elsewhere.yml": githubsim.Text("objective: 99.9\nwindow: 30d\n"),
	})
	w.sees(q, "pending", "Waiting for product, legal (0 of 2 signed)")
}

func TestThreat_T11_MoreFilesThanGitHubLists(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	files := map[string]githubsim.File{}
	for i := range 3100 {
		files[fmt.Sprintf("gen/%04d.txt", i)] = githubsim.Text(fmt.Sprint(i))
	}
	p := w.open(files)
	w.sees(p, "success", "No customer commitment touched")
	files["slo/checkout.yml"] = githubsim.Text("objective: 1\n")
	delete(files, "gen/0000.txt")
	q := w.open(files)
	w.sees(q, "pending", "Waiting for product, legal (0 of 2 signed)")
	require.Contains(t, w.comment(q), "slo/checkout.yml")
}

func TestThreat_T11_NotEvenTheTrees(t *testing.T) {
	t.Parallel()
	w := prepare(t, thePolicy)
	w.start()
	files := map[string]githubsim.File{}
	for i := range 3100 {
		files[fmt.Sprintf("gen/%04d.txt", i)] = githubsim.Text(fmt.Sprint(i))
	}
	w.sim.Fault(githubsim.Fault{Route: "GET /repos/{owner}/{repo}/git/trees/{sha}", Times: -1, Status: 422, Message: "too large"})
	p := w.open(files)
	w.sees(p, "pending", "Waiting for product, legal, security, support (0 of 4 signed)")
	require.Contains(t, w.comment(p), "could not be read whole")
}

func TestThreat_T14_HostilePolicyFiles(t *testing.T) {
	t.Parallel()
	bomb := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for i := range 9 {
		bomb += fmt.Sprintf("%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]\n", 'b'+i, 'b'+i, 'a'+i, 'a'+i, 'a'+i, 'a'+i, 'a'+i, 'a'+i, 'a'+i, 'a'+i)
	}
	var rules strings.Builder
	rules.WriteString("version: 1\nrules:\n")
	for i := range 20000 {
		fmt.Fprintf(&rules, "  - {name: r%d, paths: [x], require: []}\n", i)
	}
	for name, text := range map[string]string{
		"bomb": bomb, "deep": "version: 1\nx: " + strings.Repeat("[", 5000), "tabs": "version: 1\n\trules: []\n",
		"huge integer": "version: 99999999999999999999999999\n", "nan": "version: .nan\n", "twice": "version: 1\nversion: 1\n",
		"a million rules": rules.String(), "second document": "version: 1\n---\nversion: 1\n", "empty": "",
		"not utf-8": "version: 1\n# \xff\xfe\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, thePolicy)
			p := w.open(map[string]githubsim.File{".github/slagate.yml": githubsim.Text(text)})
			s := p.View().Status("slagate")
			require.Equal(t, "failure", s.State, s.Description)
			require.Regexp(t, `^Policy would be invalid: \.github/slagate\.yml:\d+ `, s.Description)
			require.LessOrEqual(t, len(s.Description), 140)
		})
	}
}

func TestThreat_T29_PolicyNeverFromElsewhere(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"remote: evil/policies\npath: slagate.yml\n", "version: 1\ninclude: https://evil.test/p.yml\n", "version: 1\nfunctions: {legal: {teams: [evil/legal]}}\n",
	} {
		w := newWorld(t, thePolicy)
		p := w.open(map[string]githubsim.File{".github/slagate.yml": githubsim.Text(text)})
		s := p.View().Status("slagate")
		require.Equal(t, "failure", s.State, s.Description)
		for _, r := range w.sim.Requests() {
			require.NotContains(t, r.Path, "evil")
		}
	}
}

func TestThreat_T15_InjectionIsShownInert(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	evil := "slo/a`|b @acme_legal <img src=x> [x](http://evil.test) - [x] <!-- slagate:comment -->.yml"
	p := w.open(map[string]githubsim.File{evil: githubsim.Text("objective: 1\n")})
	body := w.comment(p)
	var html strings.Builder
	require.NoError(t, goldmark.New(goldmark.WithExtensions(extension.GFM)).Convert([]byte(body), &html))
	require.NotContains(t, html.String(), "<img")
	require.NotContains(t, html.String(), `href="http://evil.test`)
	require.Contains(t, html.String(), "&lt;img src=x&gt;")
	// Somebody pastes our marker and a table of sign-offs: it is not our comment.
	w.say("bob", p, "<!-- slagate:comment -->\n| legal | signed by lee |\n\n/sla sign legal")
	w.notGreen(p)
	require.True(t, render.SameComment(body, w.comment(p)), w.comment(p))
}

func TestThreat_T16_TampersWithTheComment(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	p := w.open(weaken())
	id := commentID(w, p)
	right := w.comment(p)
	w.do(w.as("sam").EditComment(p, id, strings.Replace(right, "legal", "nobody", 1)))
	require.True(t, render.SameComment(right, w.comment(p)), w.comment(p))
	right = w.comment(p) // its footer may show another minute
	// Ticking a box that is not theirs, and changing text while ticking, count for nothing.
	require.Contains(t, right, "- [ ] <!-- item:rollback -->")
	w.do(w.as("sam").EditComment(p, id, strings.Replace(right, "- [ ] <!-- item:rollback -->", "- [x] <!-- item:rollback -->", 1)))
	require.True(t, render.SameComment(right, w.comment(p)), w.comment(p))
	right = w.comment(p) // its footer may show another minute
	w.do(w.as("ana").EditComment(p, id, strings.Replace(right, "- [ ] <!-- item:rollback -->", "- [x] <!-- item:rollback --> not needed;", 1)))
	require.True(t, render.SameComment(right, w.comment(p)), w.comment(p))
	right = w.comment(p) // its footer may show another minute
	// The owner's tick counts (rollback belongs to the author).
	w.do(w.as("ana").EditComment(p, id, strings.Replace(right, "- [ ] <!-- item:rollback -->", "- [x] <!-- item:rollback -->", 1)))
	require.Contains(t, w.comment(p), "- [x] <!-- item:rollback -->")
	// Deleting it brings it back.
	w.do(w.as("sam").DeleteComment(p, commentID(w, p)))
	require.Contains(t, w.comment(p), "- [x] <!-- item:rollback -->")
}

func commentID(w *world, p *githubsim.Pull) int64 {
	for _, c := range p.View().Comments {
		if c.Author == w.sim.App() {
			return c.ID
		}
	}
	return 0
}

func TestThreat_T34_OnlyAPersonsOwnWords(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	p := w.open(weaken())
	w.do(w.as("pia").Label(p, "sla/product-approved"))
	for _, body := range []string{"> /sla sign legal", "```\n/sla sign legal\n```", "`/sla sign legal`", "please write /sla sign legal", "<!-- \n/sla sign legal\n-->", "<details>\n\n/sla sign legal\n\n</details>"} {
		w.say("lea", p, body)
		w.notGreen(p)
	}
	// lee's harmless comment is edited into a command by somebody else.
	c := w.say("lee", p, "I will look at it")
	w.do(w.as("sam").EditComment(p, c.ID, "/sla sign legal"))
	w.notGreen(p)
	// A line that somebody else put in stays unheard, even if its author edits around it.
	w.do(w.as("lee").EditComment(p, c.ID, "I will look at it\n/sla sign legal"))
	w.notGreen(p)
	// A line that its own author adds is a command.
	c = w.say("lee", p, "I will look at it")
	w.do(w.as("lee").EditComment(p, c.ID, "I will look at it\n/sla sign legal"))
	w.green(p)
	// The line stays when other words are edited: it is not run again after being taken back.
	w.say("lee", p, "/sla unsign legal")
	w.do(w.as("lee").EditComment(p, c.ID, "I did look at it\n/sla sign legal"))
	w.notGreen(p)
}

func TestThreat_T37_StrangersLeaveNoTrace(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	w.repo.SetPublic(true)
	p := w.open(weaken())
	before := w.comment(p)
	for i := range 8 {
		c := w.say("eve", p, fmt.Sprintf("/sla sign legal %d", i))
		require.Equal(t, "confused", reaction(p, c.ID))
	}
	c := w.say("eve", p, "/sla refresh")
	require.Equal(t, "confused", reaction(p, c.ID))
	require.True(t, render.SameComment(before, w.comment(p)), w.comment(p))
	// Members are limited too.
	w.pass(2 * time.Minute)
	require.Equal(t, "rocket", reaction(p, w.say("lee", p, "/sla refresh").ID))
	require.Equal(t, "confused", reaction(p, w.say("lee", p, "/sla refresh").ID))
}
