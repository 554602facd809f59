package ghapp

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/slagate/slagate/internal/pull"
)

const (
	// textsAtOnce and bytesAtOnce bound one query for texts, so that GitHub can
	// answer within its ten seconds.
	textsAtOnce = 40
	bytesAtOnce = 4 << 20
	// wholeText is the size up to which GraphQL hands a text out whole. It was seen
	// to cut above 512,000 bytes; no page of GitHub's names the number. Above it
	// REST is asked at once.
	wholeText = 500_000
)

// texts reads the contents that are asked for: a typical pull request costs one
// query. What the cache holds costs nothing.
func (f *filling) texts(ctx context.Context) error {
	var queries [][]pull.Entry
	var alone []pull.Entry
	weight := 0
	for _, entry := range f.unread() {
		switch known, ok := f.withoutAsking(entry); {
		case ok:
			f.snap.AddText(known)
			continue
		case entry.Size > wholeText:
			alone = append(alone, entry)
			continue
		}
		if last := len(queries) - 1; last < 0 || len(queries[last]) >= textsAtOnce || weight+int(entry.Size) > bytesAtOnce {
			queries, weight = append(queries, nil), 0
		}
		queries[len(queries)-1] = append(queries[len(queries)-1], entry)
		weight += int(entry.Size)
	}
	left, err := f.queryAll(ctx, queries)
	if err != nil {
		return err
	}
	return f.readAlone(ctx, append(alone, left...))
}

// unread are the contents asked for and not known yet, each once, in the order
// of their ids. The sizes are those of the entries that were read before.
func (f *filling) unread() []pull.Entry {
	ids := slices.Compact(slices.Sorted(slices.Values(f.needs.Blobs)))
	out := make([]pull.Entry, 0, len(ids))
	for _, id := range ids {
		if _, known := f.snap.Text(id); !known {
			out = append(out, pull.Entry{OID: id, Size: f.sizes[id]})
		}
	}
	return out
}

// sizesKnown are the sizes of contents, by id, that the snapshot's entries tell.
// They are taken before the steps of a fill begin, some of which write entries.
func sizesKnown(files []pull.File) map[string]int64 {
	out := map[string]int64{}
	for _, file := range files {
		for _, e := range []*pull.Entry{file.Before, file.After} {
			if e.Exists() {
				out[e.OID] = e.Size
			}
		}
	}
	return out
}

// withoutAsking is what can be said about a content without a request.
func (f *filling) withoutAsking(entry pull.Entry) (pull.Blob, bool) {
	switch {
	case !objectID.MatchString(entry.OID):
		return pull.Blob{State: pull.BlobUnreadable, OID: entry.OID, Problem: "has no id to be read by"}, true
	case entry.Size > policyLimit:
		return pull.Blob{State: pull.BlobUnreadable, OID: entry.OID, Problem: pull.ProblemTooLarge}, true
	}
	return f.cachedBlob(entry.OID)
}

// queryAll sends the queries side by side. What they could not hand out whole
// is left to be read alone.
func (f *filling) queryAll(ctx context.Context, queries [][]pull.Entry) (left []pull.Entry, err error) {
	answers := make([][]*graphObject, len(queries))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for i, entries := range queries {
		group.Go(func() error {
			var err error
			answers[i], err = f.query(ctx, entries)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, fmt.Errorf("reading the texts of changed files: %w", err)
	}
	for i, objects := range answers {
		for j, object := range objects {
			blob, whole := wholeBlob(object)
			if !whole {
				left = append(left, queries[i][j])
				continue
			}
			f.keepBlob(blob)
			f.snap.AddText(blob)
		}
	}
	return left, nil
}

// query asks for contents by their ids: so it works for forks, too, whose
// objects GitHub keeps together. The answers stand in the order of the entries.
// https://docs.github.com/en/graphql/reference/objects#blob
func (f *filling) query(ctx context.Context, entries []pull.Entry) ([]*graphObject, error) {
	q := newGraphQuery()
	q.set("owner", "String!", f.ref.Owner)
	q.set("name", "String!", f.ref.Repo)
	q.write(`repository(owner:$owner,name:$name){databaseId `)
	for i, entry := range entries {
		name := blobAlias(i)
		q.set(name, "GitObjectID!", entry.OID)
		q.write(`%s:object(oid:$%s){%s} `, name, name, blobFields)
	}
	q.write(`}`)
	answer, err := f.g.creator.ask(ctx, f.inst, q, nil)
	if err != nil {
		return nil, err
	}
	if err := sameRepository(answer, f.ref); err != nil {
		return nil, err
	}
	var fields map[string]json.RawMessage
	if _, err := answer.decode("repository", &fields); err != nil {
		return nil, err
	}
	objects := make([]*graphObject, len(entries))
	for i, entry := range entries {
		raw, ok := fields[blobAlias(i)]
		if !ok {
			return nil, fmt.Errorf("GitHub answered a query in part only: nothing about blob %s", entry.OID)
		}
		if err := json.Unmarshal(raw, &objects[i]); err != nil {
			return nil, fmt.Errorf("decoding blob %s: %w", entry.OID, err)
		}
		if o := objects[i]; o != nil && o.OID != entry.OID {
			return nil, fmt.Errorf("GitHub answered with object %q where %s was asked for", shorten(o.OID, 80), entry.OID)
		}
	}
	return objects, nil
}

func blobAlias(i int) string { return fmt.Sprintf("b%d", i) }

// wholeBlob is the content if GraphQL's answer says all about it. A text of
// another length than the content was cut or converted, one that is missing may
// be in another encoding, an object that is missing may not have arrived
// everywhere yet: of those nothing is believed, REST is asked for the bytes.
func wholeBlob(object *graphObject) (pull.Blob, bool) {
	switch {
	case object == nil:
		return pull.Blob{}, false
	case object.Typename != "Blob":
		return pull.Blob{State: pull.BlobUnreadable, OID: object.OID, Problem: "is not a file"}, true
	case object.ByteSize > policyLimit:
		return pull.Blob{State: pull.BlobUnreadable, OID: object.OID, Problem: pull.ProblemTooLarge}, true
	case object.IsBinary != nil && *object.IsBinary:
		return pull.Blob{State: pull.BlobUnreadable, OID: object.OID, Problem: pull.ProblemNotText}, true
	case object.ByteSize == 0:
		return pull.Blob{State: pull.BlobFound, OID: object.OID}, true
	case object.IsTruncated, object.Text == nil, int64(len(*object.Text)) != object.ByteSize:
		return pull.Blob{}, false
	}
	return blobOf(object.OID, []byte(*object.Text)), true
}

// readAlone asks REST for contents one by one.
func (f *filling) readAlone(ctx context.Context, entries []pull.Entry) error {
	blobs := make([]pull.Blob, len(entries))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for i, entry := range entries {
		group.Go(func() error {
			var err error
			blobs[i], err = f.blob(ctx, entry)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for _, b := range blobs {
		f.snap.AddText(b)
	}
	return nil
}
