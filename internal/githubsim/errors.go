package githubsim

import (
	"fmt"
	"net/http"
)

// Error is a refusal in GitHub's words, with the HTTP status it has in the API.
type Error struct {
	Status  int
	Message string
	// Details is the list "errors" of a 422.
	Details []FieldError

	header http.Header
}

// FieldError is an entry of the list "errors" of a 422.
type FieldError struct {
	Resource string `json:"resource,omitempty"`
	Field    string `json:"field,omitempty"`
	Code     string `json:"code"`
	Message  string `json:"message,omitempty"`
}

func (e *Error) Error() string {
	for _, d := range e.Details {
		if d.Message != "" {
			return e.Message + ": " + d.Message
		}
	}
	return e.Message
}

func refuse(status int, format string, args ...any) *Error {
	return &Error{Status: status, Message: fmt.Sprintf(format, args...)}
}

func notFound() *Error { return refuse(http.StatusNotFound, "Not Found") }

// invalid is a 422 about one field.
func invalid(resource, field, code, message string) *Error {
	return &Error{
		Status:  http.StatusUnprocessableEntity,
		Message: "Validation Failed",
		Details: []FieldError{{Resource: resource, Field: field, Code: code, Message: message}},
	}
}

// forbidden is what a person without the right gets.
func forbidden(need Role) *Error {
	return refuse(http.StatusForbidden, "Must have %s rights to Repository.", need)
}
