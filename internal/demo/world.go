package demo

import (
	"crypto/rsa"
	"embed"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/slagate/slagate/internal/githubsim"
)

// worldFiles are the files of acme/shop.
//
//go:embed all:world
var worldFiles embed.FS

const (
	owner    = "acme"
	repoName = "shop"
	// mainBranch and releaseBranch are what a pull request can be based on.
	mainBranch    = "main"
	releaseBranch = "release/2026.1"
	// hookTimeout is how long GitHub waits for a webhook to be taken.
	// https://docs.github.com/en/webhooks/using-webhooks/best-practices-for-using-webhooks
	hookTimeout = 10 * time.Second
	// mayor is the person who set everything up.
	mayor = "ada"
	// writer is the person who usually opens pull requests.
	writer = "ana"
)

// person is somebody whom one can be.
type person struct {
	Login string
	Role  githubsim.Role
	Team  string // the function that they are of, "" for none
	Does  string // what they do, in a few words
}

// people are the persons of the organisation, in the order in which they usually act.
func people() []person {
	return []person{
		{writer, githubsim.RoleWrite, "", "developer; opens the pull requests"},
		{"pia", githubsim.RoleTriage, "product", "product manager"},
		{"lee", githubsim.RoleRead, "legal", "lawyer; may only read and comment"},
		{"sam", githubsim.RoleTriage, "security", "security engineer"},
		{"sue", githubsim.RoleTriage, "security", "security engineer"},
		{"sid", githubsim.RoleTriage, "support", "head of support"},
		{"bob", githubsim.RoleTriage, "", "bystander; may label, but has no say"},
		{mayor, githubsim.RoleAdmin, "", "administrator of the repository"},
	}
}

// functions are the teams that sign.
func functions() []string { return []string{"product", "legal", "security", "support"} }

// world is the stand-in GitHub with one organisation and its repository.
type world struct {
	clock  *clock
	sim    *githubsim.Server
	repo   *githubsim.Repo
	acting sync.Mutex   // one act at a time, so that each has its own second
	sender *http.Client // sends the webhooks
}

// newWorld sets the stage; nothing is sent before the app is installed and its webhook set.
func newWorld(now func() time.Time, key *rsa.PrivateKey, webURL string) (*world, error) {
	files, err := shopFiles()
	if err != nil {
		return nil, err
	}
	w := &world{clock: &clock{real: now}, sender: &http.Client{Timeout: hookTimeout, Transport: &http.Transport{}}}
	w.sim = githubsim.New(githubsim.Options{
		AppID: appID, AppSlug: appSlug, PublicKey: &key.PublicKey, WebURL: webURL, Now: w.clock.Now, Client: w.sender,
	})
	org := w.sim.AddOrg(owner)
	defaults := org.AddRepo(".github") // it has no slagate.yml: the organisation sets no floor
	w.repo = org.AddRepo(repoName)
	teams := map[string]*githubsim.Team{}
	for _, f := range functions() {
		teams[f] = org.AddTeam(f)
	}
	for _, p := range people() {
		u := w.sim.AddUser(p.Login)
		org.AddMember(u)
		w.repo.Grant(u, p.Role)
		if p.Team != "" {
			teams[p.Team].Add(u)
		}
	}
	ada := w.sim.User(mayor)
	org.AddOwner(ada)
	defaults.Commit(mainBranch, ada, "start", map[string]githubsim.File{"README.md": githubsim.Text("# ACME\n")})
	w.repo.Commit(mainBranch, ada, "start", files)
	w.repo.Branch(releaseBranch, mainBranch)
	w.repo.Commit(releaseBranch, ada, "release 2026.1", map[string]githubsim.File{"VERSION": githubsim.Text("2026.1\n")})
	for _, branch := range []string{mainBranch, releaseBranch} {
		w.repo.Require(branch, "slagate", appID)
	}
	w.sim.Install(org)
	return w, nil
}

// shopFiles are the files of the repository's first commit.
func shopFiles() (map[string]githubsim.File, error) {
	files := map[string]githubsim.File{}
	err := fs.WalkDir(worldFiles, "world", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := worldFiles.ReadFile(path)
		files[strings.TrimPrefix(path, "world/")] = githubsim.Text(string(data))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the files of the trial's repository: %w", err)
	}
	return files, nil
}

// pull is the pull request of that number, nil if there is none.
func (w *world) pull(number int) *githubsim.Pull {
	for _, p := range w.repo.Pulls() {
		if p.Number == number {
			return p
		}
	}
	return nil
}

// personOf is the person of that login.
func personOf(login string) (person, bool) {
	for _, p := range people() {
		if p.Login == login {
			return p, true
		}
	}
	return person{}, false
}

// comment is slagate's comment on a pull request, nil if there is none.
func (w *world) comment(v githubsim.PullView) *githubsim.Comment {
	for i := range v.Comments {
		if v.Comments[i].Author == w.sim.App() {
			return &v.Comments[i]
		}
	}
	return nil
}

// marker is what tells a checklist item in slagate's comment.
func marker(item string) string { return "<!-- item:" + item + " -->" }
