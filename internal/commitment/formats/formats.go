// Package formats is the list of formats that commitments are read from.
//
// Its one idea: a list that is written out. A format is a folder beside this one
// and a line in [All]; nothing registers itself. A file is offered to every format
// in turn, since one file may hold several things (a Helm chart's values: alerts and
// routes). [Known] says by the name alone which files are worth looking into.
package formats

import (
	"path"
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/alertmanager"
	"github.com/slagate/slagate/internal/commitment/catalog"
	"github.com/slagate/slagate/internal/commitment/cloudwatch"
	"github.com/slagate/slagate/internal/commitment/datadog"
	"github.com/slagate/slagate/internal/commitment/datadogoncall"
	"github.com/slagate/slagate/internal/commitment/google"
	"github.com/slagate/slagate/internal/commitment/grafanaoncall"
	"github.com/slagate/slagate/internal/commitment/jsonnet"
	"github.com/slagate/slagate/internal/commitment/keptn"
	"github.com/slagate/slagate/internal/commitment/kube"
	"github.com/slagate/slagate/internal/commitment/newrelic"
	"github.com/slagate/slagate/internal/commitment/nobl9tf"
	"github.com/slagate/slagate/internal/commitment/openslo"
	"github.com/slagate/slagate/internal/commitment/opsgenie"
	"github.com/slagate/slagate/internal/commitment/pagerduty"
	"github.com/slagate/slagate/internal/commitment/prometheus"
	"github.com/slagate/slagate/internal/commitment/prose"
	"github.com/slagate/slagate/internal/commitment/pyrra"
	"github.com/slagate/slagate/internal/commitment/slodocument"
	"github.com/slagate/slagate/internal/commitment/slogenerator"
	"github.com/slagate/slagate/internal/commitment/sloth"
	"github.com/slagate/slagate/internal/commitment/zendesk"
)

// All are the formats, those that know most about a file first.
func All() []commitment.Format {
	return []commitment.Format{
		catalog.Format(),
		prometheus.Format(),
		alertmanager.Format(),
		openslo.Format(),
		sloth.Format(),
		pyrra.Format(),
		slogenerator.Format(),
		slodocument.Format(),
		keptn.Format(),
		pagerduty.Format(),
		opsgenie.Format(),
		grafanaoncall.Format(),
		datadogoncall.Format(),
		cloudwatch.Format(),
		google.Format(),
		datadog.Format(),
		newrelic.Format(),
		nobl9tf.Format(),
		zendesk.Format(),
		jsonnet.Format(),
		prose.Format(),
		kube.Format(),
	}
}

// Known reports whether files of this name may hold commitments that some format
// reads (formats.md section 5: the extensions that are looked into).
func Known(name string) bool {
	base := path.Base(name)
	for _, ext := range []string{".erb", ".j2", ".tpl", ".tmpl", ".gotmpl", ".tftpl", ".template"} {
		base = strings.TrimSuffix(base, ext)
	}
	return base != path.Base(name) || isSpec(name) || slices.Contains([]string{
		".yml", ".yaml", ".json", ".tf", ".tofu", ".jsonnet", ".libsonnet", ".md", ".mdx", ".markdown", ".rst", ".adoc", ".html", ".htm", ".txt",
		".tfvars", ".hcl",
		".rules", ".rule", ".alerts", ".alert", // what Prometheus reads, under names that people give it
	}, strings.ToLower(path.Ext(base)))
}
