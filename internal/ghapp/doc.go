// Package ghapp is the only place that knows GitHub's API.
//
// Its one idea: the rest of slagate speaks of pull requests as plain data
// ([github.com/slagate/slagate/internal/pull]) and of steps as plain data
// ([github.com/slagate/slagate/internal/plan]); this package turns the former
// out of, and the latter into, requests.
//
//   - [Creator] authenticates. It is a githubapp.ClientCreator with one token
//     and one limiter per installation, shared by REST and GraphQL.
//   - [Gatherer] reads: [Gatherer.Read] gathers a pull request in one query,
//     [Gatherer.Fill] answers what a decision still needs. Commits, trees and
//     blobs never change, so they are cached by id.
//   - [Writer] carries out one action of a plan.
//   - [Lister] lists installations, repositories and open pull requests for
//     the sweep, each with an [OpenPull.Digest] of what the list shows; it lists
//     the attempts of webhook deliveries and asks for them again.
//
// One limiter stands before everything an installation sends. It knows the limits
// that GitHub announced and those it only documents (comments in a minute and an hour,
// requests at once), and what a [Calm] context marks as work that nobody waits for
// stops while there is something left for the work that somebody waits for.
//
// A GitHub Enterprise Server may say nothing of limits, and lack merge queues and
// the list of deliveries. Then nothing is held back, no pull request is queued, and
// [ErrUnsupported] says so.
//
// To read a new fact, add its field to the query and to the answer in
// query.go and translate it in gather.go; to write a new thing, add a kind to
// package plan and a case to [Writer.Apply].
//
// What it refuses to do: to decide anything; to sleep (a limit is an error
// with the time until which to wait, [LimitedError]); to repeat a write; to
// read a partial answer as a whole one. "Not there" is an answer only where
// GitHub said so of the very thing that was asked for; all else is an error.
// No token, key or Authorization header ever reaches an error or a log.
package ghapp
