package doctor

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/policy"
	"github.com/slagate/slagate/internal/pull"
)

// ruled reports whether any branch has a policy.
func (r *Repo) ruled(o *Owner) bool {
	for i := range r.Branches {
		if o.Rules(&r.Branches[i]) {
			return true
		}
	}
	return false
}

func examineRepo(r *examination, o *Owner, repo *Repo) {
	name := repo.FullName()
	switch {
	case repo.Problem != "":
		r.add(name, CheckPolicy, Unknown, "The repository could not be read: %s. Try again.", repo.Problem)
		return
	case !repo.ruled(o):
		r.add(name, CheckPolicy, Warning, "There is no policy on %s and no owner default, so nothing is gated. An admin adds %s.", repo.DefaultBranch, pull.PolicyPath)
		return
	}
	r.Guarded++
	examinePolicy(r, o, repo)
	examineBranches(r, o, repo)
	examinePeople(r, o, repo)
	examineLabels(r, o, repo)
}

// byText gathers the branches that the same sentence is true of.
type byText struct {
	order    []told
	branches map[told][]string
}

// told is a sentence; BRANCHES in it stands for those it is true of.
type told struct {
	check Check
	level Level
	text  string
}

const branchesWord = "BRANCHES"

func (b *byText) add(branch string, check Check, level Level, format string, args ...any) {
	t := told{check, level, fmt.Sprintf(format, args...)}
	if b.branches == nil {
		b.branches = map[told][]string{}
	}
	if len(b.branches[t]) == 0 {
		b.order = append(b.order, t)
	}
	b.branches[t] = append(b.branches[t], branch)
}

func (b *byText) tell(r *examination, subject string) {
	for _, t := range b.order {
		r.add(subject, t.check, t.level, "%s", strings.Replace(t.text, branchesWord, named(b.branches[t]), 1))
	}
}

func examinePolicy(r *examination, o *Owner, repo *Repo) {
	var found byText
	for i := range repo.Branches {
		b := &repo.Branches[i]
		switch b.Policy.State {
		case pull.BlobNoAnswer, pull.BlobNotAsked, pull.BlobHidden:
			found.add(b.Name, CheckPolicy, Unknown, "The policy of BRANCHES could not be read: %s. Try again.", orElse(b.Policy.Problem, "nobody asked"))
			continue
		case pull.BlobSymlink, pull.BlobUnreadable:
			found.add(b.Name, CheckPolicy, Problem, "%s of BRANCHES %s, so every pull request gets an error. An admin puts a regular file there.", pull.PolicyPath, b.Policy.Problem)
			continue
		case pull.BlobAbsent:
			if !o.Rules(b) {
				found.add(b.Name, CheckPolicy, Warning, "There is no policy on BRANCHES, so pull requests into it ask nobody, whatever the rules of %s say. "+
					"An admin merges %s there, or an owner default covers it.", repo.DefaultBranch, pull.PolicyPath)
				continue
			}
		case pull.BlobFound:
		}
		if loaded := o.Load(b); loaded.Policy == nil {
			found.add(b.Name, CheckPolicy, Problem, "The policy of BRANCHES is not valid, so every pull request gets an error: %s. "+
				"A pull request that changes nothing but the file mends it; \"slagate validate\" names every mistake.", mistakes(loaded.Problems))
			continue
		}
		found.add(b.Name, CheckPolicy, OK, "The policy of BRANCHES is valid.")
	}
	found.tell(r, repo.FullName())
	unmatched(r, o, repo)
}

// unmatched names the rules that are for branches of which there is none.
func unmatched(r *examination, o *Owner, repo *Repo) {
	loaded := o.Load(&repo.Branches[0])
	if loaded.Policy == nil || repo.ListedProblem != "" {
		return
	}
	for _, rule := range loaded.Policy.Rules {
		matches := func(b Listed) bool { return rule.AppliesTo(b.Name) }
		if !rule.Floor && len(rule.Branches) > 0 && !slices.ContainsFunc(repo.Listed, matches) {
			r.add(repo.FullName(), CheckPolicy, Warning, "Rule %q is for the branches %s only, and there is no such branch. An admin sees whether the names are right.",
				rule.Name, named(rule.Branches))
		}
	}
}

func examineLabels(r *examination, o *Owner, repo *Repo) {
	wanted := o.Wanted(repo).Labels
	var missing []string
	for _, name := range wanted {
		if !slices.ContainsFunc(repo.Labels, func(have string) bool { return strings.EqualFold(have, name) }) {
			missing = append(missing, name)
		}
	}
	switch {
	case len(wanted) == 0:
	case repo.LabelsProblem != "":
		r.add(repo.FullName(), CheckLabels, Unknown, "The labels could not be read: %s. Try again.", repo.LabelsProblem)
	case len(missing) > 0:
		r.add(repo.FullName(), CheckLabels, OK, "Not there yet: %s. slagate makes a label when its function is first asked.", named(missing))
	default:
		r.add(repo.FullName(), CheckLabels, OK, "All labels exist.")
	}
}

func examinePeople(r *examination, o *Owner, repo *Repo) {
	name := repo.FullName()
	functions := o.functions(repo)
	fine, spare := len(functions) > 0, len(functions) > 0
	for _, f := range functions {
		fine = examineStaff(r, o, repo, f) && fine
		spare = examineSpare(r, o, repo, f) && spare
	}
	if fine {
		r.add(name, CheckTeams, OK, "All teams and people of the policy exist and are visible.")
	}
	if spare {
		r.add(name, CheckTwoPeople, OK, "Every function has somebody to spare.")
	}
}

// examineStaff tells what is wrong with the teams and people of a function; false if anything is.
func examineStaff(r *examination, o *Owner, repo *Repo, f policy.Function) bool {
	fine := true
	say := func(level Level, format string, args ...any) {
		r.add(repo.FullName(), CheckTeams, level, format, args...)
		fine = false
	}
	for _, slug := range f.Teams {
		switch t := o.team(slug); {
		case t == nil:
			say(Unknown, "It was not asked whether team %s of function %s exists. Try again.", slug, f.Name)
		case t.Absent:
			say(Problem, "Function %s: there is no team %s, or GitHub does not show it to slagate. An admin corrects the policy, or an owner of %s makes a visible team of that name.", f.Name, slug, o.Login)
		case t.Problem != "":
			say(Unknown, "Function %s: team %s could not be read: %s. An owner of %s sees whether the app may read members.", f.Name, slug, t.Problem, o.Login)
		}
	}
	for _, login := range f.Users {
		switch a := repo.account(login); {
		case a == nil:
			say(Unknown, "It was not asked who %s of function %s is. Try again.", login, f.Name)
		case a.Absent:
			say(Problem, "Function %s: there is no account %s. An admin corrects the policy.", f.Name, login)
		case a.Problem != "":
			say(Unknown, "Function %s: %s could not be looked up: %s. Try again.", f.Name, login, a.Problem)
		case a.Outside:
			say(Problem, "Function %s: %s neither belongs to %s nor collaborates here, so the sign-off would not count. An owner invites the account, or an admin corrects the policy.", f.Name, login, o.Login)
		}
	}
	return fine
}

func (r *Repo) account(login string) *Account {
	i := slices.IndexFunc(r.Accounts, func(a Account) bool { return strings.EqualFold(a.Login, login) })
	if i < 0 {
		return nil
	}
	return &r.Accounts[i]
}

// examineSpare tells where a function has too few people; false if it has, or if that
// could not be seen. Somebody to spare is needed because the author, and who pushed,
// may not sign, and because people are away.
func examineSpare(r *examination, o *Owner, repo *Repo, f policy.Function) bool {
	people, sure := o.people(repo, f)
	name := repo.FullName()
	needed := count(f.Approvals, "approval")
	switch {
	case people > f.Approvals:
		return true
	case !sure:
		r.add(name, CheckTwoPeople, Unknown, "It could not be seen how many people function %s has, beyond %d. See the findings on its teams.", f.Name, people)
	case people == 0:
		r.add(name, CheckTwoPeople, Problem, "Function %s has nobody, so what asks it can never be merged. Its lead adds people to %s.", f.Name, staff(f))
	case people < f.Approvals:
		r.add(name, CheckTwoPeople, Problem, "Function %s has %s and needs %s, so what asks it can never be merged. Its lead adds people to %s.", f.Name, persons(people), needed, staff(f))
	default:
		r.add(name, CheckTwoPeople, Warning, "Function %s has %s for %s: when one is away, or is the author, nobody can sign. Its lead adds people to %s.", f.Name, persons(people), needed, staff(f))
	}
	return false
}

func persons(n int) string {
	if n == 1 {
		return "1 person"
	}
	return fmt.Sprintf("%d people", n)
}

// staff names where the people of a function stand.
func staff(f policy.Function) string {
	if len(f.Teams) > 0 {
		return named(f.Teams)
	}
	return "the policy"
}

// people counts the people of a function, at least; not sure if some of it could not be read.
func (o *Owner) people(repo *Repo, f policy.Function) (n int, sure bool) {
	ids := map[int64]bool{}
	largest, sure := 0, true
	for _, slug := range f.Teams {
		t := o.team(slug)
		if t == nil || t.Problem != "" {
			sure = false
			continue
		}
		largest = max(largest, t.Total)
		sure = sure && len(t.Members) >= t.Total
		for _, id := range t.Members {
			ids[id] = true
		}
	}
	for _, login := range f.Users {
		a := repo.account(login)
		switch {
		case a == nil || a.Problem != "":
			sure = false
		case !a.Absent && !a.Outside:
			ids[a.ID] = true
		}
	}
	return max(largest, len(ids)), sure
}
