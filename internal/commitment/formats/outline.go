package formats

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
)

// outline is where the lines of a YAML or JSON file stand, by their indentation. It
// needs no parser, so that it serves templates and texts inside texts alike. What is
// written in braces on one line has no place of its own.
type outline struct {
	paths []string // keys above a line, joined by "/"
	docs  []*document
	odd   []commitment.Problem // keys that are not what they look like
}

// document is what one document says of itself.
type document struct {
	number                    int // among those that are not empty
	kind, apiVersion, version string
	labels                    []string
}

var (
	entry = regexp.MustCompile(`^["']?([^"'#\s{}\[\]][^"':]*|[^"']+)["']?\s*:(?:\s+(.*)|$)`)
	// chosen are labels by which Prometheus instances choose their resources.
	chosen = regexp.MustCompile(`^(?:prometheus|role|release)$`)
)

// level is an open key, or an entry of a list, with its column.
type level struct {
	column int
	key    string
	item   bool
}

func outlineOf(rows []string) outline {
	o := outline{paths: make([]string, len(rows)), docs: make([]*document, len(rows))}
	doc := &document{number: 1}
	empty := true
	var open []level
	for i, row := range rows {
		row = strings.TrimPrefix(row, "\ufeff")
		text := strings.TrimLeft(row, " \t")
		if strings.HasPrefix(row, "---") {
			if !empty {
				doc, empty = &document{number: doc.number + 1}, true
			}
			open, text = nil, ""
		}
		o.docs[i] = doc
		if text == "" || strings.HasPrefix(text, "#") || strings.HasPrefix(text, "{{") || strings.HasPrefix(text, "{%") || strings.HasPrefix(text, "<%") || text == "..." {
			continue
		}
		empty = false
		column := len(row) - len(text)
		for strings.HasPrefix(text, "- ") {
			open = append(above(open, column, true), level{column: column, item: true})
			rest := strings.TrimLeft(text[1:], " ")
			column, text = column+len(text)-len(rest), rest
		}
		open = above(open, column, false)
		o.paths[i] = pathOf(open)
		if m := entry.FindStringSubmatch(text); m != nil {
			doc.note(o.paths[i], m[1], strings.TrimRight(m[2], `, `))
			o.look(i, m[1])
			open = append(open, level{column: column, key: m[1]})
		}
	}
	return o
}

// above are the levels that a column stands under. An entry of a list may have the
// column of the key that it belongs to.
func above(open []level, column int, item bool) []level {
	for len(open) > 0 {
		top := open[len(open)-1]
		if top.column < column || item && top.column == column && !top.item {
			break
		}
		open = open[:len(open)-1]
	}
	return open
}

func pathOf(open []level) string {
	const deepest = 30
	var keys []string
	for _, l := range open {
		if !l.item && len(keys) < deepest {
			keys = append(keys, l.key)
		}
	}
	return strings.Join(keys, "/")
}

var (
	// disguised are keys of Latin letters with others among them that look like them, or that do not show.
	latin     = regexp.MustCompile(`[A-Za-z]`)
	disguised = regexp.MustCompile(`[\p{Cyrillic}\p{Greek}\x{FF01}-\x{FF5E}\p{Cf}\x{00A0}\x{2000}-\x{200F}]`)
	// hold is "for", misspelt: without it an alert seems to come earlier.
	hold = regexp.MustCompile(`^(?i:for_|fro|ofr|fo|fr|foor|forr|forf|fot|fir|fpr|fore|form|dor|gor|hold|for_duration|duration|after)$|^F[oO][rR]$|^f(?:OR|Or|oR)$`)
)

// look notes a key that tools do not read as people do.
func (o *outline) look(i int, key string) {
	const most = 100
	path := o.paths[i]
	switch {
	case len(o.odd) >= most:
	case !ascii(key) && latin.MatchString(key) && disguised.MatchString(key):
		o.odd = append(o.odd, commitment.Problem{Line: i + 1, Text: fmt.Sprintf("the key %+q is not written in the letters it seems to be", key)})
	case strings.HasSuffix(path, "groups/rules") && hold.MatchString(key):
		o.odd = append(o.odd, commitment.Problem{Line: i + 1, Text: fmt.Sprintf("a rule has no %q, perhaps for is meant", key)})
	}
}

// ascii reports whether a text has none but plain characters.
func ascii(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r >= 0x80 }) < 0
}

// note keeps what a document says of itself.
func (d *document) note(path, key, value string) {
	value, _, _ = strings.Cut(value, " #")
	value = strings.Trim(strings.TrimSpace(value), `"'`)
	switch {
	case path == "" && key == "kind":
		d.kind = value
	case path == "" && key == "apiVersion":
		d.apiVersion = value
	case path == "" && key == "version":
		d.version = value
	case path == "metadata/labels" && chosen.MatchString(key):
		d.labels = append(d.labels, key+"="+value)
		slices.Sort(d.labels)
	}
}

var (
	// text is a file within a file: that of a ConfigMap or a Secret, whose name is free.
	within = regexp.MustCompile(`^(?:items/)?(?:data|stringData)/[^/]+(?:/(.*))?$`)
	// versions are those that the tools know.
	versions = regexp.MustCompile(`^(?:openslo(?:\.com)?/v1(?:alpha\d*|beta\d*)?|n9/v1(?:alpha\d*)?|prometheus/v1|sloth\.slok\.dev/v1|pyrra\.dev/v1alpha1|v1alpha1|sre\.google\.com/v2)$`)
)

// place is where a commitment stands, if that is not a place where its tools look.
func (o outline) place(c *commitment.Commitment) string {
	line := c.Source.Line
	if line < 1 || line > len(o.paths) {
		return ""
	}
	path, doc := o.paths[line-1], o.docs[line-1]
	switch c.Key.Format {
	case "prometheus":
		if path == "" || atHome(path, doc) {
			return ""
		}
	case "alertmanager":
		if routesAtHome(path, doc) {
			return ""
		}
	case "openslo", "sloth", "pyrra", "slogenerator":
		v := doc.apiVersion + doc.version
		switch {
		case v == "" && doc.kind != "":
			return "without a version"
		case v == "" || versions.MatchString(v):
			return ""
		}
		return "version " + v
	default:
		return ""
	}
	if doc.kind == "" && doc.number > 1 {
		path = "a later document, " + path
	}
	return strings.TrimSpace(strings.Join([]string{doc.apiVersion, doc.kind, path}, " "))
}

// atHome reports whether Prometheus or its operator read rules from there.
func atHome(path string, doc *document) bool {
	switch doc.kind {
	case "":
		return path == "groups/rules" && doc.number == 1
	case "PrometheusRule":
		return path == "spec/groups/rules" && doc.apiVersion == "monitoring.coreos.com/v1"
	case "List", "PrometheusRuleList":
		return path == "items/spec/groups/rules"
	case "ConfigMap", "Secret":
		m := within.FindStringSubmatch(path)
		return m != nil && (m[1] == "groups/rules" || m[1] == "")
	}
	return false
}

// routesAtHome reports whether Alertmanager or its operator read routes from there.
func routesAtHome(path string, doc *document) bool {
	switch doc.kind {
	case "":
		return (path == "" || path == "route") && doc.number == 1
	case "AlertmanagerConfig":
		return path == "spec" || path == "spec/route"
	case "ConfigMap", "Secret":
		m := within.FindStringSubmatch(path)
		return path == "data" || path == "stringData" || m != nil && (m[1] == "route" || m[1] == "")
	}
	return false
}

// labels are those by which an instance of Prometheus chooses a resource.
func (o outline) labels(c *commitment.Commitment) string {
	line := c.Source.Line
	if c.Key.Format != "prometheus" || line < 1 || line > len(o.docs) || o.docs[line-1].kind != "PrometheusRule" {
		return ""
	}
	return strings.Join(o.docs[line-1].labels, " ")
}
