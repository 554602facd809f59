package commitment

import (
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
)

// objective is an objective of a share.
func objective(service, name, target, window string, line int) Commitment {
	return Commitment{
		Key: Key{Format: "openslo", Name: name}, Kind: Availability, Service: service, Name: name, Indicator: "good / total",
		Source: Source{File: "slo.yml", Line: line},
		Fields: []Field{
			{Name: "target", Role: RoleTarget, Value: PercentOf(target), Better: Higher, Line: line + 1},
			{Name: "window", Role: RoleWindow, Value: Duration(window, NoPlain), Line: line + 2},
		},
	}
}

func floor(id, service string, kind Kind, target, window string, better Better) Promise {
	p := Promise{ID: id, Service: service, Kind: kind, Better: better, Source: Source{File: "slagate.yml", Line: 3}}
	if kind == Availability {
		p.Target = PercentOf(target)
	} else {
		p.Target = Duration(target, NoPlain)
	}
	if window != "" {
		p.Window = Duration(window, NoPlain)
	}
	return p
}

func measuredBy(p Promise, names ...string) Promise {
	p.MeasuredBy = names
	return p
}

func pairOf(before, after *Commitment) *Change { return &Change{Before: before, After: after} }

func TestCrossingAFloor(t *testing.T) {
	t.Parallel()
	contract := floor("uptime", "api", Availability, "99.9%", "30d", Higher)
	tests := []struct {
		name             string
		promise          Promise
		before, after    string // target/window; "" is none
		crosses          bool
		want             string
		noText, otherKey bool
	}{
		{name: "above it", promise: contract, before: "99.95% 30d", after: "99.92% 30d", want: "Within the contract (uptime (availability 99.9%)), headroom 21.6 -> 8.6 min."},
		{name: "exactly on it", promise: contract, before: "99.95% 30d", after: "99.9% 30d", want: "Within the contract (uptime (availability 99.9%)), headroom 21.6 -> 0 min."},
		{name: "a hair below it", promise: contract, before: "99.9% 30d", after: "99.8999999% 30d", crosses: true, want: "It is now weaker than the contract: 99.8999999% against the promised 99.9%, promise uptime (availability 99.9%)."},
		{name: "below it", promise: contract, before: "99.95% 30d", after: "99.5% 30d", crosses: true, want: "It is now weaker than the contract: 99.5% against the promised 99.9%, promise uptime (availability 99.9%)."},
		{name: "below before", promise: contract, before: "99.5% 30d", after: "99% 30d", want: "It was weaker than the contract before and still is: 99% against the promised 99.9%, promise uptime (availability 99.9%)."},
		{name: "above it again", promise: contract, before: "99.5% 30d", after: "99.9% 30d", want: "It keeps the promise uptime (availability 99.9%) again."},
		{name: "new and below", promise: contract, after: "99.5% 30d", crosses: true, want: "It is weaker than the contract: 99.5% against the promised 99.9%, promise uptime (availability 99.9%)."},
		{name: "new and above", promise: contract, after: "99.95% 30d", noText: true},
		{name: "gone", promise: contract, before: "99.95% 30d", want: "It stood for the promise uptime (availability 99.9%)."},
		{name: "window as long as the promise's", promise: contract, before: "99.95% 7d", after: "99.95% 30d", want: "Within the contract (uptime (availability 99.9%)), headroom 5 -> 21.6 min."},
		{name: "window longer", promise: contract, before: "99.95% 30d", after: "99.95% 31d", crosses: true, want: "It is now weaker than the contract: it is counted over 31d, the promise over 30d, promise uptime (availability 99.9%)."},
		{name: "a variable now", promise: contract, before: "99.95% 30d", after: "var.target 30d", want: "Whether it still keeps the promise uptime (availability 99.9%) cannot be told."},
		{name: "a variable before", promise: contract, before: "var.target 30d", after: "99% 30d", crosses: true, want: "It is now weaker than the contract: 99% against the promised 99.9%, promise uptime (availability 99.9%)."},
		{name: "another service", promise: floor("uptime", "web", Availability, "99.9%", "30d", Higher), before: "99.95% 30d", after: "99% 30d", noText: true},
		{name: "named", promise: measuredBy(floor("uptime", "web", Availability, "99.9%", "30d", Higher), "api-slo"), before: "99.95% 30d", after: "99% 30d", crosses: true, want: "It is now weaker than the contract: 99% against the promised 99.9%, promise uptime (availability 99.9%)."},
		{name: "named with its format", promise: measuredBy(contract, "openslo:api-slo"), before: "99.95% 30d", after: "99% 30d", crosses: true, want: "It is now weaker than the contract: 99% against the promised 99.9%, promise uptime (availability 99.9%)."},
		{name: "named in another format", promise: measuredBy(contract, "sloth:api-slo"), before: "99.95% 30d", after: "99% 30d", noText: true},
		{name: "a list of names takes no others", promise: measuredBy(contract, "other"), before: "99.95% 30d", after: "99% 30d", noText: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := pairOf(sideOf(tt.before), sideOf(tt.after))
			crosses, text := crossesFloor(c, Options{Catalog: Catalog{Promises: []Promise{tt.promise}}})
			require.Equal(t, tt.want, text)
			require.Equal(t, tt.crosses, crosses)
		})
	}
}

func sideOf(text string) *Commitment {
	if text == "" {
		return nil
	}
	var target, window string
	for i := range text {
		if text[i] == ' ' {
			target, window = text[:i], text[i+1:]
		}
	}
	c := objective("api", "api-slo", target, window, 10)
	return &c
}

func timed(kind Kind, role Role, value Value, better Better) *Commitment {
	return &Commitment{
		Key: Key{Format: "x", Name: "m"}, Kind: kind, Service: "api", Name: "m", Source: Source{File: "x.yml", Line: 1},
		Fields: []Field{{Name: "value", Role: role, Value: value, Better: better, Line: 2}},
	}
}

func business(hours int64) Value {
	return Exactly("", big.NewRat(hours*3600, 1), BusinessSeconds)
}

func TestFloorsOfTime(t *testing.T) {
	t.Parallel()
	latency := floor("fast", "api", Latency, "300ms", "", Lower)
	answer := floor("answer", "api", ResponseTime, "8h", "", Lower)
	working := answer
	working.Target = business(8)
	kept := floor("kept", "api", Retention, "90d", "", Higher)
	seconds := func(text string) Value { return Duration(text, NoPlain) }
	tests := []struct {
		name    string
		promise Promise
		c       *Commitment
		want    standing
	}{
		{"latency on the floor", latency, timed(Latency, RoleThreshold, seconds("300ms"), Lower), keeps},
		{"latency beyond it", latency, timed(Latency, RoleThreshold, seconds("301ms"), Lower), below},
		{"a number without a unit", latency, timed(Latency, RoleThreshold, Number("0.5", None), Lower), notComparable},
		{"a threshold that is better higher", latency, timed(Latency, RoleThreshold, seconds("301ms"), Higher), notComparable},
		{"answer on the floor", answer, timed(ResponseTime, RoleTarget, seconds("8h"), Lower), keeps},
		{"answer beyond it", answer, timed(ResponseTime, RoleTarget, seconds("481m"), Lower), below},
		{"working hours against the clock", answer, timed(ResponseTime, RoleTarget, business(1), Lower), below},
		{"the clock against working hours", working, timed(ResponseTime, RoleTarget, seconds("8h"), Lower), keeps},
		{"the clock against working hours, between", working, timed(ResponseTime, RoleTarget, seconds("24h"), Lower), notComparable},
		{"the clock beyond any weekend", working, timed(ResponseTime, RoleTarget, seconds("30d"), Lower), below},
		{"retention on the floor", kept, timed(Retention, RoleTarget, seconds("90d"), Higher), keeps},
		{"retention below it", kept, timed(Retention, RoleTarget, seconds("89d"), Higher), below},
	}
	for _, tt := range tests {
		require.Equal(t, tt.want, tt.promise.hold(tt.c).standing, tt.name)
	}
	named := timed(Latency, RoleThreshold, Number("0.5", None), Lower)
	named.Indicator = `request_duration_seconds_bucket{le="?"}`
	require.Equal(t, below, latency.hold(named).standing, "the metric's name says its unit")

	errors := floor("errors", "api", Availability, "99.9%", "", Higher)
	require.Equal(t, keeps, errors.hold(timed(ErrorRate, RoleTarget, PercentOf("0.1%"), Lower)).standing, "the share of errors is the rest")
	require.Equal(t, below, errors.hold(timed(ErrorRate, RoleTarget, PercentOf("0.11%"), Lower)).standing)
	require.Equal(t, notComparable, errors.hold(timed(Latency, RoleTarget, PercentOf("99%"), Higher)).standing, "what is fast is not what is there")

	alert := alertOf("Slow", Field{Name: "for", Role: RoleDelay, Value: seconds("10m")})
	seen := floor("seen", "api", Detection, "10m", "", Lower)
	require.Equal(t, keeps, seen.hold(&alert).standing)
	alert.Fields[0].Value = seconds("601s")
	require.Equal(t, below, seen.hold(&alert).standing)
}

func alertOf(name string, fields ...Field) Commitment {
	return Commitment{
		Key: Key{Format: "prometheus", Name: name}, Kind: Detection, Service: "api", Name: name, Indicator: "up == ?",
		Source: Source{File: "alerts.yml", Line: 20}, Fields: fields,
	}
}

// findings are those of a change, by code.
func findings(before, after []Commitment, promises ...Promise) []Finding {
	o := Options{Catalog: Catalog{Promises: promises}}
	var out []Finding
	for _, f := range Diff(Set{Commitments: before}, Set{Commitments: after}, o).Findings {
		switch f.Code {
		case codeBelow, codeUnsure, codeUnmeasured, codeDepends, codeTooLate, codeBurnRate, codeText, codeProse:
			out = append(out, f)
		}
	}
	return out
}

func TestFindingsBelowTheContract(t *testing.T) {
	t.Parallel()
	contract := floor("uptime", "api", Availability, "99.9%", "30d", Higher)
	old, now := objective("api", "api-slo", "99.95%", "30d", 10), objective("api", "api-slo", "99.5%", "30d", 10)
	got := findings([]Commitment{old}, []Commitment{now}, contract)
	require.Equal(t, []string{codeBelow}, codes(got))
	require.Equal(t, []any{"slo.yml", 11}, []any{got[0].File, got[0].Line})
	require.Contains(t, got[0].Text, "is weaker than the contract: 99.5% against the promised 99.9%, promise uptime (availability 99.9%).")
	require.Empty(t, findings([]Commitment{old}, []Commitment{old}, contract))

	gone := findings([]Commitment{old}, nil, contract)
	require.Len(t, gone, 1)
	require.Equal(t, codeUnmeasured, gone[0].Code)

	renamed := objective("api", "api-objective", "99.5%", "30d", 10)
	got = findings([]Commitment{old}, []Commitment{renamed}, measuredBy(contract, "api-slo"))
	require.Equal(t, []string{codeUnmeasured, codeBelow}, codes(got), "%v", got)

	// The change raises the floor itself above what is measured.
	raised := line("uptime", "api", "99.99%")
	got = findings([]Commitment{line("uptime", "api", "99.9%"), old}, []Commitment{raised, old}, contract)
	require.Equal(t, []string{codeBelow}, codes(got), "%v", got)
}

func codes(list []Finding) []string {
	var out []string
	for _, f := range list {
		out = append(out, f.Code)
	}
	return out
}

// line is a line of the catalog as a commitment.
func line(id, service, target string, dependsOn ...string) Commitment {
	return Commitment{
		Key: Key{Format: CatalogFormat, Name: id}, Kind: Availability, Service: service, Name: id, Source: Source{File: "slagate.yml", Line: 30},
		Fields: []Field{
			{Name: "target", Role: RoleTarget, Value: PercentOf(target), Better: Higher, Line: 31},
			{Name: "depends_on", Role: RoleKey, Value: ListOf(dependsOn...), Line: 32},
		},
	}
}

func TestDependencies(t *testing.T) {
	t.Parallel()
	a, b := line("payments", "pay", "99.9%"), line("mail", "mail", "99.9%")
	old := line("shop", "shop", "99.8001%", "payments")
	now := line("shop", "shop", "99.8001%", "payments", "mail")
	require.Empty(t, findings([]Commitment{a, b, old}, []Commitment{a, b, now}), "99.9% x 99.9% is exactly 99.8001%")

	old, now = line("shop", "shop", "99.81%", "payments"), line("shop", "shop", "99.81%", "payments", "mail")
	got := findings([]Commitment{a, b, old}, []Commitment{a, b, now})
	require.Equal(t, []Finding{{
		codeDepends, "slagate.yml", 31,
		"The promise shop (availability 99.81%) cannot be kept by what it depends on: mail 99.9% x payments 99.9% = 99.8001%, assuming they fail independently.",
	}}, got)
	require.Empty(t, findings([]Commitment{a, b, now}, []Commitment{a, b, now}), "the change does not touch it")

	// What a dependency aims for counts, not only what it promises.
	aim, lower := objective("pay", "pay-slo", "99.95%", "30d", 10), objective("pay", "pay-slo", "99.7%", "30d", 10)
	shop := floor("shop", "shop", Availability, "99.8%", "", Higher)
	shop.DependsOn = []string{"payments"}
	got = findings([]Commitment{aim}, []Commitment{lower}, shop, floor("payments", "pay", Availability, "99.5%", "", Higher))
	require.Equal(t, []string{codeDepends}, codes(got), "%v", got)
	require.Contains(t, got[0].Text, "payments 99.7% (slo.yml:11) = 99.7%")
}

func TestNotifications(t *testing.T) {
	t.Parallel()
	tell := floor("tell", "api", Notification, "31m30s", "", Lower)
	alert := func(wait string) Commitment {
		return alertOf("Down", Field{Name: "for", Role: RoleDelay, Value: Duration(wait, NoPlain), Line: 23})
	}
	path := func(second string) Commitment {
		return Commitment{
			Key: Key{Format: "pagerduty", Name: "api"}, Kind: Escalation, Service: "api", Name: "api", Source: Source{File: "pd.tf", Line: 5},
			Path: &Path{Levels: []Level{
				{Reach: DurationOf(0), Targets: []Target{{Name: "ana"}}, Line: 6},
				{Reach: Duration(second, NoPlain), Targets: []Target{{Name: "bo"}}, Line: 9},
			}},
		}
	}
	require.Empty(t, findings([]Commitment{alert("5m"), path("20m")}, []Commitment{alert("10m"), path("20m")}, tell), "10 + 1 + 0.5 + 20 is exactly 31.5 minutes")

	got := findings([]Commitment{alert("5m"), path("20m")}, []Commitment{alert("11m"), path("20m")}, tell)
	require.Equal(t, []string{codeTooLate}, codes(got))
	require.Equal(t, []any{"alerts.yml", 20}, []any{got[0].File, got[0].Line})
	require.Contains(t, got[0].Text, "told within 31m30s (tell)")
	require.Contains(t, got[0].Text, "takes 32m30s: for 11m + scrape 1m + group_wait 30s + escalation to level 2 20m.")

	got = findings([]Commitment{alert("5m"), path("20m")}, []Commitment{alert("5m"), path("45m")}, tell)
	require.Equal(t, []string{codeTooLate}, codes(got))
	require.Equal(t, []any{"pd.tf", 9}, []any{got[0].File, got[0].Line}, "the place of what changed")

	require.Empty(t, findings([]Commitment{alert("2h")}, []Commitment{alert("2h")}, tell), "the change touches nothing of it")
	require.Empty(t, findings([]Commitment{alert("5m")}, []Commitment{alert("2h")}, floor("tell", "web", Notification, "30m", "", Lower)), "another service")
}

func TestBurnRates(t *testing.T) {
	t.Parallel()
	alert := func(budget string) Commitment {
		return alertOf("BudgetBurn",
			Field{Name: "threshold", Role: RoleThreshold, Value: Number(budget, None), Better: Lower, Line: 24},
			Field{Name: "error budget", Role: RoleNote, Value: RatioOf(budget), Line: 24})
	}
	slo := func(target string) Commitment { return objective("api", "api-slo", target, "30d", 10) }
	require.Empty(t, findings([]Commitment{slo("99.9%"), alert("0.001")}, []Commitment{slo("99.5%"), alert("0.005")}), "both moved together")

	got := findings([]Commitment{slo("99.9%"), alert("0.001")}, []Commitment{slo("99.5%"), alert("0.001")})
	require.Equal(t, []string{codeBurnRate}, codes(got))
	require.Equal(t, []any{"alerts.yml", 24}, []any{got[0].File, got[0].Line})
	require.Contains(t, got[0].Text, "counts with an error budget of 0.1%, but 99.5% of api-slo leaves 0.5%.")

	got = findings([]Commitment{slo("99.9%"), alert("0.001")}, []Commitment{slo("99.9%"), alert("0.002")})
	require.Equal(t, []string{codeBurnRate}, codes(got))

	require.Empty(t, findings([]Commitment{slo("99.95%"), alert("0.001")}, []Commitment{slo("99.5%"), alert("0.001")}), "it never was its alert")
	other := objective("web", "web-slo", "99.5%", "30d", 10)
	require.Empty(t, findings([]Commitment{other}, []Commitment{other, alert("0.001")}), "another service")
}

func TestTextsThatContradict(t *testing.T) {
	t.Parallel()
	field := func(v Value) Field { return Field{Name: "value", Role: RoleTarget, Value: v, Better: Higher, Line: 3} }
	ratio, length := PercentOf, func(s string) Value { return Duration(s, NoPlain) }
	plain := func(s string) Value { return Number(s, None) }
	tests := []struct {
		name     string
		old, now Value
		text     string
		want     bool
	}{
		{"percent", ratio("99.9"), ratio("99.5"), "99.9% of requests succeed", true},
		{"percent in words", ratio("99.9"), ratio("99.5"), "99.9 percent of requests", true},
		{"digits alone", ratio("99.9"), ratio("99.5"), "api-99.9", true},
		{"the ratio", ratio("99.9"), ratio("99.5"), "0.999 of requests", true},
		{"the errors", ratio("99.9"), ratio("99.5"), "fewer than 0.1% fail", true},
		{"the new value", ratio("99.9"), ratio("99.5"), "99.5% of requests succeed", false},
		{"both values", ratio("99.9"), ratio("99.5"), "99.5% since March, 99.9% before", false},
		{"another number", ratio("99.9"), ratio("99.5"), "the 99.99% quantile", false},
		{"part of a number", ratio("99.9"), ratio("99.5"), "199.9% is much", false},
		{"whole digits are no percentage", ratio("99"), ratio("95"), "the 99 red balloons", false},
		{"a time", length("10m"), length("3h"), "down for more than 10 minutes", true},
		{"a time, short", length("10m"), length("3h"), "down for 10m", true},
		{"a time in another unit", length("1h"), length("3h"), "down for 60 min", true},
		{"the new time", length("10m"), length("3h"), "down for 3 hours", false},
		{"metres are no minutes", length("10m"), length("3h"), "10mb of logs", false},
		{"digits in a name", plain("10"), plain("50"), "logs-10-500-error-5-minutes-critical", true},
		{"one digit says nothing", plain("5"), plain("50"), "logs-10-500-error-5-minutes-critical", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			side := func(v Value) Commitment {
				return Commitment{
					Key: Key{Format: "x", Name: "n"}, Kind: Availability, Name: "n", Source: Source{File: "x.tf", Line: 1},
					Fields: []Field{field(v), {Name: "display_name", Role: RoleNote, Value: Words(tt.text), Line: 7}},
				}
			}
			got := findings([]Commitment{side(tt.old)}, []Commitment{side(tt.now)})
			if !tt.want {
				require.Empty(t, got)
				return
			}
			require.Equal(t, []string{codeText}, codes(got))
			require.Equal(t, []any{"x.tf", 7}, []any{got[0].File, got[0].Line})
			require.Equal(t, `"`+tt.text+`" (display_name) still says `+Say(tt.old)+", but value is "+Say(tt.now)+" now.", got[0].Text)
		})
	}
}

func TestATextThatMovesAway(t *testing.T) {
	t.Parallel()
	side := func(target, text string) Commitment {
		c := objective("api", "api-slo", target, "30d", 10)
		c.Fields = append(c.Fields, Field{Name: "description", Role: RoleNote, Value: Words(text), Line: 14})
		return c
	}
	got := findings([]Commitment{side("99.9%", "99.9% of calls")}, []Commitment{side("99.9%", "99.99% of calls")})
	require.Equal(t, []Finding{{codeText, "slo.yml", 14, `"99.99% of calls" (description) says something else now, but target still is 99.9%.`}}, got)
	require.Empty(t, findings([]Commitment{side("99.9%", "99.9% of calls")}, []Commitment{side("99.9%", "most calls")}), "it says no number any more")
	require.Empty(t, findings([]Commitment{side("99.9%", "99.9% of calls")}, []Commitment{side("99.99%", "99.99% of calls")}), "both moved")
	require.Empty(t, findings([]Commitment{side("99.9%", "98% of calls")}, []Commitment{side("99.9%", "97% of calls")}), "it never said the value")
}

func TestATextMayMeanAnotherValue(t *testing.T) {
	t.Parallel()
	side := func(wait string) Commitment {
		return alertOf("A", Field{Name: "for", Role: RoleDelay, Value: Duration(wait, NoPlain)},
			Field{Name: "range", Role: RoleDelay, Value: Duration("10m", NoPlain)},
			Field{Name: "annotations.summary", Role: RoleNote, Value: Words("too many errors in 10 minutes")})
	}
	require.Empty(t, findings([]Commitment{side("10m")}, []Commitment{side("20m")}))
}

func TestProse(t *testing.T) {
	t.Parallel()
	page := func(target string) Commitment {
		c := objective("api", "uptime", target, "30d", 40)
		c.Key.Format, c.Source.File = "prose", "SLA.md"
		return c
	}
	slo := func(target string) Commitment { return objective("api", "api-slo", target, "30d", 10) }
	contract := floor("uptime-contract", "api", Availability, "99.5%", "", Higher)

	got := findings([]Commitment{page("99.5%"), slo("99.9%")}, []Commitment{page("99.95%"), slo("99.9%")})
	require.Equal(t, []string{codeProse}, codes(got), "it promises more than is aimed for")
	require.Equal(t, []any{"SLA.md", 41}, []any{got[0].File, got[0].Line})
	require.Empty(t, findings([]Commitment{page("99.5%"), slo("99.9%")}, []Commitment{page("99.9%"), slo("99.9%")}), "as much as is aimed for")
	require.Equal(t, []string{codeProse}, codes(findings([]Commitment{page("99.9%"), slo("99.9%")}, []Commitment{page("99.9%"), slo("99.8%")})))
	require.Empty(t, findings([]Commitment{page("99.95%"), slo("99.9%")}, []Commitment{page("99.95%"), slo("99.9%")}), "nothing changed")

	got = findings([]Commitment{page("99.5%")}, []Commitment{page("99.9%")}, contract)
	require.Equal(t, []string{codeProse}, codes(got), "it says another number than the contract")
	gold := floor("gold", "api", Availability, "99.9%", "", Higher)
	gold.Customers = []string{"gold"}
	require.Empty(t, findings([]Commitment{page("99.5%")}, []Commitment{page("99.9%")}, contract, gold), "one of the plans says so")
	require.Empty(t, findings([]Commitment{page("99.9%")}, []Commitment{page("99.5%")}, contract, gold), "a page has a line for each plan; the other plan's says so")
	require.Equal(t, []string{codeBelow, codeProse}, codes(findings([]Commitment{page("99.5%")}, []Commitment{page("99%")}, contract)))
}
