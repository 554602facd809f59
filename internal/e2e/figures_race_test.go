//go:build race

package e2e

// sweptPulls is smaller under the race detector, which makes an evaluation several
// times as long; what a sweep costs goes with the repositories, of which there are as many.
const sweptPulls = 90
