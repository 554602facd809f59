package githubsim

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Actor is somebody who acts. Each of its actions is refused, in GitHub's
// words, if that account may not do it.
type Actor struct {
	s *Server
	u *User
}

// As lets the account of that name act; an unknown one is refused everything.
func (s *Server) As(login string) Actor { return Actor{s, s.User(login)} }

// By lets an account act.
func (s *Server) By(u *User) Actor { return Actor{s, u} }

// on does something on a repository if the role suffices.
func (a Actor) on(r *Repo, need Role, do func() error) error {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	if err := a.may(r, need); err != nil {
		return err
	}
	return do()
}

func (a Actor) may(r *Repo, need Role) error {
	if a.u == nil || a.u.deleted {
		return refuse(http.StatusUnauthorized, "Bad credentials")
	}
	switch role := r.role(a.u); {
	case role == RoleNone:
		return notFound()
	case role < need:
		return forbidden(need)
	case r.archived && need > RoleRead:
		return refuse(http.StatusForbidden, "Repository was archived so is read-only.")
	default:
		return nil
	}
}

// PullInput is what opens a pull request.
type PullInput struct {
	Title string
	Body  string
	Head  string // branch
	// HeadRepo is the fork that has the branch; nil: the repository itself.
	HeadRepo *Repo
	Base     string // "": the default branch
	Draft    bool
	// Labels are put on it at once, which takes the triage role.
	Labels []string
}

// OpenPull opens a pull request.
func (a Actor) OpenPull(r *Repo, in PullInput) (*Pull, error) {
	var p *Pull
	err := a.on(r, RoleRead, func() (err error) {
		if in.HeadRepo == nil {
			in.HeadRepo = r
		}
		if in.Base == "" {
			in.Base = r.main
		}
		if err := a.may(in.HeadRepo, RoleWrite); err != nil {
			return err
		}
		if len(in.Labels) > 0 {
			if err := a.may(r, RoleTriage); err != nil {
				return err
			}
		}
		p, err = a.s.openPull(r, in, a.u)
		return err
	})
	return p, err
}

func (s *Server) openPull(r *Repo, in PullInput, by *User) (*Pull, error) {
	head, base := in.HeadRepo.branches[in.Head], r.branches[in.Base]
	switch {
	case head == "":
		return nil, invalid("PullRequest", "head", "invalid", "")
	case base == "":
		return nil, invalid("PullRequest", "base", "invalid", "")
	case len(r.objects.between(base, head)) == 0:
		return nil, invalid("PullRequest", "", "custom", fmt.Sprintf("No commits between %s and %s", in.Base, in.Head))
	}
	for _, p := range r.pulls {
		if p.open && p.head == in.HeadRepo && p.headName == in.Head && p.base == in.Base {
			return nil, invalid("PullRequest", "", "custom", fmt.Sprintf("A pull request already exists for %s:%s.", in.HeadRepo.owner.login, in.Head))
		}
	}
	if in.Title == "" {
		in.Title = firstLine(r.objects.commits[head].Message)
	}
	r.number++
	id := s.next()
	p := &Pull{
		ID: id, NodeID: nodeID("PR", id), Number: r.number, repo: r, head: in.HeadRepo, headName: in.Head, author: by, created: s.now(),
		pullState: pullState{title: in.Title, body: in.Body, open: true, draft: in.Draft, updated: s.now(), base: in.Base, baseSHA: base, headSHA: head},
	}
	labels, err := s.findLabels(p, in.Labels, by, true)
	if err != nil {
		return nil, err
	}
	p.labels = labels
	r.pulls = append(r.pulls, p)
	s.emitPull(p, "opened", by, nil) // with the labels already on it
	for _, l := range labels {
		s.labeled(p, l, by)
	}
	return p, nil
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// Label puts a label on a pull request; an unknown one is made if the account may.
func (a Actor) Label(p *Pull, name string) error {
	return a.on(p.repo, RoleTriage, func() error {
		return a.s.addLabels(p, []string{name}, a.u, p.repo.role(a.u) >= RoleWrite)
	})
}

// Unlabel takes a label off a pull request.
func (a Actor) Unlabel(p *Pull, name string) error {
	return a.on(p.repo, RoleTriage, func() error { return a.s.removeLabel(p, name, a.u) })
}

// CreateLabel makes a label in the repository.
func (a Actor) CreateLabel(r *Repo, name string) error {
	return a.on(r, RoleWrite, func() error {
		_, err := a.s.createLabel(r, name, "", "", a.u)
		return err
	})
}

// RenameLabel renames a label of the repository, on every pull request at once.
func (a Actor) RenameLabel(r *Repo, from, to string) error {
	return a.on(r, RoleWrite, func() error {
		l := r.label(from)
		if l == nil {
			return notFound()
		}
		return a.s.editLabel(r, l, &to, nil, nil, a.u)
	})
}

// DeleteLabel deletes a label of the repository.
func (a Actor) DeleteLabel(r *Repo, name string) error {
	return a.on(r, RoleWrite, func() error {
		l := r.label(name)
		if l == nil {
			return notFound()
		}
		a.s.deleteLabel(r, l, a.u)
		return nil
	})
}

// Comment comments on a pull request.
func (a Actor) Comment(p *Pull, body string) (*Comment, error) {
	var c *Comment
	err := a.on(p.repo, RoleRead, func() (err error) {
		c, err = a.s.createComment(p, body, a.u)
		return err
	})
	return c, err
}

// comment does something to a comment, which takes its author or the write role.
func (a Actor) comment(p *Pull, id int64, do func(*Comment) error) error {
	return a.on(p.repo, RoleRead, func() error {
		c := p.comment(id)
		if c == nil {
			return notFound()
		}
		if c.Author != a.u && p.repo.role(a.u) < RoleWrite {
			return forbidden(RoleWrite)
		}
		return do(c)
	})
}

// EditComment changes a comment's text.
func (a Actor) EditComment(p *Pull, id int64, body string) error {
	return a.comment(p, id, func(c *Comment) error { return a.s.editComment(c, body, a.u) })
}

// DeleteComment deletes a comment.
func (a Actor) DeleteComment(p *Pull, id int64) error {
	return a.comment(p, id, func(c *Comment) error {
		a.s.deleteComment(c, a.u)
		return nil
	})
}

// Tick flips the task box of the first line of a comment that has one and
// contains text.
func (a Actor) Tick(p *Pull, id int64, text string) error {
	return a.comment(p, id, func(c *Comment) error {
		lines := strings.Split(c.Body, "\n")
		for i, l := range lines {
			if !strings.Contains(l, text) {
				continue
			}
			switch {
			case strings.Contains(l, "- [ ] "):
				lines[i] = strings.Replace(l, "- [ ] ", "- [x] ", 1)
			case strings.Contains(l, "- [x] "):
				lines[i] = strings.Replace(l, "- [x] ", "- [ ] ", 1)
			default:
				continue
			}
			return a.s.editComment(c, strings.Join(lines, "\n"), a.u)
		}
		return refuse(http.StatusUnprocessableEntity, "no task list item with %q", text)
	})
}

// React adds a reaction to a comment.
func (a Actor) React(p *Pull, id int64, content string) error {
	return a.on(p.repo, RoleRead, func() error {
		c := p.comment(id)
		if c == nil {
			return notFound()
		}
		_, _, err := a.s.react(c, content, a.u)
		return err
	})
}

// Review submits a review: APPROVED, CHANGES_REQUESTED or COMMENTED.
func (a Actor) Review(p *Pull, state, body string) (*Review, error) {
	var v *Review
	err := a.on(p.repo, RoleRead, func() error {
		switch {
		case !slices.Contains([]string{"APPROVED", "CHANGES_REQUESTED", "COMMENTED"}, state):
			return invalid("PullRequestReview", "event", "invalid", "")
		case a.u == p.author && state == "APPROVED":
			return invalid("PullRequestReview", "", "custom", "Can not approve your own pull request")
		case a.u == p.author && state == "CHANGES_REQUESTED":
			return invalid("PullRequestReview", "", "custom", "Can not request changes on your own pull request")
		}
		p.touch()
		id := a.s.next()
		v = &Review{ID: id, NodeID: nodeID("PRR", id), Author: a.u, State: state, Body: body, Commit: p.headSHA, Submitted: a.s.now()}
		p.reviews = append(p.reviews, v)
		p.event("reviewed", a.u).Review = v
		a.s.emitReview(p, v, "submitted", a.u)
		return nil
	})
	return v, err
}

func (s *Server) emitReview(p *Pull, v *Review, action string, by *User) {
	review := s.jsonReview(p, v)
	review["state"] = strings.ToLower(v.State) // the webhooks have it in lower case
	s.emit(p.repo.owner, p.repo, "pull_request_review", action, by, object{"review": review, "pull_request": s.simplePull(p)})
}

// DismissReview dismisses a review.
func (a Actor) DismissReview(p *Pull, id int64) error {
	return a.on(p.repo, RoleWrite, func() error {
		i := slices.IndexFunc(p.reviews, func(v *Review) bool { return v.ID == id })
		if i < 0 {
			return notFound()
		}
		p.touch()
		twin := *p.reviews[i] // the state before the change keeps the old one
		twin.State = "DISMISSED"
		p.reviews[i] = &twin
		a.s.emitReview(p, &twin, "dismissed", a.u)
		return nil
	})
}

// PostStatus posts a commit status with the person's own token.
func (a Actor) PostStatus(r *Repo, sha, state, context, description string) error {
	return a.on(r, RoleWrite, func() error {
		_, err := a.s.createStatus(r, Status{SHA: sha, State: state, Context: context, Description: description}, a.u)
		return err
	})
}
