package cloudwatch

import (
	"bytes"
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/resource"
	"github.com/slagate/slagate/internal/commitment/source"
)

// sniffStack reports whether a file may be a template of CloudFormation (or SAM, or of
// the Serverless Framework, which hold one) with an alarm in it.
func sniffStack(path string, src []byte) bool {
	switch ext := path[strings.LastIndexByte(path, '.')+1:]; ext {
	case "yml", "yaml", "json", "template":
		return bytes.Contains(src, []byte("AWS::CloudWatch::"))
	}
	return false
}

// parseStack reads every mapping that is an alarm, wherever it stands.
func parseStack(path string, src []byte) commitment.Parsed {
	f := source.YAML(path, src)
	out := commitment.Parsed{Problems: f.Problems}
	for _, d := range f.Documents {
		defaults := d.Root.Get("Parameters")
		d.Root.Walk(func(keys []string, n source.Node) bool {
			read := map[string]resource.Type{
				"AWS::CloudWatch::Alarm":          metricAlarm,
				"AWS::CloudWatch::CompositeAlarm": compositeAlarm,
			}[n.Get("Type").Text()]
			if read == nil || len(keys) == 0 {
				return true
			}
			out.Mine = true
			at := commitment.Source{File: path, Line: n.Line(), Template: f.Template, Generated: f.Generated}
			it := resource.Item{
				Block: stackBlock{n.Get("Properties"), n.Get("Condition"), defaults}, Type: n.Get("Type").Text(),
				Name: keys[len(keys)-1], Source: at,
			}
			for _, c := range read(it) {
				if f.Template {
					c.Caveats = append(c.Caveats, "read without rendering the template")
				}
				out.Commitments = append(out.Commitments, c)
			}
			return false
		})
	}
	if !out.Mine && !f.Whole() {
		out.Problems = nil
	}
	return out
}

// stackBlock is the properties of an alarm, or of a part of it, under the names that
// Terraform has for them.
type stackBlock struct {
	n, condition source.Node
	defaults     source.Node // parameters of the template
}

// property is the name that CloudFormation has for an argument of Terraform: the same
// words, written together, but for a few.
func property(name string) string {
	switch name {
	case "dimensions":
		return "Dimensions"
	case "ok_actions":
		return "OKActions"
	case "evaluate_low_sample_count_percentiles":
		return "EvaluateLowSampleCountPercentile"
	case "wait_period":
		return "ActionsSuppressorWaitPeriod"
	case "extension_period":
		return "ActionsSuppressorExtensionPeriod"
	case "alarm":
		return "ActionsSuppressor"
	}
	var b strings.Builder
	for word := range strings.SplitSeq(name, "_") {
		if word != "" {
			b.WriteString(strings.ToUpper(word[:1]) + word[1:])
		}
	}
	return b.String()
}

// Attr is a property. What a condition of the template decides is its count.
func (b stackBlock) Attr(name string) resource.Attr {
	n := b.n.Get(property(name))
	switch name {
	case "count":
		n = b.condition
	case "for_each":
		return resource.Attr{}
	}
	if n.IsNull() {
		return resource.Attr{}
	}
	a := resource.Made(n.Line(), strings.Join(strings.Fields(n.String()), " "), func(read func(string) commitment.Value) commitment.Value {
		v := n.As(read)
		if fallback := b.defaults.Get(reference(n), "Default"); v.Opaque && fallback.Exists() {
			v.Text += " (default " + fallback.Shown() + ")"
		}
		return v
	})
	if n.IsScalar() && !n.Opaque() {
		a.Text, a.Literal = n.Text(), true
	}
	if name == "dimensions" {
		a.Text = sorted(n)
	}
	a.Items, a.IsList = entries(n)
	return a
}

// reference is the parameter that a value refers to, in the short form or the long one.
func reference(n source.Node) string {
	if ref := n.Get("Ref"); ref.Exists() {
		return ref.Text()
	}
	return n.Text()
}

// entries are the entries of a list of names or references. A list with anything else in
// it (a condition that chooses between two) is none.
func entries(n source.Node) ([]string, bool) {
	if !n.IsList() {
		return nil, false
	}
	out := []string{}
	for _, x := range n.Items() {
		if !x.IsScalar() && !x.IsMap() || x.Text() == "AWS::NoValue" {
			return nil, false
		}
		out = append(out, x.String())
	}
	return out, true
}

// sorted is a list whose order means nothing as text.
func sorted(n source.Node) string {
	items := n.Items()
	if len(items) == 0 {
		return n.String()
	}
	texts := make([]string, 0, len(items))
	for _, x := range items {
		texts = append(texts, x.String())
	}
	slices.Sort(texts)
	return "[" + strings.Join(texts, ", ") + "]"
}

// Blocks are the parts of an alarm that Terraform writes as blocks.
func (b stackBlock) Blocks(name string) []resource.Block {
	var out []resource.Block
	switch name {
	case "metric_query":
		for _, x := range b.n.Get("Metrics").Items() {
			out = append(out, stackBlock{n: x, defaults: b.defaults})
		}
	case "metric":
		if x := b.n.Get("MetricStat"); x.IsMap() {
			out = append(out, stackBlock{n: x, defaults: b.defaults})
		}
	case "actions_suppressor":
		if b.n.Get("ActionsSuppressor").Exists() {
			out = append(out, b)
		}
	}
	return out
}

// Opaque is never so: YAML has no loops.
func (b stackBlock) Opaque() bool { return false }

// Line is where its properties begin.
func (b stackBlock) Line() int { return b.n.Line() }

// Locals are none.
func (b stackBlock) Locals() []string { return nil }

// Text is what it says but for its period and label, sorted.
func (b stackBlock) Text(func(string) bool) string {
	var parts []string
	for _, p := range b.n.Pairs() {
		switch {
		case p.Key == "Period" || p.Key == "Label":
		case p.Key == "Dimensions":
			parts = append(parts, p.Key+" = "+sorted(p.Value))
		case p.Value.IsMap():
			parts = append(parts, p.Key+" "+stackBlock{n: p.Value}.Text(nil))
		default:
			parts = append(parts, p.Key+" = "+p.Value.String())
		}
	}
	slices.Sort(parts)
	return "{" + strings.Join(parts, "; ") + "}"
}
