package kube_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/formattest"
	"github.com/slagate/slagate/internal/commitment/kube"
)

func TestCases(t *testing.T) {
	t.Parallel()
	formattest.Cases(t, kube.Format())
}

// TestWhatCountsAsRead: a file is read only if nothing in it is unknown.
func TestWhatCountsAsRead(t *testing.T) {
	t.Parallel()
	const role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: x}\n"
	const deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\n"
	for name, tt := range map[string]struct {
		text string
		mine bool
		held int
	}{
		"no promise":                   {role, true, 0},
		"copies":                       {deployment, true, 1},
		"several":                      {role + "---\n" + deployment, true, 1},
		"with comments alone":          {"# a\n---\n" + role + "---\n# b\n", true, 0},
		"a list":                       {"apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Service}\n- {apiVersion: apps/v1, kind: Deployment}\n", true, 1},
		"a list with a stranger":       {"apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Service}\n- {apiVersion: x/v1, kind: Promise}\n", false, 0},
		"a custom resource":            {"apiVersion: acme.example/v1\nkind: Promise\nmetadata: {name: x}\n", false, 0},
		"beside a custom resource":     {deployment + "---\napiVersion: acme.example/v1\nkind: Promise\n", false, 1},
		"a kind of another group":      {"apiVersion: serving.knative.dev/v1\nkind: Service\n", false, 0},
		"rules":                        {"apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\n", false, 0},
		"a monitor":                    {"apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\n", true, 0},
		"a ConfigMap":                  {"apiVersion: v1\nkind: ConfigMap\n", false, 0},
		"a Secret":                     {deployment + "---\napiVersion: v1\nkind: Secret\n", false, 1},
		"no object":                    {"apiVersion: 3\nkind: [1]\n", false, 0},
		"a text beside":                {deployment + "--- \nkind\n", false, 1},
		"a core kind without its v1":   {"apiVersion: v2\nkind: Service\n", false, 0},
		"a template's kind":            {"apiVersion: apps/v1\nkind: {{ .Values.kind }}\n", false, 0},
		"a template":                   {"apiVersion: apps/v1\nkind: Deployment\n{{- if .Values.x }}\nspec:\n  replicas: {{ .Values.replicas }}\n{{- end }}\n", true, 1},
		"a template with its metadata": {"{{- if .Values.x }}\n" + role + "{{- end }}\n", true, 0},
	} {
		f := kube.Format()
		require.True(t, f.Sniff("a.yaml", []byte(tt.text)), name)
		p := f.Parse("a.yaml", []byte(tt.text))
		require.Equal(t, tt.mine, p.Mine, name)
		require.Len(t, p.Commitments, tt.held, name)
	}
	require.False(t, kube.Format().Sniff("a.md", []byte(role)))
	require.False(t, kube.Format().Sniff("values.yaml", []byte("replicas: 3")))
}

func TestABrokenDocumentIsSaid(t *testing.T) {
	t.Parallel()
	p := kube.Format().Parse("a.yaml", []byte("apiVersion: v1\nkind: Service\n---\na: [\n"))
	require.Len(t, p.Problems, 1)
	require.True(t, p.Problems[0].Whole)
	require.GreaterOrEqual(t, p.Problems[0].Line, 4)
}

// TestNothingIsJudged: whatever it says, no field has a direction.
func TestNothingIsJudged(t *testing.T) {
	t.Parallel()
	p := kube.Format().Parse("a.yaml", []byte(`
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, labels: {app: shop}}
spec: {rules: [{timeouts: {request: 10s, backendRequest: 2s}}]}
---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: web}
spec: {minReplicaCount: 2}
---
apiVersion: v1
kind: Service
metadata: {name: lb, annotations: {service.beta.kubernetes.io/aws-load-balancer-connection-idle-timeout: "60", other: "1"}}
`))
	require.True(t, p.Mine)
	require.Len(t, p.Commitments, 3)
	fields := 0
	for _, c := range p.Commitments {
		require.Equal(t, commitment.Dependency, c.Kind)
		for _, f := range c.Fields {
			fields++
			require.Equal(t, commitment.RoleNote, f.Role)
			require.NotNil(t, f.Value.Num, f.Name)
			require.Positive(t, f.Line)
		}
	}
	require.Equal(t, 4, fields)
	require.Equal(t, "shop", p.Commitments[0].Service)
}

func FuzzParse(f *testing.F) {
	f.Add("apiVersion: apps/v1\nkind: Deployment\nmetadata: &m {name: x, annotations: {a-timeout: 5s}}\nspec: {replicas: 3}\n---\napiVersion: v1\nkind: List\nitems: [{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: *m, spec: {minAvailable: 50%}}]\n")
	f.Add("apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nspec: {minReplicas: {{ .x }}}\n")
	format := kube.Format()
	f.Fuzz(func(t *testing.T, text string) {
		p := format.Parse("a.yaml", []byte(text))
		for _, c := range p.Commitments {
			require.NotEmpty(t, c.Fields)
		}
	})
}
