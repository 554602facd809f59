package prose

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/commitment"
)

// said are the promises of a text, a line each: name, then its fields that say something.
func said(file, text string) []string {
	var out []string
	for _, c := range Parse(file, []byte(text)).Commitments {
		if c.Name == "what is left out" && len(c.Fields[0].Value.Items) == 0 {
			continue
		}
		line := fmt.Sprintf("%d %s:", c.Source.Line, c.Name)
		for _, f := range c.Fields {
			switch {
			case f.Name == "wording" && f.Value.Text == "stated", f.Role == commitment.RoleSuppression && len(f.Value.Items) == 0:
			case f.Name == "days" || f.Name == "opens" || f.Name == "closes":
			case f.Value.Unit == commitment.Ratio:
				line += " " + f.Name + " " + strings.TrimRight(strings.TrimRight(f.Value.Num.FloatString(6), "0"), ".")
			case f.Value.Num != nil && (f.Value.Unit == commitment.Seconds || f.Value.Unit == commitment.BusinessSeconds):
				line += fmt.Sprintf(" %s %s %s", f.Name, f.Value.Num.RatString(), f.Value.Unit)
			default:
				line += " " + f.Name + " " + f.Value.Text
			}
		}
		out = append(out, line)
	}
	return out
}

func TestSentences(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		// availability
		"We guarantee 99.95% uptime per calendar month.":              "availability: availability 0.9995 window 2592000 seconds wording guaranteed",
		"The service is available 99,9 % of the time.":                "availability: availability 0.999",
		"Uptime: three nines":                                         "availability: availability 0.999",
		"99.9% availability, measured over any rolling 30-day period": "availability: availability 0.999 window 2592000 seconds",
		// times and what they are for
		"We reply within an hour.":                                      "response time: response time 3600 seconds",
		"Replies take up to six working hours.":                         "response time: response time 21600 business_seconds",
		"We will respond in 3 to 6 days.":                               "response time: response time 518400 seconds",
		"We will respond within two (2) business days.":                 "response time: response time 57600 business_seconds",
		"We respond within 8 hours (business hours).":                   "response time: response time 28800 business_seconds",
		"We respond within 4 hours during business hours.":              "response time: response time 14400 business_seconds",
		"We respond by the end of the next working day.":                "response time: response time 57600 business_seconds",
		"We answer on the same business day.":                           "response time: response time 28800 business_seconds",
		"A 30-minute response time applies.":                            "response time: response time 1800 seconds",
		"We will fix faults within 2 weeks.":                            "resolution time: resolution time 1209600 seconds",
		"We send updates every 30 minutes.":                             "updates: updates 1800 seconds",
		"We post hourly updates.":                                       "updates: updates 3600 seconds",
		"We give at least 30 days notice.":                              "notice: notice 2592000 seconds",
		"We notify customers within 72 hours of a breach.":              "notification (breach): notification 259200 seconds",
		"95% of tickets are answered within 4 hours.":                   "response time: response time 14400 seconds share 0.95",
		"We aim to reply within 2 hours.":                               "response time: response time 7200 seconds wording aimed at",
		"Support fixes security bugs for 24 months.":                    "support period (bug): support period 62208000 seconds",
		"If uptime falls below 99.5% in a month, you get a 15% credit.": "service credit: service credit 0.15 below 0.995",
		"Backups are kept for 30 days.":                                 "retention: retention 2592000 seconds",
		// hours and scope
		"Support is available 24/7 for emergencies.":                            "support hours: hours 24/7 limits only emergency",
		"Support is available 9am to 5pm Monday to Friday, except on holidays.": "support hours: hours Monday to Friday, 9am to 5pm limits except holiday",
		"Chat support is available on weekdays from 08:00 to 18:30.":            "support hours (chat): hours from 08:00 to 18:30, on weekdays",
		"P1 issues get a reply within 15 minutes.":                              "response time (p1): response time 900 seconds",
		"If it isn't an emergency, we reply within 1 day.":                      "response time (not emergency): response time 86400 seconds",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, []string{"3 " + want}, said("docs/support.md", "# Support\n\n"+text+"\n"))
		})
	}
}

func TestSeveralInOneSentence(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{
		"1 response time (emergency): response time 1800 seconds",
		"1 updates (emergency): updates 3600 seconds",
	}, said("support.txt", "If it is an emergency, we'll reply within 30 minutes and update you every hour until it is solved."))
	require.Equal(t, []string{
		"1 response time (critical): response time 3600 seconds",
		"1 response time: response time 57600 business_seconds",
	}, said("support.txt", "We respond to critical issues within 1 hour and to all other issues within 2 business days."))
}

func TestNoPromise(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"Requests time out after 30 seconds.", "The cache is updated every 5 minutes.", "The trial lasts 30 days.",
		"We will reply to you.", // in a text about nothing in particular
		"It is used by 95% of users.", "It is 30% faster than before.", "CPU is below 80%.", "This takes about 5 minutes.",
		"Get a 20% discount on all plans.", "Test coverage is 99%.", "The token expires after 1 hour.", "It has 24/7 in its name.",
		"    We respond within 1 hour", "Set `uptime` to `99.9%`.", "https://example.org/respond-within-1-hour",
	} {
		require.Empty(t, said("docs/guide.md", "# Guide\n\nText.\n\n"+text+"\n"), "%s", text)
	}
	for _, text := range []string{
		"Requests time out after 30 seconds.", "CPU is below 80%.", "```\nWe respond within 1 hour\n```", "Maintenance is on Sunday, 2am to 4am.",
		"The p99 is the 99% percentile.",
	} {
		require.Empty(t, said("docs/sla.md", "# SLA\n\nText.\n\n"+text+"\n"), "%s", text)
	}
}

// The indicator is what is left when the numbers and the words of firmness are out:
// what only looks different is equal, and what says something else is not.
func TestIndicator(t *testing.T) {
	t.Parallel()
	indicator := func(text string) string {
		found := Parse("sla.md", []byte("# SLA\n\n"+text)).Commitments
		require.NotEmpty(t, found, "%s", text)
		return found[0].Indicator
	}
	one := indicator("We'll reply to tickets within 30 minutes.")
	for _, same := range []string{
		"We’ll reply to the tickets within 2 hours", "we will **reply** to [tickets](https://example.org) within\n1 working day.",
		"We guarantee we reply to tickets in 5 minutes!", "Reply to ticket: by the end of the next business day.",
	} {
		require.Equal(t, one, indicator(same), "%s", same)
	}
	for _, other := range []string{
		"We'll reply to tickets within 30 minutes of triage.", "We'll reply to some tickets within 30 minutes.", "We'll not reply to tickets within 30 minutes.",
		"We may reply to all tickets within 30 minutes if staffed.",
	} {
		require.NotEqual(t, one, indicator(other), "%s", other)
	}
}

// A key holds no number: what moves is the same promise.
func TestKeys(t *testing.T) {
	t.Parallel()
	before := "# SLA\n\n## Uptime of 99.9%\n\nWe keep 99.9% uptime.\n\n| Plan | Response time (hours) |\n|---|---|\n| Team | 8 |\n"
	after := strings.NewReplacer("99.9%", "99.5%", "| 8 |", "| 12 |").Replace(before)
	b, a := Parse("sla.md", []byte(before)).Commitments, Parse("sla.md", []byte(after)).Commitments
	require.Len(t, b, 3)
	require.Len(t, a, 3)
	for i := range b {
		require.Equal(t, b[i].Key, a[i].Key)
		require.Equal(t, b[i].Indicator, a[i].Indicator)
	}
}
