package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/store"
)

// Accept keeps a delivery with all that follows from it, in one transaction.
// When it returns without an error everything is on disk.
//
// fresh is false for a GUID that was kept before. Such a redelivery, and a body that
// was kept under another GUID (only the body is signed, so it can be replayed),
// tells nothing new: it only has the pull requests looked at again, which is harmless.
func (db *DB) Accept(ctx context.Context, d store.Delivery) (fresh bool, err error) {
	err = db.writeThrough(ctx, "accept delivery "+d.GUID, func(tx *sql.Tx) error {
		var known bool
		if fresh, known, err = keepDelivery(ctx, tx, d); err != nil {
			return err
		}
		if !known {
			if err := applyRepos(ctx, tx, d.Repos); err != nil {
				return err
			}
		}
		for _, h := range d.Pulls {
			if err := db.arrive(ctx, tx, h, known); err != nil {
				return err
			}
		}
		if !known {
			if err := keepEvidence(ctx, tx, d); err != nil {
				return err
			}
		}
		for _, g := range d.MergeGroups {
			if err := db.groupArrives(ctx, tx, g); err != nil {
				return err
			}
		}
		return db.follow(ctx, tx, d)
	})
	if err != nil {
		return false, err
	}
	db.queue.Committed()
	return fresh, nil
}

// keepDelivery stores the delivery itself. known: its GUID or its body was there before.
func keepDelivery(ctx context.Context, tx *sql.Tx, d store.Delivery) (fresh, known bool, err error) {
	var replay bool
	if d.BodyHash != "" {
		err := tx.QueryRowContext(ctx, `select exists (select 1 from deliveries where body_hash = ? and guid <> ?)`,
			d.BodyHash, d.GUID).Scan(&replay)
		if err != nil {
			return false, false, err
		}
	}
	res, err := tx.ExecContext(ctx, `insert into deliveries (guid, event, action, body_hash, installation, received)
		values (?, ?, ?, ?, ?, ?) on conflict (guid) do nothing`,
		d.GUID, d.Event, d.Action, d.BodyHash, d.Installation, micros(d.Received))
	if err != nil {
		return false, false, err
	}
	n, err := res.RowsAffected()
	if err != nil {
		return false, false, err
	}
	fresh = n == 1
	return fresh, replay || !fresh, nil
}

// arrive notes that something arrived for a pull request. hintOnly: what the
// payload says of the pull request itself is old and not believed.
func (db *DB) arrive(ctx context.Context, tx *sql.Tx, h store.PullHint, hintOnly bool) error {
	if err := ensureRepo(ctx, tx, h, hintOnly); err != nil {
		return err
	}
	if hintOnly {
		h = store.PullHint{Ref: h.Ref, TakesAway: h.TakesAway, First: h.First}
	}
	now := micros(db.now())
	// A payload that is older than what is known changes no fact: deliveries come in any order.
	_, err := tx.ExecContext(ctx, `
		insert into pulls (repo_id, number, head, base_branch, open, updated_at, gen, takes_gen, first_gen, waiting_since, arrived_at)
		values (@repo, @number, @head, @base, @open, @updated, 1, @takes, @first, @now, @now)
		on conflict (repo_id, number) do update set
			gen = gen + 1,
			takes_gen = iif(@takes, gen + 1, takes_gen),
			first_gen = iif(@first, gen + 1, first_gen),
			waiting_since = iif(waiting_since = 0, @now, waiting_since),
			arrived_at = @now,
			head = iif(@updated >= max(updated_at, 1) and @head <> '', @head, head),
			base_branch = iif(@updated >= max(updated_at, 1) and @base <> '', @base, base_branch),
			open = iif(@updated >= max(updated_at, 1), @open, open),
			updated_at = max(updated_at, @updated)`,
		sql.Named("repo", h.Ref.RepoID), sql.Named("number", h.Ref.Number), sql.Named("head", h.Head),
		sql.Named("base", h.BaseBranch), sql.Named("open", bit(!h.Closed)), sql.Named("updated", micros(h.UpdatedAt)),
		sql.Named("takes", bit(h.TakesAway)), sql.Named("first", bit(h.First)), sql.Named("now", now))
	if err != nil {
		return fmt.Errorf("note arrival for %s: %w", h.Ref, err)
	}
	return nil
}

// bit is how SQLite keeps a bool.
func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func keepEvidence(ctx context.Context, tx *sql.Tx, d store.Delivery) error {
	if len(d.Evidence) == 0 {
		return nil
	}
	if len(d.Pulls) == 0 {
		return fmt.Errorf("evidence for no pull request: %d pieces", len(d.Evidence))
	}
	ref := d.Pulls[0].Ref
	for _, e := range d.Evidence {
		e.Seq, e.Delivery = 0, d.GUID
		body, err := marshal(e)
		if err != nil {
			return fmt.Errorf("write evidence for %s: %w", ref, err)
		}
		if _, err := tx.ExecContext(ctx, `insert into evidence (repo_id, number, received, body) values (?, ?, ?, ?)`,
			ref.RepoID, ref.Number, micros(d.Received), body); err != nil {
			return fmt.Errorf("keep evidence for %s: %w", ref, err)
		}
	}
	return nil
}

// follow puts the jobs of a delivery into the transaction.
func (db *DB) follow(ctx context.Context, tx *sql.Tx, d store.Delivery) error {
	if len(d.Pulls) > 0 {
		refs := make([]pull.Ref, len(d.Pulls))
		for i, h := range d.Pulls {
			refs[i] = h.Ref
		}
		if err := db.queue.Evaluations(ctx, tx, refs, store.AtOnce); err != nil {
			return fmt.Errorf("queue evaluations: %w", err)
		}
	}
	if len(d.Looks) > 0 {
		if err := db.queue.Looks(ctx, tx, d.Looks); err != nil {
			return fmt.Errorf("queue looks: %w", err)
		}
	}
	if len(d.MergeGroups) > 0 {
		if err := db.queue.Groups(ctx, tx, d.MergeGroups); err != nil {
			return fmt.Errorf("queue merge groups: %w", err)
		}
	}
	return nil
}
