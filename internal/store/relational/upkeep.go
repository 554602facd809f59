package relational

import (
	"context"
	"database/sql"
	"errors"
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
	return db.writeJobs(ctx, "queue pull requests", func(tx store.Tx) error {
		var urgent []store.PullHint
		var calm []pull.Ref
		unsigned := []*letter{{Delivery: store.Delivery{Pulls: hints}}}
		arrivals := arrivalsOf(unsigned)
		statements := keepRepos(unsigned, arrivals)
		for _, a := range arrivals {
			statements = append(statements, db.arrive(a))
			if a.hint.TakesAway || a.hint.First {
				urgent = append(urgent, a.hint)
			} else {
				calm = append(calm, a.hint.Ref)
			}
		}
		waits := crowds{}
		if err := tx.Send(ctx, append(statements, waits.count(urgent)...)); err != nil {
			return err
		}
		if err := db.queueUrgent(ctx, tx, urgent, waits); err != nil || len(calm) == 0 {
			return err
		}
		return db.queue.Evaluations(ctx, tx, calm, store.Soon)
	})
}

// EnqueueLooks has wider looks carried out.
func (db *DB) EnqueueLooks(ctx context.Context, looks []store.Look) error {
	if len(looks) == 0 {
		return nil
	}
	return db.writeJobs(ctx, "queue looks", func(tx store.Tx) error { return db.queue.Looks(ctx, tx, looks) })
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
// the transaction that inserts, and locks the rows as all do that insert such jobs: an
// evaluation that ends in between is not doubled.
func (db *DB) enqueueWaiting(ctx context.Context, after pull.Ref) (refs []pull.Ref, err error) {
	err = db.writeJobs(ctx, "queue waiting pull requests", func(tx store.Tx) error {
		rows, err := tx.Query(ctx, `select p.repo_id, p.number from pulls p join repos r using (repo_id)
			where p.gen > p.done and r.gone = 0 and (p.repo_id, p.number) > (?, ?) order by p.repo_id, p.number limit ?`+db.lockingPulls(),
			after.RepoID, after.Number, batch)
		if err != nil {
			return err
		}
		refs, err = scanAll(rows, func(r store.Rows) (ref pull.Ref, err error) {
			err = r.Scan(&ref.RepoID, &ref.Number)
			return ref, err
		})
		if err != nil || len(refs) == 0 {
			return err
		}
		return db.queue.Evaluations(ctx, tx, refs, store.Sometime)
	})
	return refs, err
}

// lockingPulls is forUpdate where repositories are read as well.
func (db *DB) lockingPulls() string {
	if db.forUpdate == "" {
		return ""
	}
	return db.forUpdate + " of p"
}

// OldestUnevaluated is since when the pull request that waits longest has been waiting
// for an evaluation; ok is false if none waits.
func (db *DB) OldestUnevaluated(ctx context.Context) (since time.Time, ok bool, err error) {
	var n sql.NullInt64
	err = db.engine.QueryRow(ctx, `select min(p.waiting_since) from pulls p join repos r using (repo_id)
		where p.waiting_since > 0 and r.gone = 0`).Scan(&n)
	if err != nil {
		return time.Time{}, false, fmt.Errorf("read oldest waiting pull request: %w", err)
	}
	return fromMicros(n.Int64), n.Valid, nil
}

// Prune deletes what need not be kept any more, in small steps, and returns
// the number of deleted rows.
func (db *DB) Prune(ctx context.Context, keep store.Keep) (deleted int64, err error) {
	const settled = `p.open = 0 and p.debt = 0 and p.gen = p.done and p.arrived_at < ?1`
	for _, step := range []struct {
		before    time.Time
		statement string
	}{
		{keep.Deliveries, `delete from deliveries where guid in (select guid from deliveries where received < ?1 limit ?2)`},
		{keep.Redeliveries, `delete from redeliveries where guid in (select guid from redeliveries where asked < ?1 limit ?2)`},
		{keep.Deliveries, `delete from merge_groups where (repo_id, head) in (select repo_id, head from merge_groups where seen < ?1 limit ?2)`},
		{keep.Closed, `delete from evidence where seq in (select e.seq from evidence e join pulls p using (repo_id, number)
			where ` + settled + ` and e.received < ?1 limit ?2)`},
		{keep.Closed, `delete from snapshots where (repo_id, number) in (select s.repo_id, s.number from snapshots s
			join pulls p using (repo_id, number) where ` + settled + ` limit ?2)`},
	} {
		for n := int64(batch); n == batch; deleted += n {
			if n, err = db.pruneStep(ctx, step.statement, step.before); err != nil {
				return deleted, err
			}
		}
	}
	return deleted, nil
}

func (db *DB) pruneStep(ctx context.Context, statement string, before time.Time) (n int64, err error) {
	err = db.write(ctx, "prune", func(tx store.Tx) error {
		n, err = tx.Exec(ctx, statement, micros(before), batch)
		return err
	})
	return n, err
}

// QueueDepth counts the unfinished jobs by kind and state. Those of state "stuck" run
// since before that time.
func (db *DB) QueueDepth(ctx context.Context, stuckBefore time.Time) ([]store.Depth, error) {
	rows, err := db.engine.Query(ctx, `select kind, case when state = 'running' and `+db.attemptedAt+` < ? then 'stuck' else cast(state as text) end as place,
			count(*) from river_job
		where state in ('available', 'pending', 'retryable', 'running', 'scheduled') group by kind, place order by kind, place`,
		micros(stuckBefore))
	if err != nil {
		return nil, fmt.Errorf("count jobs: %w", err)
	}
	list, err := scanAll(rows, func(r store.Rows) (d store.Depth, err error) {
		err = r.Scan(&d.Kind, &d.State, &d.Jobs)
		return d, err
	})
	if err != nil {
		return nil, fmt.Errorf("count jobs: %w", err)
	}
	return list, nil
}

// AskedAgain are those of the deliveries that were asked for again before.
func (db *DB) AskedAgain(ctx context.Context, guids []string) (asked []string, err error) {
	for _, guid := range guids {
		var known bool
		err := db.engine.QueryRow(ctx, `select exists (select 1 from redeliveries where guid = ?)`, guid).Scan(&known)
		if err != nil {
			return nil, fmt.Errorf("look up redelivery %s: %w", guid, err)
		}
		if known {
			asked = append(asked, guid)
		}
	}
	return asked, nil
}

// NoteAsked notes that a delivery was asked for again.
func (db *DB) NoteAsked(ctx context.Context, guid string) error {
	return db.write(ctx, "note redelivery", func(tx store.Tx) error {
		_, err := tx.Exec(ctx, `insert into redeliveries (guid, asked) values (?, ?) on conflict (guid) do nothing`, guid, micros(db.now()))
		return err
	})
}

// Mark is a time that was noted under a name; zero if none was.
func (db *DB) Mark(ctx context.Context, name string) (time.Time, error) {
	var at int64
	err := db.engine.QueryRow(ctx, `select at from marks where name = ?`, name).Scan(&at)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, fmt.Errorf("read mark %s: %w", name, err)
	}
	return fromMicros(at), nil
}

// SetMark notes a time under a name.
func (db *DB) SetMark(ctx context.Context, name string, at time.Time) error {
	return db.write(ctx, "note "+name, func(tx store.Tx) error {
		_, err := tx.Exec(ctx, `insert into marks (name, at) values (?, ?) on conflict (name) do update set at = excluded.at`, name, micros(at))
		return err
	})
}
