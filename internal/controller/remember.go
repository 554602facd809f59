package controller

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/store"
)

// remember keeps what this evaluation learned about the repository and its
// owner: valid policies to go on with, ids behind names, existing labels.
func (c *Controller) remember(ctx context.Context, sn pull.Snapshot, row store.PullRow, repo store.RepoRow) error {
	if err := c.rememberOwner(ctx, sn, repo.OwnerID); err != nil {
		return err
	}
	enrolled := c.gate.Enrolled(sn)
	bindings := c.gate.Bindings(sn)
	text := ""
	if c.gate.ValidBase(sn) {
		text = sn.Policy.Base.Text
	}
	base := sn.Pull.BaseBranch
	labels := slices.DeleteFunc(slices.Clone(sn.Observed.RepoLabels), func(l string) bool { return slices.Contains(repo.Memory.Labels, l) })
	if repo.Memory.Enrolled[base] == enrolled && len(bindings) == 0 && len(labels) == 0 && (text == "" || repo.Memory.LastValid[base] == text) {
		return nil
	}
	err := c.Repos.UpdateRepo(ctx, row.Ref.RepoID, func(m *store.RepoMemory) {
		m.Enrolled = with(m.Enrolled, map[string]bool{base: enrolled})
		if text != "" {
			m.LastValid = with(m.LastValid, map[string]string{base: text})
		}
		m.Bindings = with(m.Bindings, bindings)
		for _, l := range labels {
			if !slices.Contains(m.Labels, l) {
				m.Labels = append(m.Labels, l)
			}
		}
	})
	if err != nil {
		return fmt.Errorf("remember the repository of %s: %w", row.Ref, err)
	}
	if enrolled && !repo.Memory.HasPolicy() {
		// The others of this repository may have been passed over in silence until now.
		look := store.Look{
			Scope: store.ScopeRepo, Installation: row.Ref.Installation, OwnerID: repo.OwnerID, RepoID: row.Ref.RepoID,
			Owner: row.Ref.Owner, Repo: row.Ref.Repo, Why: "first policy seen",
		}
		return c.Queue.EnqueueLooks(ctx, []store.Look{look})
	}
	return nil
}

// with is a map that also holds more.
func with[V any](m, more map[string]V) map[string]V {
	if m == nil {
		m = map[string]V{}
	}
	maps.Copy(m, more)
	return m
}

func (c *Controller) rememberOwner(ctx context.Context, sn pull.Snapshot, ownerID int64) error {
	valid := c.gate.ValidOwner(sn)
	p := sn.Policy
	var change func(*store.OwnerMemory)
	switch {
	case valid && (p.OwnerLastValid != p.Owner.Text || !p.OwnerUnreadableSince.IsZero()):
		change = func(m *store.OwnerMemory) { *m = store.OwnerMemory{LastValid: p.Owner.Text} }
	case valid:
		return nil
	case p.Owner.State == pull.BlobAbsent && p.OwnerLastValid != "":
		change = func(m *store.OwnerMemory) { *m = store.OwnerMemory{} } // taken away on purpose: its repository is visible
	case p.Owner.State != pull.BlobAbsent && p.OwnerLastValid != "" && p.OwnerUnreadableSince.IsZero():
		change = func(m *store.OwnerMemory) { m.UnreadableSince = sn.At }
	default:
		return nil
	}
	if err := c.Repos.UpdateOwner(ctx, ownerID, change); err != nil {
		return fmt.Errorf("remember the owner default of %s: %w", sn.Ref.Owner, err)
	}
	return nil
}
