package githubsim

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

type serverHandler http.Handler

// handler answers a call. It runs under the server's lock: shared for GET,
// alone for everything else. A nil answer is 204.
type handler func(c *call) (any, error)

// access is who may call a route.
type access int

const (
	byAnyone       access = iota // with any credentials
	byApp                        // with the app's JWT
	byInstallation               // with an installation's token
)

// route is one operation of the API.
type route struct {
	pattern string
	parts   []string
	access  access
	// needs are the permissions of which one is enough, e.g. "statuses:write".
	needs  []string
	handle handler
	free   bool // does not count against the primary limit
	shared bool // takes the shared lock though it is no GET
	kind   string
}

// call is one request.
type call struct {
	s     *Server
	r     *http.Request
	route *route
	token *token // nil with the app's JWT
	repo  *Repo
	stale bool
	// staleSince limits stale reads to changes after it; zero: any.
	staleSince time.Time
	limit      string // the kind of limit that chaos drew
	docs       string // documentation_url of a refusal
	status     int
	header     http.Header
	body       []byte
}

func (c *call) path(name string) string { return c.r.PathValue(name) }

func (c *call) number(name string) int64 {
	n, err := strconv.ParseInt(c.path(name), 10, 64)
	if err != nil {
		return -1
	}
	return n
}

func (c *call) query(name string) string { return c.r.URL.Query().Get(name) }

// decode reads the JSON body.
func (c *call) decode(into any) error {
	if err := json.Unmarshal(c.body, into); err != nil {
		return refuse(http.StatusBadRequest, "Problems parsing JSON")
	}
	return nil
}

func (c *call) created(v any) (any, error) {
	c.status = http.StatusCreated
	return v, nil
}

// pathEscape escapes a name for a path, slashes included.
func pathEscape(s string) string { return url.PathEscape(s) }

// page cuts one page out of a list and links the others.
func page[T any](c *call, all []T) []T {
	size, n := c.paging()
	from := min((n-1)*size, len(all))
	to := min(from+size, len(all))
	c.link(n, (len(all)+size-1)/size)
	return all[from:to]
}

// paging is the page's size (default 30, at most 100) and number.
func (c *call) paging() (size, n int) {
	size, n = 30, 1
	if v, err := strconv.Atoi(c.query("per_page")); err == nil && v > 0 {
		size = min(v, 100)
	}
	if v, err := strconv.Atoi(c.query("page")); err == nil && v > 0 {
		n = v
	}
	return size, n
}

func (c *call) link(n, last int) {
	var links []string
	add := func(rel string, page int) {
		links = append(links, "<"+c.url(map[string]string{"page": strconv.Itoa(page)})+`>; rel="`+rel+`"`)
	}
	if n > 1 && last > 0 {
		add("prev", n-1)
	}
	if n < last {
		add("next", n+1)
		add("last", last)
	}
	if n > 1 && last > 0 {
		add("first", 1)
	}
	if len(links) > 0 {
		c.header.Set("Link", strings.Join(links, ", "))
	}
}

// url is the request's own address with some query values replaced.
func (c *call) url(set map[string]string) string {
	u := *c.r.URL
	u.Scheme, u.Host = "http", c.r.Host
	if c.r.TLS != nil {
		u.Scheme = "https"
	}
	if original, ok := c.r.Context().Value(originalPath{}).(*url.URL); ok {
		u.Path, u.RawPath = original.Path, original.RawPath
	}
	q := u.Query()
	for k, v := range set {
		q.Set(k, v)
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// serve answers a request of a route, faults and limits included.
func (s *Server) serve(rt *route, w http.ResponseWriter, r *http.Request) {
	fault, planned := s.faults.take(rt.pattern, r.URL.Path)
	body, err := io.ReadAll(io.LimitReader(r.Body, 10<<20))
	if err != nil {
		return
	}
	c := &call{s: s, r: r, route: rt, stale: fault.Stale, status: http.StatusOK, header: http.Header{}, body: body}
	if !planned {
		fault, c.limit = s.chaos.request(c)
	}
	if hold(r.Context(), time.Duration(s.latency.Load())+fault.Delay, fault.Until) != nil {
		return
	}
	out := s.answer(c, fault)
	if hold(r.Context(), fault.Late, nil) != nil {
		return
	}
	if fault.Cut {
		panic(http.ErrAbortHandler) // net/http's way to break a connection
	}
	if fault.Status != 0 {
		c.status, out = fault.Status, mustJSON(object{"message": orDefault(fault.Message, http.StatusText(fault.Status))})
	}
	s.finish(c, w, out)
}

func orDefault(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// answer runs the handler and marshals its answer.
func (s *Server) answer(c *call, fault Fault) []byte {
	v, err := s.locked(c, fault)
	var refused *Error
	switch {
	case errors.As(err, &refused):
		c.status = refused.Status
		maps.Copy(c.header, refused.header)
		o := object{"message": refused.Message, "documentation_url": c.docs, "status": strconv.Itoa(refused.Status)}
		if len(refused.Details) > 0 {
			o["errors"] = refused.Details
		}
		return mustJSON(o)
	case err != nil:
		c.status = http.StatusInternalServerError
		return mustJSON(object{"message": err.Error()})
	case v == nil:
		if c.status == http.StatusOK {
			c.status = http.StatusNoContent
		}
		return nil
	}
	out, done := v.(finished)
	if !done {
		out = mustJSON(v)
	}
	if len(fault.Null) > 0 {
		out = blank(out, fault.Null)
	}
	if c.r.Method == http.MethodGet && c.status == http.StatusOK {
		s.etag(c, out)
	}
	return out
}

// finished is an answer that is JSON already.
type finished []byte

// locked runs the handler while nothing can change. What it returns belongs to
// the caller: nothing in it may be a part of the model.
func (s *Server) locked(c *call, fault Fault) (any, error) {
	if c.r.Method == http.MethodGet || c.route.shared {
		s.mu.RLock()
		defer s.mu.RUnlock()
	} else {
		s.mu.Lock()
		defer s.mu.Unlock()
	}
	c.docs = s.web("docs/rest")
	return s.guarded(c, fault)
}

// etag answers 304 if the caller has this answer already. A new token changes
// the tag, as it does at GitHub.
func (s *Server) etag(c *call, out []byte) {
	h := sha256.New()
	if c.token != nil {
		h.Write([]byte(c.token.value))
	}
	h.Write(out)
	tag := `W/"` + hex.EncodeToString(h.Sum(nil)) + `"`
	c.header.Set("ETag", tag)
	if c.r.Header.Get("If-None-Match") == tag {
		c.status = http.StatusNotModified
	}
}

// guarded checks who calls, what limits say and what the token may, then runs the handler.
func (s *Server) guarded(c *call, fault Fault) (any, error) {
	if err := s.authenticate(c); err != nil {
		return nil, err
	}
	if err := s.limits(c); err != nil {
		return nil, err
	}
	if fault.Status != 0 && !fault.DoneAnyway {
		return object{}, nil
	}
	if owner, name := c.path("owner"), c.path("repo"); owner != "" {
		if err := s.findRepo(c, owner, name); err != nil {
			return nil, err
		}
	}
	if c.token != nil && !c.token.may(c.route.needs) {
		e := refuse(http.StatusForbidden, "Resource not accessible by integration")
		e.header = http.Header{"X-Accepted-Github-Permissions": {strings.ReplaceAll(strings.Join(c.route.needs, "; "), ":", "=")}}
		return nil, e
	}
	if c.repo != nil && c.repo.archived && c.r.Method != http.MethodGet {
		return nil, refuse(http.StatusForbidden, "Repository was archived so is read-only.")
	}
	return c.route.handle(c)
}

// findRepo finds the repository of the path: former names redirect, what the
// token does not cover is not there.
func (s *Server) findRepo(c *call, owner, name string) error {
	r := s.repoOf(owner, name)
	if r == nil || c.token != nil && !c.token.covers(r) {
		return notFound()
	}
	if !strings.EqualFold(r.fullName(), owner+"/"+name) {
		_, rest, _ := strings.Cut(c.r.URL.EscapedPath(), "/repos/"+pathEscape(owner)+"/"+pathEscape(name))
		status := http.StatusMovedPermanently
		if c.r.Method != http.MethodGet {
			status = http.StatusTemporaryRedirect
		}
		e := refuse(status, "Moved Permanently")
		u, err := url.Parse(c.url(nil))
		if err != nil {
			return err
		}
		prefix := s.prefixOf(c.r)
		e.header = http.Header{"Location": {u.Scheme + "://" + u.Host + prefix + "/repositories/" + strconv.FormatInt(r.ID, 10) + rest + query(c.r)}}
		return e
	}
	c.repo = r
	return nil
}

func query(r *http.Request) string {
	if r.URL.RawQuery == "" {
		return ""
	}
	return "?" + r.URL.RawQuery
}

// limits spends the request, or refuses it.
func (s *Server) limits(c *call) error {
	if c.token == nil || c.route.free {
		return nil
	}
	how := s.traffic.secondary()
	if how == nil {
		how = s.chaos.limit(c.token.install.ID, c.limit)
	}
	if how != nil {
		e := refuse(how.Status, "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.")
		if !how.Bare {
			e.header = http.Header{"Retry-After": {strconv.Itoa(int(how.RetryAfter / time.Second))}}
		}
		return e
	}
	if c.route.kind == KindGraphQL {
		return nil // spent by its cost, and refused in its own way
	}
	if s.opts.Enterprise == "" && s.traffic.quota(c.bucket(), s.now()).Remaining == 0 {
		return refuse(http.StatusForbidden, "API rate limit exceeded for installation ID %d.", c.token.install.ID)
	}
	return nil
}

func (c *call) bucket() bucket {
	if c.token == nil {
		return bucket{}
	}
	resource := "core"
	if c.route.kind == KindGraphQL {
		resource = "graphql"
	}
	return bucket{c.token.install.ID, resource}
}

// finish counts the request, writes the answer and logs it.
func (s *Server) finish(c *call, w http.ResponseWriter, out []byte) {
	now := s.now()
	counted := c.token != nil && !c.route.free && c.status != http.StatusNotModified
	if counted && c.route.kind != KindGraphQL && s.opts.Enterprise == "" {
		counted = s.traffic.spend(c.bucket(), 1, now)
	}
	maps.Copy(w.Header(), c.header)
	h := w.Header()
	h.Set("Date", now.Format(http.TimeFormat))
	h.Set("X-GitHub-Media-Type", "github.v3; format=json")
	h.Set("X-GitHub-Request-Id", guid(int64(len(out)))[:18])
	if s.opts.Enterprise != "" {
		h.Set("X-GitHub-Enterprise-Version", s.opts.Enterprise)
	}
	if c.token != nil && s.opts.Enterprise == "" {
		q := s.traffic.quota(c.bucket(), now)
		h.Set("X-RateLimit-Limit", strconv.Itoa(q.Limit))
		h.Set("X-RateLimit-Used", strconv.Itoa(q.Used))
		h.Set("X-RateLimit-Remaining", strconv.Itoa(q.Remaining))
		h.Set("X-RateLimit-Reset", strconv.FormatInt(q.Reset.Unix(), 10))
		h.Set("X-RateLimit-Resource", c.bucket().resource)
	}
	entry := Request{At: now, Method: c.r.Method, Route: c.route.pattern, Path: c.r.URL.Path, Kind: c.kind(), Counted: counted, Status: c.status}
	if c.token != nil {
		entry.Installation = c.token.install.ID
	}
	if entry.Kind == KindWrite || entry.Kind == KindGraphQL {
		entry.Body = string(c.body)
	}
	s.traffic.record(entry)
	if out == nil || c.status == http.StatusNotModified {
		w.WriteHeader(c.status)
		return
	}
	h.Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(c.status)
	if _, err := io.Copy(w, bytes.NewReader(out)); err != nil {
		return // the caller is gone: nobody to tell
	}
}

func (c *call) kind() string {
	switch {
	case c.route.kind != "":
		return c.route.kind
	case c.route.access == byApp:
		return KindApp
	case c.r.Method == http.MethodGet:
		return KindRead
	default:
		return KindWrite
	}
}
