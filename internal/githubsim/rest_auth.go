package githubsim

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v4"
)

// token is an installation token.
type token struct {
	value       string
	install     *Installation
	repos       map[int64]bool // nil: all of the installation
	permissions map[string]string
	expires     time.Time
}

func (t *token) covers(r *Repo) bool {
	return t.install.covers(r) && (t.repos == nil || t.repos[r.ID])
}

// may reports whether one of the permissions is granted; none needed is granted.
func (t *token) may(needs []string) bool {
	if len(needs) == 0 {
		return true
	}
	return slices.ContainsFunc(needs, func(need string) bool {
		name, level, _ := strings.Cut(need, ":")
		return atLeast(t.permissions[name], level) && atLeast(t.install.permissions[name], level)
	})
}

func atLeast(have, want string) bool {
	rank := map[string]int{"": 0, "read": 1, "write": 2, "admin": 3}
	return rank[have] >= rank[want]
}

// authenticate finds out who calls.
func (s *Server) authenticate(c *call) error {
	scheme, value, _ := strings.Cut(c.r.Header.Get("Authorization"), " ")
	if !slices.Contains([]string{"bearer", "token"}, strings.ToLower(scheme)) {
		return refuse(http.StatusUnauthorized, "Requires authentication")
	}
	if strings.HasPrefix(value, "ghs_") {
		return s.authenticateToken(c, value)
	}
	if err := s.verifyJWT(value); err != nil {
		return err
	}
	if c.route.access == byInstallation || len(c.route.needs) > 0 {
		return refuse(http.StatusUnauthorized, "Bad credentials")
	}
	return nil
}

func (s *Server) authenticateToken(c *call, value string) error {
	s.tokenMu.Lock()
	t := s.tokens[value]
	s.tokenMu.Unlock()
	switch {
	case t == nil, !s.now().Before(t.expires), t.install.deleted:
		return refuse(http.StatusUnauthorized, "Bad credentials")
	case c.route.access == byApp:
		return refuse(http.StatusUnauthorized, "A JSON web token could not be decoded")
	case !t.install.suspended.IsZero():
		return refuse(http.StatusForbidden, "This installation has been suspended")
	}
	c.token = t
	return nil
}

// verifyJWT checks the app's signature, its id and the token's life of ten minutes at most.
func (s *Server) verifyJWT(value string) error {
	claims := &jwt.RegisteredClaims{}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"RS256"}), jwt.WithoutClaimsValidation())
	if _, err := parser.ParseWithClaims(value, claims, func(*jwt.Token) (any, error) { return s.opts.PublicKey, nil }); err != nil {
		return refuse(http.StatusUnauthorized, "A JSON web token could not be decoded")
	}
	switch {
	case claims.Issuer != strconv.FormatInt(s.opts.AppID, 10):
		return refuse(http.StatusUnauthorized, "Integration not found")
	case claims.IssuedAt == nil || claims.ExpiresAt == nil:
		return refuse(http.StatusUnauthorized, "Missing 'exp' claim in assertion")
	case claims.ExpiresAt.Sub(claims.IssuedAt.Time) > 10*time.Minute+time.Minute:
		return refuse(http.StatusUnauthorized, "'Expiration time' claim ('exp') is too far in the future")
	case !s.opts.CheckJWTTime:
		return nil
	case claims.IssuedAt.After(s.now()):
		return refuse(http.StatusUnauthorized, "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued")
	case claims.ExpiresAt.Before(s.now()):
		return refuse(http.StatusUnauthorized, "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires")
	default:
		return nil
	}
}

func (s *Server) authRoutes() []route {
	return []route{
		{pattern: "GET /app", access: byApp, handle: func(*call) (any, error) { return s.jsonApp(), nil }},
		{pattern: "GET /app/installations", access: byApp, handle: s.listInstallations},
		{pattern: "GET /app/installations/{id}", access: byApp, handle: s.getInstallation},
		{pattern: "POST /app/installations/{id}/access_tokens", access: byApp, kind: KindToken, handle: s.createToken},
		{pattern: "GET /repos/{owner}/{repo}/installation", access: byApp, handle: s.repoInstallation},
		{pattern: "GET /orgs/{org}/installation", access: byApp, handle: s.orgInstallation},
		{pattern: "GET /installation/repositories", access: byInstallation, handle: s.installationRepos},
		{pattern: "GET /rate_limit", free: true, handle: s.rateLimit},
		{pattern: "GET /meta", free: true, handle: s.meta},
	}
}

func (s *Server) live() []*Installation {
	return slices.DeleteFunc(slices.Clone(s.installs), func(in *Installation) bool { return in.deleted })
}

func (s *Server) install(id int64) *Installation {
	for _, in := range s.live() {
		if in.ID == id {
			return in
		}
	}
	return nil
}

func (s *Server) listInstallations(c *call) (any, error) {
	out := []object{}
	for _, in := range page(c, s.live()) {
		out = append(out, s.jsonInstallation(in))
	}
	return out, nil
}

func (s *Server) getInstallation(c *call) (any, error) {
	in := s.install(c.number("id"))
	if in == nil {
		return nil, notFound()
	}
	return s.jsonInstallation(in), nil
}

func (s *Server) repoInstallation(c *call) (any, error) {
	for _, in := range s.live() {
		if in.covers(c.repo) {
			return s.jsonInstallation(in), nil
		}
	}
	return nil, notFound()
}

func (s *Server) orgInstallation(c *call) (any, error) {
	for _, in := range s.live() {
		if strings.EqualFold(in.account.login, c.path("org")) {
			return s.jsonInstallation(in), nil
		}
	}
	return nil, notFound()
}

func (s *Server) createToken(c *call) (any, error) {
	in := s.install(c.number("id"))
	if in == nil {
		return nil, notFound()
	}
	if !in.suspended.IsZero() {
		return nil, refuse(http.StatusForbidden, "This installation has been suspended")
	}
	var ask struct {
		RepositoryIDs []int64           `json:"repository_ids"`
		Repositories  []string          `json:"repositories"`
		Permissions   map[string]string `json:"permissions"`
	}
	if len(c.body) > 0 {
		if err := c.decode(&ask); err != nil {
			return nil, err
		}
	}
	t := &token{install: in, permissions: maps.Clone(in.permissions), expires: s.now().Add(time.Hour)}
	if ask.Permissions != nil {
		for name, level := range ask.Permissions {
			if !atLeast(in.permissions[name], level) {
				return nil, refuse(http.StatusUnprocessableEntity, "The permissions requested are not granted to this installation.")
			}
		}
		t.permissions = maps.Clone(ask.Permissions)
		t.permissions["metadata"] = "read"
	}
	repos, err := s.tokenRepos(in, ask.RepositoryIDs, ask.Repositories)
	if err != nil {
		return nil, err
	}
	answer := object{"expires_at": stamp(t.expires), "permissions": maps.Clone(t.permissions), "repository_selection": "all"}
	if repos != nil {
		t.repos = map[int64]bool{}
		list := []any{}
		for _, r := range repos {
			t.repos[r.ID] = true
			list = append(list, s.repository(r))
		}
		answer["repositories"], answer["repository_selection"] = list, "selected"
	}
	s.keepToken(t)
	answer["token"] = t.value
	return c.created(answer)
}

// keepToken gives the token its value, in the long form that GitHub rolls out since 2026.
func (s *Server) keepToken(t *token) {
	s.tokenMu.Lock()
	defer s.tokenMu.Unlock()
	h := sha256.Sum256(fmt.Appendf(nil, "%d %d", t.install.ID, len(s.tokens)))
	x := hex.EncodeToString(h[:])
	t.value = fmt.Sprintf("ghs_%d_%s.%s%s.%s", s.opts.AppID, x[:36], x, x, x[:43])
	s.tokens[t.value] = t
}

// ExpireTokens ends all installation tokens now.
func (s *Server) ExpireTokens() {
	s.tokenMu.Lock()
	defer s.tokenMu.Unlock()
	s.tokens = map[string]*token{}
}

func (s *Server) tokenRepos(in *Installation, ids []int64, names []string) ([]*Repo, error) {
	if len(ids) == 0 && len(names) == 0 {
		return nil, nil // no list is the whole installation
	}
	if len(ids)+len(names) > 500 {
		return nil, refuse(http.StatusUnprocessableEntity, "too many repositories: at most 500")
	}
	var out []*Repo
	for _, r := range in.repos() {
		if slices.Contains(ids, r.ID) || slices.Contains(names, r.name) {
			out = append(out, r)
		}
	}
	if len(out) != len(ids)+len(names) {
		return nil, refuse(http.StatusUnprocessableEntity, "There is at least one repository that does not exist or is not accessible to the parent installation.")
	}
	return out, nil
}

func (s *Server) installationRepos(c *call) (any, error) {
	var all []*Repo
	for _, r := range c.token.install.repos() {
		if c.token.covers(r) {
			all = append(all, r)
		}
	}
	out := []any{}
	for _, r := range page(c, all) {
		out = append(out, s.repository(r))
	}
	selection := "selected"
	if c.token.install.all {
		selection = "all"
	}
	return object{"total_count": len(all), "repository_selection": selection, "repositories": out}, nil
}

func (s *Server) rateLimit(c *call) (any, error) {
	if s.opts.Enterprise != "" {
		return limitless(c)
	}
	show := func(resource string) object {
		b := bucket{resource: resource}
		if c.token != nil {
			b.installation = c.token.install.ID
		}
		q := s.traffic.quota(b, s.now())
		return object{"limit": q.Limit, "used": q.Used, "remaining": q.Remaining, "reset": q.Reset.Unix()}
	}
	core := show("core")
	return object{"resources": object{"core": core, "graphql": show("graphql"), "search": show("search")}, "rate": core}, nil
}

func (s *Server) meta(*call) (any, error) {
	if s.opts.Enterprise != "" {
		return object{"verifiable_password_authentication": false, "installed_version": s.opts.Enterprise}, nil
	}
	return object{"verifiable_password_authentication": false, "hooks": []string{"127.0.0.0/8"}, "web": []string{}, "api": []string{}}, nil
}
