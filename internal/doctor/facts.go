package doctor

import (
	"time"

	"github.com/slagate/slagate/internal/pull"
)

// Facts are what was read. In each part Problem says why it could not be read, in
// GitHub's words or those of the way there; "" means that it was.
type Facts struct {
	AppID int64
	// HookURL is where deliveries should go; "" if the settings do not say.
	HookURL string
	// Now is our clock when GitHub told its own, and GitHub what it told; zero: it did not.
	Now    time.Time
	GitHub time.Time

	App        App
	Hook       Hook
	Deliveries Deliveries

	Owners        []Owner
	OwnersProblem string
	// Asked says that the repositories were named, and Missing are those of them that no installation covers.
	Asked   bool
	Missing []string
}

// Grant is what GitHub lets an app do, by GitHub's own keys.
type Grant struct {
	Permissions map[string]string // "contents": "read"
	Events      []string
}

// App is what GitHub says of the app.
type App struct {
	Grant
	Slug string
	URL  string
	// Refused: GitHub answered and does not accept who we say we are.
	Refused bool
	Problem string
}

// Hook is the app's webhook. GitHub never shows the secret, only that there is one.
type Hook struct {
	URL      string
	Secret   bool
	Insecure bool // certificates are not verified
	Problem  string
}

// Deliveries are what GitHub remembers of its deliveries, newest first.
type Deliveries struct {
	List []Delivery
	// More: GitHub lists more than was read.
	More    bool
	Problem string
}

// Delivery is one attempt to deliver an event; all attempts of one share the GUID.
type Delivery struct {
	GUID  string
	At    time.Time
	Code  int // HTTP status of our answer; 0: none
	Event string
}

// Owner is an account that installed the app.
type Owner struct {
	Grant
	Login     string
	URL       string // the installation's settings page
	Suspended bool
	// Person: not an organisation, so that there are no teams and no members.
	Person bool
	// All: the installation covers all repositories of the account.
	All bool
	// Default is the owner default.
	Default pull.Blob
	Teams   []Team // those that a policy names

	Repos   []Repo // those with a policy, and those that were asked for
	Without int    // repositories in which no policy applies
	Problem string // why the repositories could not be listed
}

// Repo is one repository.
type Repo struct {
	Owner, Name   string
	DefaultBranch string
	// Listed are the branches there are.
	Listed        []Listed
	ListedProblem string
	// Branches are those that were looked at, the default branch first; Left more were not.
	Branches []Branch
	Left     int

	// Labels are those that exist of what the policy needs.
	Labels        []string
	LabelsProblem string
	Accounts      []Account
	Problem       string
}

// FullName is OWNER/NAME.
func (r *Repo) FullName() string { return r.Owner + "/" + r.Name }

// Listed is a branch as a list shows it.
type Listed struct {
	Name      string
	Protected bool
}

// Branch is a branch with its policy and what it requires.
type Branch struct {
	Name   string
	Policy pull.Blob
	// Sources are the rulesets and the classic protection that require status checks.
	Sources []Source
	// MergeQueue: pull requests are merged by a queue.
	MergeQueue bool
	// RulesProblem and ClassicProblem say why one kind of source could not be read.
	RulesProblem, ClassicProblem string
	// ClassicHidden: classic protection is on, and GitHub does not show what it requires.
	ClassicHidden bool
}

// Source is what makes status checks required on a branch.
type Source struct {
	Name   string // `ruleset "main"`, "branch protection"
	Checks []Required
	Bypass Bypass
}

// Required is a required status check. AppID pins who may answer; 0 is anybody.
type Required struct {
	Context string
	AppID   int64
}

// Bypass says who may merge past a source.
type Bypass struct {
	Actors []Actor
	// Hidden: GitHub does not show the list to slagate.
	Hidden  bool
	Problem string
}

// Actor is an entry of a bypass list, with the words of GitHub's API.
// https://docs.github.com/en/rest/repos/rules#get-a-repository-ruleset
type Actor struct {
	Kind string // Team, Integration, RepositoryRole, OrganizationAdmin, DeployKey, ...
	ID   int64
	Mode string // always, pull_request, exempt
}

// Team is a team that a policy names.
type Team struct {
	Slug    string // org/slug
	ID      int64
	Total   int     // active members, child teams included
	Members []int64 // ids of the first of them
	// Absent: GitHub says that there is no such team, or none that it shows to slagate.
	Absent  bool
	Problem string
}

// Account is a person whom a policy names.
type Account struct {
	Login string
	ID    int64
	// Absent: there is no such account. Outside: it neither belongs to the owner nor collaborates.
	Absent, Outside bool
	Problem         string
}
