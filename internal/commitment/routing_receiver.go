package commitment

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// address is one way to somebody. Receivers with equal settings are one address,
// unless the settings do not tell where they lead; then the receiver's name counts.
type address struct {
	kind, target, receiver string
}

// told is an address as a tree names it.
type told struct {
	address
	name string // the receiver's name
}

// book are the receivers of a tree.
type book struct {
	receivers map[string]Receiver
	names     map[string]string // names that are other ones after the change
	intervals map[string]string
	// bare: no receiver on either side leads anywhere. The file is a form that others
	// fill in, and its receivers are told apart by their names.
	bare bool
}

func newBook(t *Routes, names map[string]string, bare bool) *book {
	b := &book{receivers: map[string]Receiver{}, names: names, intervals: t.Intervals, bare: bare}
	for _, r := range t.Receivers {
		if _, ok := b.receivers[r.Name]; !ok {
			b.receivers[r.Name] = r
		}
	}
	return b
}

// isBare reports whether no receiver of a tree leads anywhere.
func (t *Routes) isBare() bool {
	return !slices.ContainsFunc(t.Receivers, func(r Receiver) bool { return len(r.Integrations) > 0 })
}

// unknownReceiver is what a receiver leads to that is defined elsewhere.
const unknownReceiver = "elsewhere"

// nobody are names that people give to a receiver that leads nowhere.
func nobody(name string) bool {
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune("-_ ./", r) {
			return -1
		}
		return r
	}, strings.ToLower(name))
	return slices.Contains([]string{"null", "devnull", "none", "blackhole", "noop", "void", "nobody", "empty", "drop", "discard", "ignore", "silent", "nowhere"}, name)
}

// addresses are where a receiver leads, in order.
func (b *book) addresses(name string) []address {
	r, ok := b.receivers[name]
	shared := name
	if other, renamed := b.names[name]; renamed {
		shared = other
	}
	if !ok && name == "" || b.bare && nobody(name) {
		return nil
	}
	if !ok || b.bare {
		return []address{{kind: unknownReceiver, receiver: shared}}
	}
	var out []address
	for _, i := range r.Integrations {
		a := address{kind: i.Type, target: i.Target}
		if i.Target == "" {
			a.receiver = shared
		}
		for n := 2; slices.Contains(out, a) && i.Target == ""; n++ {
			a.receiver = fmt.Sprintf("%s#%d", shared, n)
		}
		out = append(out, a)
	}
	slices.SortFunc(out, compareAddresses)
	return slices.Compact(out)
}

func compareAddresses(x, y address) int {
	return cmp.Or(cmp.Compare(x.kind, y.kind), cmp.Compare(x.target, y.target), cmp.Compare(x.receiver, y.receiver))
}

// times are named intervals as their text; one that is defined elsewhere is its name.
func (b *book) times(names []string) []string {
	var out []string
	for _, name := range names {
		out = append(out, cmp.Or(b.intervals[name], name))
	}
	return slices.Compact(slices.Sorted(slices.Values(out)))
}

// renamedReceivers finds receivers that only have another name now: gone from one
// side, new on the other, with the same settings, and no other like them.
func renamedReceivers(before, after []Receiver) map[string]string {
	gone := func(list, other []Receiver) map[string][]string {
		out := map[string][]string{}
		for _, r := range list {
			if !slices.ContainsFunc(other, func(o Receiver) bool { return o.Name == r.Name }) && len(r.Integrations) > 0 {
				key := fmt.Sprintf("%q", r.Integrations)
				out[key] = append(out[key], r.Name)
			}
		}
		return out
	}
	old, now := gone(before, after), gone(after, before)
	names := map[string]string{}
	for key, list := range old {
		if len(list) == 1 && len(now[key]) == 1 {
			names[list[0]] = now[key][0]
		}
	}
	return names
}

// The ranks of ways to tell people (formats.md 1.4). A webhook may lead anywhere.
const (
	rankUnknown = 0
	rankMessage = 1
	rankPager   = 2
)

func rankOf(kind string) int {
	switch kind {
	case "pagerduty", "opsgenie", "victorops", "pushover", "sns", "incidentio":
		return rankPager
	case "slack", "msteams", "email", "discord", "telegram", "webex", "jira", "mattermost", "rocketchat", "wechat", "googlechat", "teams", "line", "dingding", "threema":
		return rankMessage
	}
	return rankUnknown
}

func topRank(list []told) int {
	top := rankUnknown
	for _, t := range list {
		top = max(top, rankOf(t.kind))
	}
	return top
}
