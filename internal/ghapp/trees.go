package ghapp

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/pull"
)

// foldersAtMost is how many folders are read one by one where GitHub does not
// give a tree whole (over 100,000 entries or 7 MB).
// https://docs.github.com/en/rest/git/trees#get-a-tree
const foldersAtMost = 300

var (
	errNotCommit = errors.New("not the id of a commit")
	errTooWide   = fmt.Errorf("it takes more than %d folders to read", foldersAtMost)
)

// objectID is a full git object id; nothing else gets into a URL as one.
var objectID = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)

// tree is a git tree as GitHub listed it, by path in the order of bytes.
type tree struct {
	nodes     []treeNode
	truncated bool
}

// treeNode is an entry of a tree; the path is kept raw, whatever it holds.
type treeNode struct {
	path  string
	entry pull.Entry
}

func (t *tree) find(path string) pull.Entry {
	at, ok := slices.BinarySearchFunc(t.nodes, path, func(n treeNode, p string) int { return strings.Compare(n.path, p) })
	if !ok {
		return pull.Entry{}
	}
	return t.nodes[at].entry
}

func (t *tree) weight() int {
	sum := 64
	for _, n := range t.nodes {
		sum += len(n.path) + len(n.entry.OID) + 72
	}
	return sum
}

const modeTree = "040000"

// repository reads git objects of one repository.
type repository struct {
	g    *Gatherer
	inst *installation
	ref  pull.Ref
}

func (g *Gatherer) repository(ref pull.Ref) (*repository, error) {
	inst, err := g.creator.installation(ref.Installation)
	if err != nil {
		return nil, err
	}
	return &repository{g: g, inst: inst, ref: ref}, nil
}

// tree reads the tree of a commit or tree id, whole or one folder of it.
func (r *repository) tree(ctx context.Context, id string, whole bool) (*tree, error) {
	if !objectID.MatchString(id) {
		return nil, fmt.Errorf("tree %q: %w", shorten(id, 80), errNotCommit)
	}
	key := objectKey{repo: r.ref.RepoID, kind: "folder", id: id}
	if whole {
		key.kind = "tree"
	}
	if kept, ok := r.g.cache.get(key); ok {
		if t, ok := kept.(*tree); ok {
			return t, nil
		}
	}
	answer, _, err := r.inst.rest.Git.GetTree(ctx, r.ref.Owner, r.ref.Repo, id, whole)
	if err != nil {
		return nil, fmt.Errorf("reading tree %s: %w", id, explain(err))
	}
	t := &tree{truncated: answer.GetTruncated()}
	if t.truncated && whole {
		// What came is of no use; that it was too much is worth keeping.
		r.g.cache.put(key, t, t.weight())
		return t, nil
	}
	for _, e := range answer.Entries {
		t.nodes = append(t.nodes, treeNode{path: e.GetPath(), entry: pull.Entry{Mode: e.GetMode(), OID: e.GetSHA(), Size: int64(e.GetSize())}})
	}
	slices.SortFunc(t.nodes, func(a, b treeNode) int { return strings.Compare(a.path, b.path) })
	r.g.cache.put(key, t, t.weight())
	return t, nil
}

// EntriesAt looks up paths at a commit. A path that is not there has an empty
// entry. The paths are compared as raw strings.
func (g *Gatherer) EntriesAt(ctx context.Context, ref pull.Ref, sha string, paths []string) (map[string]pull.Entry, error) {
	r, err := g.repository(ref)
	if err != nil {
		return nil, fmt.Errorf("looking up entries of %s: %w", ref, err)
	}
	entries, err := r.entries(ctx, sha, paths)
	if err != nil {
		return nil, fmt.Errorf("looking up entries of %s: %w", ref, cleaned(err))
	}
	return entries, nil
}

func (r *repository) entries(ctx context.Context, sha string, paths []string) (map[string]pull.Entry, error) {
	whole, err := r.tree(ctx, sha, true)
	if err != nil {
		return nil, err
	}
	out := make(map[string]pull.Entry, len(paths))
	walk := &walk{r: r, left: foldersAtMost}
	for _, path := range paths {
		if !whole.truncated {
			out[path] = whole.find(path)
			continue
		}
		if out[path], err = walk.entry(ctx, sha, path); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// walk reads folders one by one, not more than it may.
type walk struct {
	r    *repository
	left int
}

func (w *walk) folder(ctx context.Context, id string) (*tree, error) {
	if w.left--; w.left < 0 {
		return nil, errTooWide
	}
	t, err := w.r.tree(ctx, id, false)
	if err != nil {
		return nil, err
	}
	if t.truncated {
		return nil, fmt.Errorf("folder %s: %w", id, errTooWide)
	}
	return t, nil
}

// entry goes down to a path. A symbolic link or a file on the way ends it: git
// has no such path then.
func (w *walk) entry(ctx context.Context, root, path string) (pull.Entry, error) {
	id := root
	for {
		name, rest, deeper := strings.Cut(path, "/")
		folder, err := w.folder(ctx, id)
		if err != nil {
			return pull.Entry{}, err
		}
		entry := folder.find(name)
		if !deeper {
			return entry, nil
		}
		if entry.Mode != modeTree {
			return pull.Entry{}, nil
		}
		id, path = entry.OID, rest
	}
}

// mergeBase asks for the merge base of two commits; "" if they have none. The
// second page is asked for because the first one carries a diff.
// https://docs.github.com/en/rest/commits/commits#compare-two-commits
func (r *repository) mergeBase(ctx context.Context, base, head string) (string, error) {
	if base == head {
		return base, nil
	}
	if !objectID.MatchString(base) || !objectID.MatchString(head) {
		return "", fmt.Errorf("merge base of %q and %q: %w", shorten(base, 80), shorten(head, 80), errNotCommit)
	}
	key := objectKey{repo: r.ref.RepoID, kind: "base", id: base + "..." + head}
	if kept, ok := r.g.cache.get(key); ok {
		if sha, ok := kept.(string); ok {
			return sha, nil
		}
	}
	for _, page := range []int{2, 1} {
		var answer struct {
			MergeBase *struct {
				SHA string `json:"sha"`
			} `json:"merge_base_commit"`
		}
		err := r.inst.get(ctx, fmt.Sprintf("repos/%s/%s/compare/%s...%s?per_page=1&page=%d", r.ref.Owner, r.ref.Repo, base, head, page), &answer)
		if err != nil {
			return "", fmt.Errorf("comparing %s with %s: %w", base, head, err)
		}
		if answer.MergeBase != nil && objectID.MatchString(answer.MergeBase.SHA) {
			r.g.cache.put(key, answer.MergeBase.SHA, len(key.id)+128)
			return answer.MergeBase.SHA, nil
		}
	}
	return "", fmt.Errorf("comparing %s with %s: GitHub named no merge base", base, head)
}

// sameEntry compares what git keeps of a path: mode and content.
func sameEntry(a, b pull.Entry) bool { return a.Mode == b.Mode && a.OID == b.OID }
