package gate

import (
	"time"

	"github.com/slagate/slagate/internal/policy"
	"github.com/slagate/slagate/internal/pull"
)

// rules is what is in force for a pull request.
type rules struct {
	policy  *policy.Policy
	matcher *policy.Matcher
	// id is that of the texts that the policy was loaded from, "" if it was not from any.
	id string
	// none: no policy anywhere.
	none bool
	// problems: the policy in force is broken, these are its mistakes.
	problems []policy.Problem
	// unanswered: a policy file could not be read because GitHub did not answer.
	unanswered string
	// own: the repository has a policy file of its own at the base.
	own bool
	// ownerSince: the owner default is unreadable since then and its last valid version goes on.
	ownerSince time.Time
	// owner is the text of the owner default in force ("" if there is none).
	owner string
}

// ownerFile is what the owner default is called in front of people.
func ownerFile(login string) string {
	return login + "/" + pull.OwnerRepo + "/" + pull.OwnerPolicyPath
}

// ownerDefault chooses the text of the owner default that is in force, or says
// what is wrong where there is none to go on with.
func (g *Gate) ownerDefault(sn *pull.Snapshot) (text string, since time.Time, problems []policy.Problem, unanswered string) {
	p, last := sn.Policy.Owner, sn.Policy.OwnerLastValid
	goOn := func() (string, time.Time, []policy.Problem, string) {
		since := sn.Policy.OwnerUnreadableSince
		if since.IsZero() {
			since = sn.At
		}
		return last, since, nil, ""
	}
	switch p.State {
	case pull.BlobAbsent:
		return "", time.Time{}, nil, ""
	case pull.BlobFound:
		loaded := g.load(ownerOnly(sn.Ref.Owner, p.Text))
		if loaded.Policy != nil {
			return p.Text, time.Time{}, nil, ""
		}
		if last != "" {
			return goOn()
		}
		return "", time.Time{}, loaded.Problems, ""
	case pull.BlobHidden:
		if last != "" {
			return goOn()
		}
		return "", time.Time{}, nil, ""
	case pull.BlobSymlink, pull.BlobUnreadable:
		if last != "" {
			return goOn()
		}
		return "", time.Time{}, []policy.Problem{blobProblem(ownerFile(sn.Ref.Owner), p)}, ""
	case pull.BlobNotAsked, pull.BlobNoAnswer:
	}
	if last != "" {
		return goOn()
	}
	return "", time.Time{}, nil, "the owner default " + ownerFile(sn.Ref.Owner) + " could not be read"
}

// blobProblem is the mistake of a policy file that is not a readable file.
func blobProblem(file string, b pull.Blob) policy.Problem {
	message := "is a symbolic link"
	if b.State != pull.BlobSymlink {
		message = "cannot be read: " + b.Problem
	}
	return policy.Problem{File: file, Line: 1, Column: 1, Message: message, Allowed: []string{"a regular file"}}
}

// inForce finds the rules at the tip of the base branch, the owner default
// being the floor.
func (g *Gate) inForce(sn *pull.Snapshot) rules {
	owner, since, ownerProblems, unanswered := g.ownerDefault(sn)
	r := rules{owner: owner, ownerSince: since}
	base := sn.Policy.Base
	switch base.State {
	case pull.BlobAbsent, pull.BlobHidden:
		switch {
		case owner == "" && (unanswered != "" || len(ownerProblems) > 0):
			r.none = true // never opted in: an unreadable default alone does not gate
		case owner == "":
			r.none = true
		default:
			g.use(&r, ownerOnly(sn.Ref.Owner, owner))
		}
		return r
	case pull.BlobNotAsked, pull.BlobNoAnswer:
		r.unanswered = "the policy of the branch " + sn.Pull.BaseBranch + " could not be read"
		return r
	case pull.BlobSymlink, pull.BlobUnreadable:
		r.own = true
		r.problems = []policy.Problem{blobProblem(pull.PolicyPath, base)}
		return r
	case pull.BlobFound:
	}
	r.own = true
	if unanswered != "" {
		r.unanswered = unanswered
		return r
	}
	if len(ownerProblems) > 0 {
		r.problems = ownerProblems
		return r
	}
	g.use(&r, ownFile(sn.Ref.Owner, base.Text, owner))
	return r
}

// use loads a policy into the rules, or its problems.
func (g *Gate) use(r *rules, t texts) {
	loaded := g.load(t)
	r.policy, r.problems = loaded.Policy, loaded.Problems
	if loaded.Policy != nil {
		r.matcher, r.id = g.compile(loaded.Policy), t.id()
	}
}

// headPolicy judges the policy file that the pull request brings. It returns
// nil where the file is not touched or is taken away.
func (g *Gate) headPolicy(sn *pull.Snapshot, owner string) *policy.Loaded {
	switch b := sn.Policy.Head; b.State {
	case pull.BlobFound:
		loaded := g.load(ownFile(sn.Ref.Owner, b.Text, owner))
		return &loaded
	case pull.BlobSymlink, pull.BlobUnreadable:
		return &policy.Loaded{Problems: []policy.Problem{blobProblem(pull.PolicyPath, b)}}
	case pull.BlobAbsent, pull.BlobNotAsked, pull.BlobHidden, pull.BlobNoAnswer:
	}
	return nil
}

// touchesPolicy reports whether the pull request touches the policy file, and
// whether it touches nothing else.
func touchesPolicy(sn *pull.Snapshot) (touched, only bool) {
	only = sn.FilesProblem == "" && len(sn.Files) > 0
	touched = sn.FilesProblem != ""
	for _, f := range sn.Files {
		if f.Path == pull.PolicyPath || f.Previous == pull.PolicyPath {
			touched = true
		}
		if f.Path != pull.PolicyPath || (f.Previous != "" && f.Previous != pull.PolicyPath) {
			only = false
		}
	}
	return touched, touched && only
}

// repair finds what judges a pull request that repairs a broken policy: the last
// valid policy of the branch, else the owner default, else an admin of the
// repository. It returns false if this pull request is not such a repair.
func (g *Gate) repair(sn *pull.Snapshot, r rules) (rules, string, bool) {
	head := g.headPolicy(sn, r.owner)
	if _, only := touchesPolicy(sn); !only || head == nil || head.Policy == nil {
		return r, "", false
	}
	fixed := rules{own: true, owner: r.owner, ownerSince: r.ownerSince}
	if last := sn.Policy.BaseLastValid; last != "" {
		if g.use(&fixed, ownFile(sn.Ref.Owner, last, r.owner)); fixed.policy != nil {
			return fixed, "the last valid policy of " + sn.Pull.BaseBranch, true
		}
	}
	if r.owner != "" {
		if g.use(&fixed, ownerOnly(sn.Ref.Owner, r.owner)); fixed.policy != nil {
			return fixed, "the owner default " + ownerFile(sn.Ref.Owner), true
		}
	}
	fixed.problems = nil
	fixed.policy = &policy.Policy{SignOffs: policy.SignOffs{Methods: []policy.Method{policy.Command}}}
	fixed.matcher = g.compile(fixed.policy)
	return fixed, repairByAdmin, true
}

const repairByAdmin = "an admin of the repository"
