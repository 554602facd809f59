package signoff_test

import (
	"fmt"

	"github.com/slagate/slagate/internal/signoff"
)

// Commands stand at the start of a line, in a person's own words.
func ExampleParseCommands() {
	body := "Thanks!\n/sla sign legal as agreed with ACME\n\n> /sla sign security\n"
	for _, c := range signoff.ParseCommands(body) {
		fmt.Printf("%s %s (%s)\n", c.Verb, c.Arg, c.Rest)
	}
	// Output: sign legal (as agreed with ACME)
}
