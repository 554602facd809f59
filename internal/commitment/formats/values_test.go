package formats_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/formats"
)

// two are the pairs of files that stand on both sides.
func two(texts map[string][2]string) []formats.Pair {
	var out []formats.Pair
	for path, text := range texts {
		out = append(out, formats.Pair{Before: formats.Side{Path: path, Src: []byte(text[0])}, After: formats.Side{Path: path, Src: []byte(text[1])}})
	}
	return out
}

const alarm = `resource "aws_cloudwatch_metric_alarm" "load" {
  alarm_name          = "load"
  comparison_operator = "GreaterThanThreshold"
  metric_name         = "CPUUtilization"
  namespace           = "AWS/EC2"
  statistic           = "Average"
  period              = var.alarm_period
  evaluation_periods  = 5
  threshold           = local.most
}
`

func TestALocalInAnotherFileOfTheModuleIsFollowed(t *testing.T) {
	t.Parallel()
	_, _, r := formats.Compare(two(map[string][2]string{
		"ops/alarm.tf":  {alarm, alarm + "# as before\n"},
		"ops/locals.tf": {"locals {\n  most = 80\n}\n", "locals {\n  most = 90\n}\n"},
	}), commitment.Options{})
	require.Len(t, r.Changes, 1)
	require.Equal(t, commitment.Weakened, r.Changes[0].Effect)
	require.Equal(t, "ops/alarm.tf", r.Changes[0].After.Source.File)
	require.Equal(t, 9, r.Changes[0].Fields[0].AfterLine)

	_, _, r = formats.Compare(two(map[string][2]string{
		"ops/alarm.tf":    {alarm, alarm + "# as before\n"},
		"other/locals.tf": {"locals {\n  most = 80\n}\n", "locals {\n  most = 90\n}\n"},
	}), commitment.Options{})
	require.Empty(t, r.Changes, "another folder is another module")
}

func TestTheFilesOwnLocalCounts(t *testing.T) {
	t.Parallel()
	own := alarm + "locals {\n  most = 70\n}\n"
	_, _, r := formats.Compare(two(map[string][2]string{
		"ops/alarm.tf":  {own, own + "# as before\n"},
		"ops/locals.tf": {"locals {\n  most = 80\n}\n", "locals {\n  most = 90\n}\n"},
	}), commitment.Options{})
	require.Empty(t, r.Changes)
}

func TestADefaultInAnotherFileIsNotSilent(t *testing.T) {
	t.Parallel()
	_, _, r := formats.Compare(two(map[string][2]string{
		"ops/alarm.tf":     {alarm, alarm + "# as before\n"},
		"ops/variables.tf": {"variable \"alarm_period\" {\n  default = 60\n}\n", "variable \"alarm_period\" {\n  default = 600\n}\n"},
	}), commitment.Options{})
	require.Len(t, r.Changes, 1)
	require.Equal(t, commitment.Unknown, r.Changes[0].Effect, "what is set elsewhere may override it")
	require.Equal(t, "load", r.Changes[0].After.Name)
}

func TestValuesThatAlarmsMayUse(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		path, before, after string
		want                []string
	}{
		"a threshold":                    {"v.tf", "variable \"cpu_threshold\" {\n  default = 80\n}\n", "variable \"cpu_threshold\" {\n  default = 90\n}\n", []string{"var.cpu_threshold"}},
		"a file of values":               {"live.tfvars", "alarmPeriod = 60\n", "alarmPeriod = 600\n", []string{"var.alarmPeriod"}},
		"an entry":                       {"l.tf", "locals { thresholds = { cpu = 80, disk = 70 } }\n", "locals { thresholds = { cpu = 90, disk = 70 } }\n", []string{"local.thresholds.cpu"}},
		"an entry that is gone":          {"l.tf", "locals { alarms = { cpu = 80, disk = 70 } }\n", "locals { alarms = { cpu = 80 } }\n", []string{"local.alarms.disk"}},
		"explained by the description":   {"v.tf", "variable \"wait_period\" {\n  description = \"until somebody is paged\"\n  default = 5\n}\n", "variable \"wait_period\" {\n  description = \"until somebody is paged\"\n  default = 50\n}\n", []string{"var.wait_period"}},
		"who is told":                    {"v.tf", "variable \"alarm_email\" {\n  default = \"a@b.c\"\n}\n", "variable \"alarm_email\" {\n  default = \"d@b.c\"\n}\n", []string{"var.alarm_email"}},
		"a timeout of anything":          {"v.tf", "variable \"timeout\" {\n  default = 5\n}\n", "variable \"timeout\" {\n  default = 50\n}\n", nil},
		"a target group":                 {"v.tf", "variable \"target_group_port\" {\n  default = 80\n}\n", "variable \"target_group_port\" {\n  default = 81\n}\n", nil},
		"a display name":                 {"v.tf", "variable \"alarm_prefix\" {\n  default = \"a\"\n}\n", "variable \"alarm_prefix\" {\n  default = \"b\"\n}\n", nil},
		"another description":            {"v.tf", "variable \"cpu_threshold\" {\n  default = 80\n}\n", "variable \"cpu_threshold\" {\n  description = \"percent\"\n  default = 80\n}\n", nil},
		"alerts of a chart switched off": {"chart/values.yaml", "alerts:\n  enabled: true\nreplicas: 2\n", "alerts:\n  enabled: false\nreplicas: 3\n", []string{"alerts.enabled"}},
		"an image of a chart":            {"chart/values.yaml", "alertmanager:\n  image: {tag: v1}\n", "alertmanager:\n  image: {tag: v2}\n", nil},
		"a property of a BOSH job":       {"jobs/web_alerts/spec", "name: web\nproperties:\n  web_alerts.down.threshold:\n    default: 5\n", "name: web\nproperties:\n  web_alerts.down.threshold:\n    default: 50\n", []string{"web_alerts.down.threshold"}},
		"a new one":                      {"v.tf", "locals {}\n", "locals {}\nvariable \"cpu_threshold\" {\n  default = 80\n}\n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, r := formats.Compare(two(map[string][2]string{c.path: {c.before, c.after}}), commitment.Options{})
			var got []string
			for _, x := range r.Changes {
				require.Equal(t, commitment.Unknown, x.Effect)
				got = append(got, x.After.Name)
			}
			require.Equal(t, c.want, got)
		})
	}
}

func TestAValueThatAnAlertOfTheChangeUsesIsTold(t *testing.T) {
	t.Parallel()
	rule := "groups:\n- name: a\n  rules:\n  - alert: Full\n    expr: used > {{ .Values.most }}\n    for: %s\n"
	_, _, r := formats.Compare(two(map[string][2]string{
		"chart/templates/alerts.yaml": {fmt.Sprintf(rule, "5m"), fmt.Sprintf(rule, "6m")},
		"chart/values.yaml":           {"most: 80\nport: 1\n", "most: 90\nport: 2\n"},
	}), commitment.Options{})
	require.Len(t, r.Changes, 2)
	require.Equal(t, "most", r.Changes[0].After.Name)
	require.Contains(t, r.Changes[0].Text, "The changed files use it")
}

func TestAValueThatMovesToAnotherFileIsNoChange(t *testing.T) {
	t.Parallel()
	_, _, r := formats.Compare(two(map[string][2]string{
		"a.tf": {"locals { alarm_threshold = 80 }\n", "locals { x = 1 }\n"},
		"b.tf": {"locals { y = 1 }\n", "locals {\n  y = 1\n  alarm_threshold = 80\n}\n"},
	}), commitment.Options{})
	require.Empty(t, r.Changes)
}

func TestFilesOfRulesAreKnownByTheNamesThatPeopleGiveThem(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"node.alerts", "a/node.alerts.tpl", "x.rules", "live.tfvars", "values.yaml.gotmpl", "x.tftpl"} {
		require.True(t, formats.Known(name), name)
	}
	for _, name := range []string{"alerts.go", "alerts", "x.lock"} {
		require.False(t, formats.Known(name), name)
	}
}

func FuzzValues(f *testing.F) {
	f.Add("locals {\n  most = { a = 1, b = [2] }\n}\nvariable \"alarm\" {\n  default = 1\n}\n", "a.tf")
	f.Add("alarm = 1\n", "a.tfvars")
	f.Add("alerts: {on: true, list: [1]}\n", "values.yaml")
	f.Add("properties:\n  a.threshold: {default: 1}\n", "jobs/a/spec")
	f.Fuzz(func(_ *testing.T, text, path string) {
		formats.Compare(two(map[string][2]string{path: {text, "locals {}\n" + text}, "alarm.tf": {alarm, alarm}}), commitment.Options{})
	})
}
