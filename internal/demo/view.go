package demo

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html/template"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slagate/slagate/internal/githubsim"
)

// frame is what every page shows.
type frame struct {
	Title  string
	Path   string
	Me     person
	People []person
	Deed   *deed // the act that led here
}

func (p *page) frame(r *http.Request, title string) frame {
	f := frame{Title: title, Path: r.URL.Path, Me: me(r), People: people()}
	all := p.journal.all()
	if n, err := strconv.Atoi(r.URL.Query().Get("deed")); err == nil && n > 0 && n <= len(all) {
		f.Deed = &all[n-1]
	}
	return f
}

// pullRow is a pull request in the list.
type pullRow struct {
	githubsim.PullView
	Gate githubsim.Status
}

// homeView is the start page.
type homeView struct {
	frame
	Pulls   []pullRow
	Changes []change
	Traffic []trafficRow
	Policy  string
}

func (p *page) home(w http.ResponseWriter, r *http.Request) {
	v := homeView{frame: p.frame(r, "Pull requests"), Changes: changes(), Traffic: p.traffic(), Policy: blobPath(mainBranch, ".github/slagate.yml")}
	for _, pr := range slices.Backward(p.st.repo.Pulls()) {
		now := view(pr)
		v.Pulls = append(v.Pulls, pullRow{now, now.Status(statusContext)})
	}
	p.render(w, "home", v)
}

// view is a pull request with its labels by name, as GitHub shows them.
func view(pr *githubsim.Pull) githubsim.PullView {
	v := pr.View()
	slices.Sort(v.Labels)
	return v
}

// trafficRow counts requests of one kind.
type trafficRow struct {
	Kind           string
	Counted, Other int
}

// traffic is what slagate asked GitHub since the start. Only requests made
// for an installation count against its hourly limit.
func (p *page) traffic() []trafficRow {
	rows := []trafficRow{
		{Kind: githubsim.KindGraphQL}, {Kind: githubsim.KindRead}, {Kind: githubsim.KindWrite}, {Kind: githubsim.KindToken}, {Kind: githubsim.KindApp},
	}
	for _, q := range p.st.sim.Requests() {
		i := slices.IndexFunc(rows, func(x trafficRow) bool { return x.Kind == q.Kind })
		switch {
		case i < 0:
		case q.Counted:
			rows[i].Counted++
		default:
			rows[i].Other++
		}
	}
	return rows
}

// pullView is the page of one pull request.
type pullView struct {
	frame
	PR       githubsim.PullView
	Base     string // address of the pull request
	Body     template.HTML
	Items    []item
	Statuses []statusRow
	History  []statusRow // of the required one on this head, oldest first
	Labels   []string    // of the repository, not on the pull request
	Pushes   []push
	Bases    []string
	Commands []string
	Traffic  []trafficRow
	Form     string // id of the form that ticks boxes
	Held     string
}

// statusRow is a status in the box of checks.
type statusRow struct {
	githubsim.Status
	Required bool
	Foreign  string // who posted it, if it was not slagate
}

// item is an entry of the timeline.
type item struct {
	At        time.Time
	Who       string
	Bot       bool
	Text      string // an event
	Labels    []string
	Body      template.HTML
	Comment   int64 // a comment
	Edited    bool
	Reactions []string
}

func (p *page) showPull(w http.ResponseWriter, r *http.Request) {
	pr, ok := p.pullOf(w, r)
	if !ok {
		return
	}
	v, err := p.pullView(r, pr)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	p.render(w, "pull", v)
}

// tickForm is the form that the boxes of slagate's comment belong to.
const tickForm = "tick"

func (p *page) pullView(r *http.Request, pr *githubsim.Pull) (v pullView, err error) {
	v = pullView{PR: view(pr), Base: pullPath(pr.Number), Pushes: pushes(), Traffic: p.traffic(), Form: tickForm}
	v.frame = p.frame(r, fmt.Sprintf("#%d %s", pr.Number, v.PR.Title))
	v.Commands = commands(v.Me, p.st.comment(v.PR))
	if v.Body, err = toHTML(v.PR.Body, ""); err != nil {
		return v, err
	}
	for _, name := range p.st.repo.Labels() {
		if !slices.Contains(v.PR.Labels, name) {
			v.Labels = append(v.Labels, name)
		}
	}
	for _, b := range []string{mainBranch, releaseBranch} {
		if b != v.PR.Base {
			v.Bases = append(v.Bases, b)
		}
	}
	if !v.PR.Merged && v.PR.Open {
		v.Held = v.PR.Blocked
	}
	v.Statuses = p.statuses(v.PR)
	v.History = p.history(v.PR)
	v.Items, err = p.timeline(v.PR)
	return v, err
}

// statuses puts the required one first, the functions' in their order, others last.
func (p *page) statuses(v githubsim.PullView) []statusRow {
	var rows []statusRow
	for _, st := range v.Statuses {
		rows = append(rows, p.statusRow(st))
	}
	place := func(context string) int {
		for i, f := range functions() {
			if context == statusContext+"/"+f {
				return i + 1
			}
		}
		if context == statusContext {
			return 0
		}
		return len(functions()) + 1
	}
	slices.SortStableFunc(rows, func(a, b statusRow) int { return cmp.Compare(place(a.Context), place(b.Context)) })
	return rows
}

func (p *page) statusRow(st githubsim.Status) statusRow {
	row := statusRow{Status: st, Required: st.Context == statusContext}
	if st.Creator != p.st.sim.App() {
		row.Foreign = st.Creator.Login()
	}
	return row
}

// history is everything that the required status said of the head.
func (p *page) history(v githubsim.PullView) []statusRow {
	var rows []statusRow
	for _, st := range p.st.repo.Statuses(v.Head) {
		if st.Context == statusContext {
			rows = append(rows, p.statusRow(st))
		}
	}
	return rows
}

// timeline joins what GitHub tells with the quiet deeds of the page.
func (p *page) timeline(v githubsim.PullView) ([]item, error) {
	var items []item
	for _, d := range p.journal.all() {
		if d.Pull == v.Number && d.Quiet && d.Refused == "" {
			items = append(items, item{At: d.At, Who: d.Who, Text: d.Did})
		}
	}
	for _, e := range v.Events {
		it := item{At: e.At, Who: "somebody"}
		if e.Actor != nil {
			it.Who, it.Bot = e.Actor.Login(), e.Actor.Kind == githubsim.KindBot
		}
		var err error
		switch {
		case e.Kind == "commented" && e.Comment != nil:
			err = p.fillComment(&it, v, e.Comment.ID)
		case e.Kind == "reviewed" && e.Review != nil:
			it.Text = reviewText(v, e.Review.ID)
		case e.Kind == "head_ref_force_pushed": // a deed of the page tells it better
			continue
		case e.Kind == "labeled":
			it.Text, it.Labels = "added", []string{e.Name}
		case e.Kind == "unlabeled":
			it.Text, it.Labels = "took off", []string{e.Name}
		default:
			it.Text = eventText(e)
		}
		if err != nil {
			return nil, err
		}
		items = append(items, it)
	}
	slices.SortStableFunc(items, func(a, b item) int { return a.At.Truncate(time.Second).Compare(b.At.Truncate(time.Second)) })
	return joinLabels(items), nil
}

// joinLabels makes one entry of the labels that somebody put on or took off at once.
func joinLabels(items []item) []item {
	var out []item
	for _, it := range items {
		if n := len(out) - 1; n >= 0 && len(it.Labels) > 0 && len(out[n].Labels) > 0 &&
			it.Who == out[n].Who && it.Text == out[n].Text && clockText(it.At) == clockText(out[n].At) {
			out[n].Labels = append(out[n].Labels, it.Labels...)
			continue
		}
		out = append(out, it)
	}
	return out
}

func (p *page) fillComment(it *item, v githubsim.PullView, id int64) (err error) {
	i := slices.IndexFunc(v.Comments, func(c githubsim.Comment) bool { return c.ID == id })
	if i < 0 {
		it.Text = "wrote a comment that is gone"
		return nil
	}
	c, form := v.Comments[i], ""
	if c.Author == p.st.sim.App() {
		form = tickForm
	}
	it.Comment, it.Edited = c.ID, !c.EditedAt.IsZero()
	for _, r := range c.Reactions {
		it.Reactions = append(it.Reactions, emoji(r.Content)+" "+r.Content+" by "+r.User.Login())
	}
	it.Body, err = toHTML(c.Body, form)
	return err
}

func reviewText(v githubsim.PullView, id int64) string {
	for _, r := range v.Reviews {
		if r.ID == id {
			switch r.State {
			case "APPROVED":
				return "approved these changes"
			case "CHANGES_REQUESTED":
				return "requested changes"
			case "DISMISSED":
				return "reviewed; the review was dismissed"
			}
		}
	}
	return "reviewed"
}

func eventText(e githubsim.Event) string {
	switch e.Kind {
	case "base_ref_changed":
		return "changed the base branch from " + e.Before + " to " + e.After
	case "renamed":
		return "changed the title from “" + e.Before + "” to “" + e.After + "”"
	case "merged":
		return "merged commit " + short(e.After)
	case "ready_for_review":
		return "marked this ready for review"
	case "convert_to_draft":
		return "made this a draft"
	default:
		return strings.ReplaceAll(e.Kind, "_", " ") + " this"
	}
}

// openItem is a checklist item in slagate's comment that is not ticked.
var openItem = regexp.MustCompile(`(?m)^- \[ \] <!-- item:([a-z0-9-]+) -->`)

// commands are the comments that a person is most likely to write: to sign, and to
// settle what slagate's comment has open.
func commands(who person, comment *githubsim.Comment) []string {
	var out []string
	if who.Team != "" {
		out = append(out, "/sla sign "+who.Team, "/sla unsign "+who.Team)
	} else {
		out = append(out, "/sla sign support")
	}
	if comment != nil {
		for _, m := range openItem.FindAllStringSubmatch(comment.Body, -1) {
			out = append(out, "/sla done "+m[1])
		}
	}
	return append(out, "/sla refresh", "/sla help")
}

// fileRow is a changed file with its lines.
type fileRow struct {
	githubsim.FileView
	Anchor string
	Lines  []lineRow
}

type lineRow struct{ Class, Text string }

func (p *page) showFiles(w http.ResponseWriter, r *http.Request) {
	pr, ok := p.pullOf(w, r)
	if !ok {
		return
	}
	v := struct {
		frame
		PR    githubsim.PullView
		Base  string
		Files []fileRow
	}{PR: view(pr), Base: pullPath(pr.Number)}
	v.frame = p.frame(r, fmt.Sprintf("#%d %s", pr.Number, v.PR.Title))
	for _, f := range v.PR.Files {
		sum := sha256.Sum256([]byte(f.Path)) // GitHub's own name of the place
		row := fileRow{FileView: f, Anchor: "diff-" + hex.EncodeToString(sum[:])}
		for l := range strings.Lines(f.Patch) {
			class := map[byte]string{'+': "plus", '-': "minus", '@': "hunk"}[l[0]]
			row.Lines = append(row.Lines, lineRow{class, strings.TrimSuffix(l, "\n")})
		}
		v.Files = append(v.Files, row)
	}
	p.render(w, "files", v)
}

func (p *page) showTree(w http.ResponseWriter, r *http.Request) {
	ref := r.PathValue("ref")
	if p.st.repo.Tip(ref) == "" {
		http.NotFound(w, r)
		return
	}
	type file struct{ Path, Address string }
	v := struct {
		frame
		Ref   string
		Files []file
		Refs  []string
	}{frame: p.frame(r, "Code"), Ref: ref, Refs: []string{mainBranch, releaseBranch}}
	for _, path := range p.st.repo.Paths(ref) {
		v.Files = append(v.Files, file{path, blobPath(p.st.repo.Tip(ref), path)})
	}
	p.render(w, "tree", v)
}

func (p *page) showBlob(w http.ResponseWriter, r *http.Request) {
	text, ok := p.st.repo.Content(r.PathValue("ref"), r.PathValue("path"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	v := struct {
		frame
		Name, Ref string
		Lines     []string
	}{frame: p.frame(r, r.PathValue("path")), Name: r.PathValue("path"), Ref: r.PathValue("ref"), Lines: strings.Split(strings.TrimSuffix(text, "\n"), "\n")}
	p.render(w, "blob", v)
}

func blobPath(ref, path string) string {
	return "/" + owner + "/" + repoName + "/blob/" + ref + "/" + path
}

// short is a commit as people read it.
func short(sha string) string { return sha[:min(7, len(sha))] }

// labelClass is the look of a label.
func labelClass(name string) string {
	switch {
	case strings.HasPrefix(name, "sla/needs-"):
		return "needs"
	case strings.HasPrefix(name, "sla/") && strings.HasSuffix(name, "-approved"):
		return "approved"
	default:
		return "plain"
	}
}

func clockText(t time.Time) string { return t.UTC().Format("15:04:05") }

func emoji(reaction string) string {
	return map[string]string{"+1": "👍", "-1": "👎", "rocket": "🚀", "confused": "😕", "eyes": "👀", "heart": "❤️", "hooray": "🎉", "laugh": "😄"}[reaction]
}
