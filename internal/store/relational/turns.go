package relational

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"

	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/store"
)

// heldLocks are the locks behind the turns that this process holds.
type heldLocks struct {
	mu sync.Mutex
	by map[turnKey]store.Lock
}

type turnKey struct {
	repo   int64
	number int
}

func keyOf(ref pull.Ref) turnKey { return turnKey{ref.RepoID, ref.Number} }

func (h *heldLocks) put(k turnKey, l store.Lock) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.by == nil {
		h.by = map[turnKey]store.Lock{}
	}
	h.by[k] = l
}

// remove forgets a lock, but not one that was taken since: a lock may be lost, and the turn be
// given out again in this process, before its first holder is done.
func (h *heldLocks) remove(k turnKey, l store.Lock) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.by[k] == l {
		delete(h.by, k)
	}
}

func (h *heldLocks) held(k turnKey) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	l := h.by[k]
	return l != nil && l.Held()
}

// BeginPull gives out the turn to evaluate a pull request, under its present name and with its
// generation. done gives the turn back and has to be called. It returns
// [store.ErrBusy] while another worker, here or in another process, has it.
func (db *DB) BeginPull(ctx context.Context, repoID int64, number int) (turn store.Turn, done func(), found bool, err error) {
	fail := func(err error) (store.Turn, func(), bool, error) {
		return store.Turn{}, func() {}, false, fmt.Errorf("begin evaluation of %d#%d: %w", repoID, number, err)
	}
	lock, ok, err := db.engine.TryLock(ctx, fmt.Sprintf("pull/%d/%d", repoID, number))
	if err != nil {
		return fail(err)
	}
	if !ok {
		return fail(store.ErrBusy)
	}
	err = db.write(ctx, "give out the turn", func(tx store.Tx) error {
		err := tx.QueryRow(ctx, `update pulls set turn = turn + 1 where repo_id = ? and number = ? returning gen, turn, last_delivery`,
			repoID, number).Scan(&turn.Gen, &turn.No, &turn.Delivery)
		if err != nil {
			return err
		}
		return tx.QueryRow(ctx, `select installation, repo_id, owner, name from repos where repo_id = ?`, repoID).
			Scan(&turn.Ref.Installation, &turn.Ref.RepoID, &turn.Ref.Owner, &turn.Ref.Repo)
	})
	if err != nil {
		lock.Unlock()
		if errors.Is(err, sql.ErrNoRows) {
			return store.Turn{}, func() {}, false, nil
		}
		return fail(err)
	}
	turn.Ref.Number = number
	key := keyOf(turn.Ref)
	db.locks.put(key, lock)
	return turn, func() {
		db.locks.remove(key, lock)
		lock.Unlock()
	}, true, nil
}

// CheckTurn is the present generation of the pull request, while the turn is the last one that
// was given out and its lock holds; else it returns [store.ErrOvertaken].
func (db *DB) CheckTurn(ctx context.Context, turn store.Turn) (gen int64, err error) {
	var last int64
	err = db.engine.QueryRow(ctx, `select gen, turn from pulls where repo_id = ? and number = ?`, turn.Ref.RepoID, turn.Ref.Number).
		Scan(&gen, &last)
	if err != nil {
		return 0, fmt.Errorf("check the turn of %s: %w", turn.Ref, err)
	}
	if last != turn.No || !db.locks.held(keyOf(turn.Ref)) {
		return 0, fmt.Errorf("check the turn of %s: %w", turn.Ref, store.ErrOvertaken)
	}
	return gen, nil
}

// SettlePull ends an evaluation. finish completes the job in the same
// transaction; moved tells it that something arrived since the turn was given out, so that
// another evaluation has to follow. It returns [store.ErrOvertaken] and settles
// nothing if the turn is not the last one.
func (db *DB) SettlePull(ctx context.Context, turn store.Turn, finish func(tx store.Tx, moved bool) error) error {
	return db.writeJobs(ctx, "settle "+turn.Ref.String(), func(tx store.Tx) error {
		var gen, last int64
		err := tx.QueryRow(ctx, `select gen, turn from pulls where repo_id = ? and number = ?`+db.forUpdate,
			turn.Ref.RepoID, turn.Ref.Number).Scan(&gen, &last)
		if err != nil {
			return err
		}
		if last != turn.No {
			return store.ErrOvertaken
		}
		if err := settle(ctx, tx, turn.Ref, turn.Gen, true); err != nil {
			return err
		}
		return finish(tx, gen != turn.Gen)
	})
}

// settle notes that an evaluation which began at gen is done. What arrived
// since then waits since the last arrival: the first one's time is not kept.
// over: it is carried out as well, so that a later look answers no delivery.
func settle(ctx context.Context, tx store.Tx, ref pull.Ref, gen int64, over bool) error {
	_, err := tx.Exec(ctx, `update pulls set done = case when done > ?1 then done else ?1 end,
			waiting_since = case when gen > ?1 then arrived_at else 0 end,
			last_delivery = case when gen > ?1 or ?4 = 0 then last_delivery else '' end
		where repo_id = ?2 and number = ?3`, gen, ref.RepoID, ref.Number, bit(over))
	return err
}

// TryHead takes the right to write the statuses of a commit, which several pull requests
// may share; ok is false while another process has it.
func (db *DB) TryHead(ctx context.Context, repoID int64, head string) (lock store.Lock, ok bool, err error) {
	lock, ok, err = db.engine.TryLock(ctx, fmt.Sprintf("head/%d/%s", repoID, head))
	if err != nil {
		return nil, false, fmt.Errorf("lock head %s of %d: %w", head, repoID, err)
	}
	return lock, ok, nil
}
