package policy

import (
	"github.com/invopop/jsonschema"
	"go.yaml.in/yaml/v4"
)

// Limits on single values.
const (
	maxRules     = 500  // per file
	maxPatterns  = 2000 // per file
	maxPattern   = 500  // bytes of one pattern
	maxApprovals = 20
	maxLabel     = 50 // characters; GitHub refuses longer label names
)

// The shapes of names. A login is what GitHub gives out: letters, digits and
// single hyphens, with "_suffix" for accounts managed by an enterprise.
const (
	functionShape = `^[a-z][a-z0-9-]{0,30}$`
	itemShape     = `^[a-z][a-z0-9-]{0,49}$`
	teamShape     = `^[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9_][A-Za-z0-9_-]{0,99}$`
	loginShape    = `^[A-Za-z0-9][A-Za-z0-9-]{0,38}(_[A-Za-z0-9]{1,10})?$`
	lineShape     = `^[^\x00-\x1f\x7f]*$`
)

// rawPolicy is the file as it is written.
type rawPolicy struct {
	Version     rawNumber       `yaml:"version" json:"version" jsonschema_description:"The version of this format: 1."`
	Functions   rawFunctions    `yaml:"functions" json:"functions,omitempty" jsonschema_description:"Who signs: groups that must agree, by name. The names author and policy are reserved."`
	Rules       []rawRule       `yaml:"rules" json:"rules,omitempty" jsonschema:"maxItems=500" jsonschema_description:"Which files carry promises to customers, and who must agree when one changes. Every rule that covers a file counts."`
	Checklist   []rawItem       `yaml:"checklist" json:"checklist,omitempty" jsonschema:"maxItems=200" jsonschema_description:"Checklist items beyond the built-in ones."`
	Policy      *rawSelf        `yaml:"policy" json:"policy,omitempty" jsonschema_description:"Changes of the policy file itself."`
	SignOffs    *rawSignOffs    `yaml:"signoffs" json:"signoffs,omitempty" jsonschema_description:"What counts as a sign-off."`
	Commitments []rawCommitment `yaml:"commitments" json:"commitments,omitempty" jsonschema:"maxItems=500" jsonschema_description:"What was negotiated with customers: floors, owners, notice periods, dependencies."`
	Escalations []rawEscalation `yaml:"escalations" json:"escalations,omitempty" jsonschema:"maxItems=200" jsonschema_description:"Who is told when, as it was promised."`
	Uncovered   *rawUncovered   `yaml:"uncovered" json:"uncovered,omitempty" jsonschema_description:"What happens to a promise in a file that no rule covers: it is reported, or asks like an unknown change."`
	Severities  []rawWords      `yaml:"severities" json:"severities,omitempty" jsonschema:"minItems=1,maxItems=50" jsonschema_description:"The words for urgency, the most urgent first; words of one list mean the same. Default: those that are usual."`
}

// JSONSchemaExtend names what tags cannot.
func (rawPolicy) JSONSchemaExtend(s *jsonschema.Schema) {
	if version, ok := s.Properties.Get("version"); ok {
		version.Const = 1
	}
}

// rawFunctions are the functions in file order.
type rawFunctions []rawNamedFunction

type rawNamedFunction struct {
	Name     word
	Function rawFunction
}

// UnmarshalYAML keeps the order, which a Go map would lose.
func (f *rawFunctions) UnmarshalYAML(n *yaml.Node) error {
	for i := 0; i+1 < len(n.Content); i += 2 {
		named := rawNamedFunction{Name: word{n.Content[i].Value, n.Content[i]}}
		if err := named.Function.UnmarshalYAML(n.Content[i+1]); err != nil {
			return err
		}
		*f = append(*f, named)
	}
	return nil
}

// JSONSchema is a mapping of names to functions.
func (rawFunctions) JSONSchema() *jsonschema.Schema {
	limit := uint64(50)
	return &jsonschema.Schema{
		Type: "object", Title: "function",
		MaxProperties:        &limit,
		PropertyNames:        text(functionShape, "a function's name is lower-case letters, digits and hyphens, at most 31, starting with a letter"),
		AdditionalProperties: reflectSchema(rawFunction{}),
	}
}

// rawFunction is a group that must agree.
type rawFunction struct {
	Teams     []rawTeam  `yaml:"teams" json:"teams,omitempty" jsonschema:"minItems=1,maxItems=100,uniqueItems=true" jsonschema_description:"Teams of this owner as org/team-slug. Any active member counts, members of child teams included."`
	Users     []rawLogin `yaml:"users" json:"users,omitempty" jsonschema:"minItems=1,maxItems=100,uniqueItems=true" jsonschema_description:"GitHub logins: members of the owner or collaborators of the repository."`
	Approvals *rawNumber `yaml:"approvals" json:"approvals,omitempty" jsonschema:"minimum=1,maximum=20,default=1" jsonschema_description:"How many people of the function must sign."`
	Label     *rawLabel  `yaml:"label" json:"label,omitempty" jsonschema_description:"The sign-off label. Default: sla/NAME-approved."`

	node *yaml.Node
}

// UnmarshalYAML keeps the place.
func (f *rawFunction) UnmarshalYAML(n *yaml.Node) error {
	type plain rawFunction
	f.node = n
	return n.Decode((*plain)(f))
}

// rawRule says which files need whom.
type rawRule struct {
	Name      rawLine      `yaml:"name" json:"name" jsonschema_description:"What the rule is called in the comment. Unique."`
	Paths     []rawPattern `yaml:"paths" json:"paths" jsonschema:"minItems=1" jsonschema_description:"Globs from the root of the repository. ** stands for any number of folders. ! takes away; the last pattern that matches wins."`
	Branches  []rawPattern `yaml:"branches" json:"branches,omitempty" jsonschema:"minItems=1,maxItems=100" jsonschema_description:"Globs of base branches. Default: all."`
	Require   rawRequire   `yaml:"require" json:"require" jsonschema_description:"Who must sign: a list for every effect, or a list for each effect of the change."`
	Checklist []rawAsk     `yaml:"checklist" json:"checklist,omitempty" jsonschema:"maxItems=100" jsonschema_description:"Checklist items that apply when the rule matches, in this order."`

	node *yaml.Node
}

// UnmarshalYAML keeps the place.
func (r *rawRule) UnmarshalYAML(n *yaml.Node) error {
	type plain rawRule
	r.node = n
	return n.Decode((*plain)(r))
}

// rawRequire is who must sign: one list for every effect, or a list for each.
type rawRequire struct {
	Short   []rawFunctionName
	Effects *rawEffects
	node    *yaml.Node
}

// UnmarshalYAML takes either form.
func (r *rawRequire) UnmarshalYAML(n *yaml.Node) error {
	r.node = n
	if n.Kind == yaml.SequenceNode {
		return n.Decode(&r.Short)
	}
	r.Effects = &rawEffects{}
	return n.Decode(r.Effects)
}

// JSONSchema is either form.
func (rawRequire) JSONSchema() *jsonschema.Schema {
	short := reflectSchema([]rawFunctionName{})
	short.UniqueItems = true
	short.Description = "The functions that sign every effect, neutral included."
	return &jsonschema.Schema{OneOf: []*jsonschema.Schema{short, reflectSchema(rawEffects{})}}
}

// rawEffects is the long form of require.
type rawEffects struct {
	Weakened     *[]rawFunctionName `yaml:"weakened" json:"weakened" jsonschema:"uniqueItems=true" jsonschema_description:"Worse for the customer."`
	Removed      *[]rawFunctionName `yaml:"removed" json:"removed,omitempty" jsonschema:"uniqueItems=true" jsonschema_description:"The promise is gone. Default: everybody listed in this rule."`
	Unknown      *[]rawFunctionName `yaml:"unknown" json:"unknown,omitempty" jsonschema:"uniqueItems=true" jsonschema_description:"Could not be read or compared. Default: everybody listed in this rule."`
	Strengthened *[]rawFunctionName `yaml:"strengthened" json:"strengthened,omitempty" jsonschema:"uniqueItems=true" jsonschema_description:"Better for the customer. Default: nobody."`
	Added        *[]rawFunctionName `yaml:"added" json:"added,omitempty" jsonschema:"uniqueItems=true" jsonschema_description:"A new promise. Default: nobody."`
	Neutral      *[]rawFunctionName `yaml:"neutral" json:"neutral,omitempty" jsonschema:"uniqueItems=true" jsonschema_description:"Nothing changes for the customer. Default: nobody."`
}

// JSONSchemaExtend says what the keys are.
func (rawEffects) JSONSchemaExtend(s *jsonschema.Schema) {
	s.Title = "effect"
	s.Description = "The functions that sign, by what the change does to the promise."
}

// rawAsk is a checklist item in a rule: its id, or its id and whether it is required.
type rawAsk struct {
	ID       rawItemRef `yaml:"id" json:"id"`
	Required *rawFlag   `yaml:"required" json:"required,omitempty" jsonschema_description:"Does the open item hold the merge? Default: false."`
}

// UnmarshalYAML takes either form.
func (a *rawAsk) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		return n.Decode(&a.ID)
	}
	type plain rawAsk
	return n.Decode((*plain)(a))
}

// JSONSchema is either form.
func (rawAsk) JSONSchema() *jsonschema.Schema {
	type plain rawAsk
	return &jsonschema.Schema{OneOf: []*jsonschema.Schema{rawItemRef{}.JSONSchema(), reflectSchema(plain{})}}
}

// rawItem is a checklist item of one's own.
type rawItem struct {
	ID    rawItemID `yaml:"id" json:"id"`
	Text  rawLong   `yaml:"text" json:"text" jsonschema_description:"The item in one plain sentence."`
	Owner rawOwner  `yaml:"owner" json:"owner" jsonschema_description:"The function that answers for the item, or author."`
}

// rawSelf is about changes of the policy file.
type rawSelf struct {
	Require *[]rawFunctionName `yaml:"require" json:"require,omitempty" jsonschema:"uniqueItems=true" jsonschema_description:"Who signs changes of the policy file. Default: all functions that can be satisfied."`
}

// rawSignOffs says what counts as a sign-off.
type rawSignOffs struct {
	Methods    []rawMethod `yaml:"methods" json:"methods,omitempty" jsonschema:"minItems=1,uniqueItems=true" jsonschema_description:"How people may sign. Default: label and command."`
	Author     *rawFlag    `yaml:"author" json:"author,omitempty" jsonschema_description:"May the author sign? Default: false."`
	Committers *rawFlag    `yaml:"committers" json:"committers,omitempty" jsonschema_description:"May people who pushed gated content sign? Default: false."`
	Several    *rawFlag    `yaml:"several" json:"several,omitempty" jsonschema_description:"May one person sign for more than one function? Default: false."`
	OnPush     *rawOnPush  `yaml:"on_push" json:"on_push,omitempty" jsonschema_description:"What a push does to sign-offs: keep them while the content they are for is unchanged, or reset all."`
}
