package app

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"github.com/slagate/slagate/internal/ghapp"
)

const deploy = "../../deploy/"

func readDeploy(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.FromSlash(deploy + name))
	require.NoError(t, err)
	return string(text)
}

var described = regexp.MustCompile(`fqName: "([^"]+)".*variableLabels: \{([^}]*)\}`)

// exported are the metrics of the service as it is wired, with their labels.
func exported(t *testing.T) map[string][]string {
	t.Helper()
	m := newMetrics()
	m.registry.MustRegister(newBacklog(&shelf{}, time.Now, zerolog.Nop(), m.scrapes))
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	_, err = ghapp.NewCreator(ghapp.Config{
		AppID: 7, Key: pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}),
		Now: time.Now, Log: zerolog.Nop(), Registerer: m.registry,
	})
	require.NoError(t, err)
	descs := make(chan *prometheus.Desc)
	go func() { m.registry.Describe(descs); close(descs) }()
	all := map[string][]string{"up": {}}
	for d := range descs {
		parts := described.FindStringSubmatch(d.String())
		require.NotNil(t, parts, d.String())
		labels := strings.Split(parts[2], ",")
		all[parts[1]] = labels
		for _, suffix := range []string{"_bucket", "_sum", "_count"} {
			if _, ok := all[parts[1]+suffix]; !ok {
				all[parts[1]+suffix] = append([]string{"le"}, labels...)
			}
		}
	}
	require.Contains(t, all, "slagate_github_requests_total")
	require.Contains(t, all, "slagate_queue_jobs")
	return all
}

// checkQuery parses a query; every metric in it has to be exported, with the labels that it is asked for.
func checkQuery(t *testing.T, query string, metrics map[string][]string) {
	t.Helper()
	query = strings.NewReplacer("$__rate_interval", "5m", "$__interval", "1m", "$job", ".+").Replace(query)
	expr, err := parser.NewParser(parser.Options{}).ParseExpr(query)
	require.NoError(t, err, query)
	var labels, grouped []string
	parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
		switch n := node.(type) {
		case *parser.VectorSelector:
			require.Contains(t, metrics, n.Name, query)
			labels = append(labels, metrics[n.Name]...)
			for _, m := range n.LabelMatchers {
				if m.Name != model.MetricNameLabel && m.Name != "job" {
					require.Contains(t, metrics[n.Name], m.Name, query)
				}
			}
		case *parser.AggregateExpr:
			grouped = append(grouped, n.Grouping...)
		}
		return nil
	})
	require.NotEmpty(t, metrics)
	for _, label := range grouped {
		require.Contains(t, labels, label, query)
	}
}

type alert struct {
	Alert, Expr, For    string
	Labels, Annotations map[string]string
}

// TestAlertRules: they parse, rest on metrics that there are, and say what to do.
func TestAlertRules(t *testing.T) {
	t.Parallel()
	var file struct {
		Groups []struct {
			Name  string
			Rules []alert
		}
	}
	d := yaml.NewDecoder(strings.NewReader(readDeploy(t, "prometheus/slagate.rules.yml")))
	d.KnownFields(true)
	require.NoError(t, d.Decode(&file))
	metrics, names := exported(t), []string{}
	require.Len(t, file.Groups, 1)
	for _, a := range file.Groups[0].Rules {
		require.NotContains(t, names, a.Alert)
		names = append(names, a.Alert)
		require.Regexp(t, `^Slagate[A-Za-z]+$`, a.Alert)
		checkQuery(t, a.Expr, metrics)
		if a.For != "" {
			_, err := model.ParseDuration(a.For)
			require.NoError(t, err, a.Alert)
		}
		require.Contains(t, []string{"critical", "warning", "info"}, a.Labels["severity"], a.Alert)
		require.NotEmpty(t, a.Annotations["summary"], a.Alert)
		require.NotEmpty(t, a.Annotations["description"], a.Alert)
	}
	require.Greater(t, len(names), 10)
}

type panel struct {
	ID         int
	Title      string
	Type       string
	Datasource struct{ Type, UID string }
	GridPos    struct{ X, Y, W, H int }
	Targets    []struct {
		RefID, Expr string
		Datasource  struct{ Type, UID string }
	}
}

// TestDashboard: it is what Grafana loads, and every panel asks for what there is.
func TestDashboard(t *testing.T) {
	t.Parallel()
	var board struct {
		UID           string
		Title         string
		SchemaVersion int
		Templating    struct {
			List []struct{ Name, Type string }
		}
		Panels []panel
	}
	require.NoError(t, json.Unmarshal([]byte(readDeploy(t, "grafana/slagate.json")), &board))
	require.Equal(t, "slagate", board.UID)
	require.GreaterOrEqual(t, board.SchemaVersion, 36, "panels name their source as an object since then")
	variables := map[string]string{}
	for _, v := range board.Templating.List {
		variables[v.Name] = v.Type
	}
	require.Equal(t, map[string]string{"datasource": "datasource", "job": "query"}, variables)
	metrics := exported(t)
	taken := map[[2]int]string{}
	var ids []int
	for _, p := range board.Panels {
		require.NotContains(t, ids, p.ID, p.Title)
		ids = append(ids, p.ID)
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			require.Less(t, x, 24, p.Title)
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				require.Empty(t, taken[[2]int{x, y}], "%s lies on another", p.Title)
				taken[[2]int{x, y}] = p.Title
			}
		}
		if p.Type == "row" {
			continue
		}
		require.Equal(t, "${datasource}", p.Datasource.UID, p.Title)
		require.NotEmpty(t, p.Targets, p.Title)
		var refs []string
		for _, target := range p.Targets {
			require.NotContains(t, refs, target.RefID, p.Title)
			refs = append(refs, target.RefID)
			require.Equal(t, "${datasource}", target.Datasource.UID, p.Title)
			checkQuery(t, target.Expr, metrics)
		}
	}
	require.Greater(t, len(ids), 20)
}

// Every metric of ours is on the dashboard or watched by an alert.
func TestEveryMetricIsLookedAt(t *testing.T) {
	t.Parallel()
	text := readDeploy(t, "grafana/slagate.json") + readDeploy(t, "prometheus/slagate.rules.yml")
	for name := range exported(t) {
		if strings.HasPrefix(name, "slagate_") && !regexp.MustCompile(`_(bucket|sum|count)$`).MatchString(name) {
			require.Contains(t, text, name)
		}
	}
}

// known are the variables that the service reads.
func known() []string {
	names := []string{"OTEL_EXPORTER_OTLP_ENDPOINT"}
	for _, s := range settings() {
		names = append(names, s.env)
	}
	return names
}

func document(t *testing.T, name string) any {
	t.Helper()
	var doc any
	d := yaml.NewDecoder(strings.NewReader(readDeploy(t, name)))
	require.NoError(t, d.Decode(&doc), name)
	require.Error(t, d.Decode(new(any)), "%s holds one document", name)
	return doc
}

// at follows keys and positions into a document.
func at(t *testing.T, doc any, path ...any) any {
	t.Helper()
	for i, step := range path {
		switch step := step.(type) {
		case string:
			m, ok := doc.(map[string]any)
			require.True(t, ok, "%v is no map", path[:i])
			require.Contains(t, m, step, "%v", path[:i])
			doc = m[step]
		case int:
			list, ok := doc.([]any)
			require.True(t, ok && step < len(list), "%v is no such list", path[:i])
			doc = list[step]
		}
	}
	return doc
}

func text(t *testing.T, doc any, path ...any) string {
	t.Helper()
	s, ok := at(t, doc, path...).(string)
	require.True(t, ok, "%v is no text", path)
	return s
}

func TestKubernetesDeployment(t *testing.T) {
	t.Parallel()
	doc := document(t, "kubernetes/deployment.yaml")
	spec := at(t, doc, "spec", "template", "spec")
	require.EqualValues(t, 3, at(t, doc, "spec", "replicas"))
	require.EqualValues(t, 0, at(t, doc, "spec", "strategy", "rollingUpdate", "maxUnavailable"))
	require.Equal(t, false, at(t, spec, "automountServiceAccountToken"))
	require.Equal(t, true, at(t, spec, "securityContext", "runAsNonRoot"))
	require.Equal(t, "RuntimeDefault", at(t, spec, "securityContext", "seccompProfile", "type"))
	require.Len(t, at(t, spec, "topologySpreadConstraints"), 2)
	require.Len(t, at(t, spec, "containers"), 1)
	c := at(t, spec, "containers", 0)
	require.Equal(t, true, at(t, c, "securityContext", "readOnlyRootFilesystem"))
	require.Equal(t, false, at(t, c, "securityContext", "allowPrivilegeEscalation"))
	require.Equal(t, []any{"ALL"}, at(t, c, "securityContext", "capabilities", "drop"))
	require.NotEmpty(t, at(t, c, "resources", "limits", "memory"))
	require.NotEmpty(t, at(t, c, "resources", "requests", "cpu"))
	for probe, path := range map[string]string{"startupProbe": "/readyz", "readinessProbe": "/readyz", "livenessProbe": "/healthz"} {
		require.Equal(t, path, at(t, c, probe, "httpGet", "path"), "a liveness that asks the store would restart all when it is away")
		require.Equal(t, "http", at(t, c, probe, "httpGet", "port"))
		seconds, ok := at(t, c, probe, "timeoutSeconds").(int)
		require.True(t, ok)
		require.Greater(t, time.Duration(seconds)*time.Second, readyTimeout, "the service gives up first and says why")
	}
	grace, ok := at(t, spec, "terminationGracePeriodSeconds").(int)
	require.True(t, ok)
	pause, ok := at(t, c, "lifecycle", "preStop", "sleep", "seconds").(int)
	require.True(t, ok)
	require.Greater(t, time.Duration(grace-pause)*time.Second, stopTimeout)
	// The user is the image's, and what is written is mounted.
	user := regexp.MustCompile(`(?m)^USER (\d+):`).FindStringSubmatch(readDeploy(t, "../Dockerfile"))
	require.NotNil(t, user)
	require.Equal(t, user[1], strings.TrimSpace(toText(t, at(t, spec, "securityContext", "runAsUser"))))
}

func toText(t *testing.T, v any) string {
	t.Helper()
	out, err := yaml.Marshal(v)
	require.NoError(t, err)
	return string(out)
}

// The manifests mean each other, and name settings that there are.
func TestKubernetesManifestsFit(t *testing.T) {
	t.Parallel()
	doc := document(t, "kubernetes/deployment.yaml")
	labels := at(t, doc, "spec", "template", "metadata", "labels")
	require.Equal(t, labels, at(t, doc, "spec", "selector", "matchLabels"))
	require.Equal(t, labels, at(t, document(t, "kubernetes/service.yaml"), "spec", "selector"))
	require.Equal(t, labels, at(t, document(t, "kubernetes/poddisruptionbudget.yaml"), "spec", "selector", "matchLabels"))
	require.Equal(t, labels, at(t, document(t, "kubernetes/networkpolicy.yaml"), "spec", "podSelector", "matchLabels"))
	account := document(t, "kubernetes/serviceaccount.yaml")
	require.Equal(t, at(t, account, "metadata", "name"), at(t, doc, "spec", "template", "spec", "serviceAccountName"))
	require.Equal(t, false, at(t, account, "automountServiceAccountToken"))

	c := at(t, doc, "spec", "template", "spec", "containers", 0)
	config, ok := at(t, document(t, "kubernetes/configmap.yaml"), "data").(map[string]any)
	require.True(t, ok)
	secret, ok := at(t, document(t, "kubernetes/secret.example.yaml"), "stringData").(map[string]any)
	require.True(t, ok)
	for key, v := range secret {
		require.Empty(t, v, "%s has a value", key)
	}
	environment := map[string]bool{}
	for name := range config {
		require.Contains(t, known(), name)
		environment[name] = true
	}
	list, ok := at(t, c, "env").([]any)
	require.True(t, ok)
	for _, e := range list {
		name := text(t, e, "name")
		require.Contains(t, known(), name)
		require.False(t, environment[name], name)
		environment[name] = true
		if _, plain := e.(map[string]any)["value"]; !plain {
			require.Contains(t, secret, text(t, e, "valueFrom", "secretKeyRef", "key"))
		}
	}
	for _, name := range []string{"GITHUB_APP_INTEGRATION_ID", "GITHUB_APP_WEBHOOK_SECRET", "GITHUB_APP_PRIVATE_KEY_FILE", "SLAGATE_DATABASE_URL"} {
		require.True(t, environment[name], name)
	}
	port := toText(t, at(t, c, "ports", 0, "containerPort"))
	require.True(t, strings.HasSuffix(text(t, config, "SLAGATE_LISTEN")+"\n", ":"+port))
	require.True(t, strings.HasPrefix(text(t, config, "SLAGATE_ADMIN_LISTEN"), "127.0.0.1:"), "profiles stay in the pod")

	// All of the folder is applied, but for the examples.
	resources, ok := at(t, document(t, "kubernetes/kustomization.yaml"), "resources").([]any)
	require.True(t, ok)
	files, err := filepath.Glob(filepath.FromSlash(deploy + "kubernetes/*.yaml"))
	require.NoError(t, err)
	for _, f := range files {
		name := filepath.Base(f)
		left := name == "kustomization.yaml" || strings.Contains(name, ".example.")
		require.Equal(t, !left, slices.Contains(resources, any(name)), name)
		require.NotEmpty(t, text(t, document(t, "kubernetes/"+name), "kind"))
	}
	way := document(t, "kubernetes/ingress.example.yaml")
	require.Equal(t, "25m", at(t, way, "metadata", "annotations", "nginx.ingress.kubernetes.io/proxy-body-size"))
	require.Equal(t, hookPath, at(t, way, "spec", "rules", 0, "http", "paths", 0, "path"))
}

func TestComposeFiles(t *testing.T) {
	t.Parallel()
	for file, replicas := range map[string][]string{"compose.yml": {"slagate"}, "compose.postgres.yml": {"slagate-1", "slagate-2", "slagate-3"}} {
		doc := document(t, file)
		services, ok := at(t, doc, "services").(map[string]any)
		require.True(t, ok)
		for name, s := range services {
			if image := text(t, s, "image"); image != "slagate" {
				require.Regexp(t, `:\d`, image, "%s of any version", name)
			}
			require.Contains(t, at(t, s, "security_opt"), "no-new-privileges:true", name)
			if ports, ok := s.(map[string]any)["ports"].([]any); ok {
				for _, p := range ports {
					require.True(t, strings.HasPrefix(text(t, p), "127.0.0.1:"), "%s: TLS is missing on the way to it", name)
				}
			}
		}
		for _, name := range replicas {
			s := at(t, services, name)
			require.Equal(t, true, at(t, s, "read_only"))
			require.Equal(t, []any{"ALL"}, at(t, s, "cap_drop"))
			environment, ok := at(t, s, "environment").(map[string]any)
			require.True(t, ok)
			for variable := range environment {
				require.Contains(t, known(), variable)
			}
			for _, secret := range []string{"GITHUB_APP_WEBHOOK_SECRET", "GITHUB_APP_INTEGRATION_ID"} {
				require.Contains(t, environment[secret], "${"+secret+":?", "it has to be given")
			}
			require.Equal(t, at(t, services, replicas[0]), s)
		}
	}
	doc := document(t, "compose.postgres.yml")
	require.Contains(t, text(t, doc, "services", "slagate-1", "environment", "SLAGATE_DATABASE_URL"), "${POSTGRES_PASSWORD:?")
	require.Equal(t, "service_healthy", at(t, doc, "services", "slagate-1", "depends_on", "database", "condition"))
	require.Equal(t, true, at(t, doc, "networks", "inside", "internal"), "the database is reached from nowhere else")
	require.Equal(t, []any{"inside"}, at(t, doc, "services", "database", "networks"))

	balancer := readDeploy(t, "nginx.conf")
	for _, name := range []string{"slagate-1", "slagate-2", "slagate-3"} {
		require.Contains(t, balancer, "server "+name+":8080 ")
	}
	require.Contains(t, balancer, "client_max_body_size 25m;", "GitHub's own cap")
	require.Contains(t, balancer, "location = "+hookPath+" {")
	require.Contains(t, balancer, "non_idempotent")
	kept := regexp.MustCompile(`keepalive_timeout (\d+s);\n    }\n\n    server`).FindStringSubmatch(balancer)
	require.NotNil(t, kept)
	seconds, err := time.ParseDuration(kept[1])
	require.NoError(t, err)
	require.Less(t, seconds, idleTimeout, "it would send into a connection that closes")
}

func TestUnitFile(t *testing.T) {
	t.Parallel()
	unit := readDeploy(t, "slagate.service")
	for _, m := range regexp.MustCompile(`(?m)^Environment=([A-Z_]+)=`).FindAllStringSubmatch(unit, -1) {
		require.Contains(t, known(), m[1])
	}
	// The file's settings count over those of the unit (systemd.exec, "EnvironmentFile="), so
	// that another database is one line in it.
	require.Contains(t, unit, "\nEnvironmentFile=/etc/slagate/slagate.env\n")
	stop := regexp.MustCompile(`(?m)^TimeoutStopSec=(.*)$`).FindStringSubmatch(unit)
	require.NotNil(t, stop)
	d, err := time.ParseDuration(stop[1])
	require.NoError(t, err)
	require.Greater(t, d, stopTimeout)
}

func TestDockerfile(t *testing.T) {
	t.Parallel()
	file := readDeploy(t, "../Dockerfile")
	stages := regexp.MustCompile(`(?m)^FROM (\S+)`).FindAllStringSubmatch(file, -1)
	require.Equal(t, "scratch", stages[len(stages)-1][1], "nothing is in the image but what we put there")
	for _, flag := range []string{"CGO_ENABLED=0", "-trimpath", "-buildid=", "-mod=readonly"} {
		require.Contains(t, file, flag)
	}
	for _, m := range regexp.MustCompile(`(SLAGATE_[A-Z_]+)=`).FindAllStringSubmatch(file, -1) {
		require.Contains(t, known(), m[1])
	}
	module, err := os.ReadFile("../../go.mod")
	require.NoError(t, err)
	version := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindSubmatch(module)
	require.True(t, bytes.Contains([]byte(file), append([]byte("golang:"), version[1]...)), "the image of Go is of go.mod's version")
}
