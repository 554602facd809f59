package commitment

import "strconv"

// Kind is what a commitment promises.
type Kind string

// The kinds of commitment.
const (
	Availability   Kind = "availability"    // share of good events or good time
	Latency        Kind = "latency"         // share of events that are fast enough
	ErrorRate      Kind = "error_rate"      // share of bad events: lower is better
	Throughput     Kind = "throughput"      // events a second
	Durability     Kind = "durability"      // share of what is not lost
	Freshness      Kind = "freshness"       // age of data
	ResponseTime   Kind = "response_time"   // time until somebody answers
	ResolutionTime Kind = "resolution_time" // time until it is solved
	UpdateCadence  Kind = "update_cadence"  // how often customers hear how it stands
	Notification   Kind = "notification"    // time until customers are told
	SupportHours   Kind = "support_hours"   // when somebody is there
	Credit         Kind = "credit"          // what a breach costs
	Retention      Kind = "retention"       // how long something is kept
	Detection      Kind = "detection"       // an alert: when a fault is noticed
	Routing        Kind = "routing"         // who is told of which alert
	Escalation     Kind = "escalation"      // who is told next, and after how long
	Schedule       Kind = "schedule"        // who is on call
	Dependency     Kind = "dependency"      // what a service needs of others; may affect a promise, is never judged
	Measurement    Kind = "measurement"     // a recorded value that promises and alerts are measured by
	Statement      Kind = "statement"       // a sentence that promises something without a number
	Other          Kind = "other"           // could not be told
)

// Commitment is one promise as it stands in a file.
type Commitment struct {
	Key     Key    `json:"key"`
	Kind    Kind   `json:"kind"`
	Service string `json:"service,omitempty"` // best effort: a label, metadata, the catalog
	// Name is what people call it: the alert's name, the objective's, the row of the table.
	Name  string `json:"name"`
	Owner string `json:"owner,omitempty"`
	// Indicator is the canonical text of what is measured, without the numbers that
	// are Fields: a PromQL skeleton, a query, a sentence with its facts taken out.
	// Two versions with another indicator are another measurement.
	Indicator string `json:"indicator,omitempty"`
	// Shown is the indicator as written, for "before / after"; "" shows Indicator.
	Shown string `json:"shown,omitempty"`
	// Fields are its values, the one that people ask for first first.
	Fields []Field `json:"fields,omitempty"`
	// Path is set for escalations, Routes for routing trees.
	Path   *Path   `json:"path,omitempty"`
	Routes *Routes `json:"routes,omitempty"`
	// Uses are the names of the measurements that the indicator is built on, sorted.
	Uses []string `json:"uses,omitempty"`
	// Labels are an alert's own labels, for walking the routing tree.
	Labels map[string]string `json:"labels,omitempty"`
	Source Source            `json:"source"`
	// Caveats are said beside every finding: "read without rendering the template".
	Caveats []string `json:"caveats,omitempty"`
}

// Key is the identity of a commitment within its format. It holds no file, so that
// a move is seen as one, and nothing that is itself a value of the promise.
type Key struct {
	Format    string `json:"format"`
	Namespace string `json:"namespace,omitempty"` // Kubernetes namespace, page
	Group     string `json:"group,omitempty"`     // rule group, resource type, heading
	Name      string `json:"name"`
	Sub       string `json:"sub,omitempty"` // objective, plan, row id, "page" or "ticket"
}

// Source is where a commitment stands.
type Source struct {
	File string `json:"file"`
	Line int    `json:"line,omitempty"` // 1-based; 0 where unknown
	// Template: read without rendering. Generated: the file says so, or its folder's name does.
	Template  bool `json:"template,omitempty"`
	Generated bool `json:"generated,omitempty"`
}

// String is the place as editors know it: FILE:LINE.
func (s Source) String() string {
	if s.Line == 0 {
		return s.File
	}
	return s.File + ":" + strconv.Itoa(s.Line)
}

// Field is one value of a commitment.
type Field struct {
	Name  string `json:"name"` // as the format calls it: "objective", "for", "threshold"
	Role  Role   `json:"role"`
	Value Value  `json:"value"`
	// Better is the direction in which the customer gains. Only roles that compare
	// amounts heed it (RoleTarget, RoleThreshold, RoleAmount).
	Better Better `json:"better,omitempty"`
	Line   int    `json:"line,omitempty"`
	// Inner: the value is a part of what is measured (a range in a query, a further
	// condition). Where the indicator was rewritten, its move says nothing by itself.
	Inner bool `json:"inner,omitempty"`
}

// Better is a direction.
type Better string

// The directions.
const (
	Higher  Better = "higher"
	Lower   Better = "lower"
	Neither Better = "" // a move is not comparable: unknown
)

// Role says what a field means, and by that how a change of it is judged. Each has
// its row in rules.go.
type Role string

// The roles.
const (
	// RoleTarget is the promised number. With RoleWindow it makes the error budget.
	RoleTarget Role = "target"
	// RoleWindow is the time over which a target holds. Longer is weaker.
	RoleWindow Role = "window"
	// RoleThreshold is when something counts as broken.
	RoleThreshold Role = "threshold"
	// RoleAmount is any other number with a direction (Better).
	RoleAmount Role = "amount"
	// RoleDelay is a part of the time until somebody is told, in seconds. The parts of
	// one commitment are added up before they are judged. Longer is weaker; absent is 0.
	RoleDelay Role = "delay"
	// RoleSeverity is a word of the vocabulary of urgency.
	RoleSeverity Role = "severity"
	// RoleRank is a choice that the format itself orders: Value.Num is the rank, higher is better.
	RoleRank Role = "rank"
	// RoleEnabled is a switch: Value of Flag. Absent is on.
	RoleEnabled Role = "enabled"
	// RoleCoverage is a list (Value.Items) of what is covered: what is lost weakens, what is gained strengthens.
	RoleCoverage Role = "coverage"
	// RoleSuppression is a list of what keeps it quiet: the other way round.
	RoleSuppression Role = "suppression"
	// RoleScope is what a measurement looks at (ScopeOf). Better says whether more of it is
	// better: Higher for what fires on more, Lower for what fires on less, else unknown.
	RoleScope Role = "scope"
	// RoleTeller is a list of who is told (alarm actions, notification channels).
	// Lost weakens, gained strengthens, replaced is unknown.
	RoleTeller Role = "teller"
	// RoleDefinition is a text that says how something is measured. Another text is another measurement: unknown.
	RoleDefinition Role = "definition"
	// RoleKey is a word that decides elsewhere (a label that routes on). Another one is unknown.
	RoleKey Role = "key"
	// RoleNote changes nothing for customers: annotations, links, display names.
	RoleNote Role = "note"
)

// Path is an escalation path: who is told when.
type Path struct {
	Levels []Level `json:"levels"`
	// Repeats is how often the whole path is gone through again after the first
	// time; negative: for ever.
	Repeats int `json:"repeats,omitempty"`
	// Round is the length of one pass in seconds: when the path starts again, or ends.
	Round Value `json:"round,omitzero"`
	// Opaque says why the path could not be read whole (a value is a variable, levels
	// are generated); then a change of it is unknown.
	Opaque string `json:"opaque,omitempty"`
}

// Level is one step of an escalation path.
type Level struct {
	// Reach is when its people are told, in seconds after the start. For rules in
	// which each step says how long to wait before the next one it is the sum of the
	// waits before it.
	Reach   Value    `json:"reach"`
	Targets []Target `json:"targets"`
	Line    int      `json:"line,omitempty"`
}

// Target is who is told.
type Target struct {
	Kind string `json:"kind,omitempty"` // user, schedule, team, channel, webhook, next, nobody
	Name string `json:"name"`           // as written: a reference, an id, an address
}

// Routes is a routing tree for alerts, as Alertmanager has it.
type Routes struct {
	Root      Route      `json:"root"`
	Receivers []Receiver `json:"receivers"`
	Inhibits  []Inhibit  `json:"inhibits,omitempty"`
	// Intervals are the named time intervals in canonical text, for mute and active ones.
	Intervals map[string]string `json:"intervals,omitempty"`
	// Opaque says why the tree could not be read whole; then a change of it is unknown.
	Opaque string `json:"opaque,omitempty"`
}

// Route is a node of the tree. Options that are not written are inherited; "" in the
// values' Text means so.
type Route struct {
	Receiver       string    `json:"receiver,omitempty"`
	Matchers       []Matcher `json:"matchers,omitempty"`
	Continue       bool      `json:"continue,omitempty"`
	GroupBy        []string  `json:"group_by,omitempty"`
	HasGroupBy     bool      `json:"has_group_by,omitempty"` // group_by is written here
	GroupWait      Value     `json:"group_wait,omitzero"`
	GroupInterval  Value     `json:"group_interval,omitzero"`
	RepeatInterval Value     `json:"repeat_interval,omitzero"`
	Mute           []string  `json:"mute,omitempty"`
	Active         []string  `json:"active,omitempty"`
	Routes         []Route   `json:"routes,omitempty"`
	Line           int       `json:"line,omitempty"`
}

// Matcher is a condition on one label: "=", "!=", "=~" or "!~", regular expressions anchored.
type Matcher struct {
	Label string `json:"label"`
	Op    string `json:"op"`
	Value string `json:"value"`
}

// Receiver is where notifications go.
type Receiver struct {
	Name         string        `json:"name"`
	Integrations []Integration `json:"integrations,omitempty"`
	Line         int           `json:"line,omitempty"`
}

// Integration is one way of a receiver: "pagerduty", "slack", "email", "webhook".
// Target is the canonical text of its settings, secrets left out.
type Integration struct {
	Type   string `json:"type"`
	Target string `json:"target,omitempty"`
}

// Inhibit is a rule by which one alert silences another.
type Inhibit struct {
	Source []Matcher `json:"source"`
	Target []Matcher `json:"target"`
	Equal  []string  `json:"equal,omitempty"`
	Line   int       `json:"line,omitempty"`
}

// Field returns the first field of a role.
func (c *Commitment) Field(role Role) (Field, bool) {
	for _, f := range c.Fields {
		if f.Role == role {
			return f, true
		}
	}
	return Field{}, false
}
