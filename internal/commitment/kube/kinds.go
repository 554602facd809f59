package kube

import (
	"slices"
	"strings"
)

// known are the kinds that hold no promise, by the group of their API. Kinds of the
// same name in other groups are something else.
// https://kubernetes.io/docs/reference/kubernetes-api/
func known() map[string][]string {
	return map[string][]string{
		"": {
			"Namespace", "Service", "ServiceAccount", "Endpoints", "Pod", "PodTemplate", "ReplicationController", "PersistentVolume",
			"PersistentVolumeClaim", "LimitRange", "ResourceQuota", "Node",
		},
		"apps":                         {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"},
		"extensions":                   {"Deployment", "DaemonSet", "ReplicaSet", "Ingress", "NetworkPolicy"},
		"batch":                        {"Job", "CronJob"},
		"autoscaling":                  {"HorizontalPodAutoscaler"},
		"autoscaling.k8s.io":           {"VerticalPodAutoscaler"},
		"keda.sh":                      {"ScaledObject", "ScaledJob", "TriggerAuthentication", "ClusterTriggerAuthentication"},
		"policy":                       {"PodDisruptionBudget", "PodSecurityPolicy"},
		"networking.k8s.io":            {"Ingress", "IngressClass", "NetworkPolicy"},
		"gateway.networking.k8s.io":    {"Gateway", "GatewayClass", "HTTPRoute", "GRPCRoute", "ReferenceGrant"},
		"rbac.authorization.k8s.io":    {"Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"},
		"storage.k8s.io":               {"StorageClass", "VolumeAttachment", "CSIDriver", "CSINode"},
		"scheduling.k8s.io":            {"PriorityClass"},
		"discovery.k8s.io":             {"EndpointSlice"},
		"node.k8s.io":                  {"RuntimeClass"},
		"coordination.k8s.io":          {"Lease"},
		"certificates.k8s.io":          {"CertificateSigningRequest"},
		"admissionregistration.k8s.io": {"ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"},
		"apiextensions.k8s.io":         {"CustomResourceDefinition"},
		"apiregistration.k8s.io":       {"APIService"},
		// What is scraped and drawn; the rules and receivers are other kinds of these groups.
		"monitoring.coreos.com":   {"ServiceMonitor", "PodMonitor", "Probe"},
		"integreatly.org":         {"GrafanaDashboard", "GrafanaDataSource", "GrafanaFolder"},
		"grafana.integreatly.org": {"GrafanaDashboard", "GrafanaDatasource", "GrafanaFolder"},
	}
}

// isKnown reports whether an object of this API version and kind holds no promise.
func isKnown(kinds map[string][]string, apiVersion, kind string) bool {
	group, _, found := strings.Cut(apiVersion, "/")
	if !found {
		group = "" // "v1"
		if apiVersion != "v1" {
			return false
		}
	}
	return slices.Contains(kinds[group], kind)
}
