package policy

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestBuiltIn(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, item := range BuiltIn() {
		require.Regexp(t, itemShape, item.ID)
		require.False(t, seen[item.ID], item.ID)
		seen[item.ID] = true
		require.Contains(t, []string{"product", "legal", "security", "support", AuthorOwner}, item.Owner, item.ID)
		require.True(t, strings.HasSuffix(item.Text, "."), item.ID)
		require.LessOrEqual(t, utf8.RuneCountInString(item.Text), 200, item.ID)
		require.Equal(t, 1, strings.Count(item.Text+" ", ". "), "%s is more than one sentence", item.ID)
	}
	for _, id := range []string{
		"impact", "rollback", "customer-notice", "escalation-routing", "on-call", "communication-templates",
		"accountable-owner", "expectations", "dependencies", "data-processing", "success-criteria", "support-workflows",
		"notification-mechanisms", "handoffs", "knowledge-base", "support-effort", "metric-owner", "measurement", "thresholds",
		"reporting", "changelog", "instrumentation", "dashboards", "alerting", "data-integrity", "migrations", "staged-rollout",
		"documentation", "training", "runbooks", "tool-compatibility", "validation-plan", "contingency", "third-party-contract",
		"single-point-of-failure", "backward-compatibility", "load-test", "rationale", "post-review",
	} {
		require.True(t, seen[id], id)
	}
}

func TestItem(t *testing.T) {
	t.Parallel()
	p := load(t, Input{Text: []byte("version: 1\nfunctions: {legal: {users: [x]}}\nchecklist: [{id: rollback, text: Our way, owner: legal}]\n")})

	own, ok := p.Item("rollback")
	require.True(t, ok)
	require.Equal(t, Item{"rollback", "Our way", "legal"}, own)

	legal, ok := p.Item("customer-notice")
	require.True(t, ok)
	require.Equal(t, "legal", legal.Owner)

	support, ok := p.Item("on-call")
	require.True(t, ok)
	require.Equal(t, AuthorOwner, support.Owner, "there is no function support")
	require.True(t, slices.ContainsFunc(BuiltIn(), func(i Item) bool { return i.ID == "on-call" && i.Owner == "support" }))

	_, ok = p.Item("nope")
	require.False(t, ok)
	_, ok = p.Function("nope")
	require.False(t, ok)
	_, ok = p.Rule("nope")
	require.False(t, ok)
}
