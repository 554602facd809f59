// Package e2e holds the tests that run the real service over real HTTP against
// the stand-in GitHub: product.md section 7 and the rows of threats.md, each a
// test named after its row (TestThreat_T07_…).
//
// A test is a story in the words of the people in it: w.as("lee").Label(...),
// then w.settle(), then what everybody sees. Time is the stand-in's and moves on
// by a second with every act, so that no test depends on how fast the machine is.
package e2e
