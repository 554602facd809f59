package cli

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	validator "github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/doctor"
)

// TestDoctorSchema: the schema knows every check there is, and no other.
func TestDoctorSchema(t *testing.T) {
	t.Parallel()
	compiled, err := validator.NewCompiler().Compile("../../config/doctor.schema.json")
	require.NoError(t, err)
	for _, check := range doctor.Checks() {
		var out strings.Builder
		r := examined()
		r.Findings[0].Check = check
		require.NoError(t, writeJSON(&out, r))
		answer, err := validator.UnmarshalJSON(strings.NewReader(out.String()))
		require.NoError(t, err)
		require.NoError(t, compiled.Validate(answer))
	}
	var out strings.Builder
	r := examined()
	r.Findings[0].Check = "horoscope"
	require.NoError(t, writeJSON(&out, r))
	answer, err := validator.UnmarshalJSON(strings.NewReader(out.String()))
	require.NoError(t, err)
	require.Error(t, compiled.Validate(answer))
}

func examined() doctor.Report {
	return doctor.Report{Version: 1, Result: doctor.Problems, Guarded: 2, Without: 3, Findings: []doctor.Finding{
		{Subject: "app", Check: doctor.CheckClock, Level: doctor.OK, Text: "The clocks agree."},
		{Subject: "acme/shop", Check: doctor.CheckPolicy, Level: doctor.OK, Text: "The policy is valid."},
		{Subject: "acme/shop", Check: doctor.CheckLabels, Level: doctor.OK, Text: "All labels exist."},
		{Subject: "acme/shop", Check: doctor.CheckTwoPeople, Level: doctor.Warning, Text: "One person."},
		{Subject: "acme/shop", Check: doctor.CheckBypass, Level: doctor.Unknown, Text: "Not shown."},
		{Subject: "acme/shop", Check: doctor.CheckTeams, Level: doctor.Problem, Text: "There is no team `````\n```js\x1b[31m " + strings.Repeat("legal ", 30)},
	}}
}

func TestDoctorText(t *testing.T) {
	t.Parallel()
	text := doctorText(paint{}, examined())
	require.True(t, strings.HasPrefix(text, "1 problem, 1 could not be seen, 1 warning; 2 repositories with a policy, 3 without (not looked at).\n\napp\n"))
	require.Contains(t, text, "  ok       clock: The clocks agree.\n\nacme/shop\n  problem  teams: There is no team")
	require.Contains(t, text, "  unknown  bypass: Not shown.\n  warning  two-people: One person.\n  ok       policy, labels\n", "the worst first, what is right in one line")
	require.NotContains(t, text, "\x1b")
	for line := range strings.Lines(text) {
		require.LessOrEqual(t, len(line), doctorWidth+1)
	}
	require.Equal(t, "nothing is wrong; no repository with a policy.\n", doctorText(paint{}, doctor.Report{Result: doctor.Healthy}))
	require.Contains(t, doctorText(paint{on: true}, examined()), "\x1b[1;31mproblem \x1b[0m teams")
}

// TestDoctorMarkdown: nothing in the findings ends the fence that they stand in.
func TestDoctorMarkdown(t *testing.T) {
	t.Parallel()
	text := doctorMarkdown(examined())
	fences := regexp.MustCompile("(?m)^`{3,}").FindAllString(text, -1)
	require.Equal(t, []string{"``````", "``````"}, fences)
	require.Equal(t, 1, strings.Count(text, "### "))
	require.True(t, slices.Contains(strings.Split(text, "\n"), "acme/shop"))
}
