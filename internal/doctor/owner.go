package doctor

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/policy"
	"github.com/slagate/slagate/internal/pull"
)

func examineOwner(r *examination, o *Owner) {
	page := orElse(o.URL, "the settings of the account, under GitHub Apps")
	if o.Suspended {
		r.add(o.Login, CheckInstallation, Problem, "The installation is suspended, so nothing is guarded. An owner of %s unsuspends it at %s, or uninstalls the app.", o.Login, page)
		return
	}
	if o.Problem != "" {
		r.add(o.Login, CheckInstallation, Unknown, "The repositories of the installation could not be read: %s. Try again.", o.Problem)
	} else {
		r.Without += o.Without
		r.add(o.Login, CheckInstallation, OK, "The installation works: %s with a policy, %d without.", count(o.guarded(), "repository"), o.Without)
	}
	examineGranted(r, o, page)
	examineDefault(r, o)
	for i := range o.Repos {
		examineRepo(r, o, &o.Repos[i])
	}
}

// examineGranted compares the installation with the app: what the app does not ask for
// no owner can grant, and is told of the app.
func examineGranted(r *examination, o *Owner, page string) {
	permissions, events := o.lacks(o.queues(), o.Person)
	unasked, unheard := r.app.lacks(o.queues(), o.Person)
	permissions = slices.DeleteFunc(permissions, func(p Permission) bool { return slices.Contains(unasked, p) })
	events = slices.DeleteFunc(events, func(e Event) bool { return slices.Contains(unheard, e) })
	if len(permissions) > 0 {
		r.add(o.Login, CheckPermissions, Problem, "Not granted by %s: %s. An owner accepts the app's permissions at %s.", o.Login, o.words(permissions), page)
	} else {
		r.add(o.Login, CheckPermissions, OK, "Everything that the app asks for is granted.")
	}
	if len(events) > 0 {
		r.add(o.Login, CheckEvents, Problem, "GitHub does not tell slagate about these events of %s: %s. An owner accepts the app's permissions at %s; the events come with them.",
			o.Login, eventNames(events), page)
	} else {
		r.add(o.Login, CheckEvents, OK, "GitHub tells about all events that the app asks for.")
	}
}

func (o *Owner) guarded() int {
	n := 0
	for i := range o.Repos {
		if o.Repos[i].ruled(o) {
			n++
		}
	}
	return n
}

// defaultFile is what people call the owner default.
func (o *Owner) defaultFile() string {
	return o.Login + "/" + pull.OwnerRepo + "/" + pull.OwnerPolicyPath
}

// defaultText is the owner default as package policy wants it; nil if there is none to go by.
func (o *Owner) defaultText() []byte {
	if o.Default.State != pull.BlobFound {
		return nil
	}
	return []byte(o.Default.Text)
}

// loadDefault is the owner default by itself.
func (o *Owner) loadDefault() policy.Loaded {
	return policy.Load(policy.Input{OwnerText: o.defaultText(), OwnerFile: o.defaultFile(), Owner: o.Login})
}

func examineDefault(r *examination, o *Owner) {
	file := o.defaultFile()
	switch o.Default.State {
	case pull.BlobAbsent, pull.BlobNotAsked:
		return // most owners have none
	case pull.BlobHidden:
		if !o.All {
			r.add(o.Login, CheckPolicy, Warning, "The installation does not cover a repository %s/%s, so no owner default is in force. "+
				"If there is one, an owner adds that repository to the installation.", o.Login, pull.OwnerRepo)
		}
		return
	case pull.BlobNoAnswer:
		r.add(o.Login, CheckPolicy, Unknown, "The owner default %s could not be read: %s. Try again.", file, o.Default.Problem)
		return
	case pull.BlobSymlink, pull.BlobUnreadable:
		r.add(o.Login, CheckPolicy, Problem, "The owner default %s %s. Repositories with a policy of their own answer every pull request with an error. "+
			"An admin of %s/%s puts a regular file there.", file, o.Default.Problem, o.Login, pull.OwnerRepo)
		return
	case pull.BlobFound:
	}
	if loaded := o.loadDefault(); loaded.Policy == nil {
		r.add(o.Login, CheckPolicy, Problem, "The owner default is not valid: %s. An admin of %s/%s mends it; \"slagate validate\" names every mistake.",
			mistakes(loaded.Problems), o.Login, pull.OwnerRepo)
		return
	}
	r.add(o.Login, CheckPolicy, OK, "The owner default %s is valid and in force in every repository.", file)
}

// mistakes names the first mistake and counts the others.
func mistakes(list []policy.Problem) string {
	if len(list) == 0 {
		return "it cannot be used"
	}
	text := fmt.Sprintf("%s:%d %s", list[0].File, list[0].Line, list[0].Message)
	if more := len(list) - 1; more > 0 {
		text += fmt.Sprintf(" (and %d more)", more)
	}
	return text
}

// team finds a team by its slug; nil if it was not asked for.
func (o *Owner) team(slug string) *Team {
	i := slices.IndexFunc(o.Teams, func(t Team) bool { return strings.EqualFold(t.Slug, slug) })
	if i < 0 {
		return nil
	}
	return &o.Teams[i]
}
