package doctor

import (
	"fmt"
	"slices"
	"strings"
)

// Check is the stable name of what is looked at.
type Check string

// The checks.
const (
	CheckApp          Check = "app"            // GitHub accepts the app's key
	CheckClock        Check = "clock"          // our clock and GitHub's agree
	CheckPermissions  Check = "permissions"    // the app, or the installation, may do what it has to
	CheckEvents       Check = "events"         // the app, or the installation, is told what it has to know
	CheckWebhook      Check = "webhook"        // where and how GitHub delivers
	CheckDeliveries   Check = "deliveries"     // when the last arrived, and which failed
	CheckInstallation Check = "installation"   // the installation works and covers what was asked for
	CheckPolicy       Check = "policy"         // there is a policy where there has to be, and it is valid
	CheckTeams        Check = "teams"          // teams and people of the policy exist and are visible
	CheckTwoPeople    Check = "two-people"     // every function has somebody to spare
	CheckLabels       Check = "labels"         // the labels exist
	CheckRequired     Check = "required-check" // the gated branches require our context
	CheckPinned       Check = "pinned"         // only our app can answer it
	CheckBypass       Check = "bypass"         // who may merge past it
)

// Checks lists all checks in the order in which they are told.
func Checks() []Check {
	return []Check{
		CheckApp, CheckClock, CheckPermissions, CheckEvents, CheckWebhook, CheckDeliveries, CheckInstallation,
		CheckPolicy, CheckRequired, CheckPinned, CheckBypass, CheckTeams, CheckTwoPeople, CheckLabels,
	}
}

// Level says how bad a finding is.
type Level string

// The levels, the best first.
const (
	OK      Level = "ok"
	Warning Level = "warning" // works, but somebody should look
	Unknown Level = "unknown" // could not be seen: not to be taken for ok
	Problem Level = "problem" // promises are not guarded, or pull requests are stuck
)

// Finding is one thing that was found.
type Finding struct {
	Subject string `json:"subject" jsonschema_description:"\"app\", the login of an owner, or OWNER/NAME of a repository."`
	Check   Check  `json:"check" jsonschema:"enum=app,enum=clock,enum=permissions,enum=events,enum=webhook,enum=deliveries,enum=installation,enum=policy,enum=required-check,enum=pinned,enum=bypass,enum=teams,enum=two-people,enum=labels"`
	Level   Level  `json:"level" jsonschema:"enum=ok,enum=warning,enum=unknown,enum=problem"`
	Text    string `json:"text" jsonschema_description:"What is so, and, unless it is ok, who does what next."`
}

// Result is the answer in one word.
type Result string

// The results.
const (
	Healthy  Result = "healthy"  // nothing wrong was found, and everything could be seen
	Problems Result = "problems" // at least one problem
	Failed   Result = "error"    // no problem was found, and something could not be seen
)

// reportVersion is the version of the JSON. A change that is not an addition raises it.
const reportVersion = 1

// Report is what was found. Every key is always there, and a list without entries is [].
type Report struct {
	Version  int       `json:"version" jsonschema:"enum=1"`
	Result   Result    `json:"result" jsonschema:"enum=healthy,enum=problems,enum=error"`
	Guarded  int       `json:"guarded" jsonschema:"minimum=0" jsonschema_description:"How many repositories with a policy were looked at."`
	Without  int       `json:"without_policy" jsonschema:"minimum=0" jsonschema_description:"How many repositories have no policy; nothing is gated there, and nothing was looked at."`
	Findings []Finding `json:"findings" jsonschema_description:"What was found, by subject."`
}

// examination is a report in the making.
type examination struct {
	Report
	appID int64
	app   Grant // what the app asks for
}

// AppSubject is the subject of findings about the app itself.
const AppSubject = "app"

// Examine judges. It is total: whatever the facts are, each part of them gives a finding.
func Examine(f Facts) Report {
	r := examination{Report: Report{Version: reportVersion, Findings: []Finding{}}, appID: f.AppID, app: f.App.Grant}
	examineApp(&r, f)
	for i := range f.Owners {
		examineOwner(&r, &f.Owners[i])
	}
	for _, name := range f.Missing {
		r.add(name, CheckInstallation, Problem, "No installation of the app covers this repository, so nothing in it is guarded. "+
			"See whether the name is right; then an owner adds it on the installation's page.")
	}
	switch {
	case f.App.Problem != "":
		r.add(AppSubject, CheckInstallation, Unknown, "No repository was looked at: without knowing the app GitHub does not say who installed it.")
	case f.OwnersProblem != "":
		r.add(AppSubject, CheckInstallation, Unknown, "It could not be found out who installed the app: %s. No repository was looked at. Try again.", f.OwnersProblem)
	case len(f.Owners) == 0 && !f.Asked:
		r.add(AppSubject, CheckInstallation, Problem, "Nobody has installed the app, so nothing is guarded. An owner installs it from %s.", orElse(f.App.URL, "its page on GitHub"))
	}
	r.Result = r.Judge()
	return r.Report
}

// Judge is the result that follows from the findings. Unknowns of the checks that
// are named do not count: somebody has looked for himself.
func (r *Report) Judge(seen ...Check) Result {
	result := Healthy
	for _, f := range r.Findings {
		switch {
		case f.Level == Problem:
			return Problems
		case f.Level == Unknown && !slices.Contains(seen, f.Check):
			result = Failed
		}
	}
	return result
}

func (r *Report) add(subject string, check Check, level Level, format string, args ...any) {
	text := format
	if len(args) > 0 {
		text = fmt.Sprintf(format, args...)
	}
	r.Findings = append(r.Findings, Finding{Subject: subject, Check: check, Level: level, Text: text})
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// count is a number with its noun: "1 branch", "3 branches".
func count(n int, noun string) string {
	switch {
	case n == 1:
		return "1 " + noun
	case strings.HasSuffix(noun, "ch"):
		return fmt.Sprintf("%d %ses", n, noun)
	case strings.HasSuffix(noun, "ry"):
		return fmt.Sprintf("%d %sies", n, strings.TrimSuffix(noun, "y"))
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// named joins names, at most five of them.
func named(names []string) string {
	const shown = 5
	if len(names) > shown {
		return strings.Join(names[:shown], ", ") + fmt.Sprintf(" and %d more", len(names)-shown)
	}
	return strings.Join(names, ", ")
}
