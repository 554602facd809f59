package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/githubsim"
)

// promisePolicy asks others for every effect, so that whoever is asked tells which
// effect slagate has seen.
const promisePolicy = `version: 1
functions:
  product:  { teams: [acme/product] }
  legal:    { teams: [acme/legal] }
  security: { teams: [acme/security] }
  support:  { teams: [acme/support] }
rules:
  - name: promises
    paths: ["slo/**", "alerts/**"]
    require:
      weakened:     [product, legal]
      removed:      [legal, security]
      unknown:      [product, legal, security, support]
      strengthened: [product]
      added:        [support]
      neutral:      []
policy: { require: [legal, security] }
`

// What the status says where one effect is seen.
const (
	isNeutral      = "success: Commitments touched, none changed"
	isWeakened     = "pending: Waiting for product, legal (0 of 2 signed)"
	isRemoved      = "pending: Waiting for legal, security (0 of 2 signed)"
	isUnknown      = "pending: Waiting for product, legal, security, support (0 of 4 signed)"
	isStrengthened = "pending: Waiting for product (0 of 1 signed)"
	isAdded        = "pending: Waiting for support (0 of 1 signed)"
	isUntouched    = "success: No customer commitment touched"
	isTold         = "success: Not under a rule: 1 commitment changed, see the comment"
)

const alertsHead = "groups:\n  - name: checkout\n    rules:\n"

const downAlert = `      - alert: CheckoutDown
        expr: absent(up{job="checkout"} == 1)
        for: 1m
        labels: { severity: page, team: payments }
`

const errorsAlert = `      # Looked at by whoever is on call.
      - alert: CheckoutErrorsHigh
        expr: sum(rate(http_errors_total{job="checkout",plan=~"team|enterprise"}[5m])) > 20
        for: 2m
        labels: { severity: page, team: payments }
`

const checkoutObjective = "# Section 4 of the contract.\nobjective: 99.9\nwindow: 30d\n"

// promiseWorld is a world that promises something in several forms.
func promiseWorld(t *testing.T, policy string) *world {
	t.Helper()
	w := prepare(t, policy)
	w.repo.Commit("main", w.users["ada"], "promises", map[string]githubsim.File{
		"slo/checkout.yml":     githubsim.Text(checkoutObjective),
		"alerts/checkout.yml":  githubsim.Text(alertsHead + downAlert + errorsAlert),
		"teams/search/slo.yml": githubsim.Text("objective: 99.9\nwindow: 30d\n"),
	})
	return w
}

// edited is a text with one place of it replaced.
func edited(t *testing.T, text, from, to string) githubsim.File {
	t.Helper()
	require.Equal(t, 1, strings.Count(text, from), from)
	return githubsim.Text(strings.Replace(text, from, to, 1))
}

func slagateSays(p *githubsim.Pull) string {
	s := p.View().Status("slagate")
	return s.State + ": " + s.Description
}

type promiseCase struct {
	files map[string]githubsim.File
	want  string
	says  string // in the comment
}

func (c promiseCase) run(t *testing.T, policy string) {
	t.Helper()
	w := promiseWorld(t, policy)
	w.start()
	p := w.open(c.files)
	require.Equal(t, c.want, slagateSays(p), w.comment(p))
	require.Contains(t, w.comment(p), c.says)
}

func TestThreat_T12_TakesThePromiseAway(t *testing.T) {
	t.Parallel()
	all := alertsHead + downAlert + errorsAlert
	commented := "      # - alert: CheckoutDown\n      #   expr: absent(up{job=\"checkout\"} == 1)\n      #   for: 1m\n      #   labels: { severity: page, team: payments }\n"
	file := func(path, text string) map[string]githubsim.File {
		return map[string]githubsim.File{path: githubsim.Text(text)}
	}
	for name, c := range map[string]promiseCase{
		"alert deleted":       {file("alerts/checkout.yml", alertsHead+errorsAlert), isRemoved, "The alert CheckoutDown is gone"},
		"alert commented out": {file("alerts/checkout.yml", alertsHead+commented+errorsAlert), isRemoved, "The alert CheckoutDown is gone"},
		"file deleted":        {map[string]githubsim.File{"slo/checkout.yml": githubsim.Removed()}, isRemoved, "**removed**"},
		"file moved out of the rules": {map[string]githubsim.File{
			"slo/checkout.yml": githubsim.Removed(), "docs/checkout.yml": githubsim.Text(checkoutObjective),
		}, isRemoved, "moved to a name that is covered by fewer rules"},
		"moved out and reworded": {map[string]githubsim.File{
			"slo/checkout.yml": githubsim.Removed(), "docs/checkout.yml": githubsim.Text("# Only for the record.\nobjective: 99.9\nwindow: 30d\n"),
		}, isRemoved, "**removed** | The availability objective of checkout stood in `slo/checkout.yml` before"},
		"renamed out with a remark": {map[string]githubsim.File{
			"alerts/checkout.yml": githubsim.Removed(), "docs/alerts.yml": edited(t, all, "whoever is on call", "the team"),
		}, isRemoved, "moved to a name that fewer rules cover"},
		"one of two alerts moved out": {map[string]githubsim.File{
			"alerts/checkout.yml": githubsim.Text(alertsHead + errorsAlert), "elsewhere/rules.yml": githubsim.Text(alertsHead + downAlert),
		}, isRemoved, "**removed** | The alert CheckoutDown stood in `alerts/checkout.yml` before"},
		"split in two under the rules": {map[string]githubsim.File{
			"alerts/checkout.yml": githubsim.Text(alertsHead + errorsAlert), "alerts/down.yml": githubsim.Text(alertsHead + downAlert),
		}, isNeutral, "nobody has to sign"},
		"emptied":              {file("alerts/checkout.yml", "groups: []\n"), isRemoved, "The alert CheckoutErrorsHigh is gone"},
		"only reworded":        {map[string]githubsim.File{"alerts/checkout.yml": edited(t, all, "whoever is on call", "the team")}, isNeutral, "nobody has to sign"},
		"put in another order": {file("alerts/checkout.yml", alertsHead+errorsAlert+downAlert), isNeutral, "nobody has to sign"},
		"one more":             {file("alerts/checkout.yml", all+strings.Replace(downAlert, "CheckoutDown", "CheckoutGone", 1)), isAdded, "**added**"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.run(t, promisePolicy)
		})
	}
}

func TestThreat_T13_WeakensBesideTheNumber(t *testing.T) {
	t.Parallel()
	all := alertsHead + downAlert + errorsAlert
	for name, tt := range map[string]struct{ path, text, from, to, want, says string }{
		"the number itself":             {"slo/checkout.yml", checkoutObjective, "99.9", "99.5", isWeakened, "goes from 99.9% to 99.5%"},
		"a better number":               {"slo/checkout.yml", checkoutObjective, "99.9", "99.95", isStrengthened, "goes from 99.9% to 99.95%"},
		"the same number":               {"slo/checkout.yml", checkoutObjective, "99.9", "99.90", isNeutral, "nobody has to sign"},
		"counted over longer":           {"slo/checkout.yml", checkoutObjective, "30d", "90d", isWeakened, "Weaker for customers"},
		"waits longer":                  {"alerts/checkout.yml", all, "for: 2m", "for: 20m", isWeakened, "18 minutes later"},
		"waits shorter":                 {"alerts/checkout.yml", all, "for: 2m", "for: 1m", isStrengthened, "Better for customers"},
		"wakes nobody":                  {"alerts/checkout.yml", all, "for: 2m\n        labels: { severity: page", "for: 2m\n        labels: { severity: ticket", isWeakened, "Weaker for customers"},
		"fires later":                   {"alerts/checkout.yml", all, "> 20", "> 200", isWeakened, "Weaker for customers"},
		"measures something else":       {"alerts/checkout.yml", all, "http_errors_total", "http_timeouts_total", isUnknown, "**unknown**"},
		"drops a plan from what counts": {"alerts/checkout.yml", all, "team|enterprise", "enterprise", isWeakened, "Weaker for customers"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			promiseCase{map[string]githubsim.File{tt.path: edited(t, tt.text, tt.from, tt.to)}, tt.want, tt.says}.run(t, promisePolicy)
		})
	}
}

// What nobody can read under a rule is asked about as the worst, in words, and the
// service goes on.
func TestThreat_T14_HostilePromiseFiles(t *testing.T) {
	t.Parallel()
	bomb := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for i := range 9 {
		bomb += fmt.Sprintf("%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]\n", 'b'+i, 'b'+i, 'a'+i, 'a'+i, 'a'+i, 'a'+i, 'a'+i, 'a'+i, 'a'+i, 'a'+i)
	}
	const promise = "objective: 99.9\nwindow: 30d\n"
	for name, tt := range map[string]struct{ text, says string }{
		"bomb":           {promise + bomb, "**unknown**"},
		"bomb of merges": {"base: &b {objective: 99.9}\n<<: [*b, *b]\n<<: *c\n", "**unknown**"},
		"endless alias":  {"objective: &a [*a]\n", "**unknown**"},
		"deep":           {promise + "x: " + strings.Repeat("[", 20000), "**unknown**"},
		"tabs":           {"\tobjective: 99.9\n", "**unknown**"},
		"not a number":   {"objective: .nan\nwindow: 30d\n", "**unknown**"},
		"huge number":    {"objective: 1e999999999\nwindow: 30d\n", "**unknown**"},
		"twice":          {promise + "objective: 99.9\n", "**unknown**"},
		"not utf-8":      {"# \xff\xfe\n" + promise, "**unknown**"},
		"zero bytes":     {promise + "\x00\x00\x00", "**unknown**"},
		"above one MiB":  {promise + "# " + strings.Repeat("x", 1<<20) + "\n", "is larger than 1 MiB"},
		"endless line":   {promise + "x: " + strings.Repeat("a: ", 100000), "**unknown**"},
		"empty":          {"", "**"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := promiseWorld(t, promisePolicy)
			w.start()
			p := w.open(map[string]githubsim.File{"slo/checkout.yml": githubsim.Text(tt.text)})
			require.Contains(t, []string{isUnknown, isRemoved}, slagateSays(p), w.comment(p))
			require.Contains(t, w.comment(p), tt.says)
			q := w.open(weaken())
			require.Equal(t, isWeakened, slagateSays(q))
		})
	}
}

// A pull request with as many files as GitHub lists, all of a kind that may hold
// promises: it is read in bounds, and what is under a rule is read first.
func TestThreat_T24_ManyFilesThatMayHoldPromises(t *testing.T) {
	t.Parallel()
	w := promiseWorld(t, promisePolicy)
	w.start()
	files := weaken()
	for i := range 2999 {
		files[fmt.Sprintf("a/%04d.yml", i)] = githubsim.Text(fmt.Sprintf("objective: 99.%d\nwindow: 30d\n", i))
	}
	w.sim.ResetRequests()
	p := w.open(files)
	require.Equal(t, isWeakened, slagateSays(p))
	reads, writes, routes := count(w)
	t.Logf("3,000 files: %d reads, %d writes\n%s", reads, writes, routes)
	// The list of files alone is 30 pages, and the head may be looked at twice.
	require.LessOrEqual(t, reads, 75, routes)
	require.Less(t, len(w.comment(p)), 65536)
	// Under a rule what is beyond the bound is asked about as the worst.
	files = map[string]githubsim.File{}
	for i := range 300 {
		files[fmt.Sprintf("slo/%04d.yml", i)] = githubsim.Text(fmt.Sprintf("objective: 99.%d\nwindow: 30d\n", i))
	}
	w.sim.ResetRequests()
	q := w.open(files)
	require.Equal(t, isUnknown, slagateSays(q))
	require.Contains(t, w.comment(q), "**unknown** means that slagate cannot tell")
	reads, writes, routes = count(w)
	t.Logf("300 gated files: %d reads, %d writes\n%s", reads, writes, routes)
	require.LessOrEqual(t, reads, 30, routes)
}

// signedWeakening is a pull request that weakens a promise and that both have signed.
func signedWeakening(w *world) *githubsim.Pull {
	w.t.Helper()
	p := w.open(map[string]githubsim.File{"slo/checkout.yml": edited(w.t, checkoutObjective, "99.9", "99.5")})
	require.Equal(w.t, isWeakened, slagateSays(p))
	w.signBoth(p)
	return p
}

func (w *world) signBoth(p *githubsim.Pull) {
	w.t.Helper()
	w.do(w.as("pia").Label(p, "sla/product-approved"))
	w.do(w.as("lee").Label(p, "sla/legal-approved"))
	require.Equal(w.t, "success: Signed by product, legal", slagateSays(p))
}

func TestThreat_T12_SignOffsAreForThePromise(t *testing.T) {
	t.Parallel()
	const signed = "success: Signed by product, legal"
	push := func(text string) func(*world, *githubsim.Pull) error {
		return func(w *world, p *githubsim.Pull) error {
			_, err := w.as("ana").Push(w.repo, p.View().HeadName, "more", map[string]githubsim.File{"slo/checkout.yml": githubsim.Text(text)})
			return err
		}
	}
	for name, tt := range map[string]struct {
		do   func(*world, *githubsim.Pull) error
		want string
	}{
		"reworded":            {push("# As agreed in section 4.\nobjective: 99.5\nwindow: 30d\n"), signed},
		"written otherwise":   {push("window: 30d\nobjective: \"99.50\"\n"), signed},
		"weaker still":        {push("objective: 99\nwindow: 30d\n"), isWeakened},
		"a bit better":        {push("objective: 99.8\nwindow: 30d\n"), isWeakened},
		"counted over longer": {push("objective: 99.5\nwindow: 60d\n"), isWeakened},
		"not weaker any more": {push("objective: 99.9\nwindow: 30d\n"), isNeutral},
		"stronger":            {push("objective: 99.95\nwindow: 30d\n"), isStrengthened},
		"rebased": {func(w *world, p *githubsim.Pull) error {
			if _, err := w.as("ada").Push(w.repo, "main", "base", map[string]githubsim.File{"README.md": githubsim.Text("new\n")}); err != nil {
				return err
			}
			return w.as("ana").Rebase(p)
		}, signed},
		"rebased onto a reworded file": {func(w *world, p *githubsim.Pull) error {
			return w.rebaseOnto(p, "# Section 4 of the new contract.\nobjective: 99.9\nwindow: 30d\n", "# Section 4 of the new contract.\nobjective: 99.5\nwindow: 30d\n")
		}, signed},
		"rebased onto another promise": {func(w *world, p *githubsim.Pull) error {
			return w.rebaseOnto(p, "objective: 99.99\nwindow: 30d\n", "objective: 99.5\nwindow: 30d\n")
		}, isWeakened},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := promiseWorld(t, promisePolicy)
			w.start()
			p := signedWeakening(w)
			w.do(tt.do(w, p))
			require.Equal(t, tt.want, slagateSays(p), w.comment(p))
		})
	}
}

// rebaseOnto changes the promise in main and puts the pull request on top of it.
func (w *world) rebaseOnto(p *githubsim.Pull, main, head string) error {
	if _, err := w.as("ada").Push(w.repo, "main", "base", map[string]githubsim.File{"slo/checkout.yml": githubsim.Text(main)}); err != nil {
		return err
	}
	sha := w.repo.CommitOn(w.repo.Tip("main"), w.users["ana"], "rebased", map[string]githubsim.File{"slo/checkout.yml": githubsim.Text(head)})
	return w.as("ana").ForcePush(w.repo, p.View().HeadName, sha)
}

// Before a signed pull request another one is merged that touches the same file.
func TestThreat_T33_TheSameFileInTheGroup(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ first, second, want string }{
		"only a remark": {
			"# Section 5.\nobjective: 99.9\nwindow: 30d\n", "# Section 5.\nobjective: 99.5\nwindow: 30d\n",
			"success: Signed for this content: #2",
		},
		"the promise itself": {
			"# Section 4 of the contract.\nobjective: 99.99\nwindow: 30d\n", "# Section 4 of the contract.\nobjective: 99.5\nwindow: 30d\n",
			"failure: #2 changed in the group: product, legal must look again",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := promiseWorld(t, promisePolicy)
			w.repo.UseMergeQueue("main").Require("main", "slagate", appID)
			w.start()
			p := w.open(map[string]githubsim.File{"slo/checkout.yml": githubsim.Text(tt.first)})
			if slagateSays(p) == isStrengthened {
				w.do(w.as("pia").Label(p, "sla/product-approved"))
			}
			w.green(p)
			// The second builds upon the first, as git makes it where the lines are apart.
			w.from = p.View().HeadName
			q := w.open(map[string]githubsim.File{"slo/checkout.yml": githubsim.Text(tt.second)})
			require.Equal(t, isWeakened, slagateSays(q))
			w.signBoth(q)
			w.do(w.as("ana").Queue(p))
			w.do(w.as("ana").Queue(q))
			entries := w.repo.Queued("main")
			require.Len(t, entries, 2)
			last := lastStatus(w, entries[1].Head)
			require.Equal(t, tt.want, last.State+": "+last.Description)
		})
	}
}

// A promise that changes in a file that no rule covers is told, and gated where the
// policy says so.
func TestThreat_T12_PromisesThatNoRuleCovers(t *testing.T) {
	t.Parallel()
	weaker := map[string]githubsim.File{"teams/search/slo.yml": githubsim.Text("objective: 99\nwindow: 30d\n")}
	reworded := map[string]githubsim.File{"teams/search/slo.yml": githubsim.Text("# ours\nobjective: 99.9\nwindow: 30d\n")}
	const title = "Changes of promises in files that no rule covers"
	t.Run("told beside what is gated", func(t *testing.T) {
		t.Parallel()
		w := promiseWorld(t, promisePolicy)
		w.start()
		files := weaken()
		files["teams/search/slo.yml"] = weaker["teams/search/slo.yml"]
		p := w.open(files)
		require.Equal(t, isWeakened, slagateSays(p))
		require.Contains(t, w.comment(p), title)
		require.Contains(t, w.comment(p), "goes from 99.9% to 99%")
	})
	for name, tt := range map[string]struct {
		policy string
		files  map[string]githubsim.File
		want   string
	}{
		"told":               {promisePolicy, weaker, isTold},
		"gated":              {promisePolicy + "uncovered: gate\n", weaker, isWeakened},
		"gated and reworded": {promisePolicy + "uncovered: gate\n", reworded, isUntouched},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			says := "goes from 99.9% to 99%"
			if tt.want == isUntouched {
				says = ""
			}
			promiseCase{tt.files, tt.want, says}.run(t, tt.policy)
		})
	}
}

// A change that falls below what a contract promises asks legal, whatever the rules say.
func TestThreat_T13_BelowTheContract(t *testing.T) {
	t.Parallel()
	floors := `commitments:
  - { id: checkout-uptime, kind: availability, target: 99.5%, window: 30d, measured_by: [checkout], contract_ref: "MSA 4" }
  - { id: search-uptime, kind: availability, target: 99.5%, window: 30d, measured_by: [slo], contract_ref: "MSA 5" }
`
	policy := strings.Replace(promisePolicy, "weakened:     [product, legal]", "weakened:     [product]", 1) + floors
	product, both := "pending: Waiting for product (0 of 1 signed)", "pending: Waiting for product, legal (0 of 2 signed)"
	file := func(path, number string) map[string]githubsim.File {
		return map[string]githubsim.File{path: githubsim.Text("objective: " + number + "\nwindow: 30d\n")}
	}
	for name, c := range map[string]promiseCase{
		"above the floor":         {file("slo/checkout.yml", "99.7"), product, "Within the contract"},
		"on the floor":            {file("slo/checkout.yml", "99.5"), product, "Within the contract"},
		"below the floor":         {file("slo/checkout.yml", "99.4"), both, "**below the contract**"},
		"below, where no rule is": {file("teams/search/slo.yml", "99.4"), "pending: Waiting for legal (0 of 1 signed)", "**below the contract**"},
		"above, where no rule is": {file("teams/search/slo.yml", "99.6"), isTold, "Within the contract"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.run(t, policy)
		})
	}
}
