package jsonnet

import (
	"math/big"
	"regexp"
	"slices"
	"strings"

	"github.com/google/go-jsonnet/ast"

	"github.com/slagate/slagate/internal/commitment"
)

// value takes a field that is a promise or a setting by itself; false for any other.
func (r *reading) value(f field, at place) bool {
	switch {
	case f.name == "apdexScore" || f.name == "errorRatio":
		return r.score(f, at)
	case within(at.path, objectives) && (f.name == "target" || f.name == "objective" || f.name == "availability"):
		return r.target(f, at)
	case within(at.path, settings) && (isSoftware(f, at) || !mayDecide(f, at)):
		r.take(f.at)
		return true
	case within(at.path, settings) && !noteKey.MatchString(f.name):
		return r.setting(f, at)
	}
	return false
}

var (
	// objectives are keys below which objectives stand.
	objectives = regexp.MustCompile(`(?i)^(slos?|objectives?|slis?|monitoringThresholds|otherThresholds)$`)
	// settings is the key of a mixin's settings. https://monitoring.mixins.dev/
	settings = regexp.MustCompile(`^_config$`)
	// noteKey are names of what changes nothing for customers: texts, links, dashboards.
	noteKey = regexp.MustCompile(`(?i)^(description|summary|title|doc|runbook.*|.*dashboard.*|grafana.*|tags|.*link.*|.*url|.*prefix|refresh|toolingLinks|featureCategory)$`)
	// softwareKey are names below which a mixin's settings say which software is run.
	softwareKey = regexp.MustCompile(`(?i)^(versions?|image|images|imageRepos|imageTags?)$`)
)

// deciding are words in the names of settings that rules and objectives are made with.
var deciding = regexp.MustCompile(`(?i)alert|rule|threshold|percent|second|minute|hour|day|week|for$|window|selector|slo|sli|target|objective|severit|` +
	`warn|crit|interval|burn|budget|quantile|latenc|error|limit|max|min|time|duration|ratio|label|pager|fill|usage|filter|match|ignor|exclu|only|slow|fast|avail|upper|lower|count`)

// mayDecide reports whether a setting may be one that an alert or objective is made
// with, by its name or by one of the names above it, or because it is written like a
// selector. Which namespace or how many replicas a component has is none.
func mayDecide(f field, at place) bool {
	if text, ok := f.body.(*ast.LiteralString); ok && strings.ContainsAny(text.Value, "={[~<>") {
		return true
	}
	name := strings.Join(append(slices.Clone(at.path), f.name), ".")
	return deciding.MatchString(alertmanager.ReplaceAllString(strings.ReplaceAll(name, "_config", ""), ""))
}

func within(path []string, key *regexp.Regexp) bool {
	return slices.ContainsFunc(path, key.MatchString)
}

// isSoftware reports whether a setting is the name or version of software: a literal
// text where such things stand.
func isSoftware(f field, at place) bool {
	_, text := f.body.(*ast.LiteralString)
	return text && (softwareKey.MatchString(f.name) || within(at.path, softwareKey))
}

// number is a literal number, as it is written; an opaque value for any other
// expression. ok is false for what is no number at all.
func (r *reading) number(n ast.Node) (v commitment.Value, ok bool) {
	sign := ""
	if u, is := n.(*ast.Unary); is && u.Op == ast.UopMinus {
		n, sign = u.Expr, "-"
	}
	switch n := n.(type) {
	case *ast.LiteralNumber:
		return commitment.Number(sign+n.OriginalString, commitment.None), true
	case *ast.LiteralString:
		if num, is := commitment.ParseNumber(strings.TrimSuffix(n.Value, "%")); is && num != nil {
			return commitment.Number(n.Value, commitment.None), true
		}
		return commitment.Value{}, false
	case *ast.LiteralNull, *ast.LiteralBoolean, *ast.DesugaredObject, *ast.Array, *ast.Function:
		return commitment.Value{}, false
	}
	text := r.written(n)
	return commitment.Unread(sign + text), text != ""
}

// score reads the two numbers of a service catalog: apdexScore is the share of requests
// that are fast enough, errorRatio the share of good ones, whatever its name says (it is
// 0.999 in the catalogs that have it). One that is small is a share of bad ones indeed.
func (r *reading) score(f field, at place) bool {
	v, ok := r.number(f.body)
	if !ok || v.Opaque && !within(at.path, objectives) {
		return false
	}
	kind, better := commitment.Availability, commitment.Higher
	if f.name == "apdexScore" {
		kind = commitment.Latency
	}
	if v.Num != nil {
		v.Unit = commitment.Ratio
		if f.name == "errorRatio" && v.Num.Cmp(big.NewRat(1, 2)) < 0 {
			kind, better = commitment.ErrorRate, commitment.Lower
		}
	}
	r.promise(f, at, kind, commitment.Field{Name: f.name, Role: commitment.RoleTarget, Value: v, Better: better})
	return true
}

// target reads an objective of a mixin: a share, as a ratio or in percent.
func (r *reading) target(f field, at place) bool {
	v, ok := r.number(f.body)
	if !ok {
		return false
	}
	if !v.Opaque {
		v = commitment.ShareOf(v.Text)
	}
	r.promise(f, at, commitment.Availability, commitment.Field{Name: f.name, Role: commitment.RoleTarget, Value: v, Better: commitment.Higher})
	return true
}

// promise adds a commitment of one number.
func (r *reading) promise(f field, at place, kind commitment.Kind, value commitment.Field) {
	r.take(f.at)
	line := f.at.Begin.Line
	value.Line = line
	service := at.service
	name := strings.TrimPrefix(strings.Join(append(slices.Clone(at.path), f.name), "."), ".")
	if service != "" {
		name = service + " " + name
	}
	r.add(line, commitment.Commitment{
		Key:  commitment.Key{Group: strings.Join(at.path, "/"), Name: service, Sub: f.name},
		Kind: kind, Service: service, Name: name, Indicator: f.name, Fields: []commitment.Field{value}, Caveats: note(value.Value),
	})
}

// setting reads a value of a mixin's settings. What the rules, here or in other
// files, make of it cannot be told, so that another one is unknown.
func (r *reading) setting(f field, at place) bool {
	from := slices.IndexFunc(at.path, settings.MatchString)
	name := strings.Join(append(slices.Clone(at.path[from:]), f.name), ".")
	out := commitment.Field{Name: "value", Role: commitment.RoleDefinition, Line: f.at.Begin.Line}
	switch n := f.body.(type) {
	case *ast.LiteralString:
		out.Value = commitment.Words(squeezed(n.Value))
	case *ast.LiteralBoolean:
		out.Value = commitment.Words(r.written(n))
	default:
		v, ok := r.number(f.body)
		if !ok || f.name == "" || v.Opaque && !isSum(f.body) {
			return false
		}
		out.Role, out.Value = commitment.RoleAmount, v
	}
	r.take(f.at)
	r.add(f.at.Begin.Line, commitment.Commitment{
		Key:  commitment.Key{Group: "_config", Name: name},
		Kind: commitment.Other, Name: name, Fields: []commitment.Field{out}, Caveats: note(out.Value),
	})
	return true
}

// isSum reports whether an expression is arithmetic of literal numbers: 7 * 24 * 3600.
func isSum(n ast.Node) bool {
	for {
		b, ok := n.(*ast.Binary)
		if !ok {
			_, isNumber := n.(*ast.LiteralNumber)
			return isNumber
		}
		if _, ok := b.Right.(*ast.LiteralNumber); !ok {
			return false
		}
		n = b.Left
	}
}

// thresholds reads the limits that a call names: what is slower than these counts as
// bad, so the lower they are, the better for the customer.
func (r *reading) thresholds(call *ast.Apply, at place) {
	for _, arg := range call.Arguments.Named {
		name := string(arg.Name)
		if name != "satisfiedThreshold" && name != "toleratedThreshold" {
			continue
		}
		number, ok := arg.Arg.(*ast.LiteralNumber)
		if !ok {
			continue // it stays a part of the rest
		}
		loc := *number.Loc()
		r.promise(field{name: name, body: number, at: loc}, at, commitment.Latency, commitment.Field{
			Name: name, Role: commitment.RoleThreshold, Value: commitment.Number(number.OriginalString, commitment.None), Better: commitment.Lower,
		})
	}
}
