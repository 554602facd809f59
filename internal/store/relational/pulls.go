package relational

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/store"
)

// pullColumns leaves memory and evidence out: they are read for one pull request at a time.
const pullColumns = `select r.installation, r.owner_id, r.owner, r.name, p.repo_id, p.number, p.head, p.base_branch, p.open = 1,
	p.updated_at, p.gen, p.done, p.takes_gen > p.done, p.first_gen > p.done, p.failing_since, p.outcome, p.turn, p.debt = 1,
	p.shown, p.settled, p.settled_until`

func scanPull(row store.Row, more ...any) (store.PullRow, error) {
	var (
		p                         store.PullRow
		updated, failing, settled int64
		outcome                   string
	)
	err := row.Scan(append([]any{
		&p.Ref.Installation, &p.OwnerID, &p.Ref.Owner, &p.Ref.Repo, &p.Ref.RepoID, &p.Ref.Number, &p.Head, &p.BaseBranch, &p.Open,
		&updated, &p.Gen, &p.Done, &p.TakesAway, &p.First, &failing, &outcome, &p.Turn, &p.Debt, &p.Shown, &p.Settled, &settled,
	}, more...)...)
	if err != nil {
		return store.PullRow{}, err
	}
	p.UpdatedAt, p.FailingSince, p.SettledUntil = fromMicros(updated), fromMicros(failing), fromMicros(settled)
	err = unmarshal(outcome, "outcome", &p.Outcome)
	return p, err
}

// Pull is all that is kept of one pull request, its evidence in order of
// arrival; found is false if nothing is known of it.
func (db *DB) Pull(ctx context.Context, repoID int64, number int) (row store.PullRow, found bool, err error) {
	// One state, so that generation, memory and evidence belong together.
	err = db.engine.Read(ctx, func(q store.Querier) error {
		row, err = readPull(ctx, q, repoID, number)
		return err
	})
	if errors.Is(err, sql.ErrNoRows) {
		return store.PullRow{}, false, nil
	}
	if err != nil {
		return store.PullRow{}, false, fmt.Errorf("read pull request %d#%d: %w", repoID, number, err)
	}
	return row, true, nil
}

func readPull(ctx context.Context, q store.Querier, repoID int64, number int) (store.PullRow, error) {
	var memory string
	row, err := scanPull(q.QueryRow(ctx,
		pullColumns+`, p.memory from pulls p join repos r using (repo_id) where p.repo_id = ? and p.number = ?`, repoID, number), &memory)
	if err != nil {
		return row, err
	}
	if err := unmarshal(memory, "memory", &row.Memory); err != nil {
		return row, err
	}
	rows, err := q.Query(ctx, `select seq, body from evidence where repo_id = ? and number = ? order by seq`, repoID, number)
	if err != nil {
		return row, err
	}
	row.Evidence, err = scanAll(rows, func(r store.Rows) (e pull.Evidence, err error) {
		var (
			seq  int64
			body string
		)
		if err := r.Scan(&seq, &body); err != nil {
			return e, err
		}
		err = unmarshal(body, "evidence", &e)
		e.Seq = seq
		return e, err
	})
	return row, err
}

// SavePull keeps what an evaluation leaves behind. fresh is false if something
// arrived after it had begun; everything is saved nevertheless. It saves nothing and
// returns [store.ErrStale] if a later evaluation has saved already, and
// [store.ErrOvertaken] if another one has begun.
func (db *DB) SavePull(ctx context.Context, s store.Saved) (fresh bool, err error) {
	memory, err := marshal(s.Memory)
	if err != nil {
		return false, fmt.Errorf("write memory of %s: %w", s.Ref, err)
	}
	outcome, err := marshal(s.Outcome)
	if err != nil {
		return false, fmt.Errorf("write outcome of %s: %w", s.Ref, err)
	}
	packed, err := db.pack(s)
	if err != nil {
		return false, fmt.Errorf("write snapshot of %s: %w", s.Ref, err)
	}
	err = db.write(ctx, "save "+s.Ref.String(), func(tx store.Tx) error {
		var gen, done, updated, turn int64
		err := tx.QueryRow(ctx, `select gen, done, updated_at, turn from pulls where repo_id = ? and number = ?`+db.forUpdate,
			s.Ref.RepoID, s.Ref.Number).Scan(&gen, &done, &updated, &turn)
		if errors.Is(err, sql.ErrNoRows) {
			return store.ErrNotFound
		}
		if err != nil {
			return err
		}
		if s.Turn != 0 && s.Turn != turn {
			return store.ErrOvertaken
		}
		if done > s.Gen {
			return store.ErrStale
		}
		fresh = gen == s.Gen
		_, err = tx.Exec(ctx, `update pulls set memory = ?, outcome = ?, debt = ?, settled = ?, settled_until = ?
			where repo_id = ? and number = ?`,
			memory, outcome, bit(s.Debt), s.Settled, micros(s.SettledUntil), s.Ref.RepoID, s.Ref.Number)
		if err != nil {
			return err
		}
		if s.UpdatedAt.IsZero() || micros(s.UpdatedAt) >= updated {
			if err := saveFacts(ctx, tx, s); err != nil {
				return err
			}
		}
		if err := saveSnapshot(ctx, tx, s.Ref, packed); err != nil {
			return err
		}
		return settle(ctx, tx, s.Ref, s.Gen, false)
	})
	return fresh && err == nil, err
}

// saveFacts keeps what was read of the pull request itself, unless a payload told newer things.
func saveFacts(ctx context.Context, tx store.Tx, s store.Saved) error {
	_, err := tx.Exec(ctx, `update pulls set
			head = case when ?1 <> '' then ?1 else head end, base_branch = case when ?2 <> '' then ?2 else base_branch end,
			open = ?3, updated_at = case when updated_at > ?4 then updated_at else ?4 end
		where repo_id = ?5 and number = ?6`,
		s.Head, s.Base, bit(s.Open), micros(s.UpdatedAt), s.Ref.RepoID, s.Ref.Number)
	return err
}

// packed is what is kept of an evaluation to be read again, compressed.
type packed struct{ snapshot, decision []byte }

// pack compresses before the transaction, so that others can write meanwhile.
func (db *DB) pack(s store.Saved) (p packed, err error) {
	if s.Snapshot == nil && s.Decision == nil {
		return packed{}, nil
	}
	if p.snapshot, err = db.zip.compress(s.Snapshot); err != nil {
		return packed{}, err
	}
	p.decision, err = db.zip.compress(s.Decision)
	return p, err
}

func saveSnapshot(ctx context.Context, tx store.Tx, ref pull.Ref, p packed) error {
	if p.snapshot == nil {
		return nil
	}
	_, err := tx.Exec(ctx, `insert into snapshots (repo_id, number, snapshot, decision) values (?, ?, ?, ?)
		on conflict (repo_id, number) do update set snapshot = excluded.snapshot, decision = excluded.decision`,
		ref.RepoID, ref.Number, p.snapshot, p.decision)
	return err
}

// Snapshot is the last snapshot of a pull request and the decision it led to, as
// they were saved. It returns [store.ErrNotFound] if there is none.
func (db *DB) Snapshot(ctx context.Context, repoID int64, number int) (snapshot, decision []byte, err error) {
	fail := func(err error) ([]byte, []byte, error) {
		return nil, nil, fmt.Errorf("read snapshot of %d#%d: %w", repoID, number, err)
	}
	err = db.engine.QueryRow(ctx, `select snapshot, decision from snapshots where repo_id = ? and number = ?`,
		repoID, number).Scan(&snapshot, &decision)
	if errors.Is(err, sql.ErrNoRows) {
		return fail(store.ErrNotFound)
	}
	if err != nil {
		return fail(err)
	}
	if snapshot, err = expand(snapshot); err != nil {
		return fail(err)
	}
	if decision, err = expand(decision); err != nil {
		return fail(err)
	}
	return snapshot, decision, nil
}

// SetFailing notes since when evaluations fail; zero: they do not.
func (db *DB) SetFailing(ctx context.Context, ref pull.Ref, since time.Time) error {
	return db.write(ctx, "note failures of "+ref.String(), func(tx store.Tx) error {
		_, err := tx.Exec(ctx, `update pulls set failing_since = ?1 where repo_id = ?2 and number = ?3 and failing_since <> ?1`,
			micros(since), ref.RepoID, ref.Number)
		return err
	})
}

// UpdateMemory changes the memory of one pull request, for what actions brought
// about. change runs alone and must not call the store.
func (db *DB) UpdateMemory(ctx context.Context, ref pull.Ref, change func(*pull.Memory)) error {
	return db.write(ctx, "update memory of "+ref.String(), func(tx store.Tx) error {
		return updateJSON(ctx, tx, `select memory from pulls where repo_id = ? and number = ?`+db.forUpdate,
			`update pulls set memory = ? where repo_id = ? and number = ?`, change, ref.RepoID, ref.Number)
	})
}

// PullsWithHead are the open pull requests with that head, by number, without memory and evidence.
func (db *DB) PullsWithHead(ctx context.Context, repoID int64, head string) ([]store.PullRow, error) {
	return db.pulls(ctx, `where p.repo_id = ? and p.head = ? and p.open = 1 order by p.number`, repoID, head)
}

// OpenPulls are the repository's open pull requests, by number, without memory and evidence.
func (db *DB) OpenPulls(ctx context.Context, repoID int64) ([]store.PullRow, error) {
	return db.pulls(ctx, `where p.repo_id = ? and p.open = 1 order by p.number`, repoID)
}

// Debts are the repository's pull requests that were merged without sign-offs
// which are still asked for, by number, without memory and evidence.
func (db *DB) Debts(ctx context.Context, repoID int64) ([]store.PullRow, error) {
	return db.pulls(ctx, `where p.repo_id = ? and p.debt = 1 order by p.number`, repoID)
}

// OpenPullsOfOwner are the open pull requests in all repositories of the owner that are not gone.
func (db *DB) OpenPullsOfOwner(ctx context.Context, ownerID int64) ([]store.PullHint, error) {
	rows, err := db.pulls(ctx, `where r.owner_id = ? and r.gone = 0 and p.open = 1 order by p.repo_id, p.number`, ownerID)
	if err != nil {
		return nil, err
	}
	hints := make([]store.PullHint, len(rows))
	for i, p := range rows {
		hints[i] = store.PullHint{Ref: p.Ref, OwnerID: p.OwnerID, Head: p.Head, BaseBranch: p.BaseBranch, UpdatedAt: p.UpdatedAt}
	}
	return hints, nil
}

func (db *DB) pulls(ctx context.Context, where string, args ...any) ([]store.PullRow, error) {
	rows, err := db.engine.Query(ctx, pullColumns+` from pulls p join repos r using (repo_id) `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read pull requests %v: %w", args, err)
	}
	list, err := scanAll(rows, func(r store.Rows) (store.PullRow, error) { return scanPull(r) })
	if err != nil {
		return nil, fmt.Errorf("read pull requests %v: %w", args, err)
	}
	return list, nil
}
