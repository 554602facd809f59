// Package taskbox reads the checklist out of slagate's own comment.
//
// A checklist item is a GitHub task box with a hidden marker behind it:
//
//   - [ ] <!-- item:rollback --> The way back is written down and was tried
//
// A person with write access ticks it by editing the whole comment, so what
// they said is the difference between two bodies. The package's one idea: two
// bodies that are equal once every box is unticked differ in boxes only, and
// only such an edit is a tick. Anything else is tampering, which the caller undoes.
//
// It does not decide who may tick. It belongs to the core: strings in, facts out.
package taskbox

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
)

// pattern finds one task box of ours: the state in group 1, the id in group 2.
var pattern = regexp.MustCompile(`(?m)^- \[([ xX])\] <!-- item:([a-z0-9-]+) -->`)

// Line starts a checklist item: the box and the hidden marker.
func Line(id string, ticked bool) string {
	state := " "
	if ticked {
		state = "x"
	}
	return "- [" + state + "] <!-- item:" + id + " -->"
}

// normalise undoes what browsers and GitHub do to line ends.
func normalise(body string) string {
	return strings.TrimRight(strings.ReplaceAll(body, "\r\n", "\n"), " \n")
}

// Parse returns for every item of the body whether its box is ticked.
func Parse(body string) map[string]bool {
	boxes := map[string]bool{}
	for _, m := range pattern.FindAllStringSubmatch(normalise(body), -1) {
		boxes[m[2]] = m[1] != " "
	}
	return boxes
}

// Unticked is the body with every box of ours unticked and with plain line ends.
func Unticked(body string) string {
	return pattern.ReplaceAllString(normalise(body), "- [ ] <!-- item:$2 -->")
}

// Hash is the SHA-256 (hex) of the unticked body: equal for two bodies that
// differ in boxes only.
func Hash(body string) string {
	sum := sha256.Sum256([]byte(Unticked(body)))
	return hex.EncodeToString(sum[:])
}

// Diff returns the items whose box differs between two bodies, with their new
// state. onlyBoxes is false if anything else differs too: then nothing of the
// edit may count.
func Diff(from, to string) (changed map[string]bool, onlyBoxes bool) {
	if Unticked(from) != Unticked(to) {
		return nil, false
	}
	before, after := Parse(from), Parse(to)
	changed = map[string]bool{}
	for id, ticked := range after {
		if before[id] != ticked {
			changed[id] = ticked
		}
	}
	return changed, true
}
