package app

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/slagate/slagate/internal/controller"
	"github.com/slagate/slagate/internal/ghapp"
	"github.com/slagate/slagate/internal/job"
	"github.com/slagate/slagate/internal/store"
)

// handlers have the controller do the work of each kind of job, seen by metrics and traces.
func (a *App) handlers(c *controller.Controller) job.Handlers {
	return job.Handlers{
		Evaluate: func(ctx context.Context, turn store.Turn, calm bool) (time.Duration, error) {
			if calm {
				ctx = ghapp.Calm(ctx)
			}
			ctx, end := a.tracing.evaluation(ctx, turn)
			again, err := c.Process(ctx, turn)
			a.metrics.failed(err)
			end(err)
			return again, err
		},
		Fan: func(ctx context.Context, look store.Look) error {
			if look.Sweep {
				ctx = ghapp.Calm(ctx)
			}
			ctx, end := a.tracing.start(ctx, "fan", trace.SpanKindConsumer, trace.WithAttributes(
				attribute.String("scope", string(look.Scope)), attribute.String("why", look.Why), attribute.Int64("installation", look.Installation)))
			err := c.Fan(ctx, look)
			end(err)
			return err
		},
		Group: func(ctx context.Context, g store.MergeGroup) error {
			ctx, end := a.tracing.start(ctx, "group", trace.SpanKindConsumer, trace.WithAttributes(
				attribute.String("repo", g.Ref.Owner+"/"+g.Ref.Repo), attribute.String("head", g.Head)))
			err := c.Group(ctx, g)
			end(err)
			return err
		},
		Sweep: func(ctx context.Context, spread time.Duration) error {
			began := now()
			ctx, end := a.tracing.start(ctx, "sweep", trace.SpanKindConsumer)
			err := c.Sweep(ctx, spread)
			a.metrics.swept(began, now(), err)
			end(err)
			return err
		},
		Recover: func(ctx context.Context) error {
			ctx, end := a.tracing.start(ghapp.Calm(ctx), "recover", trace.SpanKindConsumer)
			err := c.Recover(ctx)
			end(err)
			return err
		},
	}
}
