//go:build !race

package e2e

// sweptPulls is how many open pull requests the sweeps are counted over that must be cheap.
const sweptPulls = 1000
