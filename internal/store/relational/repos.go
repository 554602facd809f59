package relational

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/slagate/slagate/internal/store"
)

// applyRepos keeps what is said of repositories: new names, new owners, gone or back.
func applyRepos(ctx context.Context, tx store.Tx, hints []store.RepoHint) error {
	for _, h := range hints {
		if err := applyRepo(ctx, tx, h); err != nil {
			return fmt.Errorf("keep repository %s/%s (%d): %w", h.Owner, h.Repo, h.RepoID, err)
		}
	}
	return nil
}

func applyRepo(ctx context.Context, tx store.Tx, h store.RepoHint) error {
	var err error
	switch {
	case h.Gone && h.RepoID == 0:
		_, err = tx.Exec(ctx, `update repos set gone = 1 where installation = ?`, h.Installation)
	case h.Gone:
		_, err = tx.Exec(ctx, `update repos set gone = 1 where repo_id = ?`, h.RepoID)
	default:
		err = nameRepo(ctx, tx, h)
	}
	return err
}

// nameRepo keeps who and where a repository is. Mostly that is known, and then
// nothing is written: the row would be locked for all deliveries of its repository.
func nameRepo(ctx context.Context, tx store.Tx, h store.RepoHint) error {
	var known bool
	err := tx.QueryRow(ctx, `select exists (select 1 from repos where repo_id = ? and gone = 0
			and installation = ? and owner_id = ? and owner = ? and name = ?)`,
		h.RepoID, h.Installation, h.OwnerID, h.Owner, h.Repo).Scan(&known)
	if err != nil || known {
		return err
	}
	_, err = tx.Exec(ctx, `
		insert into repos (repo_id, installation, owner_id, owner, name) values (?, ?, ?, ?, ?)
		on conflict (repo_id) do update set
			installation = case when excluded.installation <> 0 then excluded.installation else repos.installation end,
			owner_id = case when excluded.owner_id <> 0 then excluded.owner_id else repos.owner_id end,
			owner = case when excluded.owner <> '' then excluded.owner else repos.owner end,
			name = case when excluded.name <> '' then excluded.name else repos.name end, gone = 0`,
		h.RepoID, h.Installation, h.OwnerID, h.Owner, h.Repo)
	return err
}

// ensureRepo has the repository of a pull request known. A fresh payload also
// brings its present names: a lost rename heals with the next event.
func ensureRepo(ctx context.Context, tx store.Tx, h store.PullHint, hintOnly bool) error {
	if !hintOnly && h.Ref.Installation != 0 && h.Ref.Owner != "" && h.Ref.Repo != "" {
		return applyRepos(ctx, tx, []store.RepoHint{{
			Installation: h.Ref.Installation, RepoID: h.Ref.RepoID, OwnerID: h.OwnerID, Owner: h.Ref.Owner, Repo: h.Ref.Repo,
		}})
	}
	var known bool
	err := tx.QueryRow(ctx, `select exists (select 1 from repos where repo_id = ?)`, h.Ref.RepoID).Scan(&known)
	if err != nil {
		return fmt.Errorf("look up repository of %s: %w", h.Ref, err)
	}
	if known {
		return nil
	}
	if h.Ref.Installation == 0 || h.Ref.Owner == "" || h.Ref.Repo == "" {
		return fmt.Errorf("repository %d of %s: %w", h.Ref.RepoID, h.Ref, store.ErrNotFound)
	}
	return ensureRepo(ctx, tx, h, false)
}

// keepRepos keeps what a delivery says of repositories, in the order of their ids and before any
// row of a pull request is locked: repositories come first everywhere. known: the
// delivery tells nothing new.
func keepRepos(ctx context.Context, tx store.Tx, d store.Delivery, known bool) error {
	type step struct {
		id   int64
		keep func() error
	}
	var steps []step
	if !known {
		for _, h := range d.Repos {
			steps = append(steps, step{h.RepoID, func() error { return applyRepos(ctx, tx, []store.RepoHint{h}) }})
		}
	}
	for _, h := range d.Pulls {
		steps = append(steps, step{h.Ref.RepoID, func() error { return ensureRepo(ctx, tx, h, known) }})
	}
	for _, g := range d.MergeGroups {
		steps = append(steps, step{g.Ref.RepoID, func() error { return ensureRepo(ctx, tx, store.PullHint{Ref: g.Ref}, false) }})
	}
	slices.SortStableFunc(steps, func(a, b step) int { return cmp.Compare(a.id, b.id) })
	for _, s := range steps {
		if err := s.keep(); err != nil {
			return err
		}
	}
	return nil
}

func byRepo(a, b store.RepoHint) int { return cmp.Compare(a.RepoID, b.RepoID) }

// SaveRepos keeps what GitHub said of repositories when it listed them.
func (db *DB) SaveRepos(ctx context.Context, hints []store.RepoHint) error {
	hints = inOrder(hints, byRepo)
	return db.write(ctx, "save repositories", func(tx store.Tx) error { return applyRepos(ctx, tx, hints) })
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
