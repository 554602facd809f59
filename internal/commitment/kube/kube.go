package kube

import (
	"bytes"
	"math/big"
	"path"
	"regexp"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/source"
)

// Name of the format.
const Name = "kube"

// Format reads Kubernetes manifests (formats.md 1.9).
func Format() commitment.Format {
	return commitment.Format{Name: Name, Sniff: sniff, Parse: parse}
}

func sniff(name string, src []byte) bool {
	base := strings.ToLower(path.Base(name))
	for _, ext := range []string{".erb", ".j2", ".tpl", ".tmpl", ".template"} {
		base = strings.TrimSuffix(base, ext)
	}
	switch path.Ext(base) {
	case ".yml", ".yaml", ".json":
		return bytes.Contains(src, []byte("apiVersion")) && bytes.Contains(src, []byte("kind"))
	}
	return false
}

// reading is one file in progress.
type reading struct {
	from  commitment.Source
	kinds map[string][]string
	out   commitment.Parsed
	found int // objects of known kinds
	other int // anything else
}

// parse reads all objects of a file.
func parse(name string, src []byte) commitment.Parsed {
	file := source.YAML(name, src)
	r := &reading{from: commitment.Source{File: name, Template: file.Template, Generated: file.Generated}, kinds: known()}
	for _, doc := range file.Documents {
		r.objects(doc.Root)
	}
	if r.found == 0 {
		return commitment.Parsed{}
	}
	r.out.Problems = file.Problems
	r.out.Mine = r.other == 0
	return r.out
}

// objects reads an object, or those of a list.
func (r *reading) objects(n source.Node) {
	kind := n.Get("kind")
	switch {
	case n.IsNull():
	case n.IsMap() && kind.Text() == "List" && n.Get("items").IsList():
		for _, item := range n.Get("items").Items() {
			r.object(item)
		}
	default:
		r.object(n)
	}
}

func (r *reading) object(n source.Node) {
	if kind := n.Get("kind"); kind.Opaque() || !isKnown(r.kinds, n.Get("apiVersion").Text(), kind.Text()) {
		r.other++
		return
	}
	r.found++
	fields := values(n)
	if len(fields) == 0 || len(r.out.Commitments) >= commitment.MaxItems {
		return // more than that cannot stand in a file of the size that is read
	}
	meta := n.Get("metadata")
	kind, name := n.Get("kind").Text(), meta.First("name", "generateName").Shown()
	labels := meta.Get("labels")
	service := labels.First("app.kubernetes.io/name", "app", "k8s-app").Shown()
	at := r.from
	at.Line = n.Get("kind").Line()
	c := commitment.Commitment{
		Key:  commitment.Key{Format: Name, Namespace: meta.Get("namespace").Shown(), Group: kind, Name: name},
		Kind: commitment.Dependency, Service: service, Name: strings.TrimSpace(kind + " " + name), Fields: fields, Source: at,
	}
	if at.Template {
		c.Caveats = []string{"read without rendering the template"}
	}
	r.out.Commitments = append(r.out.Commitments, c)
}

// values are the numbers of an object on which a promise may rest. All are notes: they
// are shown, and judged by nobody.
func values(n source.Node) []commitment.Field {
	var out []commitment.Field
	put := func(name string, v source.Node, read func(string) commitment.Value) {
		if !v.IsNull() {
			out = append(out, commitment.Field{Name: name, Role: commitment.RoleNote, Value: v.As(read), Line: v.Line()})
		}
	}
	byDefault := func(name string, v source.Node) {
		if v.IsNull() {
			one := commitment.Exactly("", big.NewRat(1, 1), commitment.None)
			out = append(out, commitment.Field{Name: name, Role: commitment.RoleNote, Value: one, Line: n.Get("kind").Line()})
			return
		}
		put(name, v, amount)
	}
	spec := n.Get("spec")
	switch n.Get("kind").Text() {
	case "Deployment", "StatefulSet", "ReplicaSet", "ReplicationController":
		byDefault("replicas", spec.Get("replicas"))
	case "PodDisruptionBudget":
		put("minAvailable", spec.Get("minAvailable"), amount)
		put("maxUnavailable", spec.Get("maxUnavailable"), amount)
	case "HorizontalPodAutoscaler":
		byDefault("minReplicas", spec.Get("minReplicas"))
		put("maxReplicas", spec.Get("maxReplicas"), amount)
	case "ScaledObject":
		put("minReplicaCount", spec.Get("minReplicaCount"), amount)
		put("maxReplicaCount", spec.Get("maxReplicaCount"), amount)
	case "HTTPRoute", "GRPCRoute":
		for _, rule := range spec.Get("rules").Items() {
			put("timeouts.request", rule.Get("timeouts", "request"), duration)
			put("timeouts.backendRequest", rule.Get("timeouts", "backendRequest"), duration)
		}
	case "Ingress", "Service", "Gateway":
		for _, p := range n.Get("metadata", "annotations").Pairs() {
			if waiting.MatchString(p.Key) {
				put(p.Key, p.Value, duration)
			}
		}
	}
	return out
}

// waiting are annotations by which proxies and load balancers are told how long to
// wait and how often to try: nginx.ingress.kubernetes.io/proxy-read-timeout,
// projectcontour.io/response-timeout, haproxy.org/timeout-server, traefik's, and the
// idle timeouts of the clouds.
var waiting = regexp.MustCompile(`(?i)timeout|retries|[-_.]tries|max-?fails|retry`)

// amount is a number of copies, or a share of them.
func amount(text string) commitment.Value {
	if strings.HasSuffix(strings.TrimSpace(text), "%") {
		return commitment.PercentOf(text)
	}
	return commitment.Number(text, commitment.None)
}

// duration is a time or a number without a unit; anything else is a word.
func duration(text string) commitment.Value {
	if v := commitment.Duration(text, commitment.NoPlain); !v.Opaque {
		return v
	}
	if v := commitment.Number(text, commitment.None); !v.Opaque {
		return v
	}
	return commitment.Words(strings.TrimSpace(text))
}
