package sqlite_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/job"
	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/store"
	"github.com/slagate/slagate/internal/store/sqlite"
)

// BenchmarkAccept keeps labeled events of 200 pull requests, one after another, each durable on return.
func BenchmarkAccept(b *testing.B) {
	queue, err := job.NewQueue(job.SQLite, time.Now, zerolog.Nop())
	require.NoError(b, err)
	db, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "slagate.db"),
		store.Options{Now: time.Now, Log: zerolog.Nop(), Queue: queue})
	require.NoError(b, err)
	var took []time.Duration
	for n := 0; b.Loop(); n++ {
		d := store.Delivery{
			GUID: fmt.Sprint(n), Event: "pull_request", Action: "labeled", BodyHash: fmt.Sprint("hash", n), Received: time.Now(),
			Pulls: []store.PullHint{{
				Ref:     pull.Ref{Installation: 7, RepoID: 400, Owner: "acme", Repo: "shop", Number: n%200 + 1},
				OwnerID: 40, Head: "aaa", BaseBranch: "main", UpdatedAt: time.Now(),
			}},
			Evidence: []pull.Evidence{{Kind: pull.EvidenceLabeled, At: time.Now(), Label: "sla/legal-approved", Head: "aaa"}},
		}
		began := time.Now()
		_, err := db.Accept(b.Context(), d)
		took = append(took, time.Since(began))
		require.NoError(b, err)
	}
	slices.Sort(took)
	at := func(share float64) float64 {
		return float64(took[int(float64(len(took)-1)*share)].Microseconds()) / 1000
	}
	b.ReportMetric(at(0.50), "p50-ms")
	b.ReportMetric(at(0.99), "p99-ms")
	require.NoError(b, db.Close())
}

// BenchmarkAcceptTogether is the same with 32 senders, whose deliveries may share a flush.
func BenchmarkAcceptTogether(b *testing.B) {
	queue, err := job.NewQueue(job.SQLite, time.Now, zerolog.Nop())
	require.NoError(b, err)
	db, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "slagate.db"),
		store.Options{Now: time.Now, Log: zerolog.Nop(), Queue: queue})
	require.NoError(b, err)
	var n atomic.Int64
	b.SetParallelism(16) // for each of two processors
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			n := n.Add(1)
			_, err := db.Accept(b.Context(), store.Delivery{
				GUID: fmt.Sprint(n), Event: "pull_request", Action: "labeled", BodyHash: fmt.Sprint("hash", n), Received: time.Now(),
				Pulls: []store.PullHint{{
					Ref:     pull.Ref{Installation: 7, RepoID: 400, Owner: "acme", Repo: "shop", Number: int(n%200) + 1},
					OwnerID: 40, Head: "aaa", BaseBranch: "main", UpdatedAt: time.Now(),
				}},
			})
			assert.NoError(b, err)
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "acks/s")
	require.NoError(b, db.Close())
}
