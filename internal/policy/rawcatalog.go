package policy

import (
	"github.com/invopop/jsonschema"
	"go.yaml.in/yaml/v4"

	"github.com/slagate/slagate/internal/commitment/catalog"
)

// promiseShape is the shape of the ids of commitments and escalations.
const promiseShape = `^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$`

// rawCommitment is a line of the catalog. What its texts mean is said by package catalog.
type rawCommitment struct {
	ID          rawPromiseID    `yaml:"id" json:"id" jsonschema_description:"What the promise is called everywhere. Unique."`
	Service     *rawLine        `yaml:"service" json:"service,omitempty" jsonschema_description:"The service it is about, as objectives and alerts call it."`
	Kind        rawKind         `yaml:"kind" json:"kind" jsonschema_description:"What is promised."`
	Target      rawTarget       `yaml:"target" json:"target" jsonschema_description:"The promised value: 99.9%, 4h, 8 business hours, or a number with its unit."`
	Unit        *rawUnit        `yaml:"unit" json:"unit,omitempty" jsonschema_description:"The unit of a target that is a number alone."`
	Window      *rawSpan        `yaml:"window" json:"window,omitempty" jsonschema_description:"The time over which the target holds: 30d, or month, quarter, year of the calendar."`
	MeasuredBy  []rawLine       `yaml:"measured_by" json:"measured_by,omitempty" jsonschema:"minItems=1,maxItems=100,uniqueItems=true" jsonschema_description:"The names of the objectives and alerts that stand for it: name, or format:name. Default: those of the same service and kind."`
	Customers   []rawLine       `yaml:"customers" json:"customers,omitempty" jsonschema:"minItems=1,maxItems=1000,uniqueItems=true" jsonschema_description:"For whom it was promised."`
	Plan        *rawLine        `yaml:"plan" json:"plan,omitempty" jsonschema_description:"The price plan for which it was promised."`
	ContractRef *rawLong        `yaml:"contract_ref" json:"contract_ref,omitempty" jsonschema_description:"Where it is written down: a clause, a link."`
	Owner       *rawLine        `yaml:"owner" json:"owner,omitempty" jsonschema_description:"Who answers for it: a function of this policy, a team, a person."`
	DependsOn   []rawPromiseRef `yaml:"depends_on" json:"depends_on,omitempty" jsonschema:"minItems=1,maxItems=100,uniqueItems=true" jsonschema_description:"The ids of commitments that it rests on, all of them at once."`
	Notice      *rawSpan        `yaml:"notice" json:"notice,omitempty" jsonschema_description:"How long before a change customers are told: 30d."`

	node *yaml.Node
}

// UnmarshalYAML keeps the place.
func (c *rawCommitment) UnmarshalYAML(n *yaml.Node) error {
	type plain rawCommitment
	c.node = n
	return n.Decode((*plain)(c))
}

// rawEscalation is a promised escalation path.
type rawEscalation struct {
	ID       rawPromiseID `yaml:"id" json:"id" jsonschema_description:"What the path is called everywhere. Unique."`
	Service  *rawLine     `yaml:"service" json:"service,omitempty" jsonschema_description:"The service it is for. Default: any."`
	Severity *rawLine     `yaml:"severity" json:"severity,omitempty" jsonschema_description:"The severity it is for."`
	Levels   []rawLevel   `yaml:"levels" json:"levels" jsonschema:"minItems=1,maxItems=50" jsonschema_description:"Who is told, in order."`
	Repeat   *rawRepeat   `yaml:"repeat" json:"repeat,omitempty" jsonschema_description:"When the path starts again while nobody answers: a time, for ever, or a time and how often."`

	node *yaml.Node
}

// UnmarshalYAML keeps the place.
func (e *rawEscalation) UnmarshalYAML(n *yaml.Node) error {
	type plain rawEscalation
	e.node = n
	return n.Decode((*plain)(e))
}

// rawLevel is a level of a path.
type rawLevel struct {
	After *rawSpan `yaml:"after" json:"after,omitempty" jsonschema_description:"How long after the start they are told: 15m. Default: at once."`
	Who   rawWords `yaml:"who" json:"who" jsonschema_description:"Who is told."`

	node *yaml.Node
}

// UnmarshalYAML keeps the place.
func (l *rawLevel) UnmarshalYAML(n *yaml.Node) error {
	type plain rawLevel
	l.node = n
	return n.Decode((*plain)(l))
}

// rawRepeat says when a path starts again.
type rawRepeat struct {
	Every rawSpan    `yaml:"every" json:"every" jsonschema_description:"How long after its start the path begins again."`
	Times *rawNumber `yaml:"times" json:"times,omitempty" jsonschema:"minimum=0,maximum=1000" jsonschema_description:"How often. Default: for ever."`
}

// UnmarshalYAML takes either form.
func (r *rawRepeat) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		return n.Decode(&r.Every)
	}
	type plain rawRepeat
	return n.Decode((*plain)(r))
}

// JSONSchema is either form.
func (rawRepeat) JSONSchema() *jsonschema.Schema {
	type plain rawRepeat
	return &jsonschema.Schema{OneOf: []*jsonschema.Schema{rawSpan{}.JSONSchema(), reflectSchema(plain{})}}
}

// rawWords is one text or several.
type rawWords []rawLine

// UnmarshalYAML takes either form.
func (w *rawWords) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		*w = make(rawWords, 1)
		return n.Decode(&(*w)[0])
	}
	type plain rawWords
	return n.Decode((*plain)(w))
}

// JSONSchema is either form.
func (rawWords) JSONSchema() *jsonschema.Schema {
	list := reflectSchema([]rawLine{})
	one, limit := uint64(1), uint64(100)
	list.MinItems, list.MaxItems, list.UniqueItems = &one, &limit, true
	return &jsonschema.Schema{OneOf: []*jsonschema.Schema{rawLine{}.JSONSchema(), list}}
}

const promiseWrong = "an id is letters, digits and . _ / -, at most 100, starting with a letter or digit"

// JSONSchema is the shape of an id of the catalog.
func (rawPromiseID) JSONSchema() *jsonschema.Schema { return text(promiseShape, promiseWrong) }

// JSONSchema is an id; whether there is such a commitment is checked by its own rules.
func (rawPromiseRef) JSONSchema() *jsonschema.Schema { return &jsonschema.Schema{Type: "string"} }

// JSONSchema lists the kinds.
func (rawKind) JSONSchema() *jsonschema.Schema { return choice("kind of promise", catalog.Kinds()) }

// JSONSchema lists the units.
func (rawUnit) JSONSchema() *jsonschema.Schema { return choice("unit", catalog.Units()) }

// JSONSchema is a text or a number; what it may be depends on the kind.
func (rawTarget) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{OneOf: []*jsonschema.Schema{line(100), {Type: "number"}}}
}

// JSONSchema is a text; whether it is a length of time is checked by its own rules.
func (rawSpan) JSONSchema() *jsonschema.Schema { return line(100) }

// The two words of uncovered.
const (
	uncoveredReport = string(Report)
	uncoveredGate   = string(Gate)
)

// JSONSchema lists the choices.
func (rawUncovered) JSONSchema() *jsonschema.Schema {
	s := choice("choice for uncovered", []string{uncoveredReport, uncoveredGate})
	s.Default = uncoveredReport
	return s
}

// choice is the schema of one of some words.
func choice(title string, words []string) *jsonschema.Schema {
	s := &jsonschema.Schema{Type: "string", Title: title}
	for _, w := range words {
		s.Enum = append(s.Enum, w)
	}
	return s
}
