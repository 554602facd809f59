package doctor

import (
	"maps"
	"slices"
	"strings"
)

// Permission is one that slagate uses.
type Permission struct {
	Key   string // as GitHub's API calls it
	Name  string // as GitHub's pages call it
	Level string
	// Organisation: it is among the organisation permissions.
	Organisation bool
	// Queue: it is needed only where there is a merge queue.
	Queue bool
}

// Permissions lists what the app has to be granted, in the order of the README.
// https://docs.github.com/en/rest/authentication/permissions-required-for-github-apps
func Permissions() []Permission {
	return []Permission{
		{Key: "contents", Name: "Contents", Level: "read"},
		{Key: "issues", Name: "Issues", Level: "read"},
		{Key: "metadata", Name: "Metadata", Level: "read"},
		{Key: "pull_requests", Name: "Pull requests", Level: "write"},
		{Key: "statuses", Name: "Commit statuses", Level: "write"},
		{Key: "merge_queues", Name: "Merge queues", Level: "read", Queue: true},
		{Key: "members", Name: "Members", Level: "read", Organisation: true},
	}
}

// Event is one that slagate heeds and that an app subscribes to. Those about the
// installation itself come without.
type Event struct {
	Key string // as GitHub's API calls it
	// Organisation: only organisations send it.
	Organisation bool
	// Queue: it is needed only where there is a merge queue.
	Queue bool
}

// Name is what GitHub's pages call the event: "Pull request review".
func (e Event) Name() string {
	words := strings.ReplaceAll(e.Key, "_", " ")
	return strings.ToUpper(words[:1]) + words[1:]
}

// Events lists what the app has to be subscribed to, in the order of the README.
// https://docs.github.com/en/webhooks/webhook-events-and-payloads
func Events() []Event {
	return []Event{
		{Key: "issue_comment"},
		{Key: "label"},
		{Key: "member"},
		{Key: "membership", Organisation: true},
		{Key: "merge_group", Queue: true},
		{Key: "organization", Organisation: true},
		{Key: "pull_request"},
		{Key: "pull_request_review"},
		{Key: "push"},
		{Key: "repository"},
		{Key: "status"},
		{Key: "team", Organisation: true},
		{Key: "team_add", Organisation: true},
	}
}

// lacks lists what is needed and not granted. queue: there is a merge queue; person:
// the account is no organisation.
func (g Grant) lacks(queue, person bool) (permissions []Permission, events []Event) {
	for _, p := range Permissions() {
		spared := p.Queue && !queue || p.Organisation && person
		if !spared && rank(g.Permissions[p.Key]) < rank(p.Level) {
			permissions = append(permissions, p)
		}
	}
	for _, e := range Events() {
		spared := e.Queue && !queue || e.Organisation && person
		if !spared && !slices.Contains(g.Events, e.Key) {
			events = append(events, e)
		}
	}
	return permissions, events
}

// words says which permissions are needed, and what there is in place of each.
func (g Grant) words(list []Permission) string {
	var out []string
	for _, p := range list {
		text := p.Name + ": " + p.Level
		if has := g.Permissions[p.Key]; has != "" {
			text += " (it has " + has + ")"
		}
		out = append(out, text)
	}
	return strings.Join(out, ", ")
}

func eventNames(list []Event) string {
	var out []string
	for _, e := range list {
		out = append(out, e.Name())
	}
	return strings.Join(out, ", ")
}

// exceeds lists the permissions that slagate has no use for, by GitHub's keys.
func (g Grant) exceeds() []string {
	used := map[string]string{}
	for _, p := range Permissions() {
		used[p.Key] = p.Level
	}
	var out []string
	for _, key := range slices.Sorted(maps.Keys(g.Permissions)) {
		if level := g.Permissions[key]; rank(level) > rank(used[key]) {
			out = append(out, key+": "+level)
		}
	}
	return out
}

// rank orders the levels of a permission.
func rank(level string) int {
	switch level {
	case "":
		return 0
	case "read":
		return 1
	case "write":
		return 2
	}
	return 3 // admin, and what GitHub may add
}
