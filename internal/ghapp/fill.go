package ghapp

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/sync/errgroup"

	"github.com/slagate/slagate/internal/pull"
)

// Fill answers what a decision still needs. What GitHub refuses for good is
// written into the snapshot as a problem; what may succeed later is an error,
// and the snapshot is then not to be used.
func (g *Gatherer) Fill(ctx context.Context, snap *pull.Snapshot, needs pull.Needs) error {
	r, err := g.repository(snap.Ref)
	if err != nil {
		return fmt.Errorf("filling in %s: %w", snap.Ref, err)
	}
	f := &filling{repository: r, snap: snap, needs: needs, sizes: sizesKnown(snap.Files)}
	group, inner := errgroup.WithContext(ctx)
	for _, step := range []func(context.Context) error{f.questions, f.roles, f.content, f.headPolicy, f.pushes, f.labelNames, f.texts} {
		group.Go(func() error { return step(inner) })
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("filling in %s: %w", snap.Ref, cleaned(err))
	}
	return nil
}

// filling is one fill in progress. Its steps run side by side and each writes
// its own fields of the snapshot.
type filling struct {
	*repository
	snap  *pull.Snapshot
	needs pull.Needs
	sizes map[string]int64 // of contents by id, where they were known before
}

// questions asks about teams, members, logins and labels with one query.
func (f *filling) questions(ctx context.Context) error {
	asked := people{teams: f.needs.Teams, people: askable(f.needs.Members), logins: f.needs.Logins}
	if len(asked.teams) == 0 && len(asked.people) > 0 {
		for _, t := range f.snap.Teams {
			asked.teams = append(asked.teams, t.Slug)
		}
	}
	return f.g.fillPeople(ctx, f.inst, f.snap, asked, f.needs.Labels)
}

// roles asks for permissions one by one: GitHub has no list that an app may read.
func (f *filling) roles(ctx context.Context) error {
	roles := make([]pull.Role, len(f.needs.Roles))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for i, person := range f.needs.Roles {
		group.Go(func() error {
			answer, err := permission(ctx, f.inst, f.ref, person)
			roles[i] = pull.Role{ID: person.ID, Permission: answer.name()}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for _, r := range roles {
		f.snap.Roles = append(slices.DeleteFunc(f.snap.Roles, func(old pull.Role) bool { return old.ID == r.ID }), r)
	}
	return nil
}

// content fills in the list of files by trees, and the entries of files.
func (f *filling) content(ctx context.Context) error {
	if !f.needs.Trees && len(f.needs.Entries) == 0 {
		return nil
	}
	if err := f.findMergeBase(ctx); err != nil {
		return f.unreadable(err)
	}
	if f.needs.Trees {
		files, err := f.diff(ctx, f.snap.Pull.MergeBase, f.snap.Pull.Head)
		if err != nil {
			return f.unreadable(err)
		}
		f.snap.Files, f.snap.FilesProblem = files, ""
	}
	return f.unreadable(f.entriesOfFiles(ctx))
}

// findMergeBase takes the base's tip where a commit of the pull request stands
// on it, for the tip is then an ancestor of the head; else GitHub is asked.
func (f *filling) findMergeBase(ctx context.Context) error {
	p := &f.snap.Pull
	if p.MergeBase != "" {
		return nil
	}
	ofHead := slices.ContainsFunc(f.snap.Commits, func(c pull.Commit) bool { return c.OID == p.Head })
	onTip := slices.ContainsFunc(f.snap.Commits, func(c pull.Commit) bool { return slices.Contains(c.Parents, p.BaseTip) })
	if ofHead && onTip {
		p.MergeBase = p.BaseTip
		return nil
	}
	base, err := f.mergeBase(ctx, p.BaseTip, p.Head)
	p.MergeBase = base
	return err
}

// entriesOfFiles looks up before and after of the files asked for. A renamed
// file was at its previous path; a copied one was not there before.
func (f *filling) entriesOfFiles(ctx context.Context) error {
	var before, after []string
	for _, file := range f.wanted() {
		before, after = append(before, pathBefore(*file)), append(after, file.Path)
	}
	if len(after) == 0 {
		return nil
	}
	var old, now map[string]pull.Entry
	group, inner := errgroup.WithContext(ctx)
	group.Go(func() (err error) { old, err = f.entries(inner, f.snap.Pull.MergeBase, before); return err })
	group.Go(func() (err error) { now, err = f.entries(inner, f.snap.Pull.Head, after); return err })
	if err := group.Wait(); err != nil {
		return err
	}
	for _, file := range f.wanted() {
		b, a := old[pathBefore(*file)], now[file.Path]
		file.Before, file.After, file.Problem = &b, &a, ""
		if b.Mode == "" && a.Mode == "" {
			file.Problem = "neither the base nor the head has a file of this name"
		}
	}
	return nil
}

// wanted are the files asked for, by either of their names.
func (f *filling) wanted() []*pull.File {
	var out []*pull.File
	for i := range f.snap.Files {
		file := &f.snap.Files[i]
		if slices.Contains(f.needs.Entries, file.Path) || file.Previous != "" && slices.Contains(f.needs.Entries, file.Previous) {
			out = append(out, file)
		}
	}
	return out
}

func pathBefore(f pull.File) string {
	if f.Status == pull.FileRenamed && f.Previous != "" {
		return f.Previous
	}
	return f.Path
}

// unreadable writes down what cannot be read however often it is asked for.
func (f *filling) unreadable(err error) error {
	if err == nil || !hopeless(err) || momentary(err) {
		return err
	}
	why := shorten(cleaned(err).Error(), 300)
	if f.needs.Trees && f.snap.FilesProblem != "" {
		f.snap.FilesProblem = "the list of files could not be read whole: " + why
	}
	for _, file := range f.wanted() {
		file.Problem = why
	}
	return nil
}

// hopeless errors do not go away by asking again.
func hopeless(err error) bool {
	return permanent(err) || errors.Is(err, errTooWide) || errors.Is(err, errNotCommit)
}

// momentary: a commit or blob that GitHub itself just named is not gone, its
// answer is behind. Only the lack of a common commit is a fact.
func momentary(err error) bool {
	return answered(err) == http.StatusNotFound && !strings.Contains(strings.ToLower(saidMessage(err)), "no common ancestor")
}

// headPolicy reads the policy file at the head, by ids: so it works for forks
// and never follows a symbolic link.
func (f *filling) headPolicy(ctx context.Context) error {
	if !f.needs.HeadPolicy {
		return nil
	}
	folder := path.Dir(pull.PolicyPath)
	entries, err := f.entries(ctx, f.snap.Pull.Head, []string{folder, pull.PolicyPath})
	if err != nil {
		if !hopeless(err) || momentary(err) {
			return err
		}
		f.snap.Policy.Head = pull.Blob{State: pull.BlobUnreadable, Problem: shorten(cleaned(err).Error(), 300)}
		return nil
	}
	entry := entries[pull.PolicyPath]
	switch {
	case entries[folder].Mode == pull.ModeSymlink, entry.Mode == pull.ModeSymlink:
		f.snap.Policy.Head = pull.Blob{State: pull.BlobSymlink, OID: entry.OID, Problem: "is a symbolic link"}
	case entry.Mode == "":
		f.snap.Policy.Head = pull.Blob{State: pull.BlobAbsent}
	case entry.Mode == pull.ModeSubmodule:
		f.snap.Policy.Head = pull.Blob{State: pull.BlobUnreadable, OID: entry.OID, Problem: "is a submodule"}
	case entry.Mode == modeTree:
		f.snap.Policy.Head = pull.Blob{State: pull.BlobUnreadable, OID: entry.OID, Problem: "is a folder"}
	default:
		f.snap.Policy.Head, err = f.blob(ctx, entry)
	}
	return err
}

// blob reads a text file by its id.
func (r *repository) blob(ctx context.Context, entry pull.Entry) (pull.Blob, error) {
	if entry.Size > policyLimit {
		return pull.Blob{State: pull.BlobUnreadable, OID: entry.OID, Problem: pull.ProblemTooLarge}, nil
	}
	if kept, ok := r.cachedBlob(entry.OID); ok {
		return kept, nil
	}
	answer, _, err := r.inst.rest.Git.GetBlob(ctx, r.ref.Owner, r.ref.Repo, entry.OID)
	if err = explain(err); err != nil {
		if permanent(err) && !momentary(err) {
			return pull.Blob{State: pull.BlobUnreadable, OID: entry.OID, Problem: shorten(err.Error(), 300)}, nil
		}
		return pull.Blob{}, fmt.Errorf("reading blob %s: %w", entry.OID, err)
	}
	text := []byte(answer.GetContent())
	if answer.GetEncoding() == "base64" {
		if text, err = base64.StdEncoding.DecodeString(strings.ReplaceAll(answer.GetContent(), "\n", "")); err != nil {
			return pull.Blob{}, fmt.Errorf("decoding blob %s: %w", entry.OID, err)
		}
	}
	blob := blobOf(entry.OID, text)
	r.keepBlob(blob)
	return blob, nil
}

// blobOf is a content as far as it is a text of a size that is read.
func blobOf(oid string, text []byte) pull.Blob {
	switch {
	case len(text) > policyLimit:
		return pull.Blob{State: pull.BlobUnreadable, OID: oid, Problem: pull.ProblemTooLarge}
	case !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0:
		return pull.Blob{State: pull.BlobUnreadable, OID: oid, Problem: pull.ProblemNotText}
	}
	return pull.Blob{State: pull.BlobFound, OID: oid, Text: string(text)}
}

func (r *repository) blobKey(oid string) objectKey {
	return objectKey{repo: r.ref.RepoID, kind: "blob", id: oid}
}

// cachedBlob is a content that was read before.
func (r *repository) cachedBlob(oid string) (pull.Blob, bool) {
	kept, ok := r.g.cache.get(r.blobKey(oid))
	if !ok {
		return pull.Blob{}, false
	}
	b, ok := kept.(pull.Blob)
	return b, ok
}

func (r *repository) keepBlob(b pull.Blob) {
	r.g.cache.put(r.blobKey(b.OID), b, len(b.Text)+256)
}

// Permission is somebody's permission on the repository: admin, maintain,
// write, triage, read or none.
func (g *Gatherer) Permission(ctx context.Context, ref pull.Ref, login string) (string, error) {
	inst, err := g.creator.installation(ref.Installation)
	if err != nil {
		return "", fmt.Errorf("permission on %s: %w", ref, err)
	}
	answer, err := askRole(ctx, inst, ref, login)
	if answered(err) == http.StatusNotFound {
		return "none", nil
	}
	if err != nil {
		return "", fmt.Errorf("permission on %s: %w", ref, err)
	}
	return answer.name(), nil
}
