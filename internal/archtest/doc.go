// Package archtest holds the laws of the house as tests.
//
// Its one idea: who may import whom is a written list of what is allowed, so
// that a new package, or a new direction between two, is a line in a review and
// never an accident. The laws are read off the whole tree by "go list":
//
//  1. The core imports only the core, and of the standard library only what
//     cannot reach outside the process.
//  2. Adapters do not import each other; app introduces them.
//  3. Types of go-github, River, SQL and the other libraries stop at their adapter.
//  4. The stand-in for GitHub knows nothing of slagate.
//  5. Test code stays out of the binary.
//
// Besides: every package says what it is for, and the tour in package app names
// every package and no function that is not there.
//
// A new package is a row in house (laws_test.go); a library that has to stay in
// one place is a row in stops. Every law is itself tested with a planted
// violation. The linters say part of it again, for editors (.golangci.yml).
// The package holds no code.
package archtest
