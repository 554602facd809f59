package githubsim

import (
	"bytes"
	"context"
	_ "embed" // the schema
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	graphql "github.com/graph-gophers/graphql-go"
	gqlerrors "github.com/graph-gophers/graphql-go/errors"
)

//go:embed schema.graphql
var schemaText string

// callKey is the context key of the call that a query belongs to.
type callKey struct{}

func callOf(ctx context.Context) *call {
	c, ok := ctx.Value(callKey{}).(*call)
	if !ok {
		panic("githubsim: a query outside a request")
	}
	return c
}

func (s *Server) graphqlRoute() route {
	schema := graphql.MustParseSchema(s.schema(), &gqlRoot{s}, graphql.UseFieldResolvers(), graphql.MaxParallelism(1))
	return route{
		pattern: "POST /graphql", access: byInstallation, kind: KindGraphQL, shared: true,
		handle: func(c *call) (any, error) { return s.query(c, schema) },
	}
}

// query runs a query. Everything but a malformed request is answered with 200.
func (s *Server) query(c *call, schema *graphql.Schema) (any, error) {
	var in struct {
		Query         string         `json:"query"`
		OperationName string         `json:"operationName"`
		Variables     map[string]any `json:"variables"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if in.Query == "" {
		return nil, refuse(http.StatusBadRequest, "A query attribute must be specified and must be a string.")
	}
	if s.opts.Enterprise == "" && !s.traffic.spend(c.bucket(), 1, s.now()) {
		return object{"errors": []object{{"type": "RATE_LIMITED", "message": fmt.Sprintf("API rate limit exceeded for installation ID %d.", c.token.install.ID)}}}, nil
	}
	res := schema.Exec(context.WithValue(c.r.Context(), callKey{}, c), in.Query, in.OperationName, in.Variables)
	if len(res.Errors) == 0 {
		return finished(slices.Concat([]byte(`{"data":`), res.Data, []byte("}"))), nil
	}
	out := object{"data": res.Data, "errors": jsonErrors(res.Errors)}
	if res.Data == nil {
		delete(out, "data")
	}
	return out, nil
}

// jsonErrors writes errors as GitHub does, with their type beside the message.
func jsonErrors(errs []*gqlerrors.QueryError) []object {
	out := []object{}
	for _, e := range errs {
		o := object{"message": e.Message}
		if m := undefinedField.FindStringSubmatch(e.Message); m != nil {
			o["message"] = fmt.Sprintf("Field '%s' doesn't exist on type '%s'", m[1], m[2])
			o["extensions"] = object{"code": "undefinedField", "typeName": m[2], "fieldName": m[1]}
		}
		if len(e.Path) > 0 {
			o["path"] = e.Path
		}
		if len(e.Locations) > 0 {
			o["locations"] = e.Locations
		}
		if kind, ok := e.Extensions["type"]; ok {
			o["type"] = kind
		}
		out = append(out, o)
	}
	return out
}

// blank makes parts of a GraphQL answer null, with an error for each, as GitHub
// does when a part of a query times out.
func blank(answer []byte, paths []string) []byte {
	var doc object
	d := json.NewDecoder(bytes.NewReader(answer))
	d.UseNumber()
	if d.Decode(&doc) != nil {
		return answer
	}
	errs, _ := doc["errors"].([]any) // absent: none yet
	for _, path := range paths {
		keys := strings.Split(path, ".")
		at, ok := doc["data"].(object)
		for _, k := range keys[:len(keys)-1] {
			if ok {
				at, ok = at[k].(object)
			}
		}
		if !ok {
			continue
		}
		at[keys[len(keys)-1]] = nil
		errs = append(errs, object{"path": keys, "message": "Something went wrong while executing your query. This may be the result of a timeout, or it could be a GitHub bug."})
	}
	doc["errors"] = errs
	return mustJSON(doc)
}

// gqlError is an error with GitHub's type.
type gqlError struct{ kind, message string }

func (e *gqlError) Error() string { return e.message }

// Extensions hands the type on to the answer.
func (e *gqlError) Extensions() map[string]any { return map[string]any{"type": e.kind} }

func missing(format string, args ...any) error {
	return &gqlError{"NOT_FOUND", fmt.Sprintf(format, args...)}
}

// allowed refuses what the token may not see.
func (c *call) allowed(needs ...string) error {
	if c.token.may(needs) {
		return nil
	}
	return &gqlError{"FORBIDDEN", "Resource not accessible by integration"}
}

// The scalars of the schema.
type (
	dateTime  struct{ time.Time }
	stringish string // URI, GitObjectID, BigInt, GitTimestamp
)

// ImplementsGraphQLType tells which scalar it is.
func (dateTime) ImplementsGraphQLType(name string) bool { return name == "DateTime" }

// UnmarshalGraphQL reads an argument.
func (d *dateTime) UnmarshalGraphQL(in any) error {
	text, ok := in.(string)
	if !ok {
		return fmt.Errorf("not a DateTime: %v", in)
	}
	t, err := time.Parse(time.RFC3339, text)
	d.Time = t
	return err
}

// MarshalJSON writes seconds, as GitHub does.
func (d dateTime) MarshalJSON() ([]byte, error) { return json.Marshal(d.Format(time.RFC3339)) }

// ImplementsGraphQLType tells which scalars it is.
func (stringish) ImplementsGraphQLType(name string) bool {
	return slices.Contains([]string{"URI", "GitObjectID", "BigInt", "GitTimestamp"}, name)
}

// UnmarshalGraphQL reads an argument.
func (v *stringish) UnmarshalGraphQL(in any) error {
	text, ok := in.(string)
	if !ok {
		return fmt.Errorf("not a string: %v", in)
	}
	*v = stringish(text)
	return nil
}

func dateOrNull(t time.Time) *dateTime {
	if t.IsZero() {
		return nil
	}
	return &dateTime{t}
}

func number32(id int64) *int32 {
	n := int32(id) //nolint:gosec // ids of the model stay small
	return &n
}

func count32(n int) int32 { return int32(n) } //nolint:gosec // counts of the model stay small

func textOrNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// pageArgs are the arguments of every connection.
type pageArgs struct {
	After, Before *string
	First, Last   *int32
}

// conn is one page of a connection.
type conn[T any] struct {
	items      []T
	from, all  int
	TotalCount int32
}

// Nodes are the items of the page.
func (c *conn[T]) Nodes() *[]*T {
	out := make([]*T, len(c.items))
	for i := range c.items {
		out[i] = &c.items[i]
	}
	return &out
}

// edge is an item with its cursor.
type edge[T any] struct {
	Cursor string
	Node   *T
}

// Edges are the items of the page with their cursors.
func (c *conn[T]) Edges() *[]*edge[T] {
	out := make([]*edge[T], len(c.items))
	for i := range c.items {
		out[i] = &edge[T]{cursor(c.from + i), &c.items[i]}
	}
	return &out
}

type pageInfo struct {
	EndCursor, StartCursor       *string
	HasNextPage, HasPreviousPage bool
}

// PageInfo tells where the page stands.
func (c *conn[T]) PageInfo() pageInfo {
	p := pageInfo{HasPreviousPage: c.from > 0, HasNextPage: c.from+len(c.items) < c.all}
	if len(c.items) > 0 {
		first, last := cursor(c.from), cursor(c.from+len(c.items)-1)
		p.StartCursor, p.EndCursor = &first, &last
	}
	return p
}

func cursor(i int) string {
	return base64.StdEncoding.EncodeToString([]byte("cursor:v2:" + strconv.Itoa(i)))
}

func position(cursor string) (int, error) {
	b, err := base64.StdEncoding.DecodeString(cursor)
	if err == nil {
		var n int
		if n, err = strconv.Atoi(strings.TrimPrefix(string(b), "cursor:v2:")); err == nil {
			return n, nil
		}
	}
	return 0, &gqlError{"INVALID_CURSOR_ARGUMENTS", fmt.Sprintf("`%s` does not appear to be a valid cursor.", cursor)}
}

// connect cuts a page out of a list and makes its items.
func connect[A, T any](name string, args pageArgs, all []A, item func(A) T) (*conn[T], error) {
	from, to := 0, len(all)
	if args.After != nil && *args.After != "" {
		n, err := position(*args.After)
		if err != nil {
			return nil, err
		}
		from = min(n+1, len(all))
	}
	if args.Before != nil && *args.Before != "" {
		n, err := position(*args.Before)
		if err != nil {
			return nil, err
		}
		to = max(from, min(n, len(all)))
	}
	for which, n := range map[string]*int32{"first": args.First, "last": args.Last} {
		if n != nil && (*n < 0 || *n > 100) {
			return nil, &gqlError{"EXCESSIVE_PAGINATION", fmt.Sprintf("Requesting %d records on the `%s` connection exceeds the `%s` limit of 100 records.", *n, name, which)}
		}
	}
	switch {
	case args.First != nil:
		to = min(to, from+int(*args.First))
	case args.Last != nil:
		from = max(from, to-int(*args.Last))
	default:
		return nil, &gqlError{"MISSING_PAGINATION_BOUNDARIES", fmt.Sprintf("You must provide a `first` or `last` value to properly paginate the `%s` connection.", name)}
	}
	c := &conn[T]{from: from, all: len(all), TotalCount: count32(len(all))}
	for _, a := range all[from:to] {
		c.items = append(c.items, item(a))
	}
	return c, nil
}
