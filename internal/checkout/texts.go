package checkout

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/slagate/slagate/internal/pull"
)

// textLimit is the size above which a content is not read, as on GitHub.
const textLimit = 1 << 20

// notHere is said of contents that neither git nor the folder has.
const notHere = "is not in this checkout"

// Texts adds the contents with these ids to the snapshot, see pull.Snapshot.Texts.
// One git reads them all. What lies in the folder only, as with
// [Options.Worktree], is read from there; that is the file as it is, before the
// conversions that git makes when it is committed.
func (r *Repo) Texts(ctx context.Context, sn *pull.Snapshot, oids []string) error {
	var ask []string
	for _, oid := range slices.Compact(slices.Sorted(slices.Values(oids))) {
		_, known := sn.Text(oid)
		switch {
		case known:
		case isID(oid):
			ask = append(ask, oid)
		default: // nothing else may get between the lines that git reads
			sn.AddText(pull.Blob{State: pull.BlobUnreadable, OID: oid, Problem: notHere})
		}
	}
	if len(ask) == 0 {
		return nil
	}
	var blobs []pull.Blob
	err := r.stream(ctx, strings.NewReader(strings.Join(ask, "\n")+"\n"), func(out *bufio.Reader) (err error) {
		blobs, err = readBatch(out, ask)
		return err
	}, "cat-file", "--batch")
	if err != nil {
		return fmt.Errorf("reading the texts of changed files: %w", err)
	}
	if err := r.textsOfDisk(sn.Files, blobs); err != nil {
		return err
	}
	for _, b := range blobs {
		sn.AddText(b)
	}
	return nil
}

// errBatch says that git printed something unexpected; nothing is concluded from it.
var errBatch = errors.New("git cat-file --batch printed something unexpected")

// readBatch reads "<id> <type> <size> LF <content> LF", or "<id> missing LF",
// for each id in turn. https://git-scm.com/docs/git-cat-file#_batch_output
func readBatch(out *bufio.Reader, ids []string) ([]pull.Blob, error) {
	blobs := make([]pull.Blob, 0, len(ids))
	for _, id := range ids {
		line, err := out.ReadString('\n')
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errBatch, err)
		}
		fields := strings.Fields(line)
		switch {
		case len(fields) == 2 && fields[0] == id && fields[1] == "missing":
			blobs = append(blobs, pull.Blob{OID: id}) // maybe it lies in the folder
			continue
		case len(fields) != 3 || fields[0] != id:
			return nil, fmt.Errorf("%w: %q", errBatch, line)
		}
		size, err := strconv.ParseInt(fields[2], 10, 64)
		if err != nil || size < 0 {
			return nil, fmt.Errorf("%w: %q", errBatch, line)
		}
		blob, err := readContent(out, id, fields[1], size)
		if err != nil {
			return nil, err
		}
		blobs = append(blobs, blob)
	}
	return blobs, nil
}

// readContent reads one content and the line end after it. What is too large
// passes by unread.
func readContent(out *bufio.Reader, id, kind string, size int64) (pull.Blob, error) {
	into, text := io.Discard, &bytes.Buffer{}
	if kind == "blob" && size <= textLimit {
		into = text
	}
	if _, err := io.CopyN(into, out, size); err != nil {
		return pull.Blob{}, fmt.Errorf("%w: %w", errBatch, err)
	}
	if end, err := out.ReadByte(); err != nil || end != '\n' {
		return pull.Blob{}, fmt.Errorf("%w after %s", errBatch, id)
	}
	switch {
	case kind != "blob":
		return pull.Blob{State: pull.BlobUnreadable, OID: id, Problem: "is not a file"}, nil
	case size > textLimit:
		return pull.Blob{State: pull.BlobUnreadable, OID: id, Problem: pull.ProblemTooLarge}, nil
	}
	return textBlob(id, text.Bytes()), nil
}

func textBlob(id string, text []byte) pull.Blob {
	if !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0 {
		return pull.Blob{State: pull.BlobUnreadable, OID: id, Problem: pull.ProblemNotText}
	}
	return pull.Blob{State: pull.BlobFound, OID: id, Text: string(text)}
}

// textsOfDisk looks in the folder for what git does not have: files that were
// changed there have the ids that their content would get.
func (r *Repo) textsOfDisk(files []pull.File, blobs []pull.Blob) error {
	paths := map[string]string{}
	for _, f := range files {
		if f.After.Exists() && f.After.Mode != pull.ModeSubmodule {
			paths[f.After.OID] = f.Path
		}
	}
	missing := func(b pull.Blob) bool { return b.State == pull.BlobNotAsked }
	if !slices.ContainsFunc(blobs, missing) {
		return nil
	}
	root, err := os.OpenRoot(r.root)
	if err != nil {
		return fmt.Errorf("reading the folder: %w", err)
	}
	defer root.Close() //nolint:errcheck // opened for reading
	for i, b := range blobs {
		if !missing(b) {
			continue
		}
		blobs[i] = pull.Blob{State: pull.BlobUnreadable, OID: b.OID, Problem: notHere}
		if path, ok := paths[b.OID]; ok {
			blobs[i] = diskText(root, path, b.OID)
		}
	}
	return nil
}

// diskText reads one file of the folder without following symbolic links.
func diskText(root *os.Root, name, oid string) pull.Blob {
	unreadable := func(why string) pull.Blob {
		return pull.Blob{State: pull.BlobUnreadable, OID: oid, Problem: why}
	}
	info, err := lstat(root, name)
	switch {
	case err != nil:
		return unreadable("could not be read in the folder: " + cause(err).Error())
	case !info.Mode().IsRegular():
		return unreadable("is not a file")
	case info.Size() > textLimit:
		return unreadable(pull.ProblemTooLarge)
	}
	text, err := root.ReadFile(name)
	switch {
	case err != nil:
		return unreadable("could not be read in the folder: " + cause(err).Error())
	case len(text) > textLimit:
		return unreadable(pull.ProblemTooLarge)
	}
	return textBlob(oid, text)
}
