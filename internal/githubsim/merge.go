package githubsim

import (
	"fmt"
	"net/http"
	"strings"
)

// Bypass is the right to merge against the rules: an administrator's, or
// that of who is on a ruleset's bypass list.
type Bypass bool

// MergeMethod is how a pull request gets into its base branch.
type MergeMethod string

// The methods in GitHub's words (merge_method). The base branch gets a commit
// with both parents, one commit with everything in it, or a copy of each commit;
// with the last two it never contains the pull request's own commits.
const (
	MergeCommit MergeMethod = "merge"
	MergeSquash MergeMethod = "squash"
	MergeRebase MergeMethod = "rebase"
)

// Merge merges a pull request with a merge commit if the branch's rules allow
// it, or if somebody bypasses them who may.
func (a Actor) Merge(p *Pull, bypass Bypass) error { return a.MergeBy(p, MergeCommit, bypass) }

// MergeAnyway merges a pull request against the rules of its branch.
func (a Actor) MergeAnyway(p *Pull, how MergeMethod) error { return a.MergeBy(p, how, true) }

// MergeBy is Merge with another method.
func (a Actor) MergeBy(p *Pull, how MergeMethod, bypass Bypass) error {
	return a.on(p.repo, RoleWrite, func() error {
		if err := a.mayMerge(p, bypass); err != nil {
			return err
		}
		c, err := a.s.mergeBy(p, how, p.repo.branches[p.base], a.u)
		if err != nil {
			return err
		}
		a.s.closePull(p, a.u, c.OID)
		a.s.setBranch(p.repo, p.base, c.OID, a.u)
		return nil
	})
}

func (a Actor) mayMerge(p *Pull, bypass Bypass) error {
	past := a.u
	switch {
	case bool(bypass) && !p.repo.mayBypass(p.base, a.u):
		return forbidden(RoleAdmin)
	case !bool(bypass):
		past = nil
	}
	if err := p.unready(); err != nil {
		return err
	}
	if err := p.repo.checksPass(p.base, p.headSHA, past); err != nil {
		return err
	}
	if p.repo.queues[p.base] != nil && !bypass {
		return refuse(http.StatusMethodNotAllowed, "Changes must be made through the merge queue")
	}
	return nil
}

// mergeBy writes what the base branch points at after the merge.
func (s *Server) mergeBy(p *Pull, how MergeMethod, onto string, by *User) (*commit, error) {
	switch how {
	case MergeSquash:
		tree, conflicts := p.mergeTree(onto)
		if len(conflicts) > 0 {
			return nil, refuse(http.StatusMethodNotAllowed, "Pull Request is not mergeable")
		}
		return p.repo.objects.writeCommit(&commit{
			Tree: tree, Parents: []string{onto}, Author: p.author, Committer: by, At: s.now(),
			Message: fmt.Sprintf("%s (#%d)", p.title, p.Number),
		}), nil
	case MergeRebase:
		return p.replay(onto, by)
	case MergeCommit:
		return s.mergeCommit(p, onto, by)
	default:
		return nil, refuse(http.StatusUnprocessableEntity, "merge_method is not included in the list")
	}
}

// replay writes the pull request's own commits again on top of a commit. Merge
// commits are dropped, as git does.
func (p *Pull) replay(onto string, by *User) (*commit, error) {
	g := p.repo.objects
	tip := g.commits[onto]
	for _, c := range p.commits() {
		if len(c.Parents) != 1 {
			continue
		}
		tree, conflicts := g.merge(g.tree(c.Parents[0]), tip.Tree, c.Tree)
		if len(conflicts) > 0 {
			return nil, refuse(http.StatusUnprocessableEntity, "rebase conflict: %s", strings.Join(conflicts, ", "))
		}
		tip = g.writeCommit(&commit{Tree: tree, Parents: []string{tip.OID}, Author: c.Author, Committer: by, At: p.repo.s.now(), Message: c.Message})
	}
	return tip, nil
}

// mergeCommit writes the commit that merges a pull request onto a commit.
func (s *Server) mergeCommit(p *Pull, onto string, by *User) (*commit, error) {
	tree, conflicts := p.mergeTree(onto)
	if len(conflicts) > 0 {
		return nil, refuse(http.StatusMethodNotAllowed, "Pull Request is not mergeable")
	}
	from := p.headName
	if p.head != nil {
		from = p.head.owner.login + "/" + p.headName
	}
	return p.repo.objects.writeCommit(&commit{
		Tree: tree, Parents: []string{onto, p.headSHA}, Author: by, Committer: by, At: s.now(),
		Message: fmt.Sprintf("Merge pull request #%d from %s\n\n%s", p.Number, from, p.title),
	}), nil
}
