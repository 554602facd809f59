package gate

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/formats"
	"github.com/slagate/slagate/internal/policy"
	"github.com/slagate/slagate/internal/pull"
)

// comparison is what the commitments in the changed files say before and after. It is
// made once for an evaluation, over all files that are worth reading: those that rules
// cover, and those of a kind that may hold a promise nobody covered.
type comparison struct {
	before, after commitment.Set
	result        commitment.Result
	// unread says for files why their contents were not compared.
	unread map[string]string
	// missing are files whose contents have not been asked for yet.
	missing map[string]bool
	// wanted are the contents that these files still lack.
	wanted []string
	// at are the changes that touch a file, by any of its names.
	at map[string][]int
}

// compare reads and compares, or takes what was compared before: the result depends
// on nothing but the files' names and contents and the policy.
func (e *evaluation) compare() *comparison {
	files := e.readable()
	c := &comparison{unread: map[string]string{}, missing: map[string]bool{}, at: map[string][]int{}}
	var load []*pull.File
	size := 0
	for i, f := range files {
		if i >= commitment.MaxFiles {
			c.unread[f.Path] = fmt.Sprintf("the pull request changes %d files that may hold promises, only %d of them are read", len(files), commitment.MaxFiles)
			continue
		}
		switch why, wanted := e.contents(f, &size); {
		case why != "":
			c.unread[f.Path] = why
		case len(wanted) > 0 || f.Before == nil || f.After == nil:
			c.missing[f.Path] = true
			c.wanted = append(c.wanted, wanted...)
		default:
			load = append(load, f)
		}
	}
	c.wanted = unique(c.wanted)
	if len(c.missing) > 0 {
		return c // a part compared alone would see moves as removals
	}
	key := e.comparisonKey(load)
	if done, ok := e.gate.compared.Get(key); ok {
		done := *done
		done.unread, done.missing, done.wanted = c.unread, c.missing, c.wanted
		return &done
	}
	e.load(c, load)
	e.gate.compared.Add(key, c)
	return c
}

// readable are the changed files worth reading, those under a rule first.
func (e *evaluation) readable() []*pull.File {
	var covered, others []*pull.File
	for i := range e.sn.Files {
		f := &e.sn.Files[i]
		switch {
		case f.Problem != "" || f.Before != nil && f.After != nil && special(f) != "":
		case len(e.hits(f)) > 0:
			covered = append(covered, f)
		case formats.Known(f.Path) || f.Previous != "" && formats.Known(f.Previous):
			others = append(others, f)
		}
	}
	byPath := func(a, b *pull.File) int { return strings.Compare(a.Path, b.Path) }
	slices.SortFunc(covered, byPath)
	slices.SortFunc(others, byPath)
	return append(covered, others...)
}

// contents says which contents of a file are still wanted, or why they cannot be had.
func (e *evaluation) contents(f *pull.File, size *int) (why string, wanted []string) {
	for _, entry := range []*pull.Entry{f.Before, f.After} {
		if !entry.Exists() {
			continue
		}
		if entry.Size > commitment.MaxFileSize {
			return "it " + pull.ProblemTooLarge, nil
		}
		blob, ok := e.sn.Text(entry.OID)
		switch {
		case !ok:
			wanted = append(wanted, entry.OID)
		case blob.State != pull.BlobFound:
			return "it " + blob.Problem, nil
		}
		if *size += len(blob.Text); *size > 2*commitment.MaxBytes {
			return "the changed files together are too large to be read", nil
		}
	}
	return "", wanted
}

func (e *evaluation) comparisonKey(files []*pull.File) comparisonKey {
	h := sha256.New()
	for _, f := range files {
		key := fmt.Sprintf("%q %q %s %q %q\n", f.Path, f.Previous, f.Status, entry(f.Before).OID, entry(f.After).OID)
		h.Write([]byte(key)) // hash.Hash never returns an error
	}
	return comparisonKey{policy: e.rules.policy, files: [32]byte(h.Sum(nil))}
}

// comparisonKey is what a comparison depends on.
type comparisonKey struct {
	policy *policy.Policy
	files  [32]byte
}

// load parses both sides of the files and compares them.
func (e *evaluation) load(c *comparison, files []*pull.File) {
	var pairs []formats.Pair
	for _, f := range files {
		var p formats.Pair
		if f.Before.Exists() {
			p.Before = formats.Side{Path: pathBefore(f), Src: e.text(f.Before)}
		}
		if f.After.Exists() {
			p.After = formats.Side{Path: f.Path, Src: e.text(f.After)}
		}
		pairs = append(pairs, p)
	}
	o := commitment.Options{Catalog: e.rules.policy.Catalog, Severities: e.rules.policy.Severities}
	c.before, c.after, c.result = formats.Compare(pairs, o)
	for i := range c.result.Changes {
		for _, path := range touched(&c.result.Changes[i]) {
			c.at[path] = append(c.at[path], i)
		}
	}
}

// pathBefore is the name under which a file's former content stands. A copy was not
// there before.
func pathBefore(f *pull.File) string {
	if f.Status == pull.FileRenamed && f.Previous != "" {
		return f.Previous
	}
	return f.Path
}

func (e *evaluation) text(entry *pull.Entry) []byte {
	blob, _ := e.sn.Text(entry.OID)
	return []byte(blob.Text)
}

// touched are the files in which a change stands, on either side.
func touched(c *commitment.Change) []string {
	var out []string
	for _, p := range c.Places() {
		out = append(out, p.Before.File, p.After.File)
	}
	sort.Strings(out)
	return slices.DeleteFunc(slices.Compact(out), func(s string) bool { return s == "" })
}

// of are the changes that touch a file, by the indexes of the result.
func (c *comparison) of(f *pull.File) []int {
	var out []int
	for _, name := range names(f) {
		out = append(out, c.at[name]...)
	}
	sort.Ints(out)
	return slices.Compact(out)
}

// unreadable says why the promises of a file could not be compared; "" if they were.
// A side whose kind of file no format knows is not read, whatever the other side says.
func (c *comparison) unreadable(f *pull.File) string {
	if why := c.unread[f.Path]; why != "" {
		return why
	}
	if c.missing[f.Path] {
		return notRead
	}
	before, _ := c.before.File(pathBefore(f))
	after, _ := c.after.File(f.Path)
	if f.Before.Exists() && !before.Read || f.After.Exists() && !after.Read {
		return "it is in no format that slagate can compare"
	}
	return ""
}

const notRead = "its content has not been read"
