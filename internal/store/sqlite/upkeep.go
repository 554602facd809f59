package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/store"
)

// batch bounds the rows that one transaction of upkeep touches, so that
// deliveries never wait long for the writing connection.
const batch = 200

// Enqueue has pull requests looked at by evaluations that begin after now, for
// sweeps and wider looks. What the hints say of them is kept as with a delivery. Only
// those that take something away overtake others in the queue; why is for the log.
func (db *DB) Enqueue(ctx context.Context, hints []store.PullHint, why string) error {
	for chunk := range slices.Chunk(hints, batch) {
		if err := db.enqueue(ctx, chunk); err != nil {
			return fmt.Errorf("enqueue for %s: %w", why, err)
		}
	}
	if len(hints) > 0 {
		db.log.Debug().Str("why", why).Int("pulls", len(hints)).Msg("pull requests queued")
	}
	return nil
}

func (db *DB) enqueue(ctx context.Context, hints []store.PullHint) error {
	var urgent, calm []pull.Ref
	err := db.write(ctx, "queue pull requests", func(tx *sql.Tx) error {
		for _, h := range hints {
			if err := db.arrive(ctx, tx, h, false); err != nil {
				return err
			}
			if h.TakesAway || h.First {
				urgent = append(urgent, h.Ref)
			} else {
				calm = append(calm, h.Ref)
			}
		}
		return db.queueBoth(ctx, tx, urgent, calm)
	})
	if err == nil {
		db.queue.Committed()
	}
	return err
}

func (db *DB) queueBoth(ctx context.Context, tx *sql.Tx, urgent, calm []pull.Ref) error {
	if len(urgent) > 0 {
		if err := db.queue.Evaluations(ctx, tx, urgent, store.AtOnce); err != nil {
			return err
		}
	}
	if len(calm) > 0 {
		return db.queue.Evaluations(ctx, tx, calm, store.Soon)
	}
	return nil
}

// EnqueueLooks has wider looks carried out.
func (db *DB) EnqueueLooks(ctx context.Context, looks []store.Look) error {
	if len(looks) == 0 {
		return nil
	}
	err := db.write(ctx, "queue looks", func(tx *sql.Tx) error { return db.queue.Looks(ctx, tx, looks) })
	if err == nil {
		db.queue.Committed()
	}
	return err
}

// EnqueueWaiting gives a job to every pull request that something arrived for and
// that was not evaluated since. Each has one already, unless a
// job was deleted by hand or used up its attempts; so this is the net below.
func (db *DB) EnqueueWaiting(ctx context.Context) error {
	var last pull.Ref
	for {
		refs, err := db.enqueueWaiting(ctx, last)
		if err != nil {
			return err
		}
		if len(refs) < batch {
			return nil
		}
		last = refs[len(refs)-1]
	}
}

// enqueueWaiting does so for the next batch after one pull request. It reads in
// the transaction that inserts: an evaluation that ends in between is not doubled.
func (db *DB) enqueueWaiting(ctx context.Context, after pull.Ref) (refs []pull.Ref, err error) {
	err = db.write(ctx, "queue waiting pull requests", func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `select p.repo_id, p.number from pulls p join repos r using (repo_id)
			where p.gen > p.done and r.gone = 0 and (p.repo_id, p.number) > (?, ?) order by p.repo_id, p.number limit ?`,
			after.RepoID, after.Number, batch)
		if err != nil {
			return err
		}
		refs, err = scanAll(rows, func(r *sql.Rows) (ref pull.Ref, err error) {
			err = r.Scan(&ref.RepoID, &ref.Number)
			return ref, err
		})
		if err != nil || len(refs) == 0 {
			return err
		}
		return db.queue.Evaluations(ctx, tx, refs, store.Sometime)
	})
	if err == nil && len(refs) > 0 {
		db.queue.Committed()
	}
	return refs, err
}

// Ready writes to the file and returns the error if that cannot be done.
func (db *DB) Ready(ctx context.Context) error {
	return db.write(ctx, "check readiness", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `insert into pulse (id, at) values (1, ?) on conflict (id) do update set at = excluded.at`,
			micros(db.now()))
		return err
	})
}

// OldestUnevaluated is since when the pull request that waits longest has been waiting
// for an evaluation; ok is false if none waits.
func (db *DB) OldestUnevaluated(ctx context.Context) (since time.Time, ok bool, err error) {
	var n sql.NullInt64
	err = db.reader.QueryRowContext(ctx, `select min(p.waiting_since) from pulls p join repos r using (repo_id)
		where p.waiting_since > 0 and r.gone = 0`).Scan(&n)
	if err != nil {
		return time.Time{}, false, fmt.Errorf("read oldest waiting pull request: %w", err)
	}
	return fromMicros(n.Int64), n.Valid, nil
}

// Prune deletes, in small steps, deliveries received before that time, evidence of pull requests
// that are closed and were last heard of before it, and merge groups last heard of before it. It
// returns the number of deleted rows.
func (db *DB) Prune(ctx context.Context, before time.Time) (deleted int64, err error) {
	for _, statement := range []string{
		`delete from deliveries where guid in (select guid from deliveries where received < ?1 limit ?2)`,
		`delete from evidence where seq in (select e.seq from evidence e join pulls p using (repo_id, number)
			where p.open = 0 and p.arrived_at < ?1 and p.gen = p.done and e.received < ?1 limit ?2)`,
		`delete from merge_groups where rowid in (select rowid from merge_groups where seen < ?1 limit ?2)`,
	} {
		for {
			n, err := db.pruneStep(ctx, statement, before)
			deleted += n
			if err != nil {
				return deleted, err
			}
			if n < batch {
				break
			}
		}
	}
	return deleted, nil
}

func (db *DB) pruneStep(ctx context.Context, statement string, before time.Time) (n int64, err error) {
	err = db.write(ctx, "prune", func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, statement, micros(before), batch)
		if err != nil {
			return err
		}
		n, err = res.RowsAffected()
		return err
	})
	return n, err
}
