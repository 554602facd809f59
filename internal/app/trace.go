package app

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"slices"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/rs/zerolog"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/redact"
)

// tracing makes spans of what happens: a delivery, the job that follows from it, what
// that asks of GitHub. A nil *tracing makes none, at no cost.
//
// A delivery's span has ids that follow from the delivery's GUID, so that a job can be its
// child wherever it runs: nothing but the GUID has to be handed on. Which GUID led to
// a job is remembered in this process only; the job of a delivery that another replica
// took begins a trace of its own.
type tracing struct {
	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
	sampler  sdktrace.Sampler
	redactor *redact.Redactor

	mu    sync.Mutex
	cause *lru.Cache[pullKey, []string] // GUIDs since the last evaluation began
}

type pullKey struct {
	repo   int64
	number int
}

const (
	// tracedPulls and tracedCauses bound what is remembered of deliveries that wait
	// for their evaluation.
	tracedPulls  = 4096
	tracedCauses = 8
)

// newTracing connects to nobody yet: spans are sent in batches, and what cannot be
// sent is dropped.
func newTracing(ctx context.Context, cfg Traces, r *redact.Redactor, log zerolog.Logger) (*tracing, error) {
	if cfg.Endpoint == "" {
		return nil, nil //nolint:nilnil // a nil *tracing is one that makes no spans
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(cfg.Endpoint))
	if err != nil {
		return nil, fmt.Errorf("OTEL_EXPORTER_OTLP_ENDPOINT: %w", err)
	}
	version, _, _ := built()
	about, err := resource.New(ctx, resource.WithTelemetrySDK(),
		resource.WithAttributes(attribute.String("service.name", "slagate"), attribute.String("service.version", version)), resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	cause, err := lru.New[pullKey, []string](tracedPulls)
	if err != nil {
		return nil, fmt.Errorf("remembering deliveries: %w", err)
	}
	t := &tracing{sampler: sdktrace.TraceIDRatioBased(cfg.Ratio), redactor: r, cause: cause}
	t.provider = sdktrace.NewTracerProvider(sdktrace.WithBatcher(loggingExporter{exporter, log}), sdktrace.WithResource(about),
		sdktrace.WithSampler(sdktrace.ParentBased(t.sampler)), sdktrace.WithIDGenerator(spanIDs{}))
	t.tracer = t.provider.Tracer("github.com/slagate/slagate")
	return t, nil
}

// close sends what is left.
func (t *tracing) close(ctx context.Context) error {
	if t == nil {
		return nil
	}
	if err := t.provider.Shutdown(ctx); err != nil {
		return fmt.Errorf("send last spans: %w", err)
	}
	return nil
}

// start begins a span; end ends it with what came of it.
func (t *tracing) start(ctx context.Context, name string, kind trace.SpanKind, opts ...trace.SpanStartOption) (_ context.Context, end func(error)) {
	if t == nil {
		return ctx, func(error) {}
	}
	ctx, span := t.tracer.Start(ctx, name, append(opts, trace.WithSpanKind(kind))...)
	return ctx, func(err error) {
		if err != nil {
			span.SetStatus(codes.Error, t.redactor.Text(err.Error()))
		}
		span.End()
	}
}

// evaluation begins the span of an evaluation, below that of the delivery that led to it.
func (t *tracing) evaluation(ctx context.Context, ref pull.Ref) (context.Context, func(error)) {
	if t == nil {
		return ctx, func(error) {}
	}
	opts := []trace.SpanStartOption{trace.WithAttributes(attribute.String("repo", ref.Owner+"/"+ref.Repo), attribute.Int("pr", ref.Number))}
	causes := t.takeCauses(ref)
	for i, guid := range causes {
		at := t.deliverySpan(guid)
		if i == len(causes)-1 {
			ctx = trace.ContextWithRemoteSpanContext(ctx, at)
			opts = append(opts, trace.WithAttributes(attribute.String("delivery", guid)))
		} else {
			opts = append(opts, trace.WithLinks(trace.Link{SpanContext: at}))
		}
	}
	return t.start(ctx, "evaluate", trace.SpanKindConsumer, opts...)
}

func (t *tracing) addCause(ref pull.Ref, guid string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := pullKey{ref.RepoID, ref.Number}
	list, _ := t.cause.Get(key)
	if len(list) == tracedCauses {
		list = list[1:]
	}
	t.cause.Add(key, append(slices.Clip(list), guid))
}

func (t *tracing) takeCauses(ref pull.Ref) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := pullKey{ref.RepoID, ref.Number}
	list, _ := t.cause.Get(key)
	t.cause.Remove(key)
	return list
}

// deliverySpan is the span of a delivery, as far as its GUID tells.
func (t *tracing) deliverySpan(guid string) trace.SpanContext {
	id, span := deliveryIDs(guid)
	cfg := trace.SpanContextConfig{TraceID: id, SpanID: span, Remote: true}
	if t.sampler.ShouldSample(sdktrace.SamplingParameters{TraceID: id}).Decision == sdktrace.RecordAndSample {
		cfg.TraceFlags = trace.FlagsSampled
	}
	return trace.NewSpanContext(cfg)
}

// deliveryIDs follow from the GUID. It is hashed because samplers want ids whose
// last bytes are random, and those of GUIDs name a machine.
func deliveryIDs(guid string) (id trace.TraceID, span trace.SpanID) {
	sum := sha256.Sum256([]byte("slagate delivery " + guid))
	copy(id[:], sum[:])
	copy(span[:], sum[len(id):])
	return id, span
}

type guidKey struct{}

// spanIDs gives the root span of a delivery the ids of its GUID, and random ones to others.
type spanIDs struct{}

// NewIDs implements sdktrace.IDGenerator.
func (g spanIDs) NewIDs(ctx context.Context) (id trace.TraceID, span trace.SpanID) {
	if guid, ok := ctx.Value(guidKey{}).(string); ok {
		return deliveryIDs(guid)
	}
	_, _ = rand.Read(id[:]) // never fails
	return id, g.NewSpanID(ctx, id)
}

// NewSpanID implements sdktrace.IDGenerator.
func (spanIDs) NewSpanID(context.Context, trace.TraceID) (span trace.SpanID) {
	_, _ = rand.Read(span[:]) // never fails
	return span
}

// loggingExporter logs what could not be sent; OpenTelemetry would tell
// the standard error of the process.
type loggingExporter struct {
	sdktrace.SpanExporter
	log zerolog.Logger
}

// ExportSpans implements sdktrace.SpanExporter.
func (e loggingExporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	if err := e.SpanExporter.ExportSpans(ctx, spans); err != nil {
		e.log.Warn().Err(err).Int("spans", len(spans)).Msg("spans not sent")
	}
	return nil
}

// since is the option for a span that began before it could be made.
func since(t time.Time) trace.SpanStartOption { return trace.WithTimestamp(t) }
