package githubsim

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// A GitHub Enterprise Server differs from github.com in what is written here
// and in the few places that ask for Options.Enterprise: the deadline, headers and
// retention of webhooks, the places of the API.

// forEnterprise takes away what a GitHub Enterprise Server does not have: the
// event and the permission of merge queues
// (absent from its webhook descriptions up to 3.19).
func forEnterprise(o Options) Options {
	o.Events = slices.DeleteFunc(slices.Clone(o.Events), func(e string) bool { return e == "merge_group" })
	permissions := map[string]string{}
	for name, level := range o.Permissions {
		if name != "merge_queues" {
			permissions[name] = level
		}
	}
	o.Permissions = permissions
	return o
}

// missingFields are the lines of the schema that a GitHub Enterprise Server lacks.
var missingFields = regexp.MustCompile(`(?m)^  (mergeQueue|mergeQueueEntry)(\([^)]*\))?: .*\n`)

// schema is the GraphQL schema of this server.
func (s *Server) schema() string {
	if s.opts.Enterprise == "" {
		return schemaText
	}
	return missingFields.ReplaceAllString(schemaText, "")
}

// undefinedField is how the GraphQL library words what GitHub words otherwise.
var undefinedField = regexp.MustCompile(`^Cannot query field "([^"]+)" on type "([^"]+)"\.`)

// misplaced tells whether a path is none of a GitHub Enterprise Server's API.
func (s *Server) misplaced(path string) bool {
	return s.opts.Enterprise != "" && path != "/api/graphql" && !strings.HasPrefix(path, enterprise+"/")
}

// limitless answers as a server whose rate limits are off, which is the default
// (https://docs.github.com/enterprise-server/admin/configuring-settings/configuring-user-applications-for-your-enterprise/configuring-rate-limits).
func limitless(*call) (any, error) {
	return nil, refuse(http.StatusNotFound, "Rate limiting is not enabled.")
}
