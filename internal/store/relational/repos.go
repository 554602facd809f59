package relational

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/store"
)

// applyRepo keeps what is said of a repository: a new name, a new owner, gone or back.
func applyRepo(h store.RepoHint) store.Statement {
	s := store.Statement{What: fmt.Sprintf("keep repository %s/%s (%d)", h.Owner, h.Repo, h.RepoID)}
	switch {
	case h.Gone && h.RepoID == 0:
		s.SQL, s.Args = `update repos set gone = 1 where installation = ?`, []any{h.Installation}
	case h.Gone:
		s.SQL, s.Args = `update repos set gone = 1 where repo_id = ?`, []any{h.RepoID}
	default:
		s.SQL, s.Args = nameRepo, []any{h.RepoID, h.Installation, h.OwnerID, h.Owner, h.Repo}
	}
	return s
}

// nameRepo keeps who and where a repository is; what the hint does not say (0, "") stays as it is. Mostly
// all is known, and then nothing is written: the row would be locked for all deliveries of its repository.
const nameRepo = `
	insert into repos (repo_id, installation, owner_id, owner, name)
	select cast(?1 as bigint), cast(?2 as bigint), cast(?3 as bigint), cast(?4 as text), cast(?5 as text)
	where not exists (select 1 from repos where repo_id = ?1 and gone = 0 and (?2 = 0 or installation = ?2)
		and (?3 = 0 or owner_id = ?3) and (?4 = '' or owner = ?4) and (?5 = '' or name = ?5))
	on conflict (repo_id) do update set
		installation = case when excluded.installation <> 0 then excluded.installation else repos.installation end,
		owner_id = case when excluded.owner_id <> 0 then excluded.owner_id else repos.owner_id end,
		owner = case when excluded.owner <> '' then excluded.owner else repos.owner end,
		name = case when excluded.name <> '' then excluded.name else repos.name end, gone = 0`

// ensureRepo has the repository of a pull request or a merge group known. A fresh payload also
// brings its present names: a lost rename heals with the next event. That of an old one is believed
// only where nothing else is known.
func ensureRepo(ref pull.Ref, ownerID int64, old bool) store.Statement {
	switch {
	case ref.Installation == 0 || ref.Owner == "" || ref.Repo == "":
		return store.Statement{
			What: fmt.Sprintf("look up repository %d of %s", ref.RepoID, ref),
			SQL:  `select 1 from repos where repo_id = ?`,
			Args: []any{ref.RepoID},
			Scan: func(row store.Row) error {
				err := row.Scan(new(int))
				if errors.Is(err, sql.ErrNoRows) {
					return store.ErrNotFound
				}
				return err
			},
		}
	case old:
		return store.Statement{
			What: fmt.Sprintf("keep repository %d of %s", ref.RepoID, ref),
			SQL:  `insert into repos (repo_id, installation, owner_id, owner, name) values (?, ?, ?, ?, ?) on conflict (repo_id) do nothing`,
			Args: []any{ref.RepoID, ref.Installation, ownerID, ref.Owner, ref.Repo},
		}
	default:
		return applyRepo(store.RepoHint{Installation: ref.Installation, RepoID: ref.RepoID, OwnerID: ownerID, Owner: ref.Owner, Repo: ref.Repo})
	}
}

// keepRepos keeps what letters say of repositories, in the order of their ids and before any
// row of a pull request is locked: repositories come first everywhere. Old letters tell nothing new.
func keepRepos(batch []*letter, arrivals []arrival) (list []store.Statement) {
	type step struct {
		id   int64
		keep store.Statement
	}
	var steps []step
	for _, l := range batch {
		for _, h := range l.Repos {
			if !l.known {
				steps = append(steps, step{h.RepoID, applyRepo(h)})
			}
		}
	}
	for i, a := range arrivals {
		if i == 0 || !a.sameRepo(arrivals[i-1]) {
			steps = append(steps, step{a.hint.Ref.RepoID, ensureRepo(a.hint.Ref, a.hint.OwnerID, a.of.known)})
		}
	}
	for _, l := range batch {
		for _, g := range l.MergeGroups {
			steps = append(steps, step{g.Ref.RepoID, ensureRepo(g.Ref, 0, false)})
		}
	}
	slices.SortStableFunc(steps, func(a, b step) int { return cmp.Compare(a.id, b.id) })
	for _, s := range steps {
		list = append(list, s.keep)
	}
	return list
}

func byRepo(a, b store.RepoHint) int { return cmp.Compare(a.RepoID, b.RepoID) }

// SaveRepos keeps what GitHub said of repositories when it listed them.
func (db *DB) SaveRepos(ctx context.Context, hints []store.RepoHint) error {
	var statements []store.Statement
	for _, h := range inOrder(hints, byRepo) {
		statements = append(statements, applyRepo(h))
	}
	return db.write(ctx, "save repositories", func(tx store.Tx) error { return tx.Send(ctx, statements) })
}

const repoColumns = `select repo_id, installation, owner_id, owner, name, gone = 1, memory from repos `

// Repo is one repository; found is false if nothing is known of it.
func (db *DB) Repo(ctx context.Context, repoID int64) (row store.RepoRow, found bool, err error) {
	rows, err := db.repos(ctx, `where repo_id = ?`, repoID)
	if err != nil || len(rows) == 0 {
		return store.RepoRow{}, false, err
	}
	return rows[0], true, nil
}

// ReposOfOwner are the owner's repositories that are not gone, by id.
func (db *DB) ReposOfOwner(ctx context.Context, ownerID int64) ([]store.RepoRow, error) {
	return db.repos(ctx, `where owner_id = ? and gone = 0 order by repo_id`, ownerID)
}

// ReposOfInstallation are the installation's repositories that are not gone, by id.
func (db *DB) ReposOfInstallation(ctx context.Context, installation int64) ([]store.RepoRow, error) {
	return db.repos(ctx, `where installation = ? and gone = 0 order by repo_id`, installation)
}

// AllRepos are all repositories that are not gone, by id.
func (db *DB) AllRepos(ctx context.Context) ([]store.RepoRow, error) {
	return db.repos(ctx, `where gone = 0 order by repo_id`)
}

func (db *DB) repos(ctx context.Context, where string, args ...any) ([]store.RepoRow, error) {
	rows, err := db.engine.Query(ctx, repoColumns+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read repositories %v: %w", args, err)
	}
	list, err := scanAll(rows, func(r store.Rows) (row store.RepoRow, err error) {
		var memory string
		err = r.Scan(&row.RepoID, &row.Installation, &row.OwnerID, &row.Owner, &row.Repo, &row.Gone, &memory)
		if err != nil {
			return row, err
		}
		err = unmarshal(memory, "repository memory", &row.Memory)
		return row, err
	})
	if err != nil {
		return nil, fmt.Errorf("read repositories %v: %w", args, err)
	}
	return list, nil
}

// scanAll reads all rows and closes them.
func scanAll[T any](rows store.Rows, scan func(store.Rows) (T, error)) (list []T, err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, rows.Err()
}

// UpdateRepo changes what is remembered of a repository. change sees the present
// state and runs alone; it must not call the store.
func (db *DB) UpdateRepo(ctx context.Context, repoID int64, change func(*store.RepoMemory)) error {
	return db.write(ctx, fmt.Sprintf("update repository %d", repoID), func(tx store.Tx) error {
		return updateJSON(ctx, tx, `select memory from repos where repo_id = ?`+db.forUpdate,
			`update repos set memory = ? where repo_id = ?`, change, repoID)
	})
}

// Owner is what is remembered of an owner; the zero value if nothing is.
func (db *DB) Owner(ctx context.Context, ownerID int64) (store.OwnerMemory, error) {
	var (
		text   string
		memory store.OwnerMemory
	)
	err := db.engine.QueryRow(ctx, `select memory from owners where owner_id = ?`, ownerID).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return memory, nil
	}
	if err != nil {
		return memory, fmt.Errorf("read owner %d: %w", ownerID, err)
	}
	err = unmarshal(text, "owner memory", &memory)
	return memory, err
}

// UpdateOwner changes what is remembered of an owner, as UpdateRepo does.
func (db *DB) UpdateOwner(ctx context.Context, ownerID int64, change func(*store.OwnerMemory)) error {
	return db.write(ctx, fmt.Sprintf("update owner %d", ownerID), func(tx store.Tx) error {
		if _, err := tx.Exec(ctx, `insert into owners (owner_id) values (?) on conflict do nothing`, ownerID); err != nil {
			return err
		}
		return updateJSON(ctx, tx, `select memory from owners where owner_id = ?`+db.forUpdate,
			`update owners set memory = ? where owner_id = ?`, change, ownerID)
	})
}

// updateJSON reads a JSON column, lets change alter it and writes it back. read
// locks the row, so nothing comes between.
func updateJSON[T any](ctx context.Context, tx store.Tx, read, write string, change func(*T), key ...any) error {
	var (
		text  string
		value T
	)
	if err := tx.QueryRow(ctx, read, key...).Scan(&text); err != nil {
		if errors.Is(err, sql.ErrNoRows) {
			return store.ErrNotFound
		}
		return err
	}
	if err := unmarshal(text, "memory", &value); err != nil {
		return err
	}
	change(&value)
	changed, err := marshal(value)
	if err != nil {
		return err
	}
	if changed == text {
		return nil
	}
	_, err = tx.Exec(ctx, write, append([]any{changed}, key...)...)
	return err
}
