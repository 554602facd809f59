package formats

import (
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
)

// Pair is one changed file. A side without a path is not there.
type Pair struct {
	Before, After Side
}

// Side is a file on one side of a change.
type Side struct {
	Path string
	Src  []byte
	// Problem says why its content cannot be had; "" if Src holds it.
	Problem string
}

// Compare reads both sides of all files of a change and says what differs. A file
// that has another path on either side was renamed.
func Compare(pairs []Pair, o commitment.Options) (before, after commitment.Set, r commitment.Result) {
	all := All()
	o.Renames = map[string]string{}
	old, now := modules{}, modules{}
	for _, p := range pairs {
		old.add(p.Before)
		now.add(p.After)
	}
	for _, p := range pairs {
		if p.Before.Path != "" && p.After.Path != "" && p.Before.Path != p.After.Path {
			o.Renames[p.Before.Path] = p.After.Path
		}
		load(&before, p.Before, old, all)
		load(&after, p.After, now, all)
	}
	r = commitment.Diff(before, after, o)
	for _, c := range elsewhere(pairs, &after) {
		at := slices.IndexFunc(r.Changes, func(x commitment.Change) bool {
			return !x.CrossesFloor && x.Effect.Severity() < c.Effect.Severity()
		})
		if at < 0 {
			at = len(r.Changes)
		}
		r.Changes = slices.Insert(r.Changes, at, c)
	}
	return before, after, r
}

func load(set *commitment.Set, s Side, m modules, all []commitment.Format) {
	switch {
	case s.Path == "":
	case s.Problem != "":
		set.Unreadable(s.Path, s.Problem)
	default:
		src, known := m.join(s), len(set.Commitments)
		set.Load(s.Path, src, all)
		if f := &set.Files[len(set.Files)-1]; f.Read {
			f.Problems = append(f.Problems, surround(s.Path, src, set.Commitments[known:])...)
			quote(f.Problems, src)
		}
	}
}

// quote adds to the problems of parts what stands on their lines, so that a part that
// could be read neither before nor after is still known to be another one.
func quote(problems []commitment.Problem, src []byte) {
	const longest = 80
	var rows []string
	for i := range problems {
		p := &problems[i]
		if p.Whole || p.Line < 1 {
			continue
		}
		if rows == nil {
			rows = strings.Split(string(src), "\n")
		}
		if p.Line > len(rows) {
			continue
		}
		text := []rune(strings.ToValidUTF8(strings.Join(strings.Fields(rows[p.Line-1]), " "), "?"))
		if len(text) > longest {
			text = append(text[:longest-1], '…')
		}
		if len(text) > 0 && !strings.Contains(p.Text, string(text)) {
			p.Text += " (" + string(text) + ")"
		}
	}
}
