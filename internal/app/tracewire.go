package app

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/slagate/slagate/internal/store"
	"github.com/slagate/slagate/internal/webhook"
)

// inbox makes a span of each delivery that in keeps. What was not signed never comes here, so
// that nobody can fill the collector from outside.
func (t *tracing) inbox(in webhook.Inbox) webhook.Inbox {
	if t == nil {
		return in
	}
	return &tracedInbox{next: in, tracing: t}
}

type tracedInbox struct {
	next    webhook.Inbox
	tracing *tracing
}

// Accept implements webhook.Inbox.
func (in *tracedInbox) Accept(ctx context.Context, d store.Delivery) (fresh bool, err error) {
	attrs := []attribute.KeyValue{
		attribute.String("delivery", d.GUID), attribute.String("event", d.Event), attribute.String("action", d.Action),
		attribute.Int64("installation", d.Installation), attribute.Int("pulls", len(d.Pulls)), attribute.Int("looks", len(d.Looks)),
	}
	if len(d.Pulls) == 1 {
		p := d.Pulls[0]
		attrs = append(attrs, attribute.String("repo", p.Ref.Owner+"/"+p.Ref.Repo), attribute.Int("pr", p.Ref.Number), attribute.String("head", p.Head))
	}
	ctx = context.WithValue(ctx, guidKey{}, d.GUID)
	ctx, end := in.tracing.start(ctx, "delivery", trace.SpanKindServer, trace.WithNewRoot(), trace.WithAttributes(attrs...), since(d.Received))
	fresh, err = in.next.Accept(ctx, d)
	end(err)
	return fresh, err
}

// around makes a span of each request that goes to GitHub. The trace itself is not told
// to GitHub, and no address with its numbers, names or queries to the collector.
func (t *tracing) around(next http.RoundTripper) http.RoundTripper {
	if t == nil {
		return next
	}
	return &tracedTransport{next: next, tracing: t}
}

type tracedTransport struct {
	next    http.RoundTripper
	tracing *tracing
}

// RoundTrip implements http.RoundTripper.
func (w *tracedTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, span := w.tracing.tracer.Start(req.Context(), "github "+req.Method, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
		attribute.String("http.request.method", req.Method), attribute.String("server.address", req.URL.Hostname()),
		attribute.String("url.template", template(req.URL.Path))))
	defer span.End()
	resp, err := w.next.RoundTrip(req.WithContext(ctx))
	if err != nil {
		span.SetStatus(codes.Error, w.tracing.redactor.Text(err.Error()))
		return nil, err
	}
	span.SetAttributes(attribute.Int("http.response.status_code", resp.StatusCode))
	if resp.StatusCode >= http.StatusBadRequest {
		span.SetStatus(codes.Error, resp.Status)
	}
	return resp, nil
}

// template is the path of a request with everything left out that is not a word of
// GitHub's API.
func template(path string) string {
	words := []string{
		"", "access_tokens", "api", "app", "attempts", "blobs", "branches", "collaborators", "comments", "commits", "compare", "contents", "deliveries",
		"events", "files", "git", "graphql", "hook", "installation", "installations", "issues", "labels", "members", "memberships", "orgs",
		"permission", "protection", "pulls", "reactions", "ref", "refs", "repos", "repositories", "reviews", "rules", "status", "statuses",
		"teams", "timeline", "trees", "user", "users", "v3",
	}
	parts := strings.Split(path, "/")
	for i, p := range parts {
		// The two after repos are names, whatever they are.
		named := (i > 0 && parts[i-1] == "repos") || (i > 1 && parts[i-2] == "repos")
		if _, known := slices.BinarySearch(words, p); named || !known {
			parts[i] = "{}"
		}
	}
	return strings.Join(parts, "/")
}
