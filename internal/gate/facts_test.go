package gate_test

import (
	"reflect"
	"slices"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/pull"
)

// snapshot reads the pull request as the service does: first what is always
// read, then what the gate says it lacks, until it lacks nothing.
func (w *world) snapshot() pull.Snapshot {
	sn := w.sn
	sn.At, sn.Texts = w.now, nil
	sn.Files = w.files(sn.Pull.Head)
	for i := range sn.Files {
		sn.Files[i].Before, sn.Files[i].After, sn.Files[i].Problem = nil, nil, ""
	}
	sn.Commits = w.commits[sn.Pull.Head]
	sn.Comments = slices.DeleteFunc(slices.Clone(sn.Comments), func(c pull.Comment) bool { return w.unshown[c.ID] })
	head := sn.Policy.Head
	sn.Policy.Head = pull.Blob{}
	w.askAhead(&sn)
	var before pull.Needs
	for range 5 {
		n := w.gate.Needs(sn)
		if n.Empty() || reflect.DeepEqual(n, before) {
			break
		}
		if n.HeadPolicy {
			sn.Policy.Head = head
		}
		w.fill(&sn, n)
		before = n
	}
	return sn
}

// askAhead asks with the first read about everybody who did something, if a
// policy is known already.
func (w *world) askAhead(sn *pull.Snapshot) {
	var n pull.Needs
	n.Teams, n.Logins, n.Labels = w.gate.Expect(sn.Ref, sn.Policy.BaseLastValid, sn.Policy.OwnerLastValid)
	for _, s := range sn.Memory.SignOffs {
		n.Members = append(n.Members, s.Person)
	}
	for _, e := range sn.Evidence {
		n.Members = append(n.Members, e.Actor)
	}
	w.fill(sn, n)
}

// fill answers what the gate asked; like GitHub it knows memberships of people only.
func (w *world) fill(sn *pull.Snapshot, n pull.Needs) {
	for _, oid := range n.Blobs {
		// A content that the story does not tell is of a kind that no format knows.
		sn.AddText(pull.Blob{State: pull.BlobFound, OID: oid, Text: w.text("blob "+oid, "content "+oid)})
	}
	sn.Files = slices.Clone(sn.Files)
	for i, f := range w.files(sn.Pull.Head) {
		if slices.Contains(n.Entries, f.Path) {
			sn.Files[i] = f
		}
	}
	asked := slices.Clone(n.Members)
	for _, t := range sn.Teams {
		for _, id := range t.Asked {
			asked = append(asked, pull.Person{ID: id, Kind: pull.KindUser})
		}
	}
	for _, slug := range n.Teams {
		sn.Teams = slices.DeleteFunc(slices.Clone(sn.Teams), func(t pull.Team) bool { return t.Slug == slug })
		sn.Teams = append(sn.Teams, w.teamFacts(slug, asked, sn.Pull.Author))
	}
	for _, login := range n.Logins {
		a := pull.Account{Login: login, Person: person(login), Belongs: w.roles[login] != "outside"}
		if w.missing[login] {
			a = pull.Account{Login: login, Problem: "not found"}
		}
		sn.Accounts = append(slices.Clone(sn.Accounts), a)
	}
	for _, p := range n.Roles {
		role := "read"
		if r, ok := w.roles[p.Login]; ok {
			role = r
		}
		sn.Roles = append(slices.Clone(sn.Roles), pull.Role{ID: p.ID, Permission: role})
	}
	for _, key := range n.Pushes {
		x, known := w.pushes[key]
		require.True(w.t, known, "nobody pushed %s", key)
		sn.Pushes = append(slices.Clone(sn.Pushes), x)
	}
	if n.LabelNames {
		sn.LabelNames, sn.LabelNamesRead = w.names, true
	}
	sn.Observed.LabelsAsked = append(slices.Clone(sn.Observed.LabelsAsked), n.Labels...)
	sn.Observed.RepoLabels = sn.Observed.LabelsAsked
}

func (w *world) teamFacts(slug string, asked []pull.Person, author pull.Person) pull.Team {
	t := w.teams[slug]
	if t == nil {
		return pull.Team{Slug: slug, Problem: "not found"}
	}
	if t.silent {
		return pull.Team{Slug: slug, NoAnswer: true, Problem: "502"}
	}
	facts := pull.Team{Slug: slug, ID: t.id, Problem: t.problem, Total: len(t.members)}
	for _, p := range append(asked, author) {
		if p.Kind != pull.KindUser || p.ID == 0 || slices.Contains(facts.Asked, p.ID) {
			continue
		}
		facts.Asked = append(facts.Asked, p.ID)
		if slices.ContainsFunc(t.members, func(name string) bool { return person(name).ID == p.ID }) {
			facts.Members = append(facts.Members, p.ID)
		}
	}
	return facts
}

// files are the changed files of a head, from the section "files HEAD" or
// "files", one a line:
//
//	M slo/a.yml 100644:a1 -> 100644:a2      also A, D, C (mode or type)
//	R slo/a.yml => docs/a.yml 100644:a1 -> 100644:a1
//	M slo/a.yml ! is larger than 1 MiB
func (w *world) files(head string) []pull.File {
	var files []pull.File
	status := map[string]pull.FileStatus{
		"M": pull.FileModified, "A": pull.FileAdded, "D": pull.FileRemoved, "R": pull.FileRenamed, "C": pull.FileChanged, "Y": pull.FileCopied,
	}
	for line := range strings.Lines(w.text("files "+head, w.text("files", standardFiles))) {
		line = strings.TrimSpace(line)
		letter, rest, ok := strings.Cut(line, " ")
		if !ok {
			continue
		}
		f := pull.File{Status: status[letter]}
		require.NotEmpty(w.t, f.Status, line)
		if old, name, renamed := strings.Cut(rest, " => "); renamed {
			f.Previous, rest = old, name
		}
		f.Path, rest, _ = strings.Cut(rest, " ")
		if problem, bad := strings.CutPrefix(rest, "! "); bad {
			f.Problem = problem
			files = append(files, f)
			continue
		}
		before, after, ok := strings.Cut(rest, " -> ")
		require.True(w.t, ok, line)
		f.Before, f.After = entry(before), entry(after)
		files = append(files, f)
	}
	return files
}

func entry(text string) *pull.Entry {
	mode, oid, ok := strings.Cut(text, ":")
	if !ok {
		return &pull.Entry{}
	}
	return &pull.Entry{Mode: mode, OID: oid}
}
