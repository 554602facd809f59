package ghapp_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/ghapp"
	"github.com/slagate/slagate/internal/githubsim"
	"github.com/slagate/slagate/internal/plan"
	"github.com/slagate/slagate/internal/pull"
)

// These tests run against the stand-in GitHub, which checks permissions,
// pages, counts and stumbles as GitHub does.

var simKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

const policyText = "version: 1\n"

// company is acme with its repository shop and our app.
type company struct {
	t        *testing.T
	sim      *githubsim.Server
	acme     *githubsim.Org
	ana, lee *githubsim.User
	root     *githubsim.User
	legal    *githubsim.Team
	shop     *githubsim.Repo
	in       *githubsim.Installation
	log      strings.Builder

	mu  sync.Mutex
	now time.Time

	creator  *ghapp.Creator
	gatherer *ghapp.Gatherer
	writer   *ghapp.Writer
	lister   *ghapp.Lister
}

func newCompany(t *testing.T, change ...func(*githubsim.Options)) *company {
	t.Helper()
	c := &company{t: t, now: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)}
	opts := githubsim.Options{AppID: 7, AppSlug: "slagate", PrivateKey: simKey(), Now: c.clock}
	for _, f := range change {
		f(&opts)
	}
	c.sim = githubsim.New(opts)
	server := httptest.NewServer(c.sim.Handler())
	t.Cleanup(func() {
		require.NoError(t, c.sim.Close(context.WithoutCancel(t.Context())))
		server.Close()
	})
	c.acme = c.sim.AddOrg("acme")
	c.ana, c.lee, c.root = c.sim.AddUser("ana"), c.sim.AddUser("lee"), c.sim.AddUser("root")
	c.acme.AddOwner(c.root)
	c.acme.AddMember(c.ana)
	c.legal = c.acme.AddTeam("Legal").Add(c.lee)
	c.shop = c.acme.AddRepo("shop").Grant(c.ana, githubsim.RoleWrite).Grant(c.lee, githubsim.RoleTriage)
	c.shop.Commit("main", c.root, "start", map[string]githubsim.File{
		".github/slagate.yml": githubsim.Text(policyText), "slo/api.yaml": githubsim.Text("99.9\n"), "README.md": githubsim.Text("shop\n"),
	})
	c.in = c.sim.Install(c.acme)
	var err error
	c.creator, err = ghapp.NewCreator(ghapp.Config{
		V3URL: server.URL + "/api/v3/", V4URL: server.URL + "/api/graphql", AppID: 7, Now: c.clock, Log: zerolog.New(&c.log),
		Key: pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(simKey())}),
	})
	require.NoError(t, err)
	c.gatherer, c.writer, c.lister = ghapp.NewGatherer(c.creator), ghapp.NewWriter(c.creator), ghapp.NewLister(c.creator)
	return c
}

func (c *company) clock() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *company) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// open opens a pull request of ana's with these changes.
func (c *company) open(files map[string]githubsim.File) *githubsim.Pull {
	c.t.Helper()
	_, err := c.sim.As("ana").Push(c.shop, "topic", "change", files)
	require.NoError(c.t, err)
	p, err := c.sim.As("ana").OpenPull(c.shop, githubsim.PullInput{Title: "Change", Head: "topic", Base: "main"})
	require.NoError(c.t, err)
	return p
}

func (c *company) ref(p *githubsim.Pull) pull.Ref {
	return pull.Ref{Installation: c.in.ID, RepoID: c.shop.ID, Owner: "acme", Repo: "shop", Number: p.Number}
}

func (c *company) read(p *githubsim.Pull, h pull.Hints) pull.Snapshot {
	c.t.Helper()
	if h.BaseBranch == "" {
		h.BaseBranch = "main"
	}
	snap, err := c.gatherer.Read(c.t.Context(), c.ref(p), h)
	require.NoError(c.t, err)
	return snap
}

func (c *company) fill(snap *pull.Snapshot, needs pull.Needs) {
	c.t.Helper()
	require.NoError(c.t, c.gatherer.Fill(c.t.Context(), snap, needs))
}

func (c *company) apply(p *githubsim.Pull, a plan.Action) ghapp.Result {
	c.t.Helper()
	result, err := c.writer.Apply(c.t.Context(), c.ref(p), a)
	require.NoError(c.t, err)
	return result
}

// counted are the requests since the last call that count against the limit.
func (c *company) counted() []string {
	var out []string
	for _, r := range c.sim.Requests() {
		if r.Counted {
			out = append(out, r.Route)
		}
	}
	c.sim.ResetRequests()
	return out
}

func person(u *githubsim.User, login string) pull.Person {
	return pull.Person{ID: u.ID, Login: login, Kind: pull.KindUser}
}

func weaken() map[string]githubsim.File {
	return map[string]githubsim.File{"slo/api.yaml": githubsim.Text("99.5\n")}
}

func TestSimReadsAWholeLife(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	p := c.open(weaken())
	const marker = "<!-- slagate -->"
	for _, name := range []string{"support: ok", "a#b", "a"} {
		c.apply(p, plan.Action{Kind: plan.CreateLabel, Labels: []string{name}, Color: "ff0000", Description: "x"})
		c.apply(p, plan.Action{Kind: plan.CreateLabel, Labels: []string{name}, Color: "ff0000"})
	}
	c.apply(p, plan.Action{Kind: plan.AddLabels, Labels: []string{"a", "a#b", "support: ok"}})
	c.apply(p, plan.Action{Kind: plan.RemoveLabel, Labels: []string{"a#b"}})
	c.apply(p, plan.Action{Kind: plan.RemoveLabel, Labels: []string{"support: ok"}})
	c.apply(p, plan.Action{Kind: plan.RemoveLabel, Labels: []string{"support: ok"}})
	own := c.apply(p, plan.Action{Kind: plan.CreateComment, Body: marker + " one"})
	double := c.apply(p, plan.Action{Kind: plan.CreateComment, Body: marker + " two"})
	c.pass(time.Minute)
	edited := c.apply(p, plan.Action{Kind: plan.EditComment, CommentID: own.CommentID, Body: marker + " edited"})
	require.Equal(t, c.clock(), edited.UpdatedAt)
	said, err := c.sim.As("lee").Comment(p, "/sla sign legal")
	require.NoError(t, err)
	c.apply(p, plan.Action{Kind: plan.React, CommentID: said.ID, Reaction: "rocket"})
	c.apply(p, plan.Action{Kind: plan.React, CommentID: said.ID, Reaction: "rocket"})
	_, err = c.sim.As("lee").Review(p, "APPROVED", "fine")
	require.NoError(t, err)
	require.NoError(t, c.sim.As("lee").Label(p, "support: ok"))
	head := p.View().Head
	long := strings.Repeat("Waiting for légal ", 20)
	c.apply(p, plan.Action{Kind: plan.PostStatus, Head: head, Status: pull.Status{Context: "slagate", State: "pending", Description: long}})

	c.counted()
	snap := c.read(p, pull.Hints{
		Marker: marker, Teams: []string{"acme/legal", "acme/nobody"}, People: []pull.Person{person(c.lee, "lee"), person(c.ana, "ana")},
		Logins: []string{"ana", "nobody"}, Labels: []string{"a#b", "missing"},
	})
	require.Equal(t, []string{"POST /graphql"}, c.counted())
	require.Equal(t, c.clock(), snap.At)
	require.Equal(t, head, snap.Pull.Head)
	require.Equal(t, c.shop.Tip("main"), snap.Pull.BaseTip)
	require.Equal(t, "ana", snap.Pull.Author.Login)
	require.Equal(t, policyText, snap.Policy.Base.Text)
	require.Equal(t, pull.BlobHidden, snap.Policy.Owner.State)
	require.Equal(t, []pull.File{{Path: "slo/api.yaml", Status: pull.FileModified}}, snap.Files)
	require.Equal(t, own.CommentID, snap.Observed.Comment.ID)
	require.Equal(t, []int64{double.CommentID}, snap.Observed.Doubles)
	require.Len(t, snap.Comments, 1)
	require.Equal(t, person(c.lee, "lee"), snap.Comments[0].Author)
	require.Equal(t, "APPROVED", snap.Reviews[0].State)
	require.Equal(t, head, snap.Reviews[0].Commit)
	require.Equal(t, head, snap.Commits[len(snap.Commits)-1].OID)
	require.Len(t, snap.Labels, 2)
	last := snap.LabelEvents[len(snap.LabelEvents)-1]
	require.Equal(t, []any{true, "support: ok", "lee"}, []any{last.Added, last.Label.Name, last.Actor.Login})
	require.Len(t, snap.LabelEvents, 6)
	require.Equal(t, "pending", snap.Observed.Statuses[0].State)
	require.LessOrEqual(t, len(snap.Observed.Statuses[0].Description), 140)
	require.Equal(t, "slagate", strings.TrimSuffix(snap.Observed.Statuses[0].Creator.Login, "[bot]"))
	require.Equal(t, pull.Team{Slug: "acme/legal", ID: c.legal.ID, Total: 1, Asked: []int64{c.lee.ID, c.ana.ID}, Members: []int64{c.lee.ID}}, snap.Teams[0])
	require.Equal(t, "not found", snap.Teams[1].Problem)
	require.True(t, snap.Accounts[0].Belongs)
	require.Equal(t, "not found", snap.Accounts[1].Problem)
	require.Equal(t, []string{"a#b"}, snap.Observed.RepoLabels)
	require.Empty(t, c.sim.Unknown())
}

func TestSimCostsOfAnEvaluation(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	p := c.open(weaken())
	c.shop.Commit("main", c.root, "main goes on", map[string]githubsim.File{"README.md": githubsim.Text("more\n")})
	c.counted()
	for _, want := range []int{4, 1, 1} {
		snap := c.read(p, pull.Hints{})
		c.fill(&snap, pull.Needs{Entries: []string{"slo/api.yaml"}})
		require.Len(t, c.counted(), want)
		require.Equal(t, p.View().MergeBase, snap.Pull.MergeBase)
		require.NotEqual(t, snap.Files[0].Before.OID, snap.Files[0].After.OID)
	}
}

func TestSimForkWithRenamesAndALinkForAPolicy(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	c.shop.SetPublic(true)
	fork, err := c.sim.As("lee").Fork(c.shop)
	require.NoError(t, err)
	_, err = c.sim.As("lee").Push(fork, "topic", "move", map[string]githubsim.File{
		"slo/api.yaml": githubsim.Removed(), "docs/a..b.yaml": githubsim.Text("99.9\n"), ".github/slagate.yml": githubsim.Symlink("../README.md"),
	})
	require.NoError(t, err)
	p, err := c.sim.As("lee").OpenPull(c.shop, githubsim.PullInput{Title: "Move", Head: "topic", HeadRepo: fork, Base: "main"})
	require.NoError(t, err)
	snap := c.read(p, pull.Hints{})
	require.True(t, snap.Pull.Fork)
	require.Len(t, snap.Files, 2)
	moved := snap.Files[1]
	require.Equal(t, pull.File{Path: "docs/a..b.yaml", Previous: "slo/api.yaml", Status: pull.FileRenamed}, moved)
	c.fill(&snap, pull.Needs{HeadPolicy: true, Entries: []string{"slo/api.yaml"}})
	require.Equal(t, pull.BlobSymlink, snap.Policy.Head.State)
	require.Equal(t, snap.Files[1].Before.OID, snap.Files[1].After.OID)
}

func TestSimManyFilesAndBigTrees(t *testing.T) {
	t.Parallel()
	c := newCompany(t, func(o *githubsim.Options) { o.MaxTree = 50 })
	files := map[string]githubsim.File{"slo/api.yaml": githubsim.Text("99.5\n")}
	for i := range 250 {
		files[fmt.Sprintf("gen/%d/%03d.txt", i%5, i)] = githubsim.Text(fmt.Sprint(i))
	}
	p := c.open(files)
	snap := c.read(p, pull.Hints{})
	require.Len(t, snap.Files, 251)
	require.Empty(t, snap.FilesProblem)
	listed := snap.Files
	snap.FilesProblem = "as if there were more"
	c.fill(&snap, pull.Needs{Trees: true, Entries: []string{"slo/api.yaml"}})
	require.Empty(t, snap.FilesProblem)
	require.NotNil(t, snap.Files[250].After)
	snap.Files[250].Before, snap.Files[250].After = nil, nil
	require.Equal(t, listed, snap.Files, "the trees, folder by folder, say the same as the list")
}

func TestSimPushesAndPolicyAtTheHead(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	p := c.open(map[string]githubsim.File{"README.md": githubsim.Text("x\n"), ".github/slagate.yml": githubsim.Text("version: 1\nrules: []\n")})
	first := p.View().Head
	_, err := c.sim.As("lee").Push(c.shop, "topic", "not allowed", weaken())
	require.Error(t, err)
	second, err := c.sim.As("ana").Push(c.shop, "topic", "weaken", weaken())
	require.NoError(t, err)
	c.shop.Commit("main", c.root, "main tightens", map[string]githubsim.File{"README.md": githubsim.Text("y\n"), "sla.md": githubsim.Text("z")})
	require.NoError(t, c.sim.As("ana").ForcePush(c.shop, "topic", first))
	snap := c.read(p, pull.Hints{})
	require.Len(t, snap.ForcePushes, 1)
	require.Equal(t, []string{second, first}, []string{snap.ForcePushes[0].Before, snap.ForcePushes[0].After})
	c.fill(&snap, pull.Needs{
		HeadPolicy: true, Gated: []string{"slo/api.yaml"}, Pushes: []string{first + ".." + second, second + ".." + first, first, second},
		Roles: []pull.Person{person(c.ana, "ana"), person(c.lee, "lee"), person(c.root, "root")},
	})
	require.Equal(t, "version: 1\nrules: []\n", snap.Policy.Head.Text)
	var gated []bool
	for _, push := range snap.Pushes {
		gated = append(gated, push.Gated && !push.Unreadable)
	}
	require.Equal(t, []bool{true, false, false, true}, gated)
	require.Equal(t, []string{"write", "triage", "admin"}, []string{snap.Roles[0].Permission, snap.Roles[1].Permission, snap.Roles[2].Permission})
}

func TestSimLabelsKeepTheirNamesOfThen(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	p := c.open(weaken())
	c.shop.AddLabel("old")
	require.NoError(t, c.sim.As("lee").Label(p, "old"))
	require.NoError(t, c.sim.As("root").RenameLabel(c.shop, "old", "new"))
	snap := c.read(p, pull.Hints{})
	c.fill(&snap, pull.Needs{LabelNames: true})
	require.Equal(t, "new", snap.LabelEvents[0].Label.Name)
	require.Equal(t, "old", snap.LabelNames[0].Name)
}

func TestSimOwnerDefault(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	p := c.open(weaken())
	repo := c.acme.AddRepo(".github")
	repo.Commit("main", c.root, "start", map[string]githubsim.File{"README.md": githubsim.Text("x")})
	require.Equal(t, pull.BlobAbsent, c.read(p, pull.Hints{}).Policy.Owner.State)
	repo.Commit("main", c.root, "policy", map[string]githubsim.File{"slagate.yml": githubsim.Text("owner")})
	require.Equal(t, "owner", c.read(p, pull.Hints{}).Policy.Owner.Text)
	repo.Commit("main", c.root, "link", map[string]githubsim.File{"slagate.yml": githubsim.Symlink("README.md")})
	require.Equal(t, pull.BlobSymlink, c.read(p, pull.Hints{}).Policy.Owner.State)
	require.NoError(t, c.sim.As("root").RenameRepo(repo, "moved-away"))
	require.Equal(t, pull.BlobHidden, c.read(p, pull.Hints{}).Policy.Owner.State)
}

func TestSimPeopleWhoAreNotPeople(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	p := c.open(weaken())
	c.shop.AddLabel("x")
	require.NoError(t, c.sim.As("lee").Label(p, "x"))
	_, err := c.sim.As("lee").Comment(p, "hello")
	require.NoError(t, err)
	c.sim.RenameUser(c.lee, "lee-smith")
	renamed := c.read(p, pull.Hints{Teams: []string{"acme/legal"}, People: []pull.Person{person(c.lee, "lee")}})
	require.Equal(t, []int64{c.lee.ID}, renamed.Teams[0].Members, "the account counts, not the login")
	c.sim.DeleteUser(c.lee)
	snap := c.read(p, pull.Hints{})
	require.False(t, snap.LabelEvents[0].Actor.IsHuman())
	require.False(t, snap.Comments[0].Author.IsHuman())
	c.legal.SetSecret(true)
	require.NotEmpty(t, c.read(p, pull.Hints{Teams: []string{"acme/legal"}}).Teams[0].Problem)
}

func TestSimInstallationsComeAndGo(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	p := c.open(weaken())
	got, err := c.lister.Installations(t.Context())
	require.NoError(t, err)
	require.Equal(t, []ghapp.Installation{{ID: c.in.ID, OwnerID: c.acme.ID, Owner: "acme", OwnerKind: "Organization"}}, got)
	repos, err := c.lister.Repositories(t.Context(), c.in.ID)
	require.NoError(t, err)
	require.Equal(t, "shop", repos[0].Name)
	id, open, err := c.lister.OpenPulls(t.Context(), c.in.ID, "acme", "shop")
	require.NoError(t, err)
	require.Equal(t, c.shop.ID, id)
	require.Equal(t, p.View().Head, open[0].Head)
	read := func() error {
		_, err := c.gatherer.Read(t.Context(), c.ref(p), pull.Hints{BaseBranch: "main"})
		return err
	}
	c.in.Suspend()
	require.ErrorIs(t, read(), ghapp.ErrSuspended)
	got, err = c.lister.Installations(t.Context())
	require.NoError(t, err)
	require.True(t, got[0].Suspended)
	c.in.Unsuspend()
	require.NoError(t, read())
	c.in.RemoveRepos(c.shop)
	require.ErrorIs(t, read(), ghapp.ErrNotFound)
	c.in.AddRepos(c.shop)
	require.NoError(t, read())
	c.in.Uninstall()
	require.ErrorIs(t, read(), ghapp.ErrGone)
}

func TestSimPermissionThatWasNotGranted(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	c.in.Uninstall()
	c.in = c.sim.Install(c.acme, githubsim.WithPermission("members", ""))
	p := c.open(weaken())
	snap := c.read(p, pull.Hints{Teams: []string{"acme/legal"}, People: []pull.Person{person(c.lee, "lee")}})
	require.NotEmpty(t, snap.Teams[0].Problem)
	require.Empty(t, snap.Teams[0].Members)
	require.Contains(t, c.log.String(), "some permissions are not granted")
}

func TestSimRepositoriesThatMove(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	p := c.open(weaken())
	require.NoError(t, c.sim.As("root").RenameRepo(c.shop, "store"))
	c.read(p, pull.Hints{})
	c.apply(p, plan.Action{Kind: plan.CreateComment, Body: "through the redirect"})
	require.Len(t, p.View().Comments, 1)
	other := c.acme.AddRepo("shop") // the old name is taken again
	other.Commit("main", c.root, "start", map[string]githubsim.File{"a": githubsim.Text("a")})
	_, err := c.gatherer.Read(t.Context(), c.ref(p), pull.Hints{BaseBranch: "main"})
	require.Error(t, err)
}

func TestSimMergeQueue(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	c.shop.UseMergeQueue("main")
	p := c.open(weaken())
	require.NoError(t, c.sim.As("ana").Queue(p))
	got, err := c.gatherer.MergeQueue(t.Context(), c.ref(p), "main")
	require.NoError(t, err)
	queued := c.shop.Queued("main")
	require.Equal(t, []ghapp.QueueEntry{{Number: p.Number, GroupHead: queued[0].Head, GroupBase: queued[0].Base, Head: p.View().Head}}, got)
	entries, err := c.gatherer.EntriesAt(t.Context(), c.ref(p), queued[0].Head, []string{"slo/api.yaml", "none"})
	require.NoError(t, err)
	require.NotEmpty(t, entries["slo/api.yaml"].OID)
	require.Empty(t, entries["none"])
	files, err := c.gatherer.DiffTrees(t.Context(), c.ref(p), queued[0].Base, queued[0].Head)
	require.NoError(t, err)
	require.Equal(t, []pull.File{{Path: "slo/api.yaml", Status: pull.FileModified}}, files)
	none, err := c.gatherer.MergeQueue(t.Context(), c.ref(p), "topic")
	require.NoError(t, err)
	require.Empty(t, none)
}

func TestSimTextsOfChangedFiles(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	long := strings.Repeat("line\n", 110_000) // GraphQL cuts it
	files := map[string]githubsim.File{
		"slo/api.yaml": githubsim.Text("99.5\n"), "slo/long.yaml": githubsim.Text(long), "slo/empty.yaml": githubsim.Text(""),
		"slo/bin": githubsim.Text("\x00\x01"), "slo/latin1.yaml": githubsim.Text("caf\xe9: 99.9\n"),
		"slo/huge.yaml": githubsim.Text(strings.Repeat("x", 1<<20+1)), "slo/limit.yaml": githubsim.Text(strings.Repeat("y", 1<<20)),
	}
	p := c.open(files)
	snap := c.read(p, pull.Hints{})
	var paths, blobs []string
	for path := range files {
		paths = append(paths, path)
	}
	c.fill(&snap, pull.Needs{Entries: paths})
	for _, file := range snap.Files {
		for _, e := range []*pull.Entry{file.Before, file.After} {
			if e.Exists() {
				blobs = append(blobs, e.OID)
			}
		}
	}
	require.Len(t, blobs, len(files)+1)
	after := map[string]pull.Blob{
		"slo/api.yaml": {State: pull.BlobFound, Text: "99.5\n"}, "slo/long.yaml": {State: pull.BlobFound, Text: long}, "slo/empty.yaml": {State: pull.BlobFound},
		"slo/bin": {State: pull.BlobUnreadable, Problem: pull.ProblemNotText}, "slo/latin1.yaml": {State: pull.BlobUnreadable, Problem: pull.ProblemNotText},
		"slo/huge.yaml": {State: pull.BlobUnreadable, Problem: pull.ProblemTooLarge}, "slo/limit.yaml": {State: pull.BlobFound, Text: strings.Repeat("y", 1<<20)},
	}
	c.counted()
	for _, known := range []bool{true, false} { // with the sizes that entries tell, and without
		again := snap
		if !known {
			again.Files = nil
			c.gatherer = ghapp.NewGatherer(c.creator)
		}
		c.fill(&again, pull.Needs{Blobs: append(blobs, blobs...)})
		const alone = "GET /repos/{owner}/{repo}/git/blobs/{sha}"
		require.ElementsMatch(t, []string{"POST /graphql", alone, alone}, c.counted(), "one query, and one read for each that is cut")
		require.Len(t, again.Texts, len(blobs))
		for path, want := range after {
			want.OID = githubsim.BlobID(files[path].Content)
			got, ok := again.Text(want.OID)
			require.True(t, ok, path)
			require.Equal(t, want, got, path)
		}
		before, ok := again.Text(githubsim.BlobID("99.9\n"))
		require.True(t, ok)
		require.Equal(t, "99.9\n", before.Text)
	}
	another := c.read(p, pull.Hints{})
	c.counted()
	c.fill(&another, pull.Needs{Blobs: blobs})
	require.Len(t, another.Texts, len(blobs))
	require.Empty(t, c.counted(), "all of it is in the cache")
	c.fill(&another, pull.Needs{Blobs: blobs})
	require.Empty(t, c.counted(), "what the snapshot holds is not asked for")
}

func TestSimTextsOfManyFiles(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	files := map[string]githubsim.File{}
	var blobs []string
	for i := range 100 {
		files[fmt.Sprintf("slo/%03d.yaml", i)] = githubsim.Text(fmt.Sprint("target: ", i))
		blobs = append(blobs, githubsim.BlobID(fmt.Sprint("target: ", i)))
	}
	p := c.open(files)
	snap := c.read(p, pull.Hints{})
	c.counted()
	c.fill(&snap, pull.Needs{Blobs: blobs})
	require.Equal(t, []string{"POST /graphql", "POST /graphql", "POST /graphql"}, c.counted())
	for i, oid := range blobs {
		b, ok := snap.Text(oid)
		require.True(t, ok)
		require.Equal(t, fmt.Sprint("target: ", i), b.Text)
	}
}

func TestSimTextsThatDoNotArrive(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	p := c.open(weaken())
	snap := c.read(p, pull.Hints{})
	before, after := githubsim.BlobID("99.9\n"), githubsim.BlobID("99.5\n")
	asking := func(blobs ...string) error { return c.gatherer.Fill(t.Context(), &snap, pull.Needs{Blobs: blobs}) }
	require.ErrorContains(t, asking(before, githubsim.BlobID("nobody's")), "404", "what GitHub named is somewhere")
	require.Empty(t, snap.Texts[min(1, len(snap.Texts)):], "nothing is said about it")
	c.gatherer = ghapp.NewGatherer(c.creator)
	snap = c.read(p, pull.Hints{})
	c.sim.Fault(githubsim.Fault{Route: "POST /graphql", Null: []string{"repository.b0"}})
	require.ErrorContains(t, asking(before, after), "in part only", "200 with errors is no answer")
	require.Empty(t, snap.Texts)
	c.sim.Fault(githubsim.Fault{Route: "POST /graphql", Null: []string{"repository"}})
	require.Error(t, asking(before, after))
	require.Empty(t, snap.Texts)
	require.NoError(t, asking(before, after))
	require.Len(t, snap.Texts, 2)
	require.NoError(t, asking("not an id"))
	b, ok := snap.Text("not an id")
	require.True(t, ok)
	require.Equal(t, pull.BlobUnreadable, b.State)
}

func TestSimTextsOfAFork(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	c.shop.SetPublic(true)
	fork, err := c.sim.As("lee").Fork(c.shop)
	require.NoError(t, err)
	_, err = c.sim.As("lee").Push(fork, "topic", "weaken", weaken())
	require.NoError(t, err)
	p, err := c.sim.As("lee").OpenPull(c.shop, githubsim.PullInput{Title: "x", Head: "topic", HeadRepo: fork, Base: "main"})
	require.NoError(t, err)
	snap := c.read(p, pull.Hints{})
	c.fill(&snap, pull.Needs{Blobs: []string{githubsim.BlobID("99.5\n")}})
	require.Equal(t, "99.5\n", snap.Texts[0].Text)
}
