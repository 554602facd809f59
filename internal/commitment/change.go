package commitment

// Change is a commitment before and after, with what that means for customers.
type Change struct {
	Effect Effect `json:"effect"`
	Kind   Kind   `json:"kind"`
	// Before is nil for what is added, After for what is removed; both are nil for
	// a file that cannot be read.
	Before *Commitment `json:"before,omitempty"`
	After  *Commitment `json:"after,omitempty"`
	// File stands in for the commitments where a file could not be read.
	File string `json:"file,omitempty"`
	// Fields are the values that differ, in the order of the commitment.
	Fields []FieldChange `json:"fields,omitempty"`
	// Text says it in words: what, from, to, what it means, for whom.
	Text string `json:"text"`
	// Notes are said beside it: "renamed from X", "read without rendering the template".
	Notes []string `json:"notes,omitempty"`
	// Mixed: some of it got better, some worse. The effect is then the worse one.
	Mixed bool `json:"mixed,omitempty"`
	// Partly: some of it could not be judged, and the rest decided the effect, or none did.
	Partly bool `json:"partly,omitempty"`
	// CrossesFloor: it was within what the contract promises, and is not any more.
	CrossesFloor bool `json:"crosses_floor,omitempty"`
	// Magnitude orders changes of one effect, the largest first. It has no unit.
	Magnitude float64 `json:"magnitude,omitempty"`
	// SameAs are further places in which the very same change was made (copies,
	// generated files). It is listed once.
	SameAs []Place `json:"same_as,omitempty"`

	folded []string // digests of other changes that are told with this one
}

// Place is where a change stands, on both sides. A side without a file is none.
type Place struct {
	Before Source `json:"before,omitzero"`
	After  Source `json:"after,omitzero"`
}

// FieldChange is one value that differs.
type FieldChange struct {
	Name   string `json:"name"`
	Before string `json:"before"` // as written; "" where nothing is
	After  string `json:"after"`
	Effect Effect `json:"effect"`
	// Meaning is the difference in words: "at least 170 minutes later"; may be "".
	Meaning    string `json:"meaning,omitempty"`
	BeforeLine int    `json:"before_line,omitempty"`
	AfterLine  int    `json:"after_line,omitempty"`

	role         Role
	shown        bool   // by the texts before and after of what was rewritten
	saidB, saidA string // as a person would say them
}

// Finding is something worth knowing about the promises as they stand after the
// change: a floor that is crossed, a text that contradicts its value. It has a place,
// and goes to people; by itself it fails nothing.
type Finding struct {
	Code string `json:"code"` // stable: "below-contract", "text-contradicts-value"
	File string `json:"file"`
	Line int    `json:"line,omitempty"`
	Text string `json:"text"`
}

// Options is what Diff needs besides the two sides.
type Options struct {
	// Renames are files that have another name after the change: old name to new.
	Renames map[string]string
	// Catalog are the commitments negotiated with customers, the floors.
	Catalog Catalog
	// Severities is the vocabulary of urgency, the most urgent words first; nil is the default.
	Severities [][]string
}

// Result is what differs between two sides.
type Result struct {
	// Changes, the worst first. What only moved or was re-written is among them as neutral.
	Changes  []Change  `json:"changes"`
	Findings []Finding `json:"findings,omitempty"`
}
