package ghapp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"

	"github.com/slagate/slagate/internal/pull"
)

// policyLimit is the largest policy file that is read.
const policyLimit = 1 << 20

// The modes of a git tree entry in the numbers that GraphQL gives.
const (
	modeFolder    = 0o040000
	modeSymlink   = 0o120000
	modeSubmodule = 0o160000
)

// writePolicy asks for the policy file at a commit or branch, and for the
// folder it is in: only the folder tells a symbolic link from a file. Neither
// a branch name nor a commit id can hold the ":" that ends them.
func writePolicy(q *graphQuery, at string) {
	q.write(`policy:object(expression:%s){%s} folder:object(expression:%s){%s} `,
		q.text(at+":"+pull.PolicyPath), blobFields, q.text(at+":"+path.Dir(pull.PolicyPath)), treeFields)
}

// policy reads the base's policy out of the answer, or asks for it if the base
// is another than was thought, as that of a merged pull request always is. Then
// it is asked for at the tip just seen.
func (r *reading) policy(ctx context.Context) error {
	object, folder := r.repo.Policy, r.repo.Folder
	base := r.snap.Pull
	if base.BaseTip == "" {
		r.snap.Policy.Base = pull.Blob{State: pull.BlobNoAnswer, Problem: "the base branch is gone"}
		return nil
	}
	if r.hints.BaseBranch != base.BaseBranch || base.Merged {
		q := newGraphQuery()
		q.set("owner", "String!", r.ref.Owner)
		q.set("name", "String!", r.ref.Repo)
		q.write(`repository(owner:$owner,name:$name){databaseId `)
		writePolicy(q, base.BaseTip)
		q.write(`}`)
		answer, err := r.g.creator.ask(ctx, r.inst, q, nil)
		if err != nil {
			return err
		}
		if err := sameRepository(answer, r.ref); err != nil {
			return err
		}
		var repo graphRepo
		if _, err := answer.decode("repository", &repo); err != nil {
			return err
		}
		object, folder = repo.Policy, repo.Folder
	}
	blob, err := policyBlob(object, folder, pull.PolicyPath)
	r.snap.Policy.Base = blob
	return err
}

// ownerPolicy reads the owner default. A repository that is not there, or not
// for us, is Hidden; one that was renamed away is not the owner default.
func ownerPolicy(answer *graphAnswer, owner string) (pull.Blob, error) {
	var repo graphRepo
	found, err := answer.decode("ownerRepo", &repo)
	kind, message := answer.errorAt("ownerRepo")
	switch {
	case err != nil:
		return pull.Blob{}, err
	case kind == typeForbidden:
		return pull.Blob{State: pull.BlobNoAnswer, Problem: message}, nil
	case kind != "" && found:
		return pull.Blob{}, fmt.Errorf("GitHub answered a query in part only: %s at the owner default", kind)
	case !found:
		return pull.Blob{State: pull.BlobHidden}, nil
	case repo.isOther(owner):
		return pull.Blob{State: pull.BlobHidden}, nil
	}
	return policyBlob(repo.Policy, repo.Folder, pull.OwnerPolicyPath)
}

// policyBlob says what stands at a policy's path: object is what git finds
// there, folder the folder it is in.
func policyBlob(object, folder *graphObject, file string) (pull.Blob, error) {
	switch {
	case folder == nil && object == nil:
		return pull.Blob{State: pull.BlobAbsent}, nil
	case folder == nil:
		return pull.Blob{}, errors.New("GitHub answered a query in part only: a file without its folder")
	case folder.Typename != "Tree":
		return pull.Blob{State: pull.BlobUnreadable, OID: folder.OID, Problem: path.Dir(file) + " is not a folder"}, nil
	}
	at := slices.IndexFunc(folder.Entries, func(e graphEntry) bool { return e.Name == path.Base(file) })
	switch {
	case at < 0 && object == nil:
		return pull.Blob{State: pull.BlobAbsent}, nil
	case at < 0:
		return pull.Blob{}, errors.New("GitHub answered a query in part only: a file that its folder does not list")
	}
	switch folder.Entries[at].Mode {
	case modeSymlink:
		return pull.Blob{State: pull.BlobSymlink, Problem: "is a symbolic link"}, nil
	case modeSubmodule:
		return pull.Blob{State: pull.BlobUnreadable, Problem: "is a submodule"}, nil
	case modeFolder:
		return pull.Blob{State: pull.BlobUnreadable, Problem: "is a folder"}, nil
	}
	if object == nil || object.Typename != "Blob" {
		return pull.Blob{}, errors.New("GitHub answered a query in part only: a folder lists a file that is not there")
	}
	return readableBlob(object), nil
}

func readableBlob(object *graphObject) pull.Blob {
	unreadable := func(why string) pull.Blob {
		return pull.Blob{State: pull.BlobUnreadable, OID: object.OID, Problem: why}
	}
	switch {
	case object.ByteSize > policyLimit:
		return unreadable(pull.ProblemTooLarge)
	case object.ByteSize == 0:
		return pull.Blob{State: pull.BlobFound, OID: object.OID}
	case object.IsTruncated:
		return unreadable("is larger than GitHub hands out whole")
	case object.IsBinary != nil && *object.IsBinary, object.Text == nil:
		return unreadable(pull.ProblemNotText)
	}
	return pull.Blob{State: pull.BlobFound, OID: object.OID, Text: *object.Text}
}

// writeLabels asks, inside a repository, whether labels exist.
func writeLabels(q *graphQuery, names []string) {
	for i, name := range names {
		q.write(`l%d:label(name:%s){name} `, i, q.text(name))
	}
}

// existingLabels reads the answer to writeLabels.
func existingLabels(answer *graphAnswer, names []string) ([]string, error) {
	if len(names) == 0 {
		return nil, nil
	}
	var fields map[string]json.RawMessage
	if _, err := answer.decode("repository", &fields); err != nil {
		return nil, err
	}
	var existing []string
	for i, name := range names {
		raw, ok := fields[fmt.Sprintf("l%d", i)]
		if !ok {
			return nil, fmt.Errorf("GitHub answered a query in part only: nothing about label %q", name)
		}
		if string(raw) != "null" {
			existing = append(existing, name)
		}
	}
	return existing, nil
}
