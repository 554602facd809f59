package commitment

// Catalog is what was negotiated with customers.
type Catalog struct {
	Promises []Promise `json:"promises,omitempty"`
}

// Promise is a line of the catalog: the floor for what is measured.
type Promise struct {
	ID      string `json:"id"`
	Service string `json:"service,omitempty"`
	Kind    Kind   `json:"kind"`
	Target  Value  `json:"target"`
	Better  Better `json:"better,omitempty"`
	Window  Value  `json:"window,omitzero"`
	// MeasuredBy are the names of the objectives and alerts that stand for it: what
	// they say may not be weaker than this.
	MeasuredBy []string `json:"measured_by,omitempty"`
	// DependsOn are the ids of promises that this one rests on, all of them at once.
	DependsOn []string `json:"depends_on,omitempty"`
	Owner     string   `json:"owner,omitempty"`
	Contract  string   `json:"contract,omitempty"`
	// Notice is how long before a change customers are told.
	Notice    Value    `json:"notice,omitzero"`
	Customers []string `json:"customers,omitempty"`
	Source    Source   `json:"source"`
}

// capability holds promises against what can be kept.
func capability(_ Set, _ []Change, _ Options) []Finding { return nil }

// crossesFloor reports whether a change crosses what the contract promises.
func crossesFloor(_ *Change, _ Options) (crosses bool, text string) { return false, "" }

// CatalogFormat is the name of the format of slagate's own catalog.
const CatalogFormat = "catalog"
