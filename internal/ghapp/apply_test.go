package ghapp

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-github/v62/github"
	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/plan"
	"github.com/slagate/slagate/internal/pull"
)

func apply(t *testing.T, f *fake, a plan.Action) (Result, error) {
	t.Helper()
	return NewWriter(f.creator()).Apply(t.Context(), ref, a)
}

// body cans an answer and keeps what was sent.
func (f *fake) body(route string, code int, reply string, into any) {
	f.handle(route, func(w http.ResponseWriter, r *http.Request) {
		if err := json.NewDecoder(r.Body).Decode(into); err != nil {
			f.t.Errorf("decoding %s: %v", route, err)
		}
		w.WriteHeader(code)
		f.send(w, reply)
	})
}

func TestStatusesAreShortEnough(t *testing.T) {
	t.Parallel()
	for _, description := range []string{"Signed by jane", strings.Repeat("x", 141), strings.Repeat("ü", 90), strings.Repeat("x", 137) + "üü"} {
		f := newFake(t)
		var sent github.RepoStatus
		f.body("POST /repos/acme/shop/statuses/"+headSHA, http.StatusCreated, `{"updated_at":"2026-03-02T10:00:01Z"}`, &sent)
		got, err := apply(t, f, plan.Action{Kind: plan.PostStatus, Head: headSHA, Status: pull.Status{
			Context: "slagate/legal", State: "success", Description: description, TargetURL: "https://x/1",
		}})
		require.NoError(t, err)
		require.Equal(t, start.Add(1e9), got.UpdatedAt)
		require.LessOrEqual(t, len(sent.GetDescription()), descriptionLimit)
		require.True(t, utf8.ValidString(sent.GetDescription()))
		require.Equal(t, len(description) > descriptionLimit, strings.HasSuffix(sent.GetDescription(), "…"))
		require.Equal(t, []string{"success", "slagate/legal", "https://x/1"}, []string{sent.GetState(), sent.GetContext(), sent.GetTargetURL()})
	}
	_, err := apply(t, newFake(t), plan.Action{Kind: plan.PostStatus, Head: "main"})
	require.ErrorIs(t, err, errNotCommit)
}

func TestCommentsTellTheirTime(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	var sent github.IssueComment
	f.body("POST /repos/acme/shop/issues/12/comments", http.StatusCreated, `{"id":5000000001,"updated_at":"2026-03-02T10:00:02Z"}`, &sent)
	f.body("PATCH /repos/acme/shop/issues/comments/5000000001", http.StatusOK, `{"id":5000000001,"updated_at":"2026-03-02T10:00:03Z"}`, &sent)
	got, err := apply(t, f, plan.Action{Kind: plan.CreateComment, Body: "hello"})
	require.NoError(t, err)
	require.Equal(t, Result{CommentID: 5000000001, UpdatedAt: start.Add(2e9)}, got)
	require.Equal(t, "hello", sent.GetBody())
	got, err = apply(t, f, plan.Action{Kind: plan.EditComment, CommentID: 5000000001, Body: "again"})
	require.NoError(t, err)
	require.Equal(t, start.Add(3e9), got.UpdatedAt)
	require.Equal(t, "again", sent.GetBody())

	f.status("PATCH /repos/acme/shop/issues/comments/5000000001", http.StatusNotFound, `{"message":"Not Found"}`)
	_, err = apply(t, f, plan.Action{Kind: plan.EditComment, CommentID: 5000000001, Body: "x"})
	require.ErrorIs(t, err, ErrCommentGone)
	_, err = apply(t, f, plan.Action{Kind: plan.DeleteComment, CommentID: 9})
	require.NoError(t, err, "it is gone: done")
	f.status("DELETE /repos/acme/shop/issues/comments/9", http.StatusInternalServerError, "")
	_, err = apply(t, f, plan.Action{Kind: plan.DeleteComment, CommentID: 9})
	require.Error(t, err)
}

func TestLabelNamesAreEscaped(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]string{
		"a#b": "a%23b", "support: ok": "support:%20ok", "sla/legal-approved": "sla%2Flegal-approved", "50%?": "50%25%3F", "ä": "%C3%A4",
	} {
		f := newFake(t)
		f.reply("DELETE /repos/acme/shop/issues/12/labels/"+path, `[]`)
		_, err := apply(t, f, plan.Action{Kind: plan.RemoveLabel, Labels: []string{name}})
		require.NoError(t, err)
		require.Equal(t, []string{"DELETE /repos/acme/shop/issues/12/labels/" + path}, f.requests())
	}
	for _, name := range []string{".", ".."} {
		f := newFake(t)
		_, err := apply(t, f, plan.Action{Kind: plan.RemoveLabel, Labels: []string{name}})
		var refused *RefusedError
		require.ErrorAs(t, err, &refused)
		require.Empty(t, f.requests())
	}
}

func TestLabels(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	var names []string
	f.body("POST /repos/acme/shop/issues/12/labels", http.StatusOK, `[]`, &names)
	_, err := apply(t, f, plan.Action{Kind: plan.AddLabels, Labels: []string{"a#b", "c"}})
	require.NoError(t, err)
	require.Equal(t, []string{"a#b", "c"}, names)
	_, err = apply(t, f, plan.Action{Kind: plan.RemoveLabel, Labels: []string{"gone"}})
	require.NoError(t, err, "it is gone: done")
	for _, kind := range []plan.Kind{plan.RemoveLabel, plan.CreateLabel} {
		_, err = apply(t, f, plan.Action{Kind: kind})
		require.ErrorContains(t, err, "0 labels")
	}

	var label github.Label
	f.body("POST /repos/acme/shop/labels", http.StatusCreated, `{}`, &label)
	_, err = apply(t, f, plan.Action{Kind: plan.CreateLabel, Labels: []string{"sla/x"}, Color: "ff0000", Description: "why"})
	require.NoError(t, err)
	require.Equal(t, []string{"sla/x", "ff0000", "why"}, []string{label.GetName(), label.GetColor(), label.GetDescription()})
	f.status("POST /repos/acme/shop/labels", http.StatusUnprocessableEntity, `{"message":"Validation Failed","errors":[{"resource":"Label","code":"already_exists","field":"name"}]}`)
	_, err = apply(t, f, plan.Action{Kind: plan.CreateLabel, Labels: []string{"sla/x"}})
	require.NoError(t, err, "it exists: done")
	f.status("POST /repos/acme/shop/labels", http.StatusUnprocessableEntity, `{"message":"Validation Failed","errors":[{"resource":"Label","code":"invalid","field":"color"}]}`)
	_, err = apply(t, f, plan.Action{Kind: plan.CreateLabel, Labels: []string{"sla/x"}})
	var refused *RefusedError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, RefusedError{What: "create-label", Message: "Validation Failed; Label color invalid"}, *refused)
}

func TestReactions(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 201} {
		f := newFake(t)
		f.status("POST /repos/acme/shop/issues/comments/4/reactions", status, `{"id":1,"content":"rocket"}`)
		got, err := apply(t, f, plan.Action{Kind: plan.React, CommentID: 4, Reaction: "rocket"})
		require.NoError(t, err)
		require.Equal(t, int64(4), got.CommentID)
	}
	_, err := apply(t, newFake(t), plan.Action{Kind: plan.React, CommentID: 4, Reaction: "rocket"})
	require.ErrorIs(t, err, ErrCommentGone)
}

func TestRefusalsAreTold(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.status("POST /repos/acme/shop/statuses/"+headSHA, http.StatusUnprocessableEntity,
		`{"message":"Validation Failed","errors":[{"resource":"Status","code":"custom","message":"This SHA and context has reached the maximum number of statuses."}]}`)
	_, err := apply(t, f, plan.Action{Kind: plan.PostStatus, Head: headSHA})
	var refused *RefusedError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "post-status", refused.What)
	require.Contains(t, refused.Message, "maximum number of statuses")
	require.ErrorContains(t, err, "acme/shop#12")
	require.Len(t, f.requests(), 1)

	_, err = apply(t, f, plan.Action{Kind: "merge"})
	require.ErrorContains(t, err, "unknown kind")
	f.status("POST /repos/acme/shop/issues/12/comments", http.StatusForbidden, `{"message":"secondary rate limit"}`)
	_, err = apply(t, f, plan.Action{Kind: plan.CreateComment})
	var limited *LimitedError
	require.ErrorAs(t, err, &limited)
}
