package policy

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	validator "github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"
	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "write config/slagate.schema.json")

const schemaFile = "../../config/slagate.schema.json"

func TestSchemaInStep(t *testing.T) {
	t.Parallel()
	if *update {
		require.NoError(t, os.WriteFile(schemaFile, Schema(), 0o644))
	}
	committed, err := os.ReadFile(schemaFile)
	require.NoError(t, err)
	require.Equal(t, string(committed), string(Schema()), "run go generate ./internal/policy")
}

func TestSchemaListsBuiltInItems(t *testing.T) {
	t.Parallel()
	for _, item := range BuiltIn() {
		const tries = 2 // the short and the long form
		id, err := json.Marshal(item.ID)
		require.NoError(t, err)
		require.Equal(t, tries, bytes.Count(Schema(), []byte(`"const": `+string(id)+",")), item.ID)
	}
}

// compiled is the committed schema in a complete validator.
func compiled(t *testing.T) *validator.Schema {
	t.Helper()
	document, err := validator.UnmarshalJSON(bytes.NewReader(Schema()))
	require.NoError(t, err)
	c := validator.NewCompiler()
	require.NoError(t, c.AddResource("slagate.json", document))
	s, err := c.Compile("slagate.json")
	require.NoError(t, err)
	return s
}

// agree holds the loader's walk against the validator's verdict.
func agree(t require.TestingT, schema *validator.Schema, text string) {
	r := &reporter{file: "f"}
	root := parse([]byte(text), r)
	if root == nil || len(r.problems) > 0 {
		return // no plain YAML: a schema has no say
	}
	newShaper(r).check(root, fileSchema(), wholeFile)
	if slices.ContainsFunc(r.problems, func(p Problem) bool {
		return strings.Contains(p.Message, "stands here twice") || strings.Contains(p.Message, "a key must be plain text")
	}) {
		return // in data no key stands twice, and every key is text
	}
	err := schema.Validate(value(root))
	require.Equal(t, err == nil, len(r.problems) == 0, "%s\nvalidator: %v\nloader: %v", text, err, r.problems)
}

// corpus is policies, good and bad.
func corpus(tb testing.TB) []string {
	tb.Helper()
	var out []string
	for _, file := range []string{"slagate.example.yml", "owner-default.example.yml"} {
		text, err := os.ReadFile("../../config/" + file)
		require.NoError(tb, err)
		out = append(out, string(text))
	}
	return append(out,
		"version: 1", "version: 1.0", "version: 2", "version: '1'", "version: true", "version: ~", "{}", "[]", "x", "3",
		"version: 1\nfunctions: {a: {users: [x]}, b-1: {teams: [a/b]}}",
		"version: 1\nfunctions: {A: {users: [x]}}",
		"version: 1\nfunctions: {a: {}}",
		"version: 1\nfunctions: {a: {users: []}}",
		"version: 1\nfunctions: {a: {users: [x, x]}}",
		"version: 1\nfunctions: {a: {users: [x], approvals: 1.0}}",
		"version: 1\nfunctions: {a: {users: [x], approvals: 0}}",
		"version: 1\nfunctions: {a: {users: [x], approvals: 20, label: ok}}",
		"version: 1\nfunctions: {a: {users: [x], label: "+strings.Repeat("é", 50)+"}}",
		"version: 1\nfunctions: {a: {users: [x], label: "+strings.Repeat("é", 51)+"}}",
		"version: 1\nfunctions: {a: {teams: [x]}}",
		"version: 1\nfunctions: {a: {users: ['@x', 'x[bot]']}}",
		"version: 1\nfunctions: {a: {users: [2024-01-01]}}",
		"version: 1\nfunctions: []",
		"version: 1\nrules: [{name: a, paths: [b], require: []}]",
		"version: 1\nrules: [{name: a, paths: [b], require: [a, a]}]",
		"version: 1\nrules: [{name: a, paths: [b], require: {weakened: []}}]",
		"version: 1\nrules: [{name: a, paths: [b], require: {removed: []}}]",
		"version: 1\nrules: [{name: a, paths: [b], require: {weakened: [], other: []}}]",
		"version: 1\nrules: [{name: a, paths: [b], require: x}]",
		"version: 1\nrules: [{name: a, paths: [''], require: []}]",
		"version: 1\nrules: [{name: \"a\\nb\", paths: [b], require: []}]",
		"version: 1\nrules: [{name: a, paths: [b], require: [], checklist: [impact, own, {id: impact}, {id: own, required: true}]}]",
		"version: 1\nrules: [{name: a, paths: [b], require: [], checklist: [Impact]}]",
		"version: 1\nrules: [{name: a, paths: [b], require: [], checklist: [{required: true}]}]",
		"version: 1\nrules: [{name: a, paths: [b], require: [], checklist: [{id: 3}, 4, [x]]}]",
		"version: 1\nrules: [{name: a, paths: [b], require: [], branches: []}]",
		"version: 1\nrules: ~",
		"version: 1\nchecklist: [{id: a, text: b, owner: c}]",
		"version: 1\nchecklist: [{id: a, text: b}]",
		"version: 1\npolicy: {}", "version: 1\npolicy: {require: []}", "version: 1\npolicy: []",
		"version: 1\nsignoffs: {methods: [label], author: true, committers: false, several: false, on_push: reset}",
		"version: 1\nsignoffs: {methods: []}", "version: 1\nsignoffs: {methods: [mail]}", "version: 1\nsignoffs: {on_push: x}", "version: 1\nsignoffs: {author: yes}",
		"version: 1\ncommitments: [{a: {b: [1, ~, true, x]}}]", "version: 1\ncommitments: [x]", "version: 1\ncommitments: {}", "version: 1\ncommitments: []",
		"version: 1\ncommitments: [{id: a, kind: availability, target: 99.9}, {id: b/c, kind: latency, target: 300ms, unit: percent, window: 30d}]",
		"version: 1\ncommitments: [{id: a, kind: uptime, target: 99.9}]", "version: 1\ncommitments: [{id: a, kind: availability, target: true}]",
		"version: 1\ncommitments: [{id: a, kind: availability}]", "version: 1\ncommitments: [{id: a b, kind: availability, target: 1e3}]",
		"version: 1\ncommitments: [{id: a, kind: credit, target: 10%, customers: [x], plan: gold, contract_ref: y, owner: z, notice: 30d, measured_by: [m, m], depends_on: [d]}]",
		"version: 1\nescalations: [{id: a, severity: P1, service: s, levels: [{who: x}, {after: 5m, who: [y, z]}], repeat: 30m}]",
		"version: 1\nescalations: [{id: a, levels: [{who: []}], repeat: {every: 30m, times: 3}}]", "version: 1\nescalations: [{id: a, levels: [], repeat: 3}]",
		"version: 1\nescalations: [{id: a, levels: [{after: 5, who: 3}], repeat: {times: 2.5}}]",
		"version: 1\nuncovered: gate", "version: 1\nuncovered: yes", "version: 1\nseverities: [[page, critical], low]", "version: 1\nseverities: []", "version: 1\nseverities: [[], [1]]",
	)
}

func TestSchemaAndLoaderAgree(t *testing.T) {
	t.Parallel()
	schema := compiled(t)
	for _, text := range corpus(t) {
		agree(t, schema, text)
	}
}

// Anything that can be wrong with the structure: a good file with one node
// replaced, dropped or doubled.
func TestSchemaAndLoaderAgreeOnMutations(t *testing.T) {
	t.Parallel()
	schema := compiled(t)
	files := corpus(t)
	rapid.Check(t, func(t *rapid.T) {
		var document yaml.Node
		if err := yaml.Unmarshal([]byte(rapid.SampledFrom(files).Draw(t, "file")), &document); err != nil {
			t.Skip("the corpus holds YAML only")
		}
		for range rapid.IntRange(1, 3).Draw(t, "mutations") {
			mutate(t, &document)
		}
		text, err := yaml.Marshal(&document)
		require.NoError(t, err)
		agree(t, schema, string(text))
	})
}

func mutate(t *rapid.T, document *yaml.Node) {
	var all []*yaml.Node
	var walk func(*yaml.Node)
	walk = func(n *yaml.Node) {
		all = append(all, n)
		for _, c := range n.Content {
			walk(c)
		}
	}
	walk(document.Content[0])
	n := rapid.SampledFrom(all).Draw(t, "node")
	switch rapid.IntRange(0, 3).Draw(t, "how") {
	case 0:
		text := rapid.SampledFrom([]string{"", "legal", "weakened", "x y", "A", "3", "1", "true", "~", "2.5", "acme/x", "impact", "reset", "label"}).Draw(t, "scalar")
		*n = yaml.Node{Kind: yaml.ScalarNode, Value: text}
	case 1:
		*n = yaml.Node{Kind: yaml.SequenceNode}
	case 2:
		*n = yaml.Node{Kind: yaml.MappingNode}
	case 3:
		if n.Kind == yaml.SequenceNode && len(n.Content) > 0 {
			n.Content = append(n.Content, n.Content[0])
		}
		if n.Kind == yaml.MappingNode && len(n.Content) > 1 {
			n.Content = n.Content[2:]
		}
	}
}
