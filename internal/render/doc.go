// Package render writes every word that a person reads of a decision: the
// commit statuses, the one comment on the pull request, the looks of labels.
//
// Its one idea: a [gate.Decision] holds facts and reasons, never sentences for
// GitHub, and render holds sentences and no judgement. The same decision gives
// the same text, byte for byte, so that what stands at GitHub can be compared
// with what should stand there, and only differences are written.
//
// Three promises are kept for all of it. Foreign text (paths, logins, labels,
// notes, YAML values) stays inert: it is shown in code spans whose fence it
// cannot close, or as plain words, so it can make no link, mention, table cell,
// task box, HTML or command. Lengths are bounded: a status has at most 140
// bytes, the comment stays below 60,000 characters, each section has its share
// of them and says how much it left out. And the reader is somebody who signs,
// not somebody who codes: what changed, whose turn it is, what to do.
//
// To add a section to the comment, write a method of comment that returns its
// Markdown and add it to the list in [Comment] with its share. The golden files
// in testdata are rewritten by
//
//	go test ./internal/render -run TestGolden -update
//
// and the pictures in testdata/comments at the top of the tree by
//
//	go test ./internal/render -run TestPictures -pictures
//
// which needs a Chromium. Read both as prose before committing them.
//
// The package is part of the core: no I/O, no clock. It refuses to decide
// anything, and to mention anybody but those whose turn it is.
package render
