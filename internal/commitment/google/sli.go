package google

import (
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/resource"
)

// slis are the blocks that say what an objective measures.
func slis() []string { return []string{"basic_sli", "request_based_sli", "windows_based_sli"} }

// parts are the blocks below them that hold numbers.
func parts() []string {
	return []string{
		"latency", "distribution_cut", "range", "good_total_ratio_threshold", "performance", "basic_sli_performance",
		"metric_mean_in_range", "metric_sum_in_range",
	}
}

// number says what a number of an indicator means by the end of its path: what counts
// as fast enough, or as good. ok is false for all else.
func number(path string) (resource.Spec, bool) {
	s := resource.Spec{Role: commitment.RoleThreshold, Better: commitment.Lower, Read: resource.Plain}
	switch {
	case strings.HasSuffix(path, "latency.threshold"):
		s.Read = resource.Seconds
	case strings.HasSuffix(path, "range.max"):
	case strings.HasSuffix(path, "range.min"):
		s.Better = commitment.Higher
	case strings.HasSuffix(path, "good_total_ratio_threshold.threshold"):
		s.Better, s.Read = commitment.Higher, commitment.RatioOf
	default:
		return s, false
	}
	words := strings.Split(path, ".")
	s.Name = strings.Join(words[len(words)-2:], ".")
	return s, true
}

// indicators adds the numbers of what is measured, and says what kind of promise it is.
func indicators(f *resource.Fields, it resource.Item) commitment.Kind {
	kind := commitment.Availability
	for _, name := range slis() {
		for _, b := range it.Blocks(name) {
			f.Rely(b.Locals()...)
			if numbers(f, b, name+".", 0) {
				kind = commitment.Latency
			}
		}
	}
	return kind
}

// numbers adds the numbers of a block and those below it. fast reports that one of
// them is about time: a latency, or a range of a distribution.
func numbers(f *resource.Fields, b resource.Block, path string, depth int) (fast bool) {
	fast = strings.HasSuffix(path, "latency.") || strings.HasSuffix(path, "distribution_cut.")
	for _, name := range []string{"threshold", "max", "min"} {
		if s, ok := number(path + name); ok {
			f.Add(b.Attr(name), s)
		}
	}
	if depth > len(parts()) {
		return fast
	}
	for _, name := range parts() {
		for _, n := range b.Blocks(name) {
			fast = numbers(f, n, path+name+".", depth+1) || fast
		}
	}
	return fast
}

// measured is what is measured, without those numbers.
func measured(it resource.Item) string {
	var out []string
	for _, name := range slis() {
		for _, b := range it.Blocks(name) {
			out = append(out, name+" "+b.Text(func(path string) bool {
				_, ok := number(name + "." + path)
				return ok
			}))
		}
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}
