package formats_test

import (
	"fmt"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/formats"
)

// What differs between two versions of a file, and what it means for customers.
func ExampleCompare() {
	before := []byte("service: shop\nname: checkout\nobjective: 99.95\nwindow: 30d\n")
	after := []byte("name: checkout\nservice: shop # the one customers pay with\nwindow: 720h\nobjective: \"99.9\"\n")
	_, _, result := formats.Compare([]formats.Pair{{
		Before: formats.Side{Path: "slo/checkout.yml", Src: before},
		After:  formats.Side{Path: "slo/checkout.yml", Src: after},
	}}, commitment.Options{})
	for _, c := range result.Changes {
		fmt.Println(c.Effect, c.At().After, c.Fields[0].Before, "->", c.Fields[0].After)
	}
	// Output: weakened slo/checkout.yml:4 99.95 -> 99.9
}
