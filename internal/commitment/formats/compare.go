package formats

import "github.com/slagate/slagate/internal/commitment"

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
	for _, p := range pairs {
		if p.Before.Path != "" && p.After.Path != "" && p.Before.Path != p.After.Path {
			o.Renames[p.Before.Path] = p.After.Path
		}
		load(&before, p.Before, all)
		load(&after, p.After, all)
	}
	return before, after, commitment.Diff(before, after, o)
}

func load(set *commitment.Set, s Side, all []commitment.Format) {
	switch {
	case s.Path == "":
	case s.Problem != "":
		set.Unreadable(s.Path, s.Problem)
	default:
		set.Load(s.Path, s.Src, all)
	}
}
