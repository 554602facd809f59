//go:build !race

package e2e

// livesByDefault is how many random lives a test run lives.
const livesByDefault = 20
