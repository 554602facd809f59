package cli

import (
	"fmt"
	"slices"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/gate"
	"github.com/slagate/slagate/internal/pull"
)

// changeText says in plain words what happens to a file and what that means.
func changeText(f gate.GatedFile) string {
	return done(f) + "; " + meaning(f)
}

// done says what was done to the file.
func done(f gate.GatedFile) string {
	switch f.Status {
	case pull.FileAdded, pull.FileCopied:
		return "new file"
	case pull.FileRemoved:
		return "deleted"
	case pull.FileRenamed:
		return "renamed from " + inert(f.Previous)
	case pull.FileModified, pull.FileChanged:
	}
	return "changed"
}

// meanings says what each effect means for customers.
func meanings() map[commitment.Effect]string {
	return map[commitment.Effect]string{
		commitment.Unknown:      "what it means for customers could not be compared, so it counts as the worst",
		commitment.Removed:      "the promise leaves the rules that guard it",
		commitment.Weakened:     "worse than promised before",
		commitment.Strengthened: "better than promised before",
		commitment.Added:        "a new promise",
		commitment.Neutral:      "no promise changes",
	}
}

// policyMeaning is what a change of the policy file means.
const policyMeaning = "who has to agree may change"

// isPolicy reports whether a file is the policy, which holds no promise itself.
func isPolicy(f gate.GatedFile) bool {
	return f.Path == pull.PolicyPath || f.Previous == pull.PolicyPath
}

// worstFirst are the files to show, those that mean the worst for customers first.
func worstFirst(files []gate.GatedFile) []gate.GatedFile {
	files = slices.Clone(files)
	slices.SortStableFunc(files, func(a, b gate.GatedFile) int { return b.Effect.Severity() - a.Effect.Severity() })
	return files[:min(len(files), filesShown)]
}

// needsLegend reports whether a file's effect says nothing without being explained.
func needsLegend(f gate.GatedFile) bool {
	return f.Effect == commitment.Unknown && f.Why == "" && !isPolicy(f)
}

// meaning says what the change of a file means for customers.
func meaning(f gate.GatedFile) string {
	text := meanings()[f.Effect]
	if isPolicy(f) {
		text = policyMeaning
	}
	if f.Why != "" {
		text += " (" + f.Why + ")"
	}
	return text
}

// count is a number with its noun: "1 file", "3 files".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
