package app

import (
	"context"
	"strings"
	"time"

	"github.com/slagate/slagate/internal/controller"
	"github.com/slagate/slagate/internal/job"
	"github.com/slagate/slagate/internal/store"
	"github.com/slagate/slagate/internal/store/postgres"
	"github.com/slagate/slagate/internal/store/sqlite"
	"github.com/slagate/slagate/internal/webhook"
)

// database is all that the service asks of its store; both engines have it.
type database interface {
	webhook.Inbox
	job.Store
	controller.Pulls
	controller.Heads
	controller.Repos
	controller.Shelf
	controller.Queue
	controller.Groups
	controller.Asked
	Ready(ctx context.Context) error
	OldestUnevaluated(ctx context.Context) (since time.Time, ok bool, err error)
	QueueDepth(ctx context.Context, stuckBefore time.Time) ([]store.Depth, error)
	Close() error
}

// openStore opens the store that the settings name, and returns the queue whose jobs it keeps.
func (a *App) openStore(ctx context.Context) (*job.Queue, error) {
	on := job.SQLite
	if isPostgres(a.cfg.Database) {
		on = job.Postgres
	}
	queue, err := job.NewQueue(on, now, a.log)
	if err != nil {
		return nil, err
	}
	if on == job.Postgres {
		db, err := postgres.Open(ctx, a.cfg.Database, store.Options{Now: now, Log: a.log, Queue: queue})
		if err != nil {
			return nil, err
		}
		a.store = db
		return queue, nil
	}
	db, err := sqlite.Open(ctx, a.cfg.Database, store.Options{Now: now, Log: a.log, Queue: queue})
	if err != nil {
		return nil, err
	}
	a.store = db
	return queue, nil
}

// isPostgres reports whether an address of a database is PostgreSQL's.
func isPostgres(address string) bool {
	return strings.HasPrefix(address, "postgres://") || strings.HasPrefix(address, "postgresql://")
}
