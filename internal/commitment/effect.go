package commitment

// Effect says what a change does to a promise.
type Effect string

// The six effects. Their spelling is part of the product's contract.
const (
	Weakened     Effect = "weakened"     // worse for the customer
	Strengthened Effect = "strengthened" // better for the customer
	Neutral      Effect = "neutral"      // read on both sides, nothing changed for the customer
	Added        Effect = "added"        // a new promise
	Removed      Effect = "removed"      // the promise is gone
	Unknown      Effect = "unknown"      // could not be read or compared; treated as the worst
)

// Effects lists every effect, the worst for the customer first.
func Effects() []Effect {
	return []Effect{Unknown, Removed, Weakened, Added, Strengthened, Neutral}
}

// Severity orders effects for display and for "the strictest counts": the
// larger, the worse for the customer. An effect that is not one of the six is
// as bad as Unknown.
func (e Effect) Severity() int {
	for i, known := range Effects() {
		if e == known {
			return len(Effects()) - i
		}
	}
	return len(Effects())
}
