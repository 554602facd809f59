package githubsim

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// originalPath is the context key of the address as it was asked for.
type originalPath struct{}

const enterprise = "/api/v3"

// routes builds the handler of everything. http.ServeMux cannot have GitHub's
// routes: /issues/comments/{id} and /issues/{number}/comments are a conflict to it.
func (s *Server) routes() http.Handler {
	var all []route
	all = append(all, s.authRoutes()...)
	all = append(all, s.hookRoutes()...)
	all = append(all, s.repoRoutes()...)
	all = append(all, s.ruleRoutes()...)
	all = append(all, s.pullRoutes()...)
	all = append(all, s.issueRoutes()...)
	all = append(all, s.orgRoutes()...)
	all = append(all, s.graphqlRoute())
	for i := range all {
		all[i].parts = strings.Split(all[i].pattern, "/")
		all[i].pattern = strings.ReplaceAll(all[i].pattern, "...}", "}")
	}
	// the more a pattern says literally, the earlier it is tried
	slices.SortStableFunc(all, func(a, b route) int { return b.literals() - a.literals() })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.misplaced(r.URL.Path) {
			s.unknownRoute(w, r)
			return
		}
		r = s.rewrite(r)
		parts := strings.Split(r.Method+" "+r.URL.EscapedPath(), "/")
		for i := range all {
			if all[i].match(parts, r) {
				s.serve(&all[i], w, r)
				return
			}
		}
		s.unknownRoute(w, r)
	})
}

func (rt *route) literals() int {
	n := 0
	for _, p := range rt.parts {
		if !strings.HasPrefix(p, "{") {
			n++
		}
	}
	return n
}

// match holds a path against the pattern and keeps the values of its wildcards.
func (rt *route) match(parts []string, r *http.Request) bool {
	if !rt.fits(parts) {
		return false
	}
	values := make([]string, len(rt.parts))
	for i, p := range rt.parts {
		if !strings.HasPrefix(p, "{") || i >= len(parts) {
			continue
		}
		got := parts[i]
		if strings.HasSuffix(p, "...}") {
			got = strings.Join(parts[i:], "/")
		}
		plain, err := url.PathUnescape(got)
		if err != nil {
			return false
		}
		values[i] = plain
	}
	for i, p := range rt.parts {
		if name, wild := strings.CutPrefix(p, "{"); wild {
			r.SetPathValue(strings.TrimSuffix(strings.TrimSuffix(name, "}"), "..."), values[i])
		}
	}
	return true
}

// fits compares the literal parts and the number of parts: a rest takes any.
func (rt *route) fits(parts []string) bool {
	for i, p := range rt.parts {
		switch {
		case strings.HasSuffix(p, "...}"):
			return true
		case i >= len(parts), !strings.HasPrefix(p, "{") && p != parts[i]:
			return false
		}
	}
	return len(parts) == len(rt.parts)
}

func (s *Server) unknownRoute(w http.ResponseWriter, r *http.Request) {
	what := r.Method + " " + r.URL.Path
	s.traffic.addUnknown(what)
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(http.StatusNotImplemented)
	body := mustJSON(object{"message": "githubsim: UNKNOWN ROUTE " + what + ": the stand-in GitHub does not have it"})
	if _, err := w.Write(body); err != nil {
		return // the caller is gone: nobody to tell
	}
}

// prefixOf is the prefix under which a REST request came in.
func (s *Server) prefixOf(r *http.Request) string {
	path := r.URL.Path
	if u, ok := r.Context().Value(originalPath{}).(*url.URL); ok {
		path = u.Path
	}
	if strings.HasPrefix(path, enterprise+"/") {
		return enterprise
	}
	return s.opts.Prefix
}

// rewrite takes the prefix off and turns addresses by id into addresses by name.
func (s *Server) rewrite(r *http.Request) *http.Request {
	path := r.URL.EscapedPath()
	switch {
	case path == "/api/graphql":
		path = "/graphql"
	case strings.HasPrefix(path, enterprise+"/"):
		path = strings.TrimPrefix(path, enterprise)
	default:
		path = strings.TrimPrefix(path, s.opts.Prefix)
	}
	path = s.byName(path)
	plain, err := url.PathUnescape(path)
	if err != nil {
		return r
	}
	out := r.Clone(context.WithValue(r.Context(), originalPath{}, r.URL))
	out.URL.Path, out.URL.RawPath = plain, path
	return out
}

// byName rewrites /repositories/{id} and /organizations/{id}/team/{id}.
func (s *Server) byName(path string) string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	parts := strings.SplitN(strings.TrimPrefix(path, "/"), "/", 3)
	if len(parts) < 2 {
		return path
	}
	id, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil {
		return path
	}
	rest := ""
	if len(parts) == 3 {
		rest = "/" + parts[2]
	}
	switch parts[0] {
	case "repositories":
		if r := s.repos[id]; r != nil {
			return "/repos/" + pathEscape(r.owner.login) + "/" + pathEscape(r.name) + rest
		}
		return "/repos/-/-" + rest
	case "organizations":
		return s.teamByName(path, id, rest)
	default:
		return path
	}
}

func (s *Server) teamByName(path string, org int64, rest string) string {
	parts := strings.SplitN(strings.TrimPrefix(rest, "/team/"), "/", 2)
	id, err := strconv.ParseInt(parts[0], 10, 64)
	if err != nil {
		return path
	}
	below := ""
	if len(parts) == 2 {
		below = "/" + parts[1]
	}
	for _, o := range s.orgs {
		for _, t := range o.teams {
			if o.ID == org && t.ID == id {
				return "/orgs/" + o.login + "/teams/" + t.slug + below
			}
		}
	}
	return "/orgs/-/teams/-" + below
}
