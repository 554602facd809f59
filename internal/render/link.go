package render

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"

	"github.com/slagate/slagate/internal/pull"
)

// defaultWebURL is where github.com shows its pages.
const defaultWebURL = "https://github.com"

// addressLimit is the length above which a link is left out rather than shown.
const addressLimit = 600

// links makes the addresses of one pull request's pages.
type links struct {
	repo   string // the repository's page
	number int
}

func newLinks(webURL string, ref pull.Ref) links {
	if webURL == "" {
		webURL = defaultWebURL
	}
	return links{
		repo:   strings.TrimRight(webURL, "/") + "/" + escapePath(ref.Owner) + "/" + escapePath(ref.Repo),
		number: ref.Number,
	}
}

// PullURL is the page of a pull request; webURL "" means github.com.
func PullURL(webURL string, ref pull.Ref) string { return newLinks(webURL, ref).pull() }

func (l links) pull() string { return fmt.Sprintf("%s/pull/%d", l.repo, l.number) }

// diff is the place of a file in the pull request's list of changes, which
// GitHub names by the SHA-256 of its path.
func (l links) diff(path string) string {
	sum := sha256.Sum256([]byte(path))
	return l.pull() + "/files#diff-" + hex.EncodeToString(sum[:])
}

// commitID is what a git commit's name may look like: SHA-1 or SHA-256.
var commitID = regexp.MustCompile(`^[0-9a-f]{40,64}$`)

// blob is the page of a file at a commit; "" where there is none.
func (l links) blob(commit, path string) string {
	if !commitID.MatchString(commit) || path == "" {
		return ""
	}
	address := l.repo + "/blob/" + commit + "/" + escapePath(path)
	if len(address) > addressLimit {
		return ""
	}
	return address
}

// escapePath keeps the letters, digits and slashes of a path and percent-encodes
// every other byte, so that it can end neither a link nor a table cell.
func escapePath(path string) string {
	var b strings.Builder
	for i := range len(path) {
		c := path[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '/', c == '-', c == '.', c == '_':
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// link shows already inert text as a link, or as it is where there is no address.
func link(text, address string) string {
	if address == "" {
		return text
	}
	return "[" + text + "](" + address + ")"
}

// short is a commit or a fingerprint as people read it.
func short(id string) string {
	if len(id) > shortLength {
		return id[:shortLength]
	}
	return id
}

// shortLength is how many hex digits of a commit GitHub itself shows.
const shortLength = 7
