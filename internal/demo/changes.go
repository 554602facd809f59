package demo

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/githubsim"
	"github.com/slagate/slagate/internal/pull"
)

// The paths that prepared changes and pushes touch.
const (
	checkoutSLO   = "slo/checkout.yml"
	searchSLO     = "slo/search.yml"
	alertsFile    = "monitoring/alerts/checkout.yml"
	routes        = "alertmanager/alertmanager.yml"
	escalation    = "terraform/pagerduty.tf"
	supportPolicy = "docs/support-policy.md"
	runbook       = "docs/runbooks/checkout.md"
	readme        = "README.md"
)

// edit is what a change does to the files of a branch. read gives a file as it
// is there, and whether it is there.
type edit func(read func(path string) (string, bool)) (map[string]githubsim.File, error)

// change is a prepared pull request.
type change struct {
	ID    string
	Title string
	About string // what it does, for whoever chooses it
	Body  string // the pull request's description
	Edit  edit
}

// changes are the prepared pull requests, in the order in which the page offers them.
func changes() []change {
	return []change{
		{
			"weaken", "Relax checkout availability to 99.5%", "weakens a promise: 99.95% of payments becomes 99.5%",
			"The new payment provider promises 99.5% only. Until we have a second one, so should we.",
			replace(checkoutSLO, "objective: 99.95", "objective: 99.5"),
		},
		{
			"tighten", "Promise 99.9% for search", "strengthens a promise: 99.5% of searches becomes 99.9%",
			"We have been above 99.95% for a year.",
			replace(searchSLO, "target: 0.995", "target: 0.999"),
		},
		{
			"reword", "Say where checkout is sold", "rewords a remark in a file with a promise: no promise changes",
			"The plans have other names now.",
			replace(checkoutSLO, "# Promised in the Business and Enterprise plans", "# Promised in the plans Team and Enterprise"),
		},
		{
			"reformat", "Format the search SLO", "changes how a file with a promise is written, and nothing else",
			"Only the formatter ran.",
			replace(searchSLO, "  timeWindow:\n    - duration: 30d\n      isRolling: true\n", "  timeWindow: [{ duration: 30d, isRolling: true }]\n"),
		},
		{
			"escalation", "Do not call the head of engineering at night", "shortens an escalation path by its last step",
			"The last step was never reached in two years.",
			replace(escalation, lastStep, ""),
		},
		{
			"alert", "Delete the alert CheckoutDown", "deletes an alert behind a promise",
			"It fires together with CheckoutErrorsHigh anyway.",
			replace(alertsFile, downAlert, ""),
		},
		{
			"late", "Wait longer before waking somebody", "makes an alert later than the contract allows: legal is asked, too",
			"Most short peaks of errors end by themselves.",
			replace(alertsFile, "for: 2m", "for: 10m"),
		},
		{
			"route", "Remind less often of pages", "makes Alertmanager's reminders of what wakes people rarer",
			"Every half hour is too much.",
			replace(routes, "repeat_interval: 30m", "repeat_interval: 2h"),
		},
		{
			"rename", "Move the checkout SLO to archive/", "renames a gated file out of the way of the rules",
			"Tidying up.",
			move(checkoutSLO, "archive/checkout-slo.yml"),
		},
		{
			"support", "Answer urgent tickets within 4 hours", "weakens the support policy that is part of the contract",
			"One hour around the clock is more than the team can do.",
			replace(supportPolicy, "| Urgent | 1 hour, around the clock |", "| Urgent | 4 hours, around the clock |"),
		},
		{
			"docs", "Runbook: say how to look at one instance", "documentation only: no promise is touched",
			"Found while on call.",
			replace(runbook, "2. If one instance fails,", "2. If one instance fails (`shopctl status`),"),
		},
		{
			"policy", "Security need not sign weaker escalation paths", "edits slagate's own policy",
			"Fewer people to wait for.",
			replace(pull.PolicyPath, "terraform/pagerduty*.tf\"]\n    require:\n      weakened:     [security, support]",
				"terraform/pagerduty*.tf\"]\n    require:\n      weakened:     [support]"),
		},
		{
			"break", "Rename the legal team in the policy", "breaks slagate's own policy: its new version has mistakes",
			"Legal is called counsel now.",
			replace(pull.PolicyPath, "  legal:    { teams: [acme/legal] }", "  counsel:  { team: acme/legal }"),
		},
	}
}

const lastStep = `
  rule {
    escalation_delay_in_minutes = 30
    target {
      type = "user_reference"
      id   = data.pagerduty_user.head_of_engineering.id
    }
  }
`

const downAlert = `
      - alert: CheckoutDown
        expr: absent(up{job="checkout"} == 1)
        for: 1m
        labels: { severity: page, team: payments }
        annotations:
          summary: No checkout instance is up
          runbook_url: https://runbooks.acme.example/checkout
`

// errApplied says that a change has nothing left to do.
var errApplied = errors.New("this branch has that change already")

// replace replaces the one place of a text in a file.
func replace(path, from, to string) edit {
	return func(read func(string) (string, bool)) (map[string]githubsim.File, error) {
		text, err := readFile(read, path)
		if err != nil {
			return nil, err
		}
		if strings.Count(text, from) != 1 {
			return nil, errApplied
		}
		return map[string]githubsim.File{path: githubsim.Text(strings.Replace(text, from, to, 1))}, nil
	}
}

// move renames a file.
func move(from, to string) edit {
	return func(read func(string) (string, bool)) (map[string]githubsim.File, error) {
		text, err := readFile(read, from)
		if err != nil {
			return nil, err
		}
		return map[string]githubsim.File{from: githubsim.Removed(), to: githubsim.Text(text)}, nil
	}
}

// rotate puts the next of several texts into a file, so that there is always
// something to push.
func rotate(path, before string, values ...string) edit {
	return func(read func(string) (string, bool)) (map[string]githubsim.File, error) {
		text, err := readFile(read, path)
		if err != nil {
			return nil, err
		}
		head, rest, found := strings.Cut(text, before)
		if !found {
			return nil, errApplied
		}
		now, tail, _ := strings.Cut(rest, "\n")
		next := values[(slices.Index(values, now)+1)%len(values)]
		return map[string]githubsim.File{path: githubsim.Text(head + before + next + "\n" + tail)}, nil
	}
}

// add puts a line at the end of a file.
func add(path, text string) edit {
	return func(read func(string) (string, bool)) (map[string]githubsim.File, error) {
		before, err := readFile(read, path)
		if err != nil {
			return nil, err
		}
		return map[string]githubsim.File{path: githubsim.Text(before + text)}, nil
	}
}

func readFile(read func(string) (string, bool), path string) (string, error) {
	text, ok := read(path)
	if !ok {
		return "", fmt.Errorf("this branch has no %s", path)
	}
	return text, nil
}

// push is a way to push to a pull request's branch again.
type push struct {
	ID    string
	About string
	Edit  edit
}

// pushes are the ways to push again.
func pushes() []push {
	return []push{
		{"remark", "another remark in " + checkoutSLO, rotate(checkoutSLO, "# Promised in the ", "Business and Enterprise plans, section 4.",
			"plans Team and Enterprise, section 4.", "plans that include support.")},
		{"objective", "another objective in " + checkoutSLO, rotate(checkoutSLO, "objective: ", "99.95", "99.9", "99.5", "99")},
		{"escalation", "another delay in " + escalation, rotate(escalation, "escalation_delay_in_minutes = ", "15", "30", "45", "60")},
		{"support", "other support hours in " + supportPolicy, rotate(supportPolicy, "| High | ", "4 business hours | 1 business day | 2 business days |",
			"8 business hours | 1 business day | 2 business days |", "1 business day | 2 business days | 5 business days |")},
		{"other", "something that no rule covers (" + readme + ")", add(readme, "\nPlease keep this page short.\n")},
	}
}

// on reads files of a branch.
func (w *world) on(ref string) func(path string) (string, bool) {
	return func(path string) (string, bool) { return w.repo.Content(ref, path) }
}

// free is the first branch name of a kind that is not taken.
func (w *world) free(id string) string {
	name := id
	for n := 2; w.repo.Tip(name) != ""; n++ {
		name = fmt.Sprintf("%s-%d", id, n)
	}
	return name
}

// open opens a pull request with a prepared change.
func (s *stage) open(login string, c change) (p *githubsim.Pull, err error) {
	files, err := c.Edit(s.on(mainBranch))
	if err != nil {
		return nil, err
	}
	err = s.act(login, func(a githubsim.Actor) error {
		branch := s.free(c.ID)
		if _, err := a.Push(s.repo, branch, c.Title, files); err != nil {
			return err
		}
		p, err = a.OpenPull(s.repo, githubsim.PullInput{Title: c.Title, Body: c.Body, Head: branch})
		return err
	})
	return p, err
}

// push pushes an edit to the branch of a pull request.
func (s *stage) push(login string, p *githubsim.Pull, message string, e edit) error {
	branch := p.View().HeadName
	files, err := e(s.on(branch))
	if err != nil {
		return err
	}
	return s.act(login, func(a githubsim.Actor) error {
		_, err := a.Push(s.repo, branch, message, files)
		return err
	})
}

// changed are the files of a pull request as its head has them.
func (w *world) changed(v githubsim.PullView) map[string]githubsim.File {
	files := map[string]githubsim.File{}
	for _, f := range v.Files {
		if f.Previous != "" {
			files[f.Previous] = githubsim.Removed()
		}
		text, ok := w.repo.Content(v.Head, f.Path)
		files[f.Path] = githubsim.File{Content: text, Gone: !ok}
	}
	return files
}

// forcePush replaces the commits of a pull request by one new commit: with the
// same content, or with an edit on top.
func (s *stage) forcePush(login string, p *githubsim.Pull, e edit) error {
	v := p.View()
	files := s.changed(v)
	if e != nil {
		more, err := e(s.on(v.Head))
		if err != nil {
			return err
		}
		maps.Copy(files, more)
	}
	return s.act(login, func(a githubsim.Actor) error {
		sha := s.repo.CommitOn(v.MergeBase, s.sim.User(login), v.Title, files)
		return a.ForcePush(s.repo, v.HeadName, sha)
	})
}
