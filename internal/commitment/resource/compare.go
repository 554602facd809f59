package resource

import (
	"math/big"
	"regexp"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
)

// Counted adds the period of a value that is a sum or a count: over a longer one fewer
// events each minute reach the threshold. Where a single event is enough the length
// says nothing. better is the direction of the threshold.
func (f *Fields) Counted(name string, period Attr, better commitment.Better, threshold commitment.Value) {
	if better == commitment.Neither {
		return
	}
	s := Spec{Name: name, Role: commitment.RoleAmount, Better: commitment.Higher, Read: Seconds}
	if better == commitment.Higher {
		s.Better = commitment.Lower
	}
	if better == commitment.Lower && threshold.Num != nil && threshold.Num.Cmp(big.NewRat(1, 1)) <= 0 {
		s.Role = commitment.RoleNote
	}
	f.Add(period, s)
}

// How says how the values of a sliding window become the one that is compared.
type How int

// The ways.
const (
	Mean   How = iota // the middle of all, or anything else
	Sum               // grows with the window
	Most              // the largest
	Fewest            // the smallest
)

// Window adds a sliding window that is looked back on. It is a delay where all of it
// must be bad, and where a mean must be pulled over the threshold. Where one bad value
// is enough, or more values make a larger sum, a longer window fires no later, and
// fires for more.
func (f *Fields) Window(name string, period Attr, how How, better commitment.Better, threshold commitment.Value) {
	grows := how == Sum && better == commitment.Lower
	anyone := how == Most && better == commitment.Lower || how == Fewest && better == commitment.Higher
	switch {
	case grows:
		f.Counted(name, period, better, threshold)
	case anyone:
		f.Add(period, Spec{Name: name, Role: commitment.RoleNote})
	default:
		f.Add(period, Spec{Name: name, Role: commitment.RoleDelay, Read: Seconds})
	}
}

// Comparison is a query that ends with a comparison to a number.
type Comparison struct {
	Query  string // what stands before it, on one line
	Class  string // "above" or "below"
	Op     string
	Number string
	Better commitment.Better
}

var (
	tail = regexp.MustCompile(`^(.*?[^<>=!\s])\s*(>=|<=|>|<)\s*(-?[0-9][0-9_]*(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)$`)
	// What takes a condition back, or compares more than once.
	turned = regexp.MustCompile(`(?i)\b(unless|not|absent|bool)\b|!|\?`)
)

// Compared takes the comparison at the end of a query off. ok is false where there is
// none, or where the rest may turn its direction round.
func Compared(query string) (Comparison, bool) {
	text := strings.Join(strings.Fields(query), " ")
	m := tail.FindStringSubmatch(text)
	if m == nil || turned.MatchString(quoted.ReplaceAllString(m[1], "")) {
		return Comparison{Query: text}, false
	}
	c := Class(m[2])
	c.Query, c.Number = m[1], m[3]
	return c, true
}

// Class is the side on which an operator fires.
func Class(op string) Comparison {
	if strings.HasPrefix(op, "<") {
		return Comparison{Op: op, Class: "below", Better: commitment.Higher}
	}
	return Comparison{Op: op, Class: "above", Better: commitment.Lower}
}

// quoted texts and selectors hold no operators of the query itself.
var quoted = regexp.MustCompile(`"[^"]*"|'[^']*'|\{[^{}]*\}`)

// Unquoted is the source of a quoted text or heredoc without its marks.
func Unquoted(text string) string {
	if strings.HasPrefix(text, "<<") {
		_, body, ok := strings.Cut(text, "\n")
		if i := strings.LastIndexByte(strings.TrimRight(body, "\n"), '\n'); ok && i >= 0 {
			return body[:i]
		}
		return text
	}
	if len(text) > 1 && strings.HasPrefix(text, `"`) && strings.HasSuffix(text, `"`) {
		text = text[1 : len(text)-1]
	}
	return strings.NewReplacer(`\n`, "\n", `\"`, `"`, `\t`, " ").Replace(text)
}
