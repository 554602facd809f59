package ghapp

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/pull"
)

// mergedJSON makes the one answer that of a merged pull request whose branch is gone.
func mergedJSON(t *testing.T) map[string]any {
	t.Helper()
	answer := answerJSON(t)
	for key, value := range map[string]any{
		"state": "MERGED", "merged": true, "mergedAt": "2026-03-02T09:58:00Z", "baseRef": nil, "baseRefOid": baseSHA,
		"mergedBy": map[string]any{"__typename": "User", "login": "lee", "databaseId": 12}, "mergeCommit": nil,
	} {
		put(t, answer, "data.repository.pullRequest."+key, value)
	}
	return answer
}

func TestMergedIsJudgedByTheBaseAsItWas(t *testing.T) {
	t.Parallel()
	parents := func(oids ...string) any {
		nodes := []any{}
		for _, oid := range oids {
			nodes = append(nodes, map[string]any{"oid": oid})
		}
		return map[string]any{"parents": map[string]any{"nodes": nodes}}
	}
	for name, test := range map[string]struct {
		commit any
		base   string
	}{
		"unknown commit": {nil, baseSHA}, "merge": {parents(tipSHA, headSHA), tipSHA}, "squash": {parents(tipSHA), baseSHA},
		"rebase that ends in a merge": {parents(tipSHA, oldSHA), baseSHA},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			f.queries(func(query string, vars map[string]any) any {
				if strings.Contains(query, "pullRequest(") {
					answer := mergedJSON(t)
					put(t, answer, "data.repository.pullRequest.mergeCommit", test.commit)
					return answer
				}
				require.Contains(t, vars, "v2")
				require.Equal(t, test.base+":"+pull.PolicyPath, vars["v2"])
				return decoded(t, `{"data":{"repository":{"databaseId":100,"policy":{"__typename":"Blob","oid":"p0","byteSize":3,"isBinary":false,"text":"old"},
					"folder":{"__typename":"Tree","oid":"f0","entries":[{"name":"slagate.yml","mode":33188}]}}}}`)
			})
			got, err := read(t, f, hints())
			require.NoError(t, err)
			require.True(t, got.Pull.Merged)
			require.False(t, got.Pull.Open)
			require.Equal(t, nine(58), got.Pull.MergedAt)
			require.Equal(t, pull.Person{ID: 12, Login: "lee", Kind: "User"}, got.Pull.MergedBy)
			require.Equal(t, []string{test.base, test.base}, []string{got.Pull.BaseSHA, got.Pull.BaseTip})
			require.Equal(t, "old", got.Policy.Base.Text, "not the policy that it brought itself")
		})
	}
}

func TestMergedWithoutWhenOrInto(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"mergedAt", "baseRefOid"} {
		f := newFake(t)
		answer := mergedJSON(t)
		put(t, answer, "data.repository.pullRequest."+key, nil)
		f.always(answer)
		_, err := read(t, f, hints())
		require.ErrorContains(t, err, "in part only", key)
	}
}
