package githubsim

import (
	"maps"
	"net/http"
)

// Commit puts a commit on a branch, which is made from the default branch if it
// is not there. It checks nothing, but tells the app as a push does. It returns
// the commit's id.
func (r *Repo) Commit(branch string, author *User, message string, files map[string]File) string {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	return r.s.commit(r, branch, author, message, files)
}

func (s *Server) commit(r *Repo, branch string, by *User, message string, files map[string]File) string {
	tip := r.branches[branch]
	if tip == "" {
		tip = r.branches[r.main]
	}
	var parents []string
	if tip != "" {
		parents = []string{tip}
	}
	c := r.commitFiles(by, message, files, parents...)
	s.setBranch(r, branch, c.OID, by)
	return c.OID
}

// CommitOn writes a commit on top of any commit without moving a branch, for a
// force-push to it. It returns the commit's id.
func (r *Repo) CommitOn(parent string, author *User, message string, files map[string]File) string {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	return r.commitFiles(author, message, files, parent).OID
}

// CommitAs is CommitOn with an author that is not the committer, as in a
// forged or applied commit.
func (r *Repo) CommitAs(parent string, author, committer *User, message string, files map[string]File) string {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	return r.objects.writeCommit(&commit{
		Tree: r.objects.apply(r.objects.tree(parent), r.objects.files(files)), Parents: []string{parent},
		Author: author, Committer: committer, At: r.s.now(), Message: message,
	}).OID
}

// Branch makes a branch at another branch or commit. It checks and tells nothing.
func (r *Repo) Branch(name, from string) *Repo {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	r.branches[name] = r.resolve(from)
	return r
}

// Push commits to a branch. It returns the commit's id.
func (a Actor) Push(r *Repo, branch, message string, files map[string]File) (string, error) {
	sha := ""
	err := a.on(r, RoleWrite, func() error {
		sha = a.s.commit(r, branch, a.u, message, files)
		return nil
	})
	return sha, err
}

// ForcePush points a branch at any commit.
func (a Actor) ForcePush(r *Repo, branch, sha string) error {
	return a.on(r, RoleWrite, func() error {
		if r.objects.commits[sha] == nil {
			return refuse(http.StatusUnprocessableEntity, "Object does not exist")
		}
		a.s.setBranch(r, branch, sha, a.u)
		return nil
	})
}

// DeleteBranch deletes a branch; pull requests from it are closed, as GitHub does.
func (a Actor) DeleteBranch(r *Repo, branch string) error {
	return a.on(r, RoleWrite, func() error {
		before, ok := r.branches[branch]
		if !ok {
			return refuse(http.StatusUnprocessableEntity, "Reference does not exist")
		}
		delete(r.branches, branch)
		a.s.emitPush(r, branch, before, "", false, a.u)
		for _, base := range a.s.sortedRepos() {
			for _, p := range base.pulls {
				if p.open && p.head == r && p.headName == branch {
					a.s.closePull(p, a.u, "")
				}
			}
		}
		return nil
	})
}

// onHead does something to the head branch of an open pull request.
func (a Actor) onHead(p *Pull, do func(tip string) error) error {
	if p.head == nil {
		return refuse(http.StatusUnprocessableEntity, "The head repository is gone")
	}
	return a.on(p.head, RoleWrite, func() error {
		if !p.open {
			return refuse(http.StatusUnprocessableEntity, "Pull Request is closed")
		}
		return do(p.repo.branches[p.base])
	})
}

// MergeBaseIn merges the base branch into the head branch ("update branch").
func (a Actor) MergeBaseIn(p *Pull) error {
	return a.onHead(p, func(tip string) error {
		g := p.repo.objects
		tree, conflicts := g.merge(g.tree(g.mergeBase(p.headSHA, tip)), g.tree(p.headSHA), g.tree(tip))
		if len(conflicts) > 0 {
			return refuse(http.StatusUnprocessableEntity, "merge conflict between base and head")
		}
		c := g.writeCommit(&commit{
			Tree: tree, Parents: []string{p.headSHA, tip}, Author: a.u, Committer: a.u, At: a.s.now(),
			Message: "Merge branch '" + p.base + "' into " + p.headName,
		})
		a.s.setBranch(p.head, p.headName, c.OID, a.u)
		return nil
	})
}

// Rebase replays the pull request's own commits on the base branch and
// force-pushes the head branch. Merge commits are dropped, as git does.
func (a Actor) Rebase(p *Pull) error {
	return a.onHead(p, func(tip string) error {
		c, err := p.replay(tip, a.u)
		if err != nil {
			return err
		}
		a.s.setBranch(p.head, p.headName, c.OID, a.u)
		return nil
	})
}

// Fork makes a fork of a repository for the acting person.
func (a Actor) Fork(r *Repo) (*Repo, error) {
	var fork *Repo
	err := a.on(r, RoleRead, func() error {
		fork = a.s.newRepo(a.u, r.name, r)
		return nil
	})
	return fork, err
}

// change does something to a pull request as its author or with the role.
func (a Actor) change(p *Pull, need Role, do func() error) error {
	return a.on(p.repo, RoleRead, func() error {
		if a.u != p.author && p.repo.role(a.u) < need {
			return forbidden(need)
		}
		return do()
	})
}

// Retarget changes the base branch.
func (a Actor) Retarget(p *Pull, base string) error {
	return a.change(p, RoleWrite, func() error {
		switch {
		case p.repo.branches[base] == "":
			return invalid("PullRequest", "base", "invalid", "")
		case !p.open:
			return invalid("PullRequest", "base", "custom", "Cannot change the base branch of a closed pull request.")
		case p.base == base:
			return nil
		}
		p.touch()
		e := p.event("base_ref_changed", a.u)
		e.Before, e.After = p.base, base
		from := object{"ref": object{"from": p.base}, "sha": object{"from": p.baseSHA}}
		p.base, p.baseSHA = base, p.repo.branches[base]
		a.s.emitPull(p, "edited", a.u, object{"changes": object{"base": from}})
		return nil
	})
}

// EditPull changes the title and the body.
func (a Actor) EditPull(p *Pull, title, body string) error {
	return a.change(p, RoleWrite, func() error {
		p.touch()
		changes := object{}
		if title != p.title {
			changes["title"] = object{"from": p.title}
			e := p.event("renamed", a.u)
			e.Before, e.After = p.title, title
		}
		if body != p.body {
			changes["body"] = object{"from": p.body}
		}
		p.title, p.body = title, body
		a.s.emitPull(p, "edited", a.u, object{"changes": maps.Clone(changes)})
		return nil
	})
}

// Close closes a pull request.
func (a Actor) Close(p *Pull) error {
	return a.change(p, RoleTriage, func() error {
		if p.open {
			a.s.closePull(p, a.u, "")
		}
		return nil
	})
}

// Reopen opens a closed pull request again.
func (a Actor) Reopen(p *Pull) error {
	return a.change(p, RoleTriage, func() error {
		switch {
		case p.merged:
			return invalid("PullRequest", "state", "invalid", "state cannot be changed. The pull request is merged.")
		case p.head == nil || p.head.branches[p.headName] == "":
			return invalid("PullRequest", "state", "invalid", "state cannot be changed. The head branch has been deleted.")
		case !p.open:
			p.headSHA = p.head.branches[p.headName]
			a.s.reopenPull(p, a.u)
		}
		return nil
	})
}

// Draft turns a pull request into a draft.
func (a Actor) Draft(p *Pull) error {
	return a.setDraft(p, true, "convert_to_draft", "converted_to_draft")
}

// Ready marks a draft ready for review.
func (a Actor) Ready(p *Pull) error {
	return a.setDraft(p, false, "ready_for_review", "ready_for_review")
}

func (a Actor) setDraft(p *Pull, draft bool, kind, action string) error {
	return a.change(p, RoleWrite, func() error {
		if p.draft == draft {
			return nil
		}
		p.touch()
		p.draft = draft
		p.event(kind, a.u)
		a.s.emitPull(p, action, a.u, nil)
		return nil
	})
}
