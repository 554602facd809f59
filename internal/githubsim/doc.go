// Package githubsim is a stand-in for GitHub: a model of GitHub's state behind
// real HTTP, for tests and for the demo.
//
// The one idea: nothing is recorded or canned. People and the app act on one
// state, through [Actor] and through the REST and GraphQL routes of
// [Server.Handler]; every action is checked against the permissions GitHub
// would check, changes the state, and sends the signed webhooks GitHub would
// send. Objects are git's own, with their real ids.
//
//	s := githubsim.New(githubsim.Options{AppID: 7, AppSlug: "slagate", PublicKey: &key.PublicKey, Now: now})
//	acme := s.AddOrg("acme")
//	ana, lee := s.AddUser("ana"), s.AddUser("lee")
//	acme.AddMember(ana, lee)
//	acme.AddTeam("legal").Add(lee)
//	shop := acme.AddRepo("shop")
//	shop.Grant(ana, githubsim.RoleWrite)
//	s.Install(acme)
//	srv := httptest.NewServer(s.Handler())
//	s.SetWebhook("http://127.0.0.1:8080/api/github/hook", "secret")
//	pr, err := s.As("ana").OpenPull(shop, githubsim.PullInput{Head: "topic", Base: "main"})
//	err = s.As("lee").Label(pr, "sla/legal-approved")
//
// What goes wrong with the real thing goes wrong here: [Server.Fault] plants one
// fault on one route, the methods of [Deliveries] one on the next webhooks, and
// [Server.SetChaos] lets everything happen by chance from a seed, counted by kind.
// Webhooks have two ways to get lost: a dropped one is in the delivery log as failed
// and can be asked for again, a lost one was never there.
//
// [Options].Enterprise makes it a GitHub Enterprise Server.
//
// REST answers under /api/v3/ (as GitHub Enterprise Server does) and under
// [Options].Prefix, GraphQL under /api/graphql and Prefix + /graphql.
//
// Methods named Add… and Grant… set the stage: they check nothing and send
// nothing. Everything that an [Actor] does is checked and sent.
//
// It is extended by a route in a rest_ file, a field in schema.graphql with its
// resolver, or an action; the tests hold the REST answers against GitHub's
// published description. It refuses to guess: an unknown route is a loud 501
// and is listed by [Server.Unknown].
//
// What it leaves out: issues that are no pull requests, check runs, review
// comments, users' tokens, and everything else that slagate does not use.
package githubsim
