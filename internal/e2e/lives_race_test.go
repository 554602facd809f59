//go:build race

package e2e

// livesByDefault is smaller under the race detector, which makes a life several
// times as long; what it finds does not need many.
const livesByDefault = 5
