package gate

import (
	"fmt"
	"maps"
	"slices"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/policy"
	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/signoff"
)

// shownRefusals is how many refusals the comment shows (product.md section 4).
const shownRefusals = 5

// evaluation is one judgement in the making.
type evaluation struct {
	gate       *Gate
	sn         *pull.Snapshot
	rules      rules
	repairedBy string // what judges a repair of a broken policy; "" for anything else
	functions  []policy.Function
	members    signoff.Members
	compared   *comparison
	edit       policyEdit
}

// Evaluate judges a pull request: an open one, or one that was merged although
// slagate had not let it through.
func (g *Gate) Evaluate(sn pull.Snapshot) Decision {
	d := Decision{Ref: sn.Ref, At: sn.At, Head: sn.Pull.Head, Base: sn.Pull.BaseBranch, Verdict: Silent, Memory: sn.Memory, ViewIndex: -1}
	if !judged(&sn) {
		return d
	}
	if e, early := g.begin(&sn, &d); !early {
		e.judge(&d)
	}
	noteLabels(&sn, &d)
	if !sn.Pull.Open {
		afterMerge(&sn, &d)
	}
	return d
}

// noteLabels has the memory know which sign-off labels are wanted, unless nothing is decided about any.
func noteLabels(sn *pull.Snapshot, d *Decision) {
	if d.Verdict == NoAnswer || len(d.Functions)+len(d.NoLonger) == 0 {
		return
	}
	var wanted []string
	for _, f := range d.Functions {
		if f.LabelWanted {
			wanted = append(wanted, f.Label)
		}
	}
	signoff.Labelled(&d.Memory, sn, wanted)
}

// begin finds the rules in force. It reports whether the verdict is settled by
// that alone.
func (g *Gate) begin(sn *pull.Snapshot, d *Decision) (*evaluation, bool) {
	r := g.inForce(sn)
	d.OwnerUnreadableSince = r.ownerSince
	switch {
	case r.unanswered != "":
		d.Verdict, d.Unanswered = NoAnswer, r.unanswered
		return nil, true
	case r.none:
		g.firstPolicy(sn, r, d)
		return nil, true
	}
	repairedBy := ""
	if r.policy == nil {
		fixed, by, ok := g.repair(sn, r)
		if !ok {
			d.Verdict, d.Problems = PolicyBroken, r.problems
			return nil, true
		}
		r, repairedBy, d.Repair = fixed, by, by
	}
	e := &evaluation{gate: g, sn: sn, rules: r, repairedBy: repairedBy, functions: r.policy.Functions, members: signoff.NewMembers(sn)}
	if repairedBy == repairByAdmin {
		e.functions = []policy.Function{{Name: signoff.RepairFunction, Approvals: 1}}
	}
	e.edit = g.edited(sn, r)
	e.compared = e.compare()
	return e, false
}

// helpAsked reports whether anybody ever asked for help: then the comment
// stands, even where nothing is gated.
func helpAsked(m pull.Memory) bool {
	return slices.ContainsFunc(m.Commands, func(k pull.Command) bool {
		lines := signoff.ParseCommands(k.Text)
		return k.Refused == "" && len(lines) == 1 && lines[0].Verb == signoff.VerbHelp
	})
}

// firstPolicy judges a pull request where no policy applies: it is left alone,
// unless the repository has one elsewhere or this adds the first one.
func (g *Gate) firstPolicy(sn *pull.Snapshot, r rules, d *Decision) {
	if sn.Policy.Elsewhere {
		d.Verdict, d.NoLonger = Ungated, sn.Memory.Asked
	}
	if touched, _ := touchesPolicy(sn); !touched {
		return
	}
	if sn.Policy.Head.State == pull.BlobNotAsked || sn.Policy.Head.State == pull.BlobNoAnswer {
		d.Verdict, d.Unanswered = NoAnswer, headUnread
		return
	}
	switch head := g.headPolicy(sn, r.owner); {
	case head == nil:
	case head.Policy == nil:
		d.Verdict, d.Problems = HeadPolicyInvalid, head.Problems
	default:
		d.Verdict = AddsPolicy
		d.PolicyEdit = []string{"The new policy is valid. It is in force once this is merged."}
	}
}

// judge fills in everything that follows from the rules in force.
func (e *evaluation) judge(d *Decision) {
	d.Methods, d.Reset = e.rules.policy.SignOffs.Methods, e.rules.policy.SignOffs.Reset
	d.Files = e.gated()
	d.AllTouched = e.sn.FilesProblem
	e.tell(d)
	asked := e.askedFunctions(d.Files)
	d.Checklist = e.checklist(d.Files)
	view := e.view(d.Files, asked, d.Checklist)
	res := e.collect(view, asked, d.Checklist)
	e.complete(&view, d, asked, res)
	d.PolicyEdit = e.edit.sentences
	if e.repairedBy != "" {
		d.PolicyEdit = append([]string{"The policy in force is broken; this repair is judged by " + e.repairedBy + "."}, d.PolicyEdit...)
	}
	if head := e.gate.headPolicy(e.sn, e.rules.owner); head != nil && head.Policy == nil {
		d.Problems = head.Problems
	}
	d.Verdict = e.verdict(d, res)
}

func (e *evaluation) askedFunctions(files []GatedFile) []string {
	if e.sn.FilesProblem != "" {
		return e.allAsked()
	}
	var asked []string
	for _, f := range files {
		asked = append(asked, f.Functions...)
	}
	return e.inOrder(asked)
}

func (e *evaluation) collect(view pull.View, asked []string, items []Item) signoff.Result {
	in := signoff.Input{Snapshot: *e.sn, Policy: e.rules.policy, Now: view}
	for _, f := range e.functions {
		if slices.Contains(asked, f.Name) {
			in.Functions = append(in.Functions, f)
		}
	}
	for _, it := range items {
		in.Checklist = append(in.Checklist, policy.Item{ID: it.ID, Text: it.Text, Owner: it.Owner})
	}
	return signoff.Collect(in)
}

// complete puts what was signed and ticked into the decision.
func (e *evaluation) complete(view *pull.View, d *Decision, asked []string, res signoff.Result) {
	d.Memory = res.Memory
	if len(view.Asked) > 0 || len(d.Memory.Views) > 0 {
		d.Memory.Views = remember(e.sn.Memory.Views, *view)
		d.ViewIndex = len(d.Memory.Views) - 1
	}
	for _, f := range e.functions {
		if slices.Contains(asked, f.Name) {
			d.Functions = append(d.Functions, e.functionState(f, view, d, res))
		}
	}
	for _, name := range d.Memory.Asked {
		if !slices.Contains(asked, name) {
			d.NoLonger = append(d.NoLonger, name)
		}
	}
	for _, name := range asked {
		if !slices.Contains(d.Memory.Asked, name) {
			d.Memory.Asked = append(slices.Clone(d.Memory.Asked), name)
		}
	}
	for i := range d.Checklist {
		it := &d.Checklist[i]
		it.Tick = signoff.CurrentTick(d.Memory.Ticks, policy.Item{ID: it.ID, Owner: it.Owner}, view)
	}
	d.Refusals = refusals(d.Memory)
	d.Memory.Owed = e.owed(res)
	d.HelpAsked, d.NextCheck = helpAsked(d.Memory), res.NextCheck
}

// owed are the reactions that comments are owed. A comment that is gone is owed none.
func (e *evaluation) owed(res signoff.Result) []pull.Reaction {
	owed := slices.Clone(res.Memory.Owed)
	for _, id := range slices.Sorted(maps.Keys(res.Reactions)) {
		content := "confused"
		if res.Reactions[id] {
			content = "rocket"
		}
		owed = append(owed, pull.Reaction{CommentID: id, Content: content})
	}
	return slices.DeleteFunc(owed, func(r pull.Reaction) bool {
		return !slices.ContainsFunc(e.sn.Comments, func(k pull.Comment) bool { return k.ID == r.CommentID })
	})
}

func (e *evaluation) functionState(f policy.Function, view *pull.View, d *Decision, res signoff.Result) Function {
	out := Function{
		Name: f.Name, Teams: f.Teams, Users: f.Users, Label: f.Label, Approvals: f.Approvals, SignOffs: res.Counting[f.Name],
		Because: because(f.Name, d), Cannot: e.members.Cannot(f, e.sn.Pull.Author, e.rules.policy.SignOffs.Author),
	}
	for _, a := range view.Asked {
		if a.Function == f.Name {
			out.Fingerprint = a.Fingerprint
			out.Since = since(f, d.Memory.SignOffs, a)
		}
	}
	out.Notes = append(notes(f, out.Fingerprint, d.Memory), res.Notes[f.Name]...)
	onIt := slices.ContainsFunc(e.sn.Labels, func(l pull.Label) bool { return sameLabel(l.Name, f.Label) })
	out.LabelWanted = f.Label != "" && (out.Done() || (res.Undecided[f.Name] && onIt))
	return out
}

// because are the rules that ask a function, in policy order.
func because(function string, d *Decision) []string {
	var out []string
	for _, f := range d.Files {
		if !slices.Contains(f.Functions, function) {
			continue
		}
		for _, h := range f.Rules {
			if !slices.Contains(out, h.Rule) {
				out = append(out, h.Rule)
			}
		}
	}
	return out
}

// notes are sentences on sign-offs for this very content that do not count any more.
func notes(f policy.Function, fingerprint string, m pull.Memory) []string {
	var out []string
	for _, s := range m.SignOffs {
		if s.Function != f.Name || s.Fingerprint != fingerprint || (s.State != pull.SignOffWithdrawn && s.State != pull.SignOffLapsed) {
			continue
		}
		by := ""
		if s.By.ID != 0 && s.By.ID != s.Person.ID {
			by = " by " + s.By.Login
		}
		note := fmt.Sprintf("The sign-off of %s ended: %s%s.", s.Person.Login, s.Reason, by)
		if !slices.Contains(out, note) {
			out = append(out, note)
		}
	}
	for _, p := range m.PutRights {
		if f.Label != "" && p.What == "label:"+f.Label {
			out = append(out, "The label was removed by somebody who does not belong to "+f.Name+"; that takes nothing back.")
		}
	}
	return out
}

// refusals are the last ones worth showing: labels and reviews of anybody who
// could give them, commands of people with a role.
func refusals(m pull.Memory) []Refusal {
	var all []Refusal
	for _, s := range m.SignOffs {
		if s.State == pull.SignOffRefused && s.Method == string(policy.Label) {
			all = append(all, Refusal{Person: s.Person, At: s.At, What: "the sign-off label of " + s.Function, Why: s.Reason})
		}
	}
	for _, k := range m.Commands {
		if k.Refused != "" && k.HasRole {
			all = append(all, Refusal{Person: k.Person, At: k.At, What: k.Text, Why: k.Refused})
		}
	}
	slices.SortStableFunc(all, func(a, b Refusal) int { return a.At.Compare(b.At) })
	if len(all) > shownRefusals {
		all = all[len(all)-shownRefusals:]
	}
	return all
}

const headUnread = "the policy file at the head"

// verdict is the row of the table of statuses.
func (e *evaluation) verdict(d *Decision, res signoff.Result) Verdict {
	cannot, missing, open := false, false, false
	for _, f := range d.Functions {
		cannot = cannot || f.Cannot != ""
		missing = missing || !f.Done()
	}
	for _, it := range d.Checklist {
		open = open || (it.Required && it.Open())
	}
	if touched, _ := touchesPolicy(e.sn); touched && e.sn.FilesProblem == "" &&
		(e.sn.Policy.Head.State == pull.BlobNotAsked || e.sn.Policy.Head.State == pull.BlobNoAnswer) {
		d.Unanswered = headUnread
		return NoAnswer
	}
	unread := slices.ContainsFunc(d.Files, func(f GatedFile) bool { return !e.isRead(f) })
	switch {
	case len(d.Problems) > 0 && e.sn.Pull.Open: // once merged, what is left is who has to know
		return HeadPolicyInvalid
	case len(d.Files) == 0 && d.AllTouched == "":
		return Ungated
	case cannot:
		return CannotSign
	case res.Unanswered != "":
		d.Unanswered = res.Unanswered
		return NoAnswer
	case unread:
		d.Unanswered = "the content of the gated files"
		return NoAnswer
	case missing:
		return Waiting
	case open:
		return OpenItems
	case len(d.Functions) == 0 && e.allNeutral(d):
		return AllNeutral
	}
	return Signed
}

func (e *evaluation) allNeutral(d *Decision) bool {
	return !slices.ContainsFunc(d.Files, func(f GatedFile) bool { return f.Effect != commitment.Neutral })
}

// isRead reports whether both sides of a gated file were looked at, with
// whatever result.
func (e *evaluation) isRead(f GatedFile) bool {
	for _, x := range e.sn.Files {
		if x.Path == f.Path && x.Previous == f.Previous {
			return x.Problem != "" || x.Before != nil && x.After != nil && !e.compared.missing[x.Path]
		}
	}
	return false
}
