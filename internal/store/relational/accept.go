package relational

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

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
	l := &letter{Delivery: d}
	err = errAlone
	if l.shareable() {
		err = db.share(ctx, l)
	}
	if errors.Is(err, errAlone) {
		err = db.keepAlone(ctx, l)
	}
	if err != nil {
		return false, fmt.Errorf("accept delivery %s: %w", d.GUID, err)
	}
	db.queue.Committed()
	return l.fresh, nil
}

// keepAlone keeps a delivery in a transaction of its own.
func (db *DB) keepAlone(ctx context.Context, l *letter) error {
	d := l.Delivery
	d.Pulls, d.MergeGroups = inOrder(d.Pulls, byRef), inOrder(d.MergeGroups, byHead)
	return db.engine.Write(ctx, true, func(tx store.Tx) (err error) {
		if l.fresh, l.known, err = keepDelivery(ctx, tx, l.Delivery); err != nil {
			return err
		}
		if err := keepRepos(ctx, tx, d, l.known); err != nil {
			return err
		}
		for _, h := range d.Pulls {
			if err := db.arrive(ctx, tx, h, d.GUID, l.known); err != nil {
				return err
			}
		}
		if !l.known {
			if err := keepEvidence(ctx, tx, l.Delivery); err != nil {
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
}

// inOrder is a sorted copy: rows are locked in one order everywhere.
func inOrder[T any](list []T, by func(a, b T) int) []T {
	if len(list) < 2 {
		return list
	}
	list = slices.Clone(list)
	slices.SortStableFunc(list, by)
	return list
}

func byRef(a, b store.PullHint) int {
	return cmp.Or(cmp.Compare(a.Ref.RepoID, b.Ref.RepoID), cmp.Compare(a.Ref.Number, b.Ref.Number))
}

func byHead(a, b store.MergeGroup) int {
	return cmp.Or(cmp.Compare(a.Ref.RepoID, b.Ref.RepoID), cmp.Compare(a.Head, b.Head))
}

// keepDelivery stores the delivery itself. known: its GUID or its body was there before.
func keepDelivery(ctx context.Context, tx store.Tx, d store.Delivery) (fresh, known bool, err error) {
	var replay bool
	if d.BodyHash != "" {
		err := tx.QueryRow(ctx, `select exists (select 1 from deliveries where body_hash = ? and guid <> ?)`,
			d.BodyHash, d.GUID).Scan(&replay)
		if err != nil {
			return false, false, err
		}
	}
	n, err := tx.Exec(ctx, `insert into deliveries (guid, event, action, body_hash, installation, received)
		values (?, ?, ?, ?, ?, ?) on conflict (guid) do nothing`,
		d.GUID, d.Event, d.Action, d.BodyHash, d.Installation, micros(d.Received))
	if err != nil {
		return false, false, err
	}
	fresh = n == 1
	return fresh, replay || !fresh, nil
}

// arrive notes that something arrived for a pull request, with the delivery of that GUID or
// ("") without one. hintOnly: what the payload says of the pull request itself is old
// and not believed. Its repository has to be known.
func (db *DB) arrive(ctx context.Context, tx store.Tx, h store.PullHint, guid string, hintOnly bool) error {
	if hintOnly {
		h = store.PullHint{Ref: h.Ref, TakesAway: h.TakesAway, First: h.First}
	}
	now := micros(db.now())
	// A payload that is older than what is known changes no fact: deliveries come in any order.
	_, err := tx.Exec(ctx, `
		insert into pulls (repo_id, number, head, base_branch, open, updated_at, gen, takes_gen, first_gen, waiting_since, arrived_at, shown,
			last_delivery)
		values (?1, ?2, ?3, ?4, ?5, ?6, 1, ?7, ?8, ?9, ?9, ?10, ?11)
		on conflict (repo_id, number) do update set
			gen = pulls.gen + 1,
			takes_gen = case when excluded.takes_gen = 1 then pulls.gen + 1 else pulls.takes_gen end,
			first_gen = case when excluded.first_gen = 1 then pulls.gen + 1 else pulls.first_gen end,
			waiting_since = case when pulls.waiting_since = 0 then excluded.arrived_at else pulls.waiting_since end,
			arrived_at = excluded.arrived_at,
			shown = excluded.shown,
			last_delivery = case when excluded.last_delivery <> '' then excluded.last_delivery else pulls.last_delivery end,
			head = case when excluded.updated_at >= pulls.updated_at and excluded.updated_at > 0 and excluded.head <> ''
				then excluded.head else pulls.head end,
			base_branch = case when excluded.updated_at >= pulls.updated_at and excluded.updated_at > 0 and excluded.base_branch <> ''
				then excluded.base_branch else pulls.base_branch end,
			open = case when excluded.updated_at >= pulls.updated_at and excluded.updated_at > 0 then excluded.open else pulls.open end,
			updated_at = case when excluded.updated_at > pulls.updated_at then excluded.updated_at else pulls.updated_at end`,
		h.Ref.RepoID, h.Ref.Number, h.Head, h.BaseBranch, bit(!h.Closed), micros(h.UpdatedAt), bit(h.TakesAway), bit(h.First), now, h.Shown,
		guid)
	if err != nil {
		return fmt.Errorf("note arrival for %s: %w", h.Ref, err)
	}
	return nil
}

// bit is how a bool is kept.
func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// keepEvidence keeps what a delivery says of its first pull request.
func keepEvidence(ctx context.Context, tx store.Tx, d store.Delivery) error {
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
		if _, err := tx.Exec(ctx, `insert into evidence (repo_id, number, received, body) values (?, ?, ?, ?)`,
			ref.RepoID, ref.Number, micros(d.Received), body); err != nil {
			return fmt.Errorf("keep evidence for %s: %w", ref, err)
		}
	}
	return nil
}

// follow puts the jobs of a delivery into the transaction.
func (db *DB) follow(ctx context.Context, tx store.Tx, d store.Delivery) error {
	if err := db.queueUrgent(ctx, tx, d.Pulls); err != nil {
		return fmt.Errorf("queue evaluations: %w", err)
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

// crowd is how many pull requests of a repository may wait before further ones
// let those of other repositories pass.
const crowd = 8

// queueUrgent has pull requests evaluated that people wait for: at once, or, where much of the
// repository waits already, after those of other repositories.
func (db *DB) queueUrgent(ctx context.Context, tx store.Tx, hints []store.PullHint) error {
	refs := map[store.Haste][]pull.Ref{}
	crowded := map[int64]store.Haste{}
	for _, h := range hints {
		haste, known := crowded[h.Ref.RepoID]
		if !known {
			var waiting int
			err := tx.QueryRow(ctx, `select count(*) from (select 1 from pulls where repo_id = ? and waiting_since > 0 limit ?) w`,
				h.Ref.RepoID, crowd+1).Scan(&waiting)
			if err != nil {
				return fmt.Errorf("count what waits of repository %d: %w", h.Ref.RepoID, err)
			}
			haste = store.AtOnce
			if waiting > crowd {
				haste = store.InTurn
			}
			crowded[h.Ref.RepoID] = haste
		}
		refs[haste] = append(refs[haste], h.Ref)
	}
	for _, haste := range []store.Haste{store.AtOnce, store.InTurn} {
		if len(refs[haste]) > 0 {
			if err := db.queue.Evaluations(ctx, tx, refs[haste], haste); err != nil {
				return err
			}
		}
	}
	return nil
}
