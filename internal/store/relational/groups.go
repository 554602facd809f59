package relational

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/slagate/slagate/internal/store"
)

// groupArrives notes that something arrived for a merge group. A group that
// is asked for again after it was destroyed is back: answering too much harms nobody,
// silence stalls the queue. Its repository has to be known.
func (db *DB) groupArrives(g store.MergeGroup) store.Statement {
	return store.Statement{
		What: fmt.Sprintf("keep merge group %s of %s/%s", g.Head, g.Ref.Owner, g.Ref.Repo),
		SQL: `
		insert into merge_groups (repo_id, head, base, head_ref, base_ref, gone, gen, seen) values (?, ?, ?, ?, ?, ?, 1, ?)
		on conflict (repo_id, head) do update set base = excluded.base, head_ref = excluded.head_ref, base_ref = excluded.base_ref,
			gone = excluded.gone, gen = merge_groups.gen + 1, seen = excluded.seen`,
		Args: []any{g.Ref.RepoID, g.Head, g.Base, g.HeadRef, g.BaseRef, bit(g.Gone), micros(db.now())},
	}
}

// SaveGroup keeps what became known of a merge group: the pull requests in it and
// what was last posted on its head.
func (db *DB) SaveGroup(ctx context.Context, g store.MergeGroup) error {
	pulls, err := marshal(g.Pulls)
	if err != nil {
		return fmt.Errorf("write merge group %s: %w", g.Head, err)
	}
	return db.write(ctx, "save merge group "+g.Head, func(tx store.Tx) error {
		n, err := tx.Exec(ctx, `update merge_groups set pulls = ?, state = ?, description = ?
			where repo_id = ? and head = ?`, pulls, g.State, g.Description, g.Ref.RepoID, g.Head)
		if err == nil && n == 0 {
			return store.ErrNotFound
		}
		return err
	})
}

// KeepGroups keeps merge groups that a list showed and that no delivery told of, and has
// them answered. Those that are known are left as they are.
func (db *DB) KeepGroups(ctx context.Context, groups []store.MergeGroup) error {
	if len(groups) == 0 {
		return nil
	}
	groups = inOrder(groups, byHead)
	return db.writeJobs(ctx, "keep merge groups", func(tx store.Tx) error {
		statements := keepRepos([]*letter{{Delivery: store.Delivery{MergeGroups: groups}}}, nil)
		known := make([]bool, len(groups))
		for i, g := range groups {
			statements = append(statements, store.Statement{
				What: "look up merge group " + g.Head,
				SQL:  `select exists (select 1 from merge_groups where repo_id = ? and head = ?)`,
				Args: []any{g.Ref.RepoID, g.Head},
				Scan: func(row store.Row) error { return row.Scan(&known[i]) },
			})
		}
		if err := tx.Send(ctx, statements); err != nil {
			return err
		}
		var fresh []store.MergeGroup
		statements = statements[:0]
		for i, g := range groups {
			if !known[i] {
				fresh = append(fresh, g)
				statements = append(statements, db.groupArrives(g))
			}
		}
		if len(fresh) == 0 {
			return nil
		}
		if err := tx.Send(ctx, statements); err != nil {
			return err
		}
		return db.queue.Groups(ctx, tx, fresh)
	})
}

const (
	groupColumns = `select r.installation, r.repo_id, r.owner, r.name, g.head, g.base, g.head_ref, g.base_ref, g.pulls, g.gone = 1,
		g.state, g.description`
	fromGroups = ` from merge_groups g join repos r using (repo_id) `
)

func scanGroup(row store.Row, more ...any) (store.MergeGroup, error) {
	var (
		g     store.MergeGroup
		pulls string
	)
	err := row.Scan(append([]any{
		&g.Ref.Installation, &g.Ref.RepoID, &g.Ref.Owner, &g.Ref.Repo, &g.Head, &g.Base, &g.HeadRef, &g.BaseRef, &pulls, &g.Gone,
		&g.State, &g.Description,
	}, more...)...)
	if err != nil {
		return store.MergeGroup{}, err
	}
	err = unmarshal(pulls, "merge group", &g.Pulls)
	return g, err
}

// Groups are the repository's merge groups that are not gone, oldest first.
func (db *DB) Groups(ctx context.Context, repoID int64) ([]store.MergeGroup, error) {
	rows, err := db.engine.Query(ctx, groupColumns+fromGroups+`where g.repo_id = ? and g.gone = 0 order by g.seen, g.head`, repoID)
	if err != nil {
		return nil, fmt.Errorf("read merge groups of %d: %w", repoID, err)
	}
	list, err := scanAll(rows, func(r store.Rows) (store.MergeGroup, error) { return scanGroup(r) })
	if err != nil {
		return nil, fmt.Errorf("read merge groups of %d: %w", repoID, err)
	}
	return list, nil
}

// GroupsWithPull are those of Groups that are known to hold the pull request.
func (db *DB) GroupsWithPull(ctx context.Context, repoID int64, number int) ([]store.MergeGroup, error) {
	groups, err := db.Groups(ctx, repoID)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(groups, func(g store.MergeGroup) bool { return !slices.Contains(g.Pulls, number) }), nil
}

// EnqueueGroups has the merge groups looked at again.
func (db *DB) EnqueueGroups(ctx context.Context, groups []store.MergeGroup) error {
	if len(groups) == 0 {
		return nil
	}
	groups = inOrder(groups, byHead)
	return db.writeJobs(ctx, "queue merge groups", func(tx store.Tx) error {
		for _, g := range groups {
			if _, err := tx.Exec(ctx, `update merge_groups set gen = gen + 1 where repo_id = ? and head = ?`,
				g.Ref.RepoID, g.Head); err != nil {
				return err
			}
		}
		return db.queue.Groups(ctx, tx, groups)
	})
}

// BeginGroup is a merge group and its generation, to be read before it is looked at.
func (db *DB) BeginGroup(ctx context.Context, repoID int64, head string) (g store.MergeGroup, gen int64, found bool, err error) {
	row := db.engine.QueryRow(ctx, groupColumns+`, g.gen`+fromGroups+`where g.repo_id = ? and g.head = ?`, repoID, head)
	g, err = scanGroup(row, &gen)
	if errors.Is(err, sql.ErrNoRows) {
		return store.MergeGroup{}, 0, false, nil
	}
	if err != nil {
		return store.MergeGroup{}, 0, false, fmt.Errorf("read merge group %s of %d: %w", head, repoID, err)
	}
	return g, gen, true, nil
}

// SettleGroup ends a look at a merge group that began at gen, as SettlePull does.
func (db *DB) SettleGroup(ctx context.Context, g store.MergeGroup, gen int64, finish func(tx store.Tx, moved bool) error) error {
	return db.writeJobs(ctx, "settle merge group "+g.Head, func(tx store.Tx) error {
		var now int64
		err := tx.QueryRow(ctx, `update merge_groups set done = case when done > ?1 then done else ?1 end
			where repo_id = ?2 and head = ?3 returning gen`,
			gen, g.Ref.RepoID, g.Head).Scan(&now)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		return finish(tx, err == nil && now != gen)
	})
}
