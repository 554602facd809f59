package policy

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDifferences(t *testing.T) {
	t.Parallel()
	const before = `version: 1
functions:
  legal: {teams: [acme/legal]}
  support: {teams: [acme/support], approvals: 2}
  sales: {users: [lee]}
rules:
  - name: service levels
    paths: ["slo/**", "sla/**", "!slo/old/**"]
    require: {weakened: [legal, support], added: [support]}
    checklist: [impact, {id: rollback, required: true}]
  - {name: routes, paths: ["oncall/**"], branches: [main], require: [support]}
  - {name: order, paths: ["a/**", "!a/b/**"], require: []}
checklist:
  - {id: mine, text: One, owner: legal}
  - {id: training, text: Own wording, owner: legal}
  - {id: gone, text: Gone, owner: author}
policy: {require: [legal]}
`
	const after = `version: 1
functions:
  legal: {teams: [acme/legal, acme/law], label: "legal: ok"}
  support: {users: [jane], approvals: 1}
  security: {teams: [acme/security]}
rules:
  - name: service levels
    paths: ["slo/**", "!slo/tmp/**", "promises/*"]
    require: {weakened: [support], added: [support, legal], removed: [legal, support]}
    checklist: [rollback, {id: training, required: true}]
  - {name: order, paths: ["!a/b/**", "a/**"], require: [legal]}
  - {name: new one, paths: ["docs/sla.md"], require: [legal]}
checklist:
  - {id: mine, text: Two, owner: support}
  - {id: added, text: Added, owner: author}
signoffs: {methods: [label], author: true, on_push: reset}
commitments: [{id: a, kind: availability, target: 99.9, window: 30d, service: api}]
`
	old, now := load(t, Input{Text: []byte(before)}), load(t, Input{Text: []byte(after)})
	require.Equal(t, []string{
		"function sales is removed",
		"function legal: team acme/law can sign now",
		`function legal: label "sla/legal-approved" -> "legal: ok"`,
		"function support: team acme/support can no longer sign",
		"function support: user jane can sign now",
		"function support: approvals 2 -> 1",
		`function security is new: acme/security, approvals 1, label "sla/security-approved"`,
		`rule "routes" is removed: oncall/** no longer gated by it`,
		`pattern sla/** no longer gated by rule "service levels"`,
		`pattern slo/old/** is no longer exempt from rule "service levels"`,
		`pattern slo/tmp/** is exempt from rule "service levels"`,
		`pattern promises/* is gated by rule "service levels"`,
		`rule "service levels": legal no longer signs weakened changes`,
		`rule "service levels": legal signs added changes now`,
		`rule "service levels": checklist item impact is dropped`,
		`rule "service levels": checklist item rollback is no longer required`,
		`rule "service levels": checklist item training is added and required`,
		`rule "order": the order of its patterns changes to !a/b/**, a/**`,
		`rule "order": legal signs any changes now`,
		`rule "new one" is new: docs/sla.md; asks legal`,
		"checklist item mine: owner legal -> support",
		`checklist item mine: "One" -> "Two"`,
		`checklist item added is new: "Added", owner author`,
		`checklist item training is the built-in one again: "Training needs are known, and whoever needs it is trained before the change goes live.", owner support`,
		"checklist item gone is removed",
		"changes of the policy file are signed by: legal -> every function",
		"sign-off by label, command -> label",
		"the author can sign now",
		"any push resets all sign-offs",
		"commitment a is new: availability 99.9 over 30d of api",
	}, Differences(old, now))
	require.Empty(t, Differences(old, old))
	require.Empty(t, Differences(nil, nil))
	require.Equal(t, []string{"the policy is removed: nothing is gated any more"}, Differences(old, nil))
	require.Equal(t, []string{
		`function a is new: @x, approvals 1, label "sla/a-approved"`,
		`rule "r" is new: x/y; asks a`,
	}, Differences(nil, load(t, Input{Text: []byte("version: 1\nfunctions: {a: {users: [x]}}\nrules: [{name: r, paths: [x/y], require: [a]}]\n")})))
}
