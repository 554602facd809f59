// Package demo is a complete trial of slagate on one machine, without any account.
//
// Its one idea: nothing is staged. The real service ([app.New], with its SQLite
// file, its queue and its webhook endpoint) talks over real HTTP on loopback with
// the stand-in GitHub of package githubsim, which sends it signed deliveries. What
// this package adds is a believable organisation (world/), changes to propose to
// it, and two ways to act in it: [Run] serves a page on which one is
// whoever one likes, [Script] plays a story and prints what people see.
//
// A prepared change is a row in changes(), a way to push in pushes(), something a
// person can do a row in acts(), a step of the story a row in story(). The page
// renders what the stand-in's state says and asks slagate nothing.
//
// It refuses to listen anywhere but on loopback, to act for a page of
// another origin, and to load anything from elsewhere. It decides nothing: who
// may do what is GitHub's answer, what it means is slagate's.
package demo
