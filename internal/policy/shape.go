package policy

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/invopop/jsonschema"
	"go.yaml.in/yaml/v4"
)

// What a YAML node is, in the words of the messages.
const (
	kindText    = "text"
	kindNumber  = "a number"
	kindBoolean = "true or false"
	kindNothing = "empty"
	kindList    = "a list"
	kindMapping = "a mapping"
)

// wholeFile is what the root is called in messages.
const wholeFile = "the policy"

// kindOf names what a node is. A date is text: YAML 1.2 has no dates.
func kindOf(n *yaml.Node) string {
	if n.Kind == yaml.SequenceNode {
		return kindList
	}
	if n.Kind == yaml.MappingNode {
		return kindMapping
	}
	switch n.ShortTag() {
	case "!!null":
		return kindNothing
	case "!!bool":
		return kindBoolean
	case "!!int", "!!float":
		return kindNumber
	default:
		return kindText
	}
}

// wanted names what a schema type asks for.
func wanted(schemaType string) string {
	switch schemaType {
	case "object":
		return kindMapping
	case "array":
		return kindList
	case "integer", "number":
		return kindNumber
	case "boolean":
		return kindBoolean
	default:
		return kindText
	}
}

// shaper checks nodes against the schema that is generated from the raw types.
// It knows the keywords which those types use; a test compares its verdict with
// a complete validator's. What is wrong is reported and left out of the copy
// it gives back, so that everything else can be read and checked further.
type shaper struct {
	*reporter
	patterns map[string]*regexp.Regexp
	// hurt are the mappings of the copy that something was left out of.
	hurt map[*yaml.Node]bool
}

func newShaper(r *reporter) *shaper {
	return &shaper{reporter: r, patterns: map[string]*regexp.Regexp{}, hurt: map[*yaml.Node]bool{}}
}

// check gives a copy of the node with only what is right in it; nil if the
// node itself is wrong. name is what the node is called in messages. A nil
// schema lets any value pass.
func (s *shaper) check(n *yaml.Node, schema *jsonschema.Schema, name string) *yaml.Node {
	if foreign(n) != "" { // reported by plain
		return nil
	}
	if schema == nil {
		return s.anything(n, name)
	}
	if branches := append(slices.Clone(schema.OneOf), schema.AnyOf...); len(branches) > 0 {
		return s.union(n, branches, name)
	}
	if schema.Const != nil || schema.Type == "" {
		return s.constant(n, schema, name)
	}
	kind := kindOf(n)
	if kind != wanted(schema.Type) {
		s.wrongKind(n, name, kind, wanted(schema.Type))
		return nil
	}
	switch kind {
	case kindMapping:
		return s.mapping(n, schema, name)
	case kindList:
		return s.list(n, schema, name)
	case kindNumber:
		return s.number(n, schema, name)
	case kindText:
		return s.text(n, schema, name)
	default:
		return n
	}
}

// anything looks only for keys that stand twice.
func (s *shaper) anything(n *yaml.Node, name string) *yaml.Node {
	switch kindOf(n) {
	case kindMapping:
		return s.mapping(n, &jsonschema.Schema{}, name)
	case kindList:
		return s.list(n, &jsonschema.Schema{}, name)
	default:
		return n
	}
}

func (s *shaper) wrongKind(n *yaml.Node, name, kind, want string) {
	message := fmt.Sprintf("%s must be %s, but is %s", name, want, kind)
	if want == kindText && (kind == kindNumber || kind == kindBoolean) {
		message += "; put it in quotes"
	}
	s.node(n, message)
}

// union accepts what one of the branches accepts. If none does, the branch for
// this kind of node says why.
func (s *shaper) union(n *yaml.Node, branches []*jsonschema.Schema, name string) *yaml.Node {
	kind := kindOf(n)
	var fitting *jsonschema.Schema
	var kinds []string
	for _, b := range branches {
		if b.Const != nil {
			if n.Value == b.Const && kind == kindText {
				return n
			}
			continue
		}
		if want := unionKind(b); want == kind {
			fitting = b
		} else {
			kinds = append(kinds, want)
		}
	}
	if fitting != nil {
		return s.check(n, fitting, name)
	}
	s.wrongKind(n, name, kind, strings.Join(kinds, " or "))
	return nil
}

// unionKind is the kind of node a branch of a union is for.
func unionKind(b *jsonschema.Schema) string {
	if b.Type == "" && len(b.AnyOf) > 0 {
		return unionKind(b.AnyOf[len(b.AnyOf)-1])
	}
	return wanted(b.Type)
}

// constant accepts one number only (the version).
func (s *shaper) constant(n *yaml.Node, schema *jsonschema.Schema, name string) *yaml.Node {
	want := fmt.Sprint(schema.Const)
	if kindOf(n) == kindNumber {
		if f, ok := numeric(n); ok && strconv.FormatFloat(f, 'f', -1, 64) == want {
			return n
		}
	}
	s.node(n, fmt.Sprintf("%s must be the number %s", name, want), want)
	return nil
}

func (s *shaper) number(n *yaml.Node, schema *jsonschema.Schema, name string) *yaml.Node {
	f, ok := numeric(n)
	if !ok || schema.Type == "integer" && f != math.Trunc(f) {
		s.nodef(n, "%s must be a whole number", name)
		return nil
	}
	low, high := bound(schema.Minimum, math.Inf(-1)), bound(schema.Maximum, math.Inf(1))
	if f < low || f > high {
		s.nodef(n, "%s must be from %s to %s", name, schema.Minimum, schema.Maximum)
		return nil
	}
	return n
}

func bound(limit json.Number, otherwise float64) float64 {
	f, err := limit.Float64()
	if err != nil {
		return otherwise
	}
	return f
}

func (s *shaper) text(n *yaml.Node, schema *jsonschema.Schema, name string) *yaml.Node {
	length := utf8.RuneCountInString(n.Value)
	switch {
	case len(schema.Enum) > 0 && !slices.Contains(schema.Enum, any(n.Value)):
		s.unknown(n, schema.Title, words(schema.Enum))
	case length < least(schema.MinLength):
		s.nodef(n, "%s is empty", name)
	case length > most(schema.MaxLength):
		s.nodef(n, "%s has %d characters, at most %d are allowed", name, length, *schema.MaxLength)
	case schema.Pattern != "" && !s.pattern(schema.Pattern).MatchString(n.Value):
		s.node(n, fmt.Sprintf("%s: %v", quote(n.Value), schema.Extras[shapeError]))
	default:
		return n
	}
	return nil
}

func (s *shaper) pattern(expression string) *regexp.Regexp {
	re := s.patterns[expression]
	if re == nil {
		re = regexp.MustCompile(expression)
		s.patterns[expression] = re
	}
	return re
}

// least and most read an optional limit of the schema.
func least(limit *uint64) int {
	if limit == nil {
		return 0
	}
	return int(min(*limit, math.MaxInt32))
}

func most(limit *uint64) int {
	if limit == nil {
		return math.MaxInt
	}
	return int(min(*limit, math.MaxInt32))
}

func words(enum []any) []string {
	out := make([]string, 0, len(enum))
	for _, e := range enum {
		out = append(out, fmt.Sprint(e))
	}
	return out
}

func (s *shaper) list(n *yaml.Node, schema *jsonschema.Schema, name string) *yaml.Node {
	if len(n.Content) < least(schema.MinItems) {
		s.nodef(n, "%s is an empty list", name)
		return nil
	}
	out := *n
	out.Content = nil
	seen := map[string]int{}
	for i, item := range n.Content {
		if i >= most(schema.MaxItems) {
			s.nodef(item, "%s has %d entries, at most %d are allowed", name, len(n.Content), *schema.MaxItems)
			break
		}
		checked := s.check(item, schema.Items, "an entry of "+name)
		if checked == nil {
			continue
		}
		if schema.UniqueItems {
			if line, twice := seen[item.Value]; twice {
				s.nodef(item, "%s is listed twice in %s, first at line %d", quote(item.Value), name, line)
				continue
			}
			seen[item.Value] = item.Line
		}
		out.Content = append(out.Content, checked)
	}
	if len(out.Content) < len(n.Content) {
		s.hurt[&out] = true
	}
	return &out
}

func (s *shaper) mapping(n *yaml.Node, schema *jsonschema.Schema, name string) *yaml.Node {
	out := *n
	out.Content = nil
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, item := n.Content[i], n.Content[i+1]
		if !s.key(key, schema, seen, i/2, name) {
			s.hurt[&out] = true
			continue
		}
		below := s.below(key.Value, schema)
		checked := s.check(item, below, key.Value)
		if checked == nil || s.hurt[checked] {
			s.hurt[&out] = true
		}
		if checked != nil {
			out.Content = append(out.Content, key, checked)
		}
	}
	for _, required := range schema.Required {
		if _, ok := seen[required]; !ok {
			s.missing(n, required, name)
			s.hurt[&out] = true
		}
	}
	return &out
}

func (s *shaper) missing(n *yaml.Node, key, name string) {
	where := " in " + name
	if name == wholeFile {
		where = ""
	}
	s.place(n.Line, n.Column, "", fmt.Sprintf("%q is missing%s", key, where), []string{key})
}

// key reports whether a key may stand where it does.
func (s *shaper) key(key *yaml.Node, schema *jsonschema.Schema, seen map[string]int, index int, name string) bool {
	noun := "key"
	if schema.Title != "" && name != wholeFile {
		noun = schema.Title
	}
	if foreign(key) != "" { // reported by plain
		return false
	}
	if key.Kind != yaml.ScalarNode {
		s.node(key, "a key must be plain text")
		return false
	}
	if line, twice := seen[key.Value]; twice {
		s.nodef(key, "%s %s stands here twice, first at line %d", noun, quote(key.Value), line)
		return false
	}
	seen[key.Value] = key.Line
	if index >= most(schema.MaxProperties) {
		s.nodef(key, "%s has more than %d entries", name, *schema.MaxProperties)
		return false
	}
	if schema.PropertyNames != nil {
		return s.text(key, schema.PropertyNames, noun) != nil
	}
	if schema.Properties.Len() > 0 && s.below(key.Value, schema) == nil {
		s.unknown(key, noun, keys(schema))
		return false
	}
	return true
}

// below is the schema of the value under a key; nil if there is none.
func (s *shaper) below(key string, schema *jsonschema.Schema) *jsonschema.Schema {
	if schema.Properties.Len() == 0 {
		return schema.AdditionalProperties
	}
	property, _ := schema.Properties.Get(key)
	return property
}

func keys(schema *jsonschema.Schema) []string {
	var out []string
	for key := range schema.Properties.KeysFromOldest() {
		out = append(out, key)
	}
	return out
}
