package ghapp

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slagate/slagate/internal/pull"
)

// Look is what a list shows of an open pull request beyond its head, as far as a decision
// or what slagate wrote may depend on it.
type Look struct {
	Labels      []pull.Label // by id
	LabelsWhole bool         // these are all
	// Statuses are slagate's on the head, by context. StatusesSeen: the head's were shown.
	Statuses     []pull.Status
	StatusesSeen bool
	// Comments are slagate's among the first ones. CommentSeen: there is one, or
	// certainly none, since all comments were shown.
	Comments    []OwnComment
	CommentSeen bool
	// Queued: it is in a merge queue, with the commits of its group ("" while that is made).
	Queued               bool
	GroupHead, GroupBase string
}

// OwnComment is a comment of slagate's own bot.
type OwnComment struct {
	ID       int64
	EditedAt time.Time   // zero: never
	Editor   pull.Person // who edited it last
}

// Digest is the same for two looks at the pull request only if nothing changed in between
// that a list shows. It is "" where the list does not show enough to say so: labels or
// comments beyond the page, the head's statuses missing or without slagate's own, the base
// branch gone. Such a pull request must be evaluated.
func (p OpenPull) Digest() string {
	if !p.seenWhole() {
		return ""
	}
	d := digest{}
	d.add("1", p.Head, p.BaseBranch, p.BaseTip, when(p.UpdatedAt))
	d.count(len(p.Look.Labels))
	for _, l := range p.Look.Labels {
		d.add(l.NodeID, l.Name)
	}
	d.count(len(p.Look.Statuses))
	for _, s := range p.Look.Statuses {
		d.add(s.Context, s.State, s.Description, s.TargetURL)
		d.person(s.Creator)
	}
	d.count(len(p.Look.Comments))
	for _, c := range p.Look.Comments {
		d.add(strconv.FormatInt(c.ID, 10), when(c.EditedAt))
		d.person(c.Editor)
	}
	d.add(strconv.FormatBool(p.Look.Queued), p.Look.GroupHead, p.Look.GroupBase)
	sum := sha256.Sum256(d.bytes)
	return hex.EncodeToString(sum[:])
}

func (p OpenPull) seenWhole() bool {
	ours := slices.ContainsFunc(p.Look.Statuses, func(s pull.Status) bool { return strings.EqualFold(s.Context, contextName) })
	return p.BaseTip != "" && p.Look.LabelsWhole && p.Look.StatusesSeen && ours && p.Look.CommentSeen
}

// digest is the text that is hashed: every field after its length, so that no two lists
// of fields make the same text.
type digest struct{ bytes []byte }

func (d *digest) add(fields ...string) {
	for _, f := range fields {
		d.count(len(f))
		d.bytes = append(d.bytes, f...)
	}
}

func (d *digest) count(n int) {
	d.bytes = binary.BigEndian.AppendUint64(d.bytes, uint64(n)) //nolint:gosec // a length is never negative
}

func (d *digest) person(p pull.Person) { d.add(strconv.FormatInt(p.ID, 10), p.Login, p.Kind) }

func when(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
