package demo

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	_ "modernc.org/sqlite" // the driver of the service's own database

	"github.com/slagate/slagate/internal/githubsim"
)

const (
	// patience bounds a wait for rest; it is reached only when something is broken.
	patience = 30 * time.Second
	// glance is the time between two looks.
	glance = 5 * time.Millisecond
)

// rest tells when the service has come to rest: everything that GitHub sent has
// arrived and was worked off. It only reads the service's database, and no fact
// that people see comes from there.
type rest struct {
	deliveries *githubsim.Deliveries
	db         *sql.DB
}

func newRest(d *githubsim.Deliveries, database string) (*rest, error) {
	db, err := sql.Open("sqlite", "file:"+database+"?mode=ro&_pragma=busy_timeout(5000)")
	if err != nil {
		return nil, fmt.Errorf("open %s for reading: %w", database, err)
	}
	return &rest{deliveries: d, db: db}, nil
}

func (r *rest) close() error { return r.db.Close() }

// wait returns when the service is at rest.
func (r *rest) wait(ctx context.Context) error {
	ticker := time.NewTicker(glance)
	defer ticker.Stop()
	for {
		calm, err := r.calm(ctx)
		if err != nil && ctx.Err() == nil {
			return fmt.Errorf("look whether slagate is at rest: %w", err)
		}
		if calm {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("slagate does not come to rest: %w", ctx.Err())
		case <-ticker.C:
		}
	}
}

// calm reports whether nothing is under way. A job that ends may have caused a
// delivery, so a delivery between two looks means another look.
func (r *rest) calm(ctx context.Context) (bool, error) {
	if err := r.deliveries.Wait(ctx); err != nil {
		return false, err
	}
	sent := len(r.deliveries.Log())
	var busy int
	// What waits for its time (a retry, a later look) is not under way.
	err := r.db.QueryRowContext(ctx, `select count(*) from river_job where state in ('available', 'running', 'pending')`).Scan(&busy)
	if err = errors.Join(err, r.deliveries.Wait(ctx)); err != nil {
		return false, err
	}
	return busy == 0 && sent == len(r.deliveries.Log()), nil
}

// settle waits until the service is at rest, but not forever.
func (s *stage) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return s.rest.wait(ctx)
}
