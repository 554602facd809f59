package ghapp

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slagate/slagate/internal/redact"
)

// graphError is an entry of "errors" in GraphQL's answer.
type graphError struct {
	Type    string `json:"type"`
	Message string `json:"message"`
	Path    []any  `json:"path"`

	Extensions struct {
		Code  string `json:"code"`
		Field string `json:"fieldName"`
	} `json:"extensions"`
}

// noFieldError says that the server's schema lacks a field: GitHub Enterprise Server
// does not have everything.
type noFieldError struct{ field string }

func (e *noFieldError) Error() string {
	return fmt.Sprintf("this server's schema has no field %q", e.field)
}

// noField is GitHub's sentence about it.
var noField = regexp.MustCompile(`^Field '(\w+)' doesn't exist on type '`)

// lacking is the field that the schema lacks; "" if e says something else.
func (e graphError) lacking() string {
	if e.Extensions.Code == "undefinedField" && e.Extensions.Field != "" {
		return e.Extensions.Field
	}
	if said := noField.FindStringSubmatch(e.Message); said != nil {
		return said[1]
	}
	return ""
}

// at is the path as text: "repository.pullRequest".
func (e graphError) at() string {
	parts := make([]string, len(e.Path))
	for i, p := range e.Path {
		parts[i] = fmt.Sprint(p)
	}
	return strings.Join(parts, ".")
}

// GraphQL's error types that can be answers.
const (
	typeNotFound  = "NOT_FOUND"
	typeForbidden = "FORBIDDEN"
)

// graphQuery is a query in the making. Names that come from people are always
// variables, aliases are always made here, so nothing can be injected.
type graphQuery struct {
	declared strings.Builder
	body     strings.Builder
	vars     map[string]any
}

func newGraphQuery() *graphQuery { return &graphQuery{vars: map[string]any{}} }

// set declares a variable of the given GraphQL type.
func (q *graphQuery) set(name, graphType string, value any) {
	fmt.Fprintf(&q.declared, "$%s:%s ", name, graphType)
	q.vars[name] = value
}

// text declares a String! variable of the next free name and returns "$name".
func (q *graphQuery) text(value string) string {
	name := "v" + strconv.Itoa(len(q.vars))
	q.set(name, "String!", value)
	return "$" + name
}

// after is the argument that asks for the page after a cursor; nothing for the first page.
func (q *graphQuery) after(cursor string) string {
	if cursor == "" {
		return ""
	}
	return ",after:" + q.text(cursor)
}

func (q *graphQuery) write(format string, args ...any) { fmt.Fprintf(&q.body, format, args...) }

func (q *graphQuery) document() string {
	if q.declared.Len() == 0 {
		return "query{" + q.body.String() + "}"
	}
	return "query(" + strings.TrimSpace(q.declared.String()) + "){" + q.body.String() + "}"
}

// graphAnswer is what came back: the data by alias and the errors that the
// caller has still to make sense of.
type graphAnswer struct {
	at     time.Time // GitHub's Date
	data   map[string]json.RawMessage
	errors []graphError
}

// ask sends a query. optional are the top-level aliases at which NOT_FOUND and
// FORBIDDEN are answers; any other error fails the whole query.
func (c *Creator) ask(ctx context.Context, inst *installation, q *graphQuery, optional []string) (*graphAnswer, error) {
	payload, err := json.Marshal(map[string]any{"query": q.document(), "variables": q.vars})
	if err != nil {
		return nil, fmt.Errorf("encoding a query: %w", err)
	}
	req, err := http.NewRequestWithContext(mayRepeat(ctx), http.MethodPost, c.v4.String(), bytes.NewReader(payload))
	if err != nil {
		return nil, fmt.Errorf("making a query: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	resp, err := inst.http.Do(req)
	if err != nil {
		return nil, explain(err)
	}
	defer resp.Body.Close() //nolint:errcheck // it was read to its end below the client, closing does nothing
	body, err := bodyOf(resp)
	if err != nil {
		return nil, cleaned(fmt.Errorf("reading the answer to a query: %w", err))
	}
	if resp.StatusCode != http.StatusOK {
		return nil, &answerError{status: resp.StatusCode, message: shorten(redact.Text(string(body)), 300)}
	}
	return readAnswer(resp.Header, body, optional)
}

func readAnswer(header http.Header, body []byte, optional []string) (*graphAnswer, error) {
	at, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return nil, fmt.Errorf("GitHub's answer has no date: %w", err)
	}
	var decoded struct {
		Data   map[string]json.RawMessage `json:"data"`
		Errors []graphError               `json:"errors"`
	}
	if err := json.Unmarshal(body, &decoded); err != nil {
		return nil, fmt.Errorf("decoding the answer to a query: %w", err)
	}
	for _, e := range decoded.Errors {
		if err := fatal(e, optional); err != nil {
			return nil, err
		}
	}
	if decoded.Data == nil {
		return nil, fmt.Errorf("the answer to a query holds no data")
	}
	return &graphAnswer{at: at.UTC(), data: decoded.Data, errors: decoded.Errors}, nil
}

// fatal is the error that e is for the whole query; nil where it is an answer.
func fatal(e graphError, optional []string) error {
	if len(e.Path) > 0 {
		alias, ok := e.Path[0].(string)
		if ok && slices.Contains(optional, alias) && (e.Type == typeNotFound || e.Type == typeForbidden) {
			return nil
		}
	}
	if field := e.lacking(); field != "" {
		return &noFieldError{field: field}
	}
	place := e.at()
	if e.Type == typeNotFound && (place == "repository" || place == "repository.pullRequest") {
		return fmt.Errorf("%s: %w", place, ErrNotFound)
	}
	return fmt.Errorf("GitHub answered a query in part only: %s %s at %q", e.Type, shorten(redact.Text(e.Message), 300), place)
}

// errorAt is the type and text of the error at a top-level alias; "" if there is none.
func (a *graphAnswer) errorAt(alias string) (kind, message string) {
	for _, e := range a.errors {
		if len(e.Path) > 0 && e.Path[0] == alias {
			return e.Type, shorten(redact.Text(e.Message), 300)
		}
	}
	return "", ""
}

// decode reads the data at an alias; false if it is null.
func (a *graphAnswer) decode(alias string, into any) (bool, error) {
	raw, ok := a.data[alias]
	if !ok {
		return false, fmt.Errorf("the answer to a query lacks %q", alias)
	}
	if string(raw) == "null" {
		return false, nil
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return false, fmt.Errorf("decoding %q of the answer to a query: %w", alias, err)
	}
	return true, nil
}
