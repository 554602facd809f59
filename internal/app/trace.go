package app

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/rs/zerolog"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/slagate/slagate/internal/redact"
	"github.com/slagate/slagate/internal/store"
)

// tracing makes spans of what happens: a delivery, the job that follows from it, what
// that asks of GitHub. A nil *tracing makes none, at no cost.
//
// A delivery's span has ids that follow from the delivery's GUID, so that a job can be its
// child in whichever process it runs: nothing but the GUID is handed on, by the store. Of
// several deliveries that one evaluation answers it is the child of the last.
type tracing struct {
	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
	sampler  sdktrace.Sampler
	redactor *redact.Redactor
}

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
	t := &tracing{sampler: sdktrace.TraceIDRatioBased(cfg.Ratio), redactor: r}
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

// evaluation begins the span of an evaluation, below that of the delivery that it answers.
func (t *tracing) evaluation(ctx context.Context, turn store.Turn) (context.Context, func(error)) {
	if t == nil {
		return ctx, func(error) {}
	}
	attrs := []attribute.KeyValue{attribute.String("repo", turn.Ref.Owner+"/"+turn.Ref.Repo), attribute.Int("pr", turn.Ref.Number)}
	if turn.Delivery != "" {
		ctx = trace.ContextWithRemoteSpanContext(ctx, t.deliverySpan(turn.Delivery))
		attrs = append(attrs, attribute.String("delivery", turn.Delivery))
	}
	return t.start(ctx, "evaluate", trace.SpanKindConsumer, trace.WithAttributes(attrs...))
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
