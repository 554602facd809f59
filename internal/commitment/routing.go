package commitment

// diffRoutes judges two routing trees.
func diffRoutes(_, _ *Commitment, _ []map[string]string, _ Options) []Change { return nil }
