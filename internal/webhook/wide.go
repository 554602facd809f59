package webhook

import (
	"strings"

	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/store"
)

// This file holds the events that concern many pull requests: repositories,
// installations, teams, members.

func repositoryEvent(p *payload, _ string, d *store.Delivery) {
	r := p.Repository
	if r == nil || r.ID <= 0 {
		return
	}
	switch p.Action {
	case "deleted":
		d.Repos = []store.RepoHint{p.repoHint(r, true)}
	case "renamed", "transferred", "archived", "unarchived", "privatized", "publicized":
		d.Repos = []store.RepoHint{p.repoHint(r, false)}
		d.Looks = []store.Look{p.look(store.ScopeRepo, "repository "+p.Action)}
	case "edited":
		// Another default branch of the owner's repository brings another owner default.
		if strings.EqualFold(r.Name, pull.OwnerRepo) && p.Changes.defaultBranch() {
			look := p.look(store.ScopeOwner, "default branch of the owner default changed")
			look.TakesAway, look.Policy = true, true
			d.Looks = []store.Look{look}
		}
	}
}

func installationEvent(p *payload, _ string, d *store.Delivery) {
	switch p.Action {
	case "created", "unsuspend", "new_permissions_accepted":
		d.Looks = []store.Look{p.look(store.ScopeInstallation, "installation "+p.Action)}
	case "deleted":
		d.Repos = []store.RepoHint{{Installation: p.Installation.ID, Gone: true}}
	}
}

func installationRepositoriesEvent(p *payload, _ string, d *store.Delivery) {
	for i := range p.Removed {
		if p.Removed[i].ID > 0 {
			d.Repos = append(d.Repos, p.repoHint(&p.Removed[i], true))
		}
	}
	for i := range p.Added {
		r := &p.Added[i]
		if r.ID <= 0 {
			continue
		}
		h := p.repoHint(r, false)
		d.Repos = append(d.Repos, h)
		d.Looks = append(d.Looks, store.Look{
			Scope: store.ScopeRepo, Installation: h.Installation, OwnerID: h.OwnerID, Owner: h.Owner,
			RepoID: h.RepoID, Repo: h.Repo, Why: "repository added to the installation",
		})
	}
	if len(d.Looks) > repoLooks {
		d.Looks = []store.Look{p.look(store.ScopeInstallation, "repositories added to the installation")}
	}
}

// renamedEvent notices that the owner has another name: all of its repositories' names are listed anew.
func renamedEvent(p *payload, _ string, d *store.Delivery) {
	if p.Action == "renamed" {
		d.Looks = []store.Look{p.look(store.ScopeInstallation, "owner renamed")}
	}
}

func organizationEvent(p *payload, bot string, d *store.Delivery) {
	switch p.Action {
	case "renamed":
		renamedEvent(p, bot, d)
	case "member_added", "member_removed":
		ownerLook(p, d, "organization "+p.Action, p.Action == "member_removed")
	}
}

func membershipEvent(p *payload, _ string, d *store.Delivery) {
	if p.Action == "added" || p.Action == "removed" {
		ownerLook(p, d, "team member "+p.Action, p.Action == "removed")
	}
}

func teamEvent(p *payload, _ string, d *store.Delivery) {
	switch p.Action {
	case "edited", "deleted":
		ownerLook(p, d, "team "+p.Action, true)
	case "removed_from_repository", "added_to_repository":
		look := p.look(store.ScopeOwner, "team "+p.Action)
		if p.Repository != nil && p.Repository.ID > 0 {
			look = p.look(store.ScopeRepo, "team "+p.Action)
		}
		look.TakesAway = p.Action == "removed_from_repository"
		d.Looks = []store.Look{look}
	}
}

func memberEvent(p *payload, _ string, d *store.Delivery) {
	if p.Repository == nil || p.Repository.ID <= 0 {
		return
	}
	switch p.Action {
	case "added", "edited", "removed":
		look := p.look(store.ScopeRepo, "collaborator "+p.Action)
		look.TakesAway = p.Action != "added"
		d.Looks = []store.Look{look}
	}
}

func ownerLook(p *payload, d *store.Delivery, why string, takesAway bool) {
	look := p.look(store.ScopeOwner, why)
	look.TakesAway = takesAway
	d.Looks = []store.Look{look}
}
