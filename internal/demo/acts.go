package demo

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/slagate/slagate/internal/githubsim"
)

// act is something that one can do to a pull request on the page.
type act struct {
	ID string
	// Quiet: GitHub's timeline does not tell of it, so the page does.
	Quiet bool
	// Do does it and says what was done, as the rest of a sentence about the person.
	Do func(x acting) (did string, err error)
}

// acting is an act under way.
type acting struct {
	*stage

	who  string
	pr   *githubsim.Pull
	form url.Values
}

// by does it as the person.
func (x acting) by(did string, do func(githubsim.Actor) error) (string, error) {
	return did, x.act(x.who, do)
}

// acts are what one can do.
func acts() []act {
	return slices.Concat(talking(), pushingActs(), steering(), cheating())
}

// talking: labels, comments, boxes, reviews.
func talking() []act {
	return []act{
		{ID: "label", Do: func(x acting) (string, error) {
			name := strings.TrimSpace(x.form.Get("label"))
			return x.by("added the label "+name, func(a githubsim.Actor) error { return a.Label(x.pr, name) })
		}},
		{ID: "unlabel", Do: func(x acting) (string, error) {
			name := x.form.Get("label")
			return x.by("took the label "+name+" off", func(a githubsim.Actor) error { return a.Unlabel(x.pr, name) })
		}},
		{ID: "comment", Do: func(x acting) (string, error) {
			body := x.form.Get("text")
			return x.by("commented", func(a githubsim.Actor) error {
				_, err := a.Comment(x.pr, body)
				return err
			})
		}},
		{ID: "tick", Quiet: true, Do: func(x acting) (string, error) {
			item := x.form.Get("item")
			return x.onComment("flipped the box of "+item+" in slagate's comment", func(a githubsim.Actor, c *githubsim.Comment) error {
				return a.Tick(x.pr, c.ID, marker(item))
			})
		}},
		{ID: "review", Do: func(x acting) (string, error) {
			state := x.form.Get("state")
			did := map[string]string{"APPROVED": "approved", "CHANGES_REQUESTED": "requested changes"}[state]
			return x.by(did, func(a githubsim.Actor) error {
				_, err := a.Review(x.pr, state, "")
				return err
			})
		}},
	}
}

// onComment does something to slagate's comment.
func (x acting) onComment(did string, do func(githubsim.Actor, *githubsim.Comment) error) (string, error) {
	c := x.comment(x.pr.View())
	if c == nil {
		return did, errors.New("slagate has not commented here")
	}
	return x.by(did, func(a githubsim.Actor) error { return do(a, c) })
}

// pushingActs: everything that changes the head.
func pushingActs() []act {
	return []act{
		{ID: "push", Quiet: true, Do: func(x acting) (string, error) {
			how := pushOf(x.form.Get("how"))
			return "pushed " + how.About, x.push(x.who, x.pr, how.About, how.Edit)
		}},
		{ID: "force", Quiet: true, Do: func(x acting) (string, error) {
			if x.form.Get("how") == sameContent {
				return "force-pushed one new commit with the same content", x.forcePush(x.who, x.pr, nil)
			}
			how := pushOf(x.form.Get("how"))
			return "force-pushed one new commit with " + how.About, x.forcePush(x.who, x.pr, how.Edit)
		}},
		{ID: "rebase", Quiet: true, Do: func(x acting) (string, error) {
			return x.by("rebased the branch and force-pushed it", func(a githubsim.Actor) error { return a.Rebase(x.pr) })
		}},
		{ID: "update", Quiet: true, Do: func(x acting) (string, error) {
			return x.by("merged the base branch in", func(a githubsim.Actor) error { return a.MergeBaseIn(x.pr) })
		}},
		{ID: "advance", Quiet: true, Do: func(x acting) (string, error) {
			base := x.pr.View().Base
			files, err := add(runbook, "\nSeen to on call.\n")(x.on(base))
			if err != nil {
				return "", err
			}
			return x.by("pushed something else to "+base, func(a githubsim.Actor) error {
				_, err := a.Push(x.repo, base, "Runbook: another line", files)
				return err
			})
		}},
		{ID: "retarget", Do: func(x acting) (string, error) {
			base := x.form.Get("base")
			return x.by("changed the base branch to "+base, func(a githubsim.Actor) error { return a.Retarget(x.pr, base) })
		}},
	}
}

// sameContent is how to force-push without changing anything.
const sameContent = "same"

// pushOf is the way to push of that name; the zero push if there is none.
func pushOf(id string) push {
	for _, p := range pushes() {
		if p.ID == id {
			return p
		}
	}
	return push{Edit: func(func(string) (string, bool)) (map[string]githubsim.File, error) {
		return nil, fmt.Errorf("there is nothing prepared under %q", id)
	}}
}

// steering: what becomes of the pull request.
func steering() []act {
	simple := func(id, did string, do func(githubsim.Actor, *githubsim.Pull) error) act {
		return act{ID: id, Do: func(x acting) (string, error) {
			return x.by(did, func(a githubsim.Actor) error { return do(a, x.pr) })
		}}
	}
	return []act{
		simple("close", "closed this", githubsim.Actor.Close),
		simple("reopen", "reopened this", githubsim.Actor.Reopen),
		simple("draft", "made this a draft", githubsim.Actor.Draft),
		simple("ready", "marked this ready for review", githubsim.Actor.Ready),
		simple("merge", "merged this", func(a githubsim.Actor, p *githubsim.Pull) error { return a.Merge(p, false) }),
		simple("bypass", "merged this, bypassing the rules", func(a githubsim.Actor, p *githubsim.Pull) error { return a.Merge(p, true) }),
	}
}

// cheating: what slagate has to put right.
func cheating() []act {
	return []act{
		{ID: "forge", Quiet: true, Do: func(x acting) (string, error) {
			head := x.pr.View().Head
			return x.by(`posted a green status "slagate"`, func(a githubsim.Actor) error {
				return a.PostStatus(x.repo, head, "success", statusContext, "all fine")
			})
		}},
		{ID: "tamper", Quiet: true, Do: func(x acting) (string, error) {
			return x.onComment("rewrote slagate's comment", func(a githubsim.Actor, c *githubsim.Comment) error {
				return a.EditComment(x.pr, c.ID, strings.ReplaceAll(c.Body, "not yet", "**yes**"))
			})
		}},
		{ID: "erase", Quiet: true, Do: func(x acting) (string, error) {
			return x.onComment("deleted slagate's comment", func(a githubsim.Actor, c *githubsim.Comment) error {
				return a.DeleteComment(x.pr, c.ID)
			})
		}},
	}
}

// deed is an act as it went.
type deed struct {
	Number int
	At     time.Time
	Pull   int
	Who    string
	Did    string
	// Refused is why it was not done, "" if it was; ByGitHub: in GitHub's words.
	Refused  string
	ByGitHub bool
	Quiet    bool
}

// journal is what was done on the page.
type journal struct {
	mu    sync.Mutex
	deeds []deed
}

func (j *journal) add(d deed) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	d.Number = len(j.deeds) + 1
	j.deeds = append(j.deeds, d)
	return d.Number
}

func (j *journal) all() []deed {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.deeds)
}

// wait is how long the page waits for slagate after an act; what takes longer
// comes with the page's own refresh.
const wait = 3 * time.Second

// perform does an act, gives slagate time to follow, and keeps how it went.
func (p *page) perform(ctx context.Context, a act, x acting) int {
	d := deed{Pull: x.pr.Number, Who: x.who, Quiet: a.Quiet}
	var err error
	d.Did, err = a.Do(x)
	return p.done(ctx, d, err)
}

func (p *page) done(ctx context.Context, d deed, err error) int {
	d.At = p.st.clock.Now()
	if err != nil {
		var words *githubsim.Error
		d.Refused, d.ByGitHub = err.Error(), errors.As(err, &words)
	} else {
		ctx, cancel := context.WithTimeout(ctx, wait)
		defer cancel()
		if err := p.st.rest.wait(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
			d.Did += " (" + err.Error() + ")"
		}
	}
	return p.journal.add(d)
}
