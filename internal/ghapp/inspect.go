package ghapp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/go-github/v62/github"

	"github.com/slagate/slagate/internal/doctor"
)

const (
	// deliveryPages bounds how much of GitHub's record of deliveries is read: 1,000 attempts.
	deliveryPages = 10
	// branchPages bounds how many branches of a repository are listed: 1,000.
	branchPages = 10
	// together is how many repositories, branches or teams one query asks about.
	together = 25
)

// Inspector reads what package doctor judges. It fails softly: what cannot be read
// is a problem written down at its place. It is safe for concurrent use.
type Inspector struct {
	creator *Creator
	lister  *Lister
	people  *Gatherer
}

// NewInspector makes an Inspector.
func NewInspector(c *Creator) *Inspector {
	return &Inspector{creator: c, lister: NewLister(c), people: NewGatherer(c)}
}

// Inspect reads everything that only needs the settings of the app; where names
// ("OWNER/NAME") are given, of the repositories only those. Its requests give way to
// the service's own.
func (i *Inspector) Inspect(ctx context.Context, names []string) doctor.Facts {
	ctx = Calm(ctx)
	f := doctor.Facts{AppID: i.creator.appID, Asked: len(names) > 0}
	i.app(ctx, &f)
	if f.App.Problem != "" {
		f.OwnersProblem = f.App.Problem
		return f
	}
	f.Hook = i.hook(ctx)
	f.Deliveries = i.deliveries(ctx)
	listed, err := i.installations(ctx)
	f.OwnersProblem = why(err)
	for _, in := range listed {
		if wanted := ofOwner(names, in.Account.Login); len(names) == 0 || len(wanted) > 0 {
			f.Owners = append(f.Owners, i.owner(ctx, in, wanted))
		}
	}
	f.Missing = missing(f, names)
	return f
}

// ofOwner are the names of repositories of an account.
func ofOwner(names []string, login string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		owner, _, _ := strings.Cut(name, "/")
		return !strings.EqualFold(owner, login)
	})
}

// missing are the names that nothing was found under. Where a list could not be
// read nothing is missing yet.
func missing(f doctor.Facts, names []string) []string {
	if f.OwnersProblem != "" {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return slices.ContainsFunc(f.Owners, func(o doctor.Owner) bool {
			known := slices.ContainsFunc(o.Repos, func(r doctor.Repo) bool { return strings.EqualFold(r.FullName(), name) })
			return known || (o.Problem != "" || o.Suspended) && len(ofOwner([]string{name}, o.Login)) > 0
		})
	})
}

// why is an error as a part of a sentence; "" if there is none.
func why(err error) string {
	if err == nil {
		return ""
	}
	return strings.TrimSuffix(explain(err).Error(), ".")
}

// getPage sends a GET for a page of a list and keeps what its headers say.
func (i *installation) getPage(ctx context.Context, path string, into any) (*github.Response, error) {
	req, err := i.rest.NewRequest(http.MethodGet, path, nil)
	if err != nil {
		return nil, fmt.Errorf("making the request: %w", err)
	}
	resp, err := i.rest.Do(ctx, req, into)
	if err != nil {
		return nil, explain(err)
	}
	return resp, resp.Body.Close()
}

// getAll reads the pages of a list that is a plain array. more: there is still more.
func getAll[T any](ctx context.Context, inst *installation, path string, pages int) (all []T, more bool, err error) {
	for page := 1; pages > 0; pages-- {
		var list []T
		resp, err := inst.getPage(ctx, fmt.Sprintf("%s?per_page=%d&page=%d", path, perPage, page), &list)
		if err != nil {
			return nil, false, err
		}
		all = append(all, list...)
		if resp.NextPage == 0 {
			return all, false, nil
		}
		page = resp.NextPage
	}
	return all, true, nil
}

// app asks who the app is and what time it is at GitHub. A refusal tells the time, too:
// a wrong clock is the usual reason for one.
// https://docs.github.com/en/rest/apps/apps#get-the-authenticated-app
func (i *Inspector) app(ctx context.Context, f *doctor.Facts) {
	var app struct {
		Slug        string            `json:"slug"`
		HTMLURL     string            `json:"html_url"`
		Permissions map[string]string `json:"permissions"`
		Events      []string          `json:"events"`
	}
	before := i.creator.now()
	resp, err := i.creator.app.getPage(ctx, "app", &app)
	after := i.creator.now()
	f.Now = before.Add(after.Sub(before) / 2)
	var refusal *github.ErrorResponse
	switch {
	case err == nil:
		f.GitHub = dateOf(resp.Response)
	case errors.As(err, &refusal):
		f.GitHub = dateOf(refusal.Response)
	}
	f.App = doctor.App{
		Grant: doctor.Grant{Permissions: app.Permissions, Events: app.Events}, Slug: app.Slug, URL: app.HTMLURL,
		Problem: why(err), Refused: answered(err) == http.StatusUnauthorized || answered(err) == http.StatusNotFound,
	}
}

// dateOf is GitHub's time; zero if it did not tell.
func dateOf(resp *http.Response) time.Time {
	if resp == nil {
		return time.Time{}
	}
	at, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return at
}

// https://docs.github.com/en/rest/apps/webhooks#get-a-webhook-configuration-for-an-app
func (i *Inspector) hook(ctx context.Context) doctor.Hook {
	var hook struct {
		URL      string          `json:"url"`
		Secret   string          `json:"secret"`
		Insecure json.RawMessage `json:"insecure_ssl"` // "0", "1", 0 or 1
	}
	err := i.creator.app.get(ctx, "app/hook/config", &hook)
	return doctor.Hook{
		URL: hook.URL, Secret: hook.Secret != "", Insecure: strings.Trim(string(hook.Insecure), `"`) == "1", Problem: why(err),
	}
}

// deliveries reads GitHub's record, all of it that a few pages hold.
func (i *Inspector) deliveries(ctx context.Context) doctor.Deliveries {
	var out doctor.Deliveries
	listed, err := i.lister.Deliveries(ctx, time.Time{}, deliveryPages)
	switch out.More = errors.Is(err, ErrCutOff); {
	case out.More:
	case err != nil:
		return doctor.Deliveries{Problem: why(err)}
	}
	for _, d := range listed {
		out.List = append(out.List, doctor.Delivery{GUID: d.GUID, At: d.At, Code: d.StatusCode, Event: d.Event})
	}
	return out
}
