// Package app reads the service's configuration, builds everything that the
// service consists of, starts and stops it. It is the only place where the
// adapters meet, and so the place for the tour of the house.
//
// # The house
//
// The core turns bytes into a decision: no network, files, clock, log or
// randomness. Around it stand adapters that translate and do not decide. Each
// says in a small interface what it needs, and app introduces them to each other.
//
//	GitHub                                                            GitHub
//	  | signed delivery                       one query, only differences ^
//	  v                                                                   |
//	webhook --> store        <--> job --> controller ------------------> ghapp
//	            delivery, evidence,        |  ^   |                       ^
//	            jobs, memory,              |  |   +----> reconcile -------+
//	            decisions                  |  |          one step after the other
//	                                       |  |
//	. . . . . . . . . . . . . . . . . . . .|. |. . . . . . . . . . . . . . . . . .
//	.                        pull.Snapshot |  | plan.Plan                        .
//	.                                      v  |                                  .
//	.   policy --> gate.Gate.Evaluate <----+  +----- plan.Build <--- render      .
//	.                 ^           |                      ^                       .
//	.    signoff -----+           +---- gate.Decision ---+                       .
//	.    commitment <-- commitment/formats (the contents of changed files)       .
//	. . . . . . . . . . the core: bytes in, decision out . . . . . . . . . . . . .
//
// Five laws keep it so. The core imports only the core. Adapters do not import
// each other. An interface stands where it is used, and is small.
// Types of go-github, River, SQL and HTTP stop at their adapter. And the
// judgement is total: a broken policy, a file that cannot be read, a function that
// nobody can sign for are decisions with reasons, never errors and never a silent
// pass. Package archtest holds the first, second and fourth as tests.
//
// # The way of one event
//
// Lee of the legal team adds the label sla/legal-approved to a pull request.
//
//  1. GitHub posts it. webhook.Handler limits the body, checks the HMAC over it and
//     the app's id. go-githubapp's dispatcher calls our Scheduler before it answers.
//  2. webhook.Affected reads from the payload which pull request it is about, that
//     Lee's label is evidence at this head, and that nothing in it can take a success
//     away. It believes none of it: a delivery is a hint.
//  3. relational.DB.Accept writes, in one transaction, the delivery (its GUID once), the
//     evidence, the next generation of the pull request, and by job.Queue.Evaluations
//     a job, unless one is unfinished. Only now GitHub gets its 200.
//  4. A worker of job.Runner, in whichever process, is given the turn to evaluate the pull
//     request (relational.DB.BeginPull: a lock that all processes respect, a number, and
//     the generation) and calls controller.Controller.Process. Had the event been one that can only take away
//     (a push, a label gone), a standing success would turn to "Looking at this pull
//     request" here, before anything is read.
//  5. ghapp.Gatherer.Read asks GitHub with one query for what is true now. Then
//     gate.Gate.Needs says what a judgement still lacks (the contents of changed
//     files, the members of a team, who pushed what) and ghapp.Gatherer.Fill reads just that,
//     until nothing is lacking. The result is a pull.Snapshot; from here on nothing is asked.
//  6. gate.Gate.Evaluate judges: the policy of the base branch's tip (policy.Load), the
//     files it gates (policy.Matcher), which promises change in them (formats.Compare and
//     commitment.Diff), the functions asked about which changes, and by
//     signoff.Collect what was signed. Lee's evidence is confirmed by the label event
//     in the snapshot, judged once, and counts while the content is the one Lee saw.
//  7. plan.Build computes comment, labels and statuses whole, with the words of
//     render.Comment and render.Status, and keeps the differences to what was observed.
//  8. relational.DB.SavePull keeps snapshot, decision and memory in one transaction, and
//     says whether something arrived meanwhile. If so, GitHub is left to the evaluation
//     that follows at once (after two in a row all but a success is written).
//  9. reconcile.Apply carries out the steps by ghapp.Writer.Apply, in the order in which
//     they may be interrupted, and records each. Before each step it asks whether the turn
//     is still its own, and before a success whether anything arrived.
//  10. relational.DB.SettlePull completes the job, in one transaction with the next one if
//     the generation has moved or the decision wants another look at a certain time.
//
// If a step fails, the job is tried again from step 4 with fresh facts, after the
// time that GitHub named or a back-off. If the process dies, another one takes its jobs
// up within two minutes; with SQLite it does so itself when it starts. If a delivery
// fails, GitHub is asked for it again (controller.Controller.Recover). If GitHub never
// tells, the sweep (controller.Controller.Sweep) finds out within its interval; what a
// list shows as it was when an evaluation found nothing to do is left alone. Every write
// is safe to repeat, because step 7 only ever writes differences.
//
// # The states
//
// Of a sign-off (package signoff). The verdict on evidence is final, so that
// nothing that was refused counts later because facts moved:
//
//	evidence --no answer--> looked at again
//	   |
//	   +--may not sign--> refused
//	   |
//	   +--may sign-----> active --taken back---------> withdrawn
//	                       |     --not a member now--> lapsed
//	                       |
//	                       +-- counts only while its fingerprint is that of the
//	                           content now, and its person neither wrote nor
//	                           pushed it; otherwise the function is asked again
//
// Of a pull request, as the status shows it (gate.Verdict):
//
//	opened, pushed, retargeted, or something that can only take away
//	   |
//	   v
//	Looking at this pull request                            pending
//	   | judged; and judged anew with every event and every sweep
//	   |
//	   +--> nothing gated, all neutral, adds the policy     success
//	   |
//	   +--> waiting                                         pending
//	   |      | signed                 ^ content changed, taken back
//	   |      v                        |
//	   |    open items  ---------------+                    pending
//	   |      | done                   |
//	   |      v                        |
//	   |    signed  -------------------+                    success
//	   |
//	   +--> cannot sign, head's policy invalid              failure
//	   |
//	   +--> policy broken, no answer for ten minutes        error
//	   |
//	   +--> no policy anywhere, closed, merged as let through: nothing is written
//	   |
//	   +--> merged although not let through: waiting, then signed after the fact;
//	        labels and comment, no status
//
// # The rooms
//
// The core:
//
//   - internal/commitment: a promise to customers as plain data, how two versions of it differ,
//     and what that means for customers in one of six words and in a sentence.
//   - internal/commitment/formats: the list of formats, and both sides of a change read by them.
//   - internal/commitment/source: YAML and JSON with their lines, templates by masking.
//   - internal/commitment/objective: what the formats of objectives share: queries, shares, labels.
//   - internal/commitment/terraform: blocks and values of Terraform, with what its files can tell of them.
//   - internal/commitment/resource: what the alarms and objectives among Terraform's resources share.
//   - internal/commitment/catalog: slagate's own list of what was negotiated: the floors.
//   - internal/commitment/prometheus: alert rules and recorded values, wherever they are embedded.
//   - internal/commitment/alertmanager: routes, receivers and inhibitions.
//   - internal/commitment/openslo: OpenSLO and Nobl9's YAML.
//   - internal/commitment/sloth: Sloth's objectives, and small files in that manner.
//   - internal/commitment/pyrra: Pyrra's objectives.
//   - internal/commitment/slogenerator: slo-generator's objectives and error budget policies.
//   - internal/commitment/slodocument: app-sre's slo-documents.
//   - internal/commitment/keptn: Keptn's quality gates.
//   - internal/commitment/pagerduty: PagerDuty's escalation policies, services and schedules in Terraform.
//   - internal/commitment/opsgenie: Opsgenie's and Atlassian's escalations, routing rules and schedules in Terraform.
//   - internal/commitment/grafanaoncall: Grafana OnCall's escalation chains in Terraform.
//   - internal/commitment/datadogoncall: Datadog On-Call's escalation policies in Terraform.
//   - internal/commitment/cloudwatch: CloudWatch alarms in Terraform and CloudFormation.
//   - internal/commitment/google: Google's objectives and alert policies in Terraform.
//   - internal/commitment/datadog: Datadog's monitors and objectives in Terraform.
//   - internal/commitment/newrelic: New Relic's alert conditions and service levels in Terraform.
//   - internal/commitment/nobl9tf: Nobl9's objectives in Terraform.
//   - internal/commitment/zendesk: Zendesk's reply and resolution targets in Terraform.
//   - internal/commitment/jsonnet: literals of mixins and service catalogs, never evaluated.
//   - internal/commitment/prose: SLA and support texts and their tables, as customers read them.
//   - internal/commitment/kube: Kubernetes objects: what may affect a promise is shown, never judged.
//   - internal/pull: one pull request at one instant as plain data, with what deliveries
//     told and what slagate remembers. "Not asked", "no" and "could not find out"
//     are three different values. Stored as JSON it can be judged again.
//   - internal/policy: what a repository's rules say: a policy, or every mistake in it with
//     its place. The owner default is a floor. Compiled, it matches thousands of paths in a blink.
//   - internal/taskbox: the checklist inside slagate's own comment, and which edits are ticks.
//   - internal/signoff: who signed what, by which evidence, and whether it still counts.
//   - internal/gate: the judgement, and the list of facts it lacks.
//   - internal/render: every word a person reads, with foreign text made inert.
//   - internal/plan: what GitHub should look like, and the steps there from what it looks like.
//   - internal/doctor: whether an installed slagate can guard anything: facts in, findings out.
//
// Around it:
//
//   - internal/redact: takes secrets out of log lines, errors and answers.
//   - internal/webhook: the door: signature, size, app id; what an event touches.
//   - internal/store: what is kept, as types. No SQL.
//   - internal/store/relational: the tables, in SQL that both engines understand, everything that belongs
//     together in one transaction; the turn to evaluate a pull request, which one worker has.
//   - internal/store/sqlite: one file, for one process.
//   - internal/store/postgres: a PostgreSQL database, for any number of processes.
//   - internal/store/storetest: the one suite that every store has to pass.
//   - internal/store/pgtest: a throw-away PostgreSQL for tests.
//   - internal/job: River's workers and jobs: one unfinished evaluation per pull request, none lost.
//   - internal/ghapp: GitHub's API: tokens, limits, reading, writing. It never sleeps and never
//     takes half an answer for a whole one.
//   - internal/reconcile: carries out a plan step by step and records what became of each.
//   - internal/controller: the page that joins the steps above; looks at many pull requests,
//     the sweep, merge groups.
//   - internal/checkout: a branch of a git checkout as a snapshot, so that "slagate check" asks
//     the same gate without GitHub.
//   - internal/app: the settings, the wiring, the service's own pages, start and stop.
//   - internal/cli: the command line.
//
// For trials and tests:
//
//   - internal/githubsim: a GitHub with state behind real HTTP, with its permissions, limits and
//     faults. It imports nothing of slagate, lest it share our mistakes.
//   - internal/demo: the real service against that GitHub, with a page to act on.
//   - internal/commitment/formattest: the one suite that every format has to pass.
//   - internal/e2e: the stories and the threats, each a test through the running service.
//   - internal/archtest: the laws of the house as tests, this tour among them.
//
// # Where an extension goes
//
//   - A fact that the gate needs: a field of pull.Needs and of pull.Snapshot, read in
//     ghapp (query.go, fill.go), asked for by gate.Gate.Needs.
//   - A way to sign: a file in signoff that turns facts into gives, and a row in policy's methods.
//   - An event that is to be heeded: a row in webhook's affected.go.
//   - A thing to write at GitHub: a plan.Kind, its place in plan.Build, a case in ghapp.Writer.Apply.
//   - A section of the comment: a method in render and its share of the length.
//   - A key of the policy: a field in policy's raw.go with its description, then go generate.
//   - A format of promises: a folder below internal/commitment that passes formattest.Cases,
//     a line in formats.All, a row in archtest, and one line here.
//   - A meaning of a value: a commitment.Role and its row in commitment's rules.go.
//   - A built-in checklist item: a row in policy's checklist.go.
//   - A store: a folder below internal/store that passes storetest.Run, and one line here.
//   - A command: a file in cli, and a script under testdata/script that tells its story.
//   - A setting of the service: a row in settings (config.go) and a field of app.Config.
//
// Lists are written out, so that a reader finds all of them in one place; nothing
// registers itself, and no package has an init function.
//
// What app itself refuses to do: to start with settings that are half right (all
// mistakes are named at once), to claim readiness while the store takes no
// write, and to hold any rule of the gate.
package app
