package policy

// BuiltIn lists the checklist items that every policy can use by their id. Each
// is one demand of the review practice that slagate serves; the numbers S1 to
// S67 are its demands in the order of the article. Text is one plain sentence
// that its owner can answer with yes; the owner is a default function or the
// author. Where a policy has no such function the item belongs to the author
// (see [Policy.Item]).
//
// A new item is a row here. An id that was published is never given another
// meaning: people's ticks are recorded under it.
func BuiltIn() []Item {
	const (
		product  = "product"
		legal    = "legal"
		security = "security"
		support  = "support"
		author   = AuthorOwner
	)
	return []Item{
		// What changes for customers, and whether it may.
		{"impact", "The description says what changes for customers, which promises are affected and how escalation works from now on.", author},             // S37, S6
		{"capacity-impact", "The effect on latency, error rate and capacity is stated with numbers or a link.", author},                                      // S6
		{"rationale", "The description says why the change is needed, what customers gain and why its risks can be carried.", author},                        // S59, S58
		{"accountable-owner", "Every promise that changes has an accountable owner, and that person or team agrees.", product},                               // S1, S19
		{"expectations", "The new values fit what was negotiated with customers and what is usual in the industry.", product},                                // S3
		{"contract-terms", "Contracts and price plans that name this promise were checked and still hold.", legal},                                           // S3
		{"customer-notice", "Customers who must be told are told in time, in the form their contract asks for.", legal},                                      // S22, S11
		{"success-criteria", "It is written down how success will be measured: metric, threshold, period and where to see it.", product},                     // S7
		{"affected-customers", "It is known which customers and tiers are affected and how many.", product},                                                  // S45
		{"changelog", "The change log names the new terms, notification windows and escalation criteria.", author},                                           // S22
		{"backward-compatibility", "Existing integrations and customer workflows keep working, or their owners have agreed.", product},                       // S54
		{"dependencies", "Every internal and external dependency of this promise is listed with its own service level.", author},                             // S4
		{"dependency-owner", "Every new dependency has an owner and written steps for an incident.", author},                                                 // S50
		{"third-party-contract", "Contracts and service levels with third parties cover what is promised here.", legal},                                      // S51
		{"single-point-of-failure", "No single person, region or supplier can break the promise alone, or the risk was accepted by name.", security},         // S52
		{"data-processing", "Data-processing agreements, sub-processors and regulatory duties are unaffected or were renewed.", legal},                       // S5, S33
		{"data-integrity", "Accuracy, retention and access control of customer data are unaffected or the change was agreed.", security},                     // S32
		{"migrations", "Migrations and synchronisations were checked for consistency and can be recovered from.", security},                                  // S34
		{"escalation-routing", "The escalation was walked through before and after the change, step by step, and it ends at a person who can act.", support}, // S9
		{"on-call", "Every rotation touched is fully covered, and the people in it know.", support},                                                          // S13
		{"communication-templates", "Incident messages and templates state the new terms and were approved.", support},                                       // S10
		{"notification-mechanisms", "It is clear who is told about an incident, inside and outside, by which channel, and each channel was tried.", support}, // S11
		{"notification-latency", "The time from detecting an incident to telling customers stays within what is promised.", support},                         // S12
		{"support-workflows", "The support workflows that depend on this change were looked at and adapted.", support},                                       // S8
		{"handoffs", "Handoffs between support tiers and teams are agreed.", support},                                                                        // S14
		{"knowledge-base", "Knowledge-base articles are up to date and reachable for the people who need them.", support},                                    // S15, S41
		{"support-effort", "The extra work for support is known and covered by staff or automation.", support},                                               // S16
		{"support-data", "Support sees the data and alerts it needs to answer customers.", support},                                                          // S17
		{"tool-compatibility", "Ticketing, chat and support tools know the new severities, queues and channels.", support},                                   // S42
		{"training", "Training needs are known, and whoever needs it is trained before the change goes live.", support},                                      // S40, S41
		{"runbooks", "Runbooks and incident playbooks describe the new behaviour.", support},                                                                 // S41
		{"metric-owner", "Every metric behind the promise has an owner.", product},                                                                           // S18
		{"remediation-owner", "It is clear who acts when the promise is at risk.", product},                                                                  // S19
		{"measurement", "How the promise is measured is defined, and a changed definition is not a hidden change of the promise.", product},                  // S23
		{"reporting", "It is clear how, how often and to whom performance is reported.", product},                                                            // S20
		{"thresholds", "The thresholds that trigger corrective action follow the new values.", author},                                                       // S24
		{"instrumentation", "Latency, errors, error budget and saturation are measured for what is promised.", author},                                       // S27
		{"dashboards", "Dashboards that support and management look at show the new values.", support},                                                       // S28
		{"alerting", "Alerts follow the new windows and values, and their volume was estimated.", author},                                                    // S29, S30
		{"rollback", "There is a way back that was tried: steps, who takes them, when it was last tested.", author},                                          // S31
		{"staged-rollout", "The change goes out in stages with criteria to stop, or there is a reason why it cannot.", author},                               // S38
		{"documentation", "User-facing documentation and operating procedures come with the change.", author},                                                // S39
		{"contingency", "There is a fallback that keeps the essential promises when the primary service fails.", author},                                     // S49, S39
		{"peak-behaviour", "The behaviour at peak load and under faults was assessed.", author},                                                              // S48
		{"validation-plan", "There is a plan to validate the change: performance, load and end-to-end, with links to the results.", author},                  // S46
		{"load-test", "Load tests show that latency targets are met, high concurrency included, with data like production's.", author},                       // S55, S56
		{"user-testing", "Synthetic and real-user tests were done where possible.", author},                                                                  // S53
		{"incident-response", "Security-relevant incident steps and contacts are still right.", security},                                                    // S41, S50
		{"access-control", "Nobody gains access to customer data or paging tools who should not have it.", security},                                         // S32
		{"decision-criteria", "The criteria for approving or rejecting such a change are written down and were applied.", product},                           // S44
		{"objections-recorded", "Objections raised outside this pull request are recorded here.", author},                                                    // S58
		{"post-review", "A review after the change is planned, with an owner and a date.", product},                                                          // S25, S63
		{"customer-feedback", "It is clear how customers' feedback will be gathered after the change.", support},                                             // S64
	}
}
