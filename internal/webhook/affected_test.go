package webhook

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/store"
)

const (
	inst   = `"installation":{"id":7,"node_id":"x"}`
	repoJS = `"repository":{"id":400,"name":"shop","full_name":"acme/shop","default_branch":"main","private":true,
		"owner":{"id":40,"login":"acme","type":"Organization"}}`
	orgJS   = `"organization":{"id":40,"login":"acme"}`
	jane    = `{"id":1,"login":"jane","type":"User"}`
	bot     = `{"id":99,"login":"slagate[bot]","type":"Bot"}`
	prOpen  = `"pull_request":{"number":12,"state":"open","created_at":"2026-03-02T10:00:00Z","updated_at":"2026-03-02T11:00:00Z","user":` + jane + `,"labels":[{"name":"bug"},{"name":"sla/legal-approved"}],"head":{"ref":"f","sha":"aaa","repo":null,"user":null},"base":{"ref":"main","sha":"bbb"}}`
	issuePR = `"issue":{"number":12,"state":"open","pull_request":{"url":"x"}}`
)

// body builds a payload of an event in our repository by jane.
func body(action string, parts ...string) string {
	all := append([]string{fmt.Sprintf(`"action":%q`, action), inst, repoJS}, parts...)
	text := strings.Join(all, ",")
	if !strings.Contains(text, `"sender"`) {
		text += `,"sender":` + jane
	}
	return "{" + text + "}"
}

func affected(t *testing.T, event, payload string) store.Delivery {
	t.Helper()
	d, err := Affected(event, []byte(payload), "slagate")
	require.NoError(t, err)
	return d
}

func at(clock string) time.Time {
	when, err := time.Parse("15:04", clock)
	if err != nil {
		panic(err)
	}
	return time.Date(2026, 3, 2, when.Hour(), when.Minute(), 0, 0, time.UTC)
}

func ref12() pull.Ref {
	return pull.Ref{Installation: 7, RepoID: 400, Owner: "acme", Repo: "shop", Number: 12}
}

func person1() pull.Person { return pull.Person{ID: 1, Login: "jane", Kind: pull.KindUser} }

func TestAffectedPullRequest(t *testing.T) {
	t.Parallel()
	hint := store.PullHint{Ref: ref12(), OwnerID: 40, Head: "aaa", BaseBranch: "main", UpdatedAt: at("11:00")}
	for _, tt := range []struct {
		name       string
		payload    string
		takes      bool
		first      bool
		closed     bool
		evidence   *pull.Evidence
		notHeeded  bool
		headOfHint string
	}{
		{name: "opened", payload: body("opened", prOpen), first: true, evidence: &pull.Evidence{
			Kind: pull.EvidenceOpened, At: at("10:00"), Actor: person1(), Head: "aaa", BaseBranch: "main", Labels: []string{"bug", "sla/legal-approved"},
		}},
		{name: "opened without sender", payload: body("opened", prOpen, `"sender":null`), first: true, evidence: &pull.Evidence{
			Kind: pull.EvidenceOpened, At: at("10:00"), Actor: person1(), Head: "aaa", BaseBranch: "main", Labels: []string{"bug", "sla/legal-approved"},
		}},
		{name: "reopened", payload: body("reopened", prOpen), first: true, takes: true},
		{name: "synchronize", payload: body("synchronize", prOpen, `"before":"000","after":"aaa"`), first: true, takes: true, evidence: &pull.Evidence{
			Kind: pull.EvidencePush, At: at("11:00"), Actor: person1(), Before: "000", Head: "aaa", BaseBranch: "main",
		}},
		{name: "labeled", payload: body("labeled", prOpen, `"label":{"name":"sla/legal-approved"}`), evidence: &pull.Evidence{
			Kind: pull.EvidenceLabeled, At: at("11:00"), Actor: person1(), Head: "aaa", BaseBranch: "main", Label: "sla/legal-approved",
		}},
		{name: "labeled by a ghost", payload: body("labeled", prOpen, `"label":{"name":"x"},"sender":null`), evidence: &pull.Evidence{
			Kind: pull.EvidenceLabeled, At: at("11:00"), Head: "aaa", BaseBranch: "main", Label: "x",
		}},
		{name: "labeled without label", payload: body("labeled", prOpen)},
		{name: "unlabeled", payload: body("unlabeled", prOpen, `"label":{"name":"sla/legal-approved"}`), evidence: &pull.Evidence{
			Kind: pull.EvidenceUnlabeled, At: at("11:00"), Actor: person1(), Head: "aaa", BaseBranch: "main", Label: "sla/legal-approved",
		}},
		{name: "unlabeled without label", payload: body("unlabeled", prOpen), evidence: &pull.Evidence{
			Kind: pull.EvidenceUnlabeled, At: at("11:00"), Actor: person1(), Head: "aaa", BaseBranch: "main",
		}},
		{name: "retargeted", payload: body("edited", prOpen, `"changes":{"base":{"ref":{"from":"old"},"sha":{"from":"x"}}}`), takes: true},
		{name: "edited title", payload: body("edited", prOpen, `"changes":{"title":{"from":"x"},"body":{"from":"y"}}`), notHeeded: true},
		{name: "edited without changes", payload: body("edited", prOpen, `"changes":null`), notHeeded: true},
		{name: "ready", payload: body("ready_for_review", prOpen)},
		{name: "draft", payload: body("converted_to_draft", prOpen)},
		{name: "enqueued", payload: body("enqueued", prOpen)},
		{name: "dequeued", payload: body("dequeued", prOpen, `"reason":"MERGE"`)},
		{name: "closed", payload: body("closed", strings.Replace(prOpen, `"state":"open"`, `"state":"closed"`, 1)), closed: true},
		{
			name: "merged", payload: body("closed", strings.Replace(prOpen, `"state":"open"`, `"state":"closed","merged":true`, 1)), closed: true,
			evidence: &pull.Evidence{Kind: pull.EvidenceMerged, At: at("11:00"), Actor: person1(), Head: "aaa", BaseBranch: "main"},
		},
		{name: "unknown action", payload: body("stacked", prOpen), notHeeded: true},
		{name: "assigned", payload: body("assigned", prOpen), notHeeded: true},
		{name: "by ourselves", payload: body("labeled", prOpen, `"label":{"name":"x"},"sender":`+bot), notHeeded: true},
		{name: "no pull request", payload: body("opened"), notHeeded: true},
		{name: "no installation", payload: strings.Replace(body("opened", prOpen), inst, `"x":1`, 1), notHeeded: true},
		{name: "installation null", payload: strings.Replace(body("opened", prOpen), inst, `"installation":null`, 1), notHeeded: true},
		{name: "no repository", payload: strings.Replace(body("opened", prOpen), repoJS, `"x":1`, 1), notHeeded: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := affected(t, "pull_request", tt.payload)
			if tt.notHeeded {
				require.True(t, d.Empty())
				require.Empty(t, d.Evidence)
				return
			}
			want := hint
			want.TakesAway, want.First, want.Closed = tt.takes, tt.first, tt.closed
			require.Equal(t, []store.PullHint{want}, d.Pulls)
			require.Equal(t, int64(7), d.Installation)
			if tt.evidence == nil {
				require.Empty(t, d.Evidence)
			} else {
				require.Equal(t, []pull.Evidence{*tt.evidence}, d.Evidence)
			}
		})
	}
}

func TestAffectedPullRequestWithNothing(t *testing.T) {
	t.Parallel()
	d := affected(t, "pull_request", body("opened",
		`"pull_request":{"number":12,"user":null,"head":null,"base":null,"labels":null,"updated_at":null},"sender":null`))
	require.Len(t, d.Pulls, 1)
	require.Equal(t, ref12(), d.Pulls[0].Ref)
	require.Zero(t, d.Evidence[0].Actor, "a ghost")
}

func TestAffectedReview(t *testing.T) {
	t.Parallel()
	review := func(state string) string {
		return fmt.Sprintf(`"review":{"id":5,"state":%q,"commit_id":"ccc","submitted_at":"2026-03-02T12:00:00Z","user":%s}`, state, jane)
	}
	evidence := func(state string) []pull.Evidence {
		return []pull.Evidence{{
			Kind: pull.EvidenceReview, At: at("12:00"), Actor: person1(), Head: "aaa", BaseBranch: "main",
			ReviewID: 5, ReviewState: state, Commit: "ccc",
		}}
	}
	other := `"sender":{"id":2,"login":"max","type":"User"}`
	d := affected(t, "pull_request_review", body("submitted", prOpen, review("approved"), other))
	require.Equal(t, evidence("APPROVED"), d.Evidence, "the actor is the reviewer")
	require.False(t, d.Pulls[0].TakesAway)
	d = affected(t, "pull_request_review", body("submitted", prOpen, review("changes_requested")))
	require.Equal(t, evidence("CHANGES_REQUESTED"), d.Evidence)
	d = affected(t, "pull_request_review", body("dismissed", prOpen, review("dismissed"), other))
	require.Equal(t, evidence("DISMISSED"), d.Evidence)
	require.True(t, d.Pulls[0].TakesAway)
	d = affected(t, "pull_request_review", body("edited", prOpen, review("approved")))
	require.Len(t, d.Pulls, 1)
	require.Empty(t, d.Evidence, "the head at the edit is not what the reviewer saw")
	require.True(t, affected(t, "pull_request_review", body("submitted", prOpen, review("commented"))).Empty())
	require.True(t, affected(t, "pull_request_review", body("submitted", prOpen)).Empty())
	require.True(t, affected(t, "pull_request_review", body("requested", prOpen, review("approved"))).Empty())
}

func TestAffectedComment(t *testing.T) {
	t.Parallel()
	text := func(user, body string) string {
		return fmt.Sprintf(`"comment":{"id":9,"user":%s,"body":%q,"created_at":"2026-03-02T10:00:00Z","updated_at":"2026-03-02T11:00:00Z"}`, user, body)
	}
	from := func(body string) string { return fmt.Sprintf(`"changes":{"body":{"from":%q}}`, body) }
	slagate := pull.Person{ID: 99, Login: "slagate[bot]", Kind: pull.KindBot}
	for _, tt := range []struct {
		name    string
		payload string
		want    *pull.Evidence
	}{
		{"command", body("created", issuePR, text(jane, "hi\r\n  /sla sign legal ok")), &pull.Evidence{
			Kind: pull.EvidenceComment, At: at("10:00"), Actor: person1(), CommentID: 9, Author: person1(), Body: "hi\r\n  /sla sign legal ok",
		}},
		{"words", body("created", issuePR, text(jane, "see /sla sign legal")), nil},
		{"quoted command", body("created", issuePR, text(jane, "> /sla sign legal")), nil},
		{"on an issue", body("created", `"issue":{"number":12}`, text(jane, "/sla sign legal")), nil},
		{"on an issue, null", body("created", `"issue":{"number":12,"pull_request":null}`, text(jane, "/sla sign legal")), nil},
		{"command of a bot", body("created", issuePR, text(`{"id":3,"login":"x[bot]","type":"Bot"}`, "/sla sign legal")), nil},
		{"our own comment", body("created", issuePR, text(bot, "/sla sign legal"), `"sender":`+bot), nil},
		{"our own edit", body("edited", issuePR, text(bot, "- [x] a"), from("- [ ] a"), `"sender":`+bot), nil},
		{"tick", body("edited", issuePR, text(bot, "- [x] a"), from("- [ ] a")), &pull.Evidence{
			Kind: pull.EvidenceCommentEdited, At: at("11:00"), Actor: person1(), CommentID: 9, Author: slagate, Body: "- [x] a", From: "- [ ] a",
		}},
		{"tick without changes", body("edited", issuePR, text(bot, "- [x] a"), `"changes":{}`), &pull.Evidence{
			Kind: pull.EvidenceCommentEdited, At: at("11:00"), Actor: person1(), CommentID: 9, Author: slagate, Body: "- [x] a",
		}},
		{"edited into a command", body("edited", issuePR, text(jane, "/sla help"), from("x")), &pull.Evidence{
			Kind: pull.EvidenceCommentEdited, At: at("11:00"), Actor: person1(), CommentID: 9, Author: person1(), Body: "/sla help", From: "x",
		}},
		{"command edited away", body("edited", issuePR, text(jane, "x"), from("/sla help")), &pull.Evidence{
			Kind: pull.EvidenceCommentEdited, At: at("11:00"), Actor: person1(), CommentID: 9, Author: person1(), Body: "x", From: "/sla help",
		}},
		{"words edited", body("edited", issuePR, text(jane, "x"), from("y")), nil},
		{"our comment deleted", body("deleted", issuePR, text(bot, "x")), &pull.Evidence{
			Kind: pull.EvidenceCommentDeleted, At: at("11:00"), Actor: person1(), CommentID: 9, Author: slagate, Body: "x",
		}},
		{"command deleted", body("deleted", issuePR, text(jane, "/SLA help")), &pull.Evidence{
			Kind: pull.EvidenceCommentDeleted, At: at("11:00"), Actor: person1(), CommentID: 9, Author: person1(), Body: "/SLA help",
		}},
		{"words deleted", body("deleted", issuePR, text(jane, "x")), nil},
		{"comment by a ghost", body("created", issuePR, text("null", "/sla help"), `"sender":null`), &pull.Evidence{
			Kind: pull.EvidenceComment, At: at("10:00"), CommentID: 9, Body: "/sla help",
		}},
		{"pinned", body("pinned", issuePR, text(jane, "/sla help")), nil},
		{"no comment", body("created", issuePR), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := affected(t, "issue_comment", tt.payload)
			if tt.want == nil {
				require.True(t, d.Empty())
				require.Empty(t, d.Evidence)
				return
			}
			require.Equal(t, []store.PullHint{{Ref: ref12(), OwnerID: 40}}, d.Pulls, "the payload has no head")
			require.Equal(t, []pull.Evidence{*tt.want}, d.Evidence)
		})
	}
}

func TestAffectedPush(t *testing.T) {
	t.Parallel()
	const ownerRepo = `"repository":{"id":401,"name":".github","default_branch":"main","owner":{"id":40,"name":"acme","email":null}}`
	commits := func(files ...string) string {
		return fmt.Sprintf(`"commits":[{"added":[],"removed":[],"modified":["%s"]}]`, strings.Join(files, `","`))
	}
	push := func(ref string, parts ...string) string {
		return body("", append([]string{fmt.Sprintf(`"ref":%q`, ref)}, parts...)...)
	}
	inOwner := func(ref string, parts ...string) string {
		return strings.Replace(push(ref, parts...), repoJS, ownerRepo, 1)
	}
	repoLook := func(id int64, name, branch string) store.Look {
		return store.Look{Scope: store.ScopeRepo, Installation: 7, OwnerID: 40, Owner: "acme", RepoID: id, Repo: name, Branch: branch, TakesAway: true, Why: "policy pushed"}
	}
	ownerLook := store.Look{Scope: store.ScopeOwner, Installation: 7, OwnerID: 40, Owner: "acme", TakesAway: true, Policy: true, Why: "owner default pushed"}
	policy := repoLook(400, "shop", "main")
	for _, tt := range []struct {
		name    string
		payload string
		want    []store.Look
	}{
		{"policy", push("refs/heads/main", commits("a", ".github/slagate.yml")), []store.Look{policy}},
		{"policy on another branch", push("refs/heads/release/1", commits(".github/slagate.yml")), []store.Look{repoLook(400, "shop", "release/1")}},
		{"policy removed", push("refs/heads/main", `"commits":[{"removed":[".github/slagate.yml"]}]`), []store.Look{policy}},
		{"folder replaced by a link", push("refs/heads/main", commits(".github")), []store.Look{policy}},
		{"something else", push("refs/heads/main", commits("a", "x/.github/slagate.yml", ".github/slagate.yml.bak")), nil},
		{"forced", push("refs/heads/main", commits("a"), `"forced":true`), []store.Look{policy}},
		{"created", push("refs/heads/main", commits("a"), `"created":true`), []store.Look{policy}},
		{"no commits listed", push("refs/heads/main", `"commits":[]`), []store.Look{policy}},
		{"twenty commits", push("refs/heads/main", `"commits":[{}`+strings.Repeat(",{}", 19)+`]`), nil},
		{"many commits", push("refs/heads/main", `"commits":[{}`+strings.Repeat(",{}", 20)+`]`), []store.Look{policy}},
		{"more commits than listed", push("refs/heads/main", commits("a"), `"size":2`), []store.Look{policy}},
		{"more files than listed", push("refs/heads/main", commits(strings.Split(strings.Repeat("f ", 3000), " ")...)), []store.Look{policy}},
		{"deleted", push("refs/heads/main", `"commits":[],"deleted":true`), nil},
		{"tag", push("refs/tags/v1", commits(".github/slagate.yml")), nil},
		{"owner default", inOwner("refs/heads/main", commits("slagate.yml")), []store.Look{ownerLook}},
		{"owner default on another branch", inOwner("refs/heads/next", commits("slagate.yml")), nil},
		{"own policy of .github", inOwner("refs/heads/main", commits(".github/slagate.yml")), []store.Look{repoLook(401, ".github", "main")}},
		{"same name elsewhere", push("refs/heads/main", commits("slagate.yml")), nil},
		{"without sender", push("refs/heads/main", commits(".github/slagate.yml"), `"sender":null`), []store.Look{policy}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, affected(t, "push", tt.payload).Looks)
		})
	}
}

func TestAffectedWide(t *testing.T) {
	t.Parallel()
	noRepo := func(action string, parts ...string) string {
		return strings.Replace(body(action, parts...), repoJS, orgJS, 1)
	}
	owner := func(why string, takes bool) []store.Look {
		return []store.Look{{Scope: store.ScopeOwner, Installation: 7, OwnerID: 40, Owner: "acme", TakesAway: takes, Why: why}}
	}
	repo := func(why string, takes bool) []store.Look {
		return []store.Look{{Scope: store.ScopeRepo, Installation: 7, OwnerID: 40, Owner: "acme", RepoID: 400, Repo: "shop", TakesAway: takes, Why: why}}
	}
	everything := func(why string) []store.Look {
		return []store.Look{{Scope: store.ScopeInstallation, Installation: 7, OwnerID: 40, Owner: "acme", Why: why}}
	}
	head := []store.Look{{
		Scope: store.ScopeHead, Installation: 7, OwnerID: 40, Owner: "acme", RepoID: 400, Repo: "shop", Head: "aaa", Why: "status set by somebody else",
	}}
	renamed := strings.Replace(body("x", `"changes":{"repository":{"name":{"from":"old"}}}`), `"x"`, `"renamed"`, 1)
	for _, tt := range []struct {
		event, name, payload string
		want                 []store.Look
	}{
		{"status", "ours by others", body("", `"sha":"aaa","context":"SLAgate/legal","state":"success"`), head},
		{"status", "ours by ourselves", body("", `"sha":"aaa","context":"slagate","sender":`+bot), nil},
		{"status", "another context", body("", `"sha":"aaa","context":"ci"`), nil},
		{"status", "by a ghost", body("", `"sha":"aaa","context":"slagate","sender":null`), head},
		{"label", "renamed", body("edited", `"changes":{"name":{"from":"x"}}`), repo("label edited", true)},
		{"label", "recoloured", body("edited", `"changes":{"color":{"from":"x"}}`), nil},
		{"label", "deleted", body("deleted"), repo("label deleted", true)},
		{"label", "created", body("created"), nil},
		{"repository", "renamed", renamed, repo("repository renamed", false)},
		{"repository", "edited", body("edited", `"changes":{"description":{"from":"x"}}`), nil},
		{"repository", "created", body("created"), nil},
		{"installation", "created", noRepo("created"), everything("installation created")},
		{"installation", "unsuspend", noRepo("unsuspend"), everything("installation unsuspend")},
		{"installation", "permissions", noRepo("new_permissions_accepted"), everything("installation new_permissions_accepted")},
		{"installation", "suspend", noRepo("suspend"), nil},
		{"installation_target", "renamed", noRepo("renamed", `"changes":{"login":{"from":"x"}}`), everything("owner renamed")},
		{"organization", "renamed", noRepo("renamed"), everything("owner renamed")},
		{"organization", "member removed", noRepo("member_removed"), owner("organization member_removed", true)},
		{"organization", "member added", noRepo("member_added"), owner("organization member_added", false)},
		{"organization", "member invited", noRepo("member_invited"), nil},
		{"membership", "added", noRepo("added", `"scope":"team","team":{"id":3}`), owner("team member added", false)},
		{"membership", "removed", noRepo("removed", `"scope":"team","team":{"id":3}`), owner("team member removed", true)},
		{"team", "edited", noRepo("edited", `"changes":{"name":{"from":"x"}}`), owner("team edited", true)},
		{"team", "deleted, no sender", noRepo("deleted", `"sender":null`), owner("team deleted", true)},
		{"team", "taken from the repository", body("removed_from_repository", orgJS), repo("team removed_from_repository", true)},
		{"team", "given to the repository", body("added_to_repository", orgJS), repo("team added_to_repository", false)},
		{"team", "created", noRepo("created"), nil},
		{"member", "added", body("added"), repo("collaborator added", false)},
		{"member", "edited", body("edited", `"changes":{"permission":{"from":"x"}}`), repo("collaborator edited", true)},
		{"member", "removed", body("removed"), repo("collaborator removed", true)},
	} {
		t.Run(tt.event+" "+tt.name, func(t *testing.T) {
			t.Parallel()
			d := affected(t, tt.event, tt.payload)
			require.Equal(t, tt.want, d.Looks)
			require.Empty(t, d.Evidence)
		})
	}
}

func TestAffectedRepositories(t *testing.T) {
	t.Parallel()
	shop := store.RepoHint{Installation: 7, RepoID: 400, OwnerID: 40, Owner: "acme", Repo: "shop"}
	gone := shop
	gone.Gone = true
	require.Equal(t, []store.RepoHint{shop}, affected(t, "repository", body("transferred")).Repos)
	d := affected(t, "repository", body("deleted"))
	require.Equal(t, []store.RepoHint{gone}, d.Repos)
	require.Empty(t, d.Looks)

	whole := `"installation":{"id":7,"account":{"id":40,"login":"acme","type":"Organization"}}`
	payload := func(action, parts string) string {
		return `{"action":"` + action + `",` + whole + `,"sender":` + jane + parts + `}`
	}
	d = affected(t, "installation", payload("deleted", ""))
	require.Equal(t, []store.RepoHint{{Installation: 7, Gone: true}}, d.Repos)

	d = affected(t, "installation_repositories", payload("removed",
		`,"repositories_added":[],"repositories_removed":[{"id":400,"name":"shop","full_name":"acme/shop"}]`))
	require.Equal(t, []store.RepoHint{gone}, d.Repos)
	require.Empty(t, d.Looks)
	d = affected(t, "installation_repositories", payload("added",
		`,"repositories_added":[{"id":400,"name":"shop","full_name":"acme/shop"}],"repositories_removed":[]`))
	require.Equal(t, []store.RepoHint{shop}, d.Repos)
	require.Equal(t, []store.Look{{
		Scope: store.ScopeRepo, Installation: 7, OwnerID: 40, Owner: "acme", RepoID: 400, Repo: "shop", Why: "repository added to the installation",
	}}, d.Looks)
	many := make([]string, 21)
	for i := range many {
		many[i] = fmt.Sprintf(`{"id":%d,"name":"r%d","full_name":"acme/r%d"}`, i+1, i, i)
	}
	d = affected(t, "installation_repositories", payload("added", `,"repositories_added":[`+strings.Join(many, ",")+`]`))
	require.Len(t, d.Repos, 21)
	require.Len(t, d.Looks, 1)
	require.Equal(t, store.ScopeInstallation, d.Looks[0].Scope)

	dotGithub := strings.Replace(body("edited", `"changes":{"default_branch":{"from":"master"}}`), `"name":"shop"`, `"name":".github"`, 1)
	d = affected(t, "repository", dotGithub)
	require.Len(t, d.Looks, 1)
	require.Equal(t, store.ScopeOwner, d.Looks[0].Scope)
	require.True(t, d.Looks[0].TakesAway)
}

func TestAffectedMergeGroup(t *testing.T) {
	t.Parallel()
	const group = `"merge_group":{"head_sha":"mmm","head_ref":"refs/heads/gh-readonly-queue/main/pr-12-bbb","base_sha":"bbb","base_ref":"refs/heads/main"}`
	want := store.MergeGroup{
		Ref:  pull.Ref{Installation: 7, RepoID: 400, Owner: "acme", Repo: "shop"},
		Head: "mmm", Base: "bbb", HeadRef: "refs/heads/gh-readonly-queue/main/pr-12-bbb", BaseRef: "refs/heads/main",
	}
	require.Equal(t, []store.MergeGroup{want}, affected(t, "merge_group", body("checks_requested", group, `"sender":null`)).MergeGroups)
	want.Gone = true
	require.Equal(t, []store.MergeGroup{want}, affected(t, "merge_group", body("destroyed", group, `"reason":"dequeued"`)).MergeGroups)
	require.True(t, affected(t, "merge_group", body("renamed", group)).Empty())
	require.True(t, affected(t, "merge_group", strings.Replace(body("checks_requested", group), repoJS, orgJS, 1)).Empty())
}

func TestAffectedBotName(t *testing.T) {
	t.Parallel()
	ours := body("labeled", prOpen, `"label":{"name":"x"},"sender":`+bot)
	human := strings.Replace(ours, `"type":"Bot"`, `"type":"User"`, 1)
	for _, name := range []string{"slagate", "slagate[bot]", "SLAgate"} {
		d, err := Affected("pull_request", []byte(ours), name)
		require.NoError(t, err)
		require.True(t, d.Empty(), name)
		d, err = Affected("pull_request", []byte(human), name)
		require.NoError(t, err)
		require.False(t, d.Empty(), "a person of that name is no bot")
	}
	d, err := Affected("pull_request", []byte(ours), "")
	require.NoError(t, err)
	require.False(t, d.Empty(), "an unknown own name drops nothing")
}

func FuzzAffected(f *testing.F) {
	for event := range heeded() {
		for _, action := range []string{"opened", "created", "edited", "deleted", "added", "removed", "submitted", "checks_requested"} {
			f.Add(event, []byte(body(action, prOpen, issuePR, `"label":null,"changes":{"base":{},"name":{}}`)))
		}
	}
	f.Add("push", []byte(`{"installation":{"id":1},"repository":{"id":1},"ref":"refs/heads/m","commits":[null]}`))
	f.Add("team", []byte(`null`))
	f.Fuzz(func(t *testing.T, event string, payload []byte) {
		d, err := Affected(event, payload, "slagate")
		if err != nil {
			require.Equal(t, store.Delivery{}, d)
			return
		}
		if len(d.Evidence) > 0 {
			require.NotEmpty(t, d.Pulls, "evidence belongs to a pull request")
		}
		for _, h := range d.Pulls {
			require.Positive(t, h.Ref.Number)
			require.Positive(t, h.Ref.RepoID)
			require.Positive(t, h.Ref.Installation)
		}
		for _, l := range d.Looks {
			require.NotEmpty(t, l.Why)
			require.Positive(t, l.Installation)
			if l.Scope == store.ScopeRepo || l.Scope == store.ScopeHead {
				require.Positive(t, l.RepoID)
			}
		}
	})
}
