// Package zendesk reads service level policies of Zendesk that are written in
// Terraform (zendesk_sla_policy): how soon customers get an answer.
//
// Its one idea: each metric of a policy, for each priority, is a promise of its own
// with a number of minutes, by the clock or in business hours. Which tickets it is for
// is its definition.
//
// A metric that is not in kind is read as one of another kind.
//
// It refuses to compare business hours of different schedules: the schedule is not in
// the file.
package zendesk
