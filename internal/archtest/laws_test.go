package archtest

import "strings"

// module is what every import path of ours begins with.
const module = "github.com/slagate/slagate/"

// core lists the packages that turn bytes into decisions: no network, files,
// clock, log or randomness.
func core() []string {
	list := []string{
		"internal/commitment", "internal/commitment/formats", "internal/doctor", "internal/gate", "internal/plan", "internal/policy",
		"internal/pull", "internal/render", "internal/signoff", "internal/taskbox",
	}
	for at := range formats() {
		list = append(list, at)
	}
	return list
}

// formats says for every package that reads commitments which others of its kind it
// is built on. All import package commitment besides; none knows what follows from
// what it reads.
func formats() map[string][]string {
	const (
		source    = "internal/commitment/source"
		objective = "internal/commitment/objective"
		terraform = "internal/commitment/terraform"
		resource  = "internal/commitment/resource"
	)
	list := map[string][]string{
		// What several formats are read with.
		source: {}, objective: {source}, terraform: {source}, resource: {terraform},
		// YAML and JSON.
		"alertmanager": {source}, "catalog": {source}, "kube": {source}, "prometheus": {source},
		"keptn": {objective, source}, "openslo": {objective, source}, "pyrra": {objective, source},
		"slodocument": {objective, source}, "slogenerator": {objective, source}, "sloth": {objective, source},
		// Terraform.
		"datadogoncall": {terraform}, "grafanaoncall": {terraform}, "opsgenie": {terraform}, "pagerduty": {terraform},
		"cloudwatch": {resource, source}, "datadog": {resource}, "google": {resource}, "newrelic": {resource},
		"nobl9tf": {resource}, "zendesk": {resource},
		// Others.
		"jsonnet": {"internal/commitment/prometheus", source}, "prose": {},
	}
	out := map[string][]string{}
	for name, imports := range list {
		if !strings.Contains(name, "/") {
			name = "internal/commitment/" + name
		}
		out[name] = append([]string{"internal/commitment"}, imports...)
	}
	return out
}

// house says for every package which other packages of slagate it may import.
// Tests may import more, but for those of the core and of githubsim.
func house() map[string][]string {
	rows := map[string][]string{
		"cmd/slagate": {"internal/cli"},

		// The core, from the nouns to the steps.
		"internal/commitment": {},
		"internal/taskbox":    {},
		"internal/pull":       {"internal/commitment"},
		"internal/policy":     {"internal/commitment", "internal/commitment/catalog"},
		"internal/signoff":    {"internal/commitment", "internal/policy", "internal/pull", "internal/taskbox"},
		"internal/gate": {
			"internal/commitment", "internal/commitment/formats", "internal/policy", "internal/pull", "internal/signoff", "internal/taskbox",
		},
		"internal/render": {"internal/commitment", "internal/gate", "internal/policy", "internal/pull", "internal/signoff", "internal/taskbox"},
		"internal/plan":   {"internal/gate", "internal/policy", "internal/pull", "internal/render", "internal/taskbox"},
		"internal/doctor": {"internal/policy", "internal/pull"},

		// Around it.
		"internal/webhook":          {"internal/pull", "internal/store"},
		"internal/store":            {"internal/pull"},
		"internal/store/relational": {"internal/pull", "internal/store"},
		"internal/store/sqlite":     {"internal/store", "internal/store/relational"},
		"internal/store/postgres":   {"internal/store", "internal/store/relational"},
		"internal/store/storetest":  {"internal/job", "internal/pull", "internal/store"},
		"internal/store/pgtest":     {},
		"internal/job":              {"internal/pull", "internal/store"},
		"internal/redact":           {},
		"internal/ghapp":            {"internal/doctor", "internal/plan", "internal/pull", "internal/redact"},
		"internal/checkout":         {"internal/pull"},
		"internal/githubsim":        {},
		"internal/reconcile":        {"internal/plan", "internal/pull"},
		"internal/controller": {
			"internal/gate", "internal/plan", "internal/policy", "internal/pull", "internal/reconcile", "internal/render",
			"internal/signoff", "internal/store", "internal/taskbox",
		},

		// Wiring.
		"internal/app": {
			"internal/controller", "internal/doctor", "internal/ghapp", "internal/job", "internal/plan", "internal/pull", "internal/reconcile",
			"internal/redact", "internal/store", "internal/store/postgres", "internal/store/sqlite", "internal/webhook",
		},
		"internal/demo": {"internal/app", "internal/githubsim", "internal/pull"},
		"internal/cli": {
			"internal/app", "internal/checkout", "internal/commitment", "internal/commitment/formats", "internal/demo", "internal/doctor",
			"internal/gate", "internal/policy", "internal/pull", "internal/render",
		},

		// Tests only.
		"internal/archtest": {},
		"internal/e2e":      {},
		formattest:          {"internal/commitment"},
	}
	all := []string{"internal/commitment"}
	for at, imports := range formats() {
		rows[at] = imports
		all = append(all, at)
	}
	rows["internal/commitment/formats"] = all
	return rows
}

// formattest is the suite that every format passes. It stands among the core's tests.
const formattest = "internal/commitment/formattest"

// coreStandard lists what the core may import of the standard library.
func coreStandard() []string {
	return []string{
		"bytes", "cmp", "crypto/sha256", "encoding/base64", "encoding/binary", "encoding/hex", "encoding/json", "errors", "fmt", "hash",
		"html", "io", "iter", "maps", "math", "math/big", "math/bits", "path", "regexp", "regexp/syntax", "slices", "sort", "strconv",
		"strings", "sync", "time", "unicode", "unicode/utf8",
	}
}

// coreLibraries lists what packages of the core may import of others: pure
// functions over bytes.
func coreLibraries() map[string][]string {
	return map[string][]string{
		"internal/gate": {"github.com/hashicorp/golang-lru/v2"}, // parsed policies by their text
		"internal/policy": {
			"github.com/bmatcuk/doublestar/v4", "github.com/invopop/jsonschema", "github.com/mtibben/confusables",
			"go.yaml.in/yaml/v4", "golang.org/x/text",
		},
		"internal/signoff": {"github.com/yuin/goldmark"}, // commands count outside quotes and code
		// The readers of formats: syntax trees, nothing evaluated, nothing opened.
		"internal/commitment/jsonnet": {"github.com/google/go-jsonnet"},
		"internal/commitment/objective": {
			"github.com/prometheus/prometheus/model/labels", "github.com/prometheus/prometheus/promql/parser",
		},
		"internal/commitment/prometheus": {
			"github.com/prometheus/prometheus/model/labels", "github.com/prometheus/prometheus/promql/parser",
		},
		"internal/commitment/prose":     {"github.com/yuin/goldmark", "golang.org/x/net/html"},
		"internal/commitment/source":    {"go.yaml.in/yaml/v4"},
		"internal/commitment/terraform": {"github.com/hashicorp/hcl/v2", "github.com/zclconf/go-cty/cty"},
	}
}

// stop is a library, or a part of the standard library, that stays in one place.
type stop struct {
	at  []string // the packages that may import it outside of tests
	why string
}

func stops() map[string]stop {
	const types = "its types stop at their adapter"
	return map[string]stop{
		"github.com/google/go-github":             {[]string{"internal/ghapp"}, types},
		"github.com/bradleyfalzon/ghinstallation": {[]string{"internal/ghapp"}, types},
		"github.com/shurcooL/githubv4":            {[]string{"internal/ghapp"}, types},
		"github.com/palantir/go-githubapp":        {[]string{"internal/ghapp", "internal/webhook"}, types},
		"github.com/riverqueue/river":             {[]string{"internal/job", "internal/store/postgres", "internal/store/sqlite"}, types},
		"github.com/pressly/goose":                {[]string{"internal/store/postgres", "internal/store/sqlite"}, types},
		"github.com/jackc/pgx":                    {[]string{"internal/job", "internal/store/pgtest", "internal/store/postgres"}, types},
		// demo only waits for the service's database to be at rest.
		"modernc.org/sqlite": {[]string{"internal/store/sqlite", "internal/demo"}, types},
		"database/sql": {
			[]string{"internal/store/postgres", "internal/store/relational", "internal/store/sqlite", "internal/store/storetest", "internal/job", "internal/demo"},
			types,
		},
		"net/http":                    {[]string{"internal/webhook", "internal/ghapp", "internal/githubsim", "internal/app", "internal/demo"}, types},
		"os/exec":                     {[]string{"internal/checkout", "internal/store/pgtest"}, "only a checkout runs another program, git; tests run a database"},
		"github.com/graph-gophers":    {[]string{"internal/githubsim"}, types},
		"github.com/knadh/koanf":      {[]string{"internal/app"}, types},
		"github.com/spf13/cobra":      {[]string{"internal/cli"}, types},
		"github.com/prometheus":       {[]string{"internal/app", "internal/ghapp"}, types},
		"go.opentelemetry.io":         {[]string{"internal/app"}, types},
		"math/rand":                   {nil, "what is random cannot be judged again"},
		"unsafe":                      {nil, "nothing here is worth it"},
		"C":                           {nil, "the product is pure Go"},
		"log":                         {nil, "zerolog is the log; log/slog only hands River's lines to it"},
		"log/slog":                    {[]string{"internal/app", "internal/job", "internal/store/postgres", "internal/store/sqlite"}, "zerolog is the log; log/slog only hands the lines of River and net/http to it"},
		"testing":                     {[]string{"internal/store/pgtest", "internal/store/storetest", formattest}, inBinary},
		"net/http/httptest":           {nil, inBinary},
		"github.com/stretchr/testify": {[]string{"internal/store/storetest", formattest}, inBinary},
		"go.uber.org/goleak":          {nil, inBinary},
		"pgregory.net/rapid":          {nil, inBinary},
		"github.com/getkin":           {nil, inBinary},
		"github.com/rogpeppe":         {[]string{formattest}, inBinary},
		"github.com/chromedp":         {nil, inBinary},
	}
}

const inBinary = "test code stays out of the binary"

// strangers are what the binary must not hold even by way of somebody else.
func strangers() []string {
	return []string{
		"github.com/stretchr/testify", "go.uber.org/goleak", "pgregory.net/rapid", "net/http/httptest", "github.com/getkin",
		"github.com/chromedp", module + "internal/e2e", module + "internal/archtest", module + "internal/store/storetest", module + formattest,
	}
}
