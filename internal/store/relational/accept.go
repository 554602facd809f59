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
		err = db.engine.Write(ctx, true, func(tx store.Tx) error { return db.keepLetters(ctx, tx, []*letter{l}) })
	}
	if err != nil {
		return false, fmt.Errorf("accept delivery %s: %w", d.GUID, err)
	}
	db.queue.Committed()
	return l.fresh, nil
}

// keepLetters writes all that follows from deliveries, in the order in which rows are locked
// everywhere: deliveries by GUID, repositories, pull requests, merge groups, jobs. What was said of a
// pull request is kept in the order in which it came.
func (db *DB) keepLetters(ctx context.Context, tx store.Tx, batch []*letter) error {
	var deliveries []store.Statement
	for _, l := range inOrder(batch, func(a, b *letter) int { return cmp.Compare(a.GUID, b.GUID) }) {
		deliveries = append(deliveries, keepDelivery(l))
	}
	if err := tx.Send(ctx, deliveries); err != nil {
		return err
	}
	arrivals := arrivalsOf(batch)
	statements := keepRepos(batch, arrivals)
	var all store.Delivery // what follows from all of them
	for _, a := range arrivals {
		statements = append(statements, db.arrive(a))
		all.Pulls = append(all.Pulls, a.hint)
	}
	for _, l := range batch {
		evidence, err := keepEvidence(l)
		if err != nil {
			return err
		}
		statements = append(statements, evidence...)
		all.Looks, all.MergeGroups = append(all.Looks, l.Looks...), append(all.MergeGroups, l.MergeGroups...)
	}
	all.MergeGroups = inOrder(all.MergeGroups, byHead)
	for _, g := range all.MergeGroups {
		statements = append(statements, db.groupArrives(g))
	}
	waits := crowds{}
	if err := tx.Send(ctx, append(statements, waits.count(all.Pulls)...)); err != nil {
		return err
	}
	return db.follow(ctx, tx, all, waits)
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

// keepDelivery keeps the delivery itself, and finds out whether its GUID or its body was there before.
func keepDelivery(l *letter) store.Statement {
	return store.Statement{
		What: "keep delivery " + l.GUID,
		SQL: `insert into deliveries (guid, event, action, body_hash, installation, received) values (?1, ?2, ?3, ?4, ?5, ?6)
			on conflict (guid) do nothing
			returning body_hash <> '' and exists (select 1 from deliveries d where d.body_hash = ?4 and d.guid <> ?1)`,
		Args: []any{l.GUID, l.Event, l.Action, l.BodyHash, l.Installation, micros(l.Received)},
		Scan: func(row store.Row) error {
			err := row.Scan(&l.known)
			l.fresh = err == nil
			if errors.Is(err, sql.ErrNoRows) { // nothing was inserted
				l.known, err = true, nil
			}
			return err
		},
	}
}

// arrive notes that something arrived for a pull request. What an old letter says of the
// pull request itself is not believed. Its repository has to be known.
func (db *DB) arrive(a arrival) store.Statement {
	h := a.hint
	if a.of.known {
		h = store.PullHint{Ref: h.Ref, TakesAway: h.TakesAway, First: h.First}
	}
	return store.Statement{
		What: "note arrival for " + h.Ref.String(),
		// A payload that is older than what is known changes no fact: deliveries come in any order.
		SQL: `
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
		Args: []any{
			h.Ref.RepoID, h.Ref.Number, h.Head, h.BaseBranch, bit(!h.Closed), micros(h.UpdatedAt), bit(h.TakesAway), bit(h.First),
			micros(db.now()), h.Shown, a.of.GUID,
		},
	}
}

// bit is how a bool is kept.
func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// keepEvidence keeps what a letter says of its first pull request. One that is old says nothing new.
func keepEvidence(l *letter) (list []store.Statement, err error) {
	if l.known || len(l.Evidence) == 0 {
		return nil, nil
	}
	if len(l.Pulls) == 0 {
		return nil, fmt.Errorf("evidence for no pull request: %d pieces", len(l.Evidence))
	}
	ref := l.Pulls[0].Ref
	for _, e := range l.Evidence {
		e.Seq, e.Delivery = 0, l.GUID
		body, err := marshal(e)
		if err != nil {
			return nil, fmt.Errorf("write evidence for %s: %w", ref, err)
		}
		list = append(list, store.Statement{
			What: "keep evidence for " + ref.String(),
			SQL:  `insert into evidence (repo_id, number, received, body) values (?, ?, ?, ?)`,
			Args: []any{ref.RepoID, ref.Number, micros(l.Received), body},
		})
	}
	return list, nil
}

// follow puts the jobs of a delivery into the transaction.
func (db *DB) follow(ctx context.Context, tx store.Tx, d store.Delivery, waits crowds) error {
	if err := db.queueUrgent(ctx, tx, d.Pulls, waits); err != nil {
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

// crowds says by repository how many of its pull requests wait, or that they are more than a crowd.
type crowds map[int64]*int

// count counts what waits of the repositories of those pull requests.
func (c crowds) count(hints []store.PullHint) (list []store.Statement) {
	for _, h := range hints {
		repo := h.Ref.RepoID
		if c[repo] != nil {
			continue
		}
		c[repo] = new(int)
		list = append(list, store.Statement{
			What: fmt.Sprintf("count what waits of repository %d", repo),
			SQL:  `select count(*) from (select 1 from pulls where repo_id = ? and waiting_since > 0 limit ?) w`,
			Args: []any{repo, crowd + 1},
			Scan: func(row store.Row) error { return row.Scan(c[repo]) },
		})
	}
	return list
}

// queueUrgent has pull requests evaluated that people wait for: at once, or, where much of the
// repository waits already, after those of other repositories.
func (db *DB) queueUrgent(ctx context.Context, tx store.Tx, hints []store.PullHint, waits crowds) error {
	refs := map[store.Haste][]pull.Ref{}
	for _, h := range hints {
		haste := store.AtOnce
		if *waits[h.Ref.RepoID] > crowd {
			haste = store.InTurn
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
