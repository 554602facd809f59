package app

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// Traces says where spans go. The zero value is nowhere.
type Traces struct {
	Endpoint string  // address for OTLP over HTTP, path included
	Ratio    float64 // share of the traces that is kept
	// Secrets are the values of the headers that the collector asks for; the exporter
	// reads them itself.
	Secrets []string
}

// tracesFrom reads OpenTelemetry's own variables: tracing is on where an endpoint is set.
// Batches, time-outs, headers and certificates are read by OpenTelemetry itself.
// https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
func tracesFrom(environ []string) (Traces, error) {
	set := map[string]string{}
	for _, pair := range environ {
		if name, v, ok := strings.Cut(pair, "="); ok && strings.HasPrefix(name, "OTEL_") {
			set[name] = strings.TrimSpace(v)
		}
	}
	either := func(special, general string) string {
		if set[special] != "" {
			return set[special]
		}
		return set[general]
	}
	endpoint := set["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"]
	if base := set["OTEL_EXPORTER_OTLP_ENDPOINT"]; endpoint == "" && base != "" {
		endpoint = strings.TrimRight(base, "/") + "/v1/traces"
	}
	if endpoint == "" || strings.EqualFold(set["OTEL_SDK_DISABLED"], "true") || set["OTEL_TRACES_EXPORTER"] == "none" {
		return Traces{}, nil
	}
	t := Traces{Endpoint: endpoint, Secrets: headerValues(either("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"))}
	var errs []error
	if u, err := url.Parse(endpoint); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		errs = append(errs, fmt.Errorf("OTEL_EXPORTER_OTLP_ENDPOINT: %q is not an http or https address", redactURL(endpoint)))
	}
	if p := either("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"); p != "" && p != "http/protobuf" {
		errs = append(errs, fmt.Errorf("OTEL_EXPORTER_OTLP_PROTOCOL: %q is not http/protobuf, the only one that slagate speaks", p))
	}
	ratio, err := ratioOf(set["OTEL_TRACES_SAMPLER"], set["OTEL_TRACES_SAMPLER_ARG"])
	t.Ratio = ratio
	return t, errors.Join(append(errs, err)...)
}

// ratioOf reads the sampler. Nothing that comes in is traced already, so those that ask a
// parent are the same as those that do not.
func ratioOf(sampler, arg string) (float64, error) {
	switch strings.TrimPrefix(sampler, "parentbased_") {
	case "", "always_on":
		return 1, nil
	case "always_off":
		return 0, nil
	case "traceidratio":
		ratio, err := strconv.ParseFloat(arg, 64)
		if err != nil || ratio < 0 || ratio > 1 {
			return 0, fmt.Errorf("OTEL_TRACES_SAMPLER_ARG: %q is not a number from 0 to 1", arg)
		}
		return ratio, nil
	}
	return 0, fmt.Errorf("OTEL_TRACES_SAMPLER: %q is not one of always_on, always_off, traceidratio, each also with parentbased_ before it", sampler)
}

// headerValues are the values of name=value,name=value.
func headerValues(list string) []string {
	var out []string
	for pair := range strings.SplitSeq(list, ",") {
		if _, v, ok := strings.Cut(pair, "="); ok {
			out = append(out, v)
			if plain, err := url.PathUnescape(v); err == nil {
				out = append(out, plain)
			}
		}
	}
	return out
}
