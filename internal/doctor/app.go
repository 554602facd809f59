package doctor

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

const (
	// clockTolerance: the app's tokens are issued 30 s in the past, and GitHub refuses those from its future.
	// https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app
	clockTolerance = 30 * time.Second
	// clockUnease is when a clock begins to look neglected; GitHub tells whole seconds, after some travel.
	clockUnease = 10 * time.Second
	// recent is how far back failed deliveries are counted.
	recent = 24 * time.Hour
	// hookPath is where the service takes deliveries.
	hookPath = "/api/github/hook"
)

func examineApp(r *examination, f Facts) {
	switch {
	case f.App.Refused:
		r.add(AppSubject, CheckApp, Problem, "GitHub does not accept app id %d with this private key: %s. Whoever runs slagate compares both "+
			"with the app's settings page, and looks at the clock.", f.AppID, f.App.Problem)
	case f.App.Problem != "":
		r.add(AppSubject, CheckApp, Unknown, "GitHub did not say who the app is: %s. See whether this machine reaches GitHub and whether the addresses in the settings are right.", f.App.Problem)
	default:
		r.add(AppSubject, CheckApp, OK, "GitHub knows the app as %s.", f.App.Slug)
		examineGrant(r, f)
	}
	examineClock(r, f)
	if f.App.Problem == "" {
		examineHook(r, f)
		examineDeliveries(r, f)
	}
}

// queues reports whether a merge queue was seen.
func (f Facts) queues() bool { return slices.ContainsFunc(f.Owners, Owner.queues) }

func (o Owner) queues() bool {
	return slices.ContainsFunc(o.Repos, func(r Repo) bool {
		return slices.ContainsFunc(r.Branches, func(b Branch) bool { return b.MergeQueue })
	})
}

func examineGrant(r *examination, f Facts) {
	const who = "The app's owner adds them on its settings page; then every owner who installed it accepts."
	permissions, events := f.App.lacks(f.queues(), false)
	switch {
	case len(permissions) > 0:
		r.add(AppSubject, CheckPermissions, Problem, "The app does not ask for all the permissions that slagate needs. Missing: %s. %s", f.App.words(permissions), who)
	case len(f.App.exceeds()) > 0:
		r.add(AppSubject, CheckPermissions, Warning, "The app asks for permissions that slagate never uses: %s. Its owner may take them away.",
			strings.Join(f.App.exceeds(), ", "))
	default:
		r.add(AppSubject, CheckPermissions, OK, "The app asks for the permissions that it needs, and no others.")
	}
	if len(events) > 0 {
		r.add(AppSubject, CheckEvents, Problem, "The app is not subscribed to all the events that slagate heeds. Missing: %s. %s", eventNames(events), who)
		return
	}
	r.add(AppSubject, CheckEvents, OK, "The app is subscribed to all the events that it needs.")
}

func examineClock(r *examination, f Facts) {
	const who = "Whoever runs slagate has the machine keep its clock by NTP."
	ahead := f.Now.Sub(f.GitHub)
	way := "ahead of"
	if ahead < 0 {
		ahead, way = -ahead, "behind"
	}
	switch {
	case f.GitHub.IsZero():
		r.add(AppSubject, CheckClock, Unknown, "GitHub did not tell the time, so this machine's clock could not be compared. Try again.")
	case ahead > clockTolerance:
		r.add(AppSubject, CheckClock, Problem, "The clock of this machine is %s %s GitHub's. GitHub refuses the app when it is too far off. %s", span(ahead), way, who)
	case ahead > clockUnease:
		r.add(AppSubject, CheckClock, Warning, "The clock of this machine is %s %s GitHub's; at %s GitHub begins to refuse the app. %s", span(ahead), way, span(clockTolerance), who)
	default:
		r.add(AppSubject, CheckClock, OK, "The clock of this machine and GitHub's agree.")
	}
}

func examineHook(r *examination, f Facts) {
	h := f.Hook
	var wrong []string
	switch {
	case h.Problem != "":
		r.add(AppSubject, CheckWebhook, Unknown, "The app's webhook could not be read: %s. Try again, or look at the app's settings page.", h.Problem)
		return
	case h.URL == "":
		wrong = append(wrong, "there is no address, so GitHub tells slagate nothing")
	case f.HookURL != "" && h.URL != f.HookURL:
		wrong = append(wrong, fmt.Sprintf("its address is %s, and slagate is at %s", h.URL, f.HookURL))
	case !strings.HasSuffix(h.URL, hookPath):
		wrong = append(wrong, fmt.Sprintf("its address %s does not end in %s", h.URL, hookPath))
	}
	if !h.Secret {
		wrong = append(wrong, "it has no secret, so slagate refuses every delivery")
	}
	if h.Insecure {
		wrong = append(wrong, "certificates are not verified, so somebody on the way may read and hold back deliveries")
	}
	if len(wrong) > 0 {
		r.add(AppSubject, CheckWebhook, Problem, "The app's webhook is not right: %s. The app's owner mends it on the app's settings page.", strings.Join(wrong, "; "))
		return
	}
	if strings.HasPrefix(h.URL, "http:") {
		r.add(AppSubject, CheckWebhook, Warning, "GitHub delivers to %s, unencrypted. Whoever runs slagate puts a proxy with TLS in front, and the app's owner changes the address.", h.URL)
		return
	}
	r.add(AppSubject, CheckWebhook, OK, "GitHub delivers to %s, with a secret.", h.URL)
}

// examineDeliveries counts the deliveries of the last day that no attempt brought
// through. GitHub never tries again by itself; slagate asks it to.
// https://docs.github.com/en/webhooks/using-webhooks/handling-failed-webhook-deliveries
func examineDeliveries(r *examination, f Facts) {
	d := f.Deliveries
	switch {
	case d.Problem != "":
		r.add(AppSubject, CheckDeliveries, Unknown, "GitHub's record of deliveries could not be read: %s. Try again, or look at the app's settings page under Advanced.", d.Problem)
		return
	case len(d.List) == 0:
		r.add(AppSubject, CheckDeliveries, Warning, "GitHub has no delivery on record, and it keeps them for three days. Label a pull request and look again.")
		return
	}
	now := f.GitHub
	if now.IsZero() {
		now = f.Now
	}
	last := d.List[0]
	arrived := fmt.Sprintf("The last delivery was sent %s ago", span(now.Sub(last.At)))
	total, failed := failures(d.List, now)
	counted := count(total, "delivery") + " in the last day"
	if d.More && now.Sub(d.List[len(d.List)-1].At) <= recent {
		counted = "the last " + count(total, "delivery") // there are more in the day
	}
	lost := fmt.Sprintf("of %s %d never came through%s", counted, len(failed), codes(failed))
	const who = "Whoever runs slagate sees whether it runs, and whether GitHub reaches it; slagate asks for lost deliveries again by itself"
	switch {
	case slices.ContainsFunc(failed, func(l Delivery) bool { return l.GUID == last.GUID }):
		r.add(AppSubject, CheckDeliveries, Problem, "%s and did not come through; %s. %s.", arrived, lost, who)
	case len(failed) > 0:
		r.add(AppSubject, CheckDeliveries, Warning, "%s; %s. %s.", arrived, lost, who)
	case total == 0:
		r.add(AppSubject, CheckDeliveries, Warning, "%s, and none in the last day. If pull requests were worked on since, look at the app's settings page under Advanced.", arrived)
	default:
		r.add(AppSubject, CheckDeliveries, OK, "%s; of %s none was lost.", arrived, counted)
	}
}

// failures counts the deliveries of the last day and returns the newest attempt of
// each that was not answered with success by any of its attempts.
func failures(list []Delivery, now time.Time) (total int, failed []Delivery) {
	through, seen := map[string]bool{}, map[string]bool{}
	for _, d := range list {
		through[d.GUID] = through[d.GUID] || d.Code >= 200 && d.Code < 300
	}
	for _, d := range list {
		if seen[d.GUID] || now.Sub(d.At) > recent {
			continue
		}
		seen[d.GUID] = true
		total++
		if !through[d.GUID] {
			failed = append(failed, d)
		}
	}
	return total, failed
}

// codes counts how failed deliveries were answered: " (no answer: 1, answer 502: 2)".
func codes(failed []Delivery) string {
	if len(failed) == 0 {
		return ""
	}
	by := map[int]int{}
	for _, d := range failed {
		by[d.Code]++
	}
	var out []string
	for _, code := range slices.Sorted(maps.Keys(by)) {
		text := fmt.Sprintf("answer %d", code)
		if code == 0 {
			text = "no answer"
		}
		out = append(out, fmt.Sprintf("%s: %d", text, by[code]))
	}
	return " (" + strings.Join(out, ", ") + ")"
}

// span is a length of time as people say it.
func span(d time.Duration) string {
	d = max(d, 0)
	const day = 24 * time.Hour
	switch {
	case d < 2*time.Minute:
		return count(int(d/time.Second), "second")
	case d < 2*time.Hour:
		return count(int(d/time.Minute), "minute")
	case d < 2*day:
		return count(int(d/time.Hour), "hour")
	}
	return count(int(d/day), "day")
}
