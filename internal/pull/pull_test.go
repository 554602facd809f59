package pull_test

import (
	"encoding/json"
	"reflect"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/slagate/slagate/internal/pull"
)

func TestIsHuman(t *testing.T) {
	t.Parallel()
	require.True(t, pull.Person{ID: 7, Login: "lee", Kind: pull.KindUser}.IsHuman())
	for _, p := range []pull.Person{
		{},
		{ID: 7, Login: "lee"},
		{Login: "lee", Kind: pull.KindUser},
		{ID: 10137, Login: "ghost", Kind: pull.KindUser},
		{ID: 7, Login: "helper", Kind: pull.KindBot},
		{ID: 7, Login: "old", Kind: pull.KindMannequin},
		{ID: 7, Login: "acme", Kind: pull.KindOrganization},
	} {
		require.False(t, p.IsHuman(), "%+v", p)
	}
}

func TestEntryExists(t *testing.T) {
	t.Parallel()
	var none *pull.Entry
	require.False(t, none.Exists())
	require.False(t, (&pull.Entry{}).Exists())
	require.True(t, (&pull.Entry{Mode: "100644"}).Exists())
}

func TestRef(t *testing.T) {
	t.Parallel()
	require.Equal(t, "acme/shop#12", pull.Ref{Owner: "acme", Repo: "shop", Number: 12}.String())
	require.NotEqual(t, pull.BindingKey("l", "team", "a"), pull.BindingKey("l", "user", "a"))
}

// TestNeedsEmpty: whatever single thing is needed, it is not forgotten.
func TestNeedsEmpty(t *testing.T) {
	t.Parallel()
	require.True(t, pull.Needs{}.Empty())
	typ := reflect.TypeFor[pull.Needs]()
	for i := range typ.NumField() {
		if typ.Field(i).Name == "Gated" {
			continue // says what Pushes are asked about
		}
		var n pull.Needs
		switch f := reflect.ValueOf(&n).Elem().Field(i); f.Kind() {
		case reflect.Bool:
			f.SetBool(true)
		case reflect.Slice:
			f.Set(reflect.MakeSlice(f.Type(), 1, 1))
		default:
			require.Fail(t, "a field of another kind", typ.Field(i).Name)
		}
		require.False(t, n.Empty(), typ.Field(i).Name)
	}
}

// TestTexts: found again in whatever order they came, and each stands there once.
func TestTexts(t *testing.T) {
	t.Parallel()
	var sn pull.Snapshot
	_, ok := sn.Text("a")
	require.False(t, ok)
	for _, oid := range []string{"c", "a", "d", "b", "a"} {
		sn.AddText(pull.Blob{State: pull.BlobFound, OID: oid, Text: "old"})
	}
	sn.AddText(pull.Blob{State: pull.BlobUnreadable, OID: "b", Problem: pull.ProblemNotText})
	var order []string
	for _, b := range sn.Texts {
		order = append(order, b.OID)
	}
	require.Equal(t, []string{"a", "b", "c", "d"}, order)
	b, ok := sn.Text("b")
	require.True(t, ok)
	require.Equal(t, pull.Blob{State: pull.BlobUnreadable, OID: "b", Problem: pull.ProblemNotText}, b)
	_, ok = sn.Text("bb")
	require.False(t, ok)
}

// TestTrim keeps what counts: how many there were.
func TestTrim(t *testing.T) {
	t.Parallel()
	a := pull.Asked{Function: "legal", Fingerprint: "f"}
	for i := range 130 {
		a.Items = append(a.Items, pull.Item{Path: strconv.Itoa(i)})
	}
	trimmed := a.Trim()
	require.Equal(t, len(a.Items), len(trimmed.Items)+trimmed.MoreItems)
	require.Equal(t, "f", trimmed.Fingerprint)
	require.Equal(t, trimmed, trimmed.Trim())
	_ = append(trimmed.Items, pull.Item{Path: "x"}) // must not write into what it was cut from
	require.NotEqual(t, "x", a.Items[len(trimmed.Items)].Path)
	small := pull.Asked{Items: a.Items[:2]}
	require.Equal(t, small, small.Trim())
}

// TestSnapshotSurvivesJSON: what is stored is what was judged.
func TestSnapshotSurvivesJSON(t *testing.T) {
	t.Parallel()
	snapshots := rapid.MakeCustom[pull.Snapshot](rapid.MakeConfig{Types: map[reflect.Type]*rapid.Generator[any]{
		reflect.TypeFor[time.Time](): rapid.Custom(func(t *rapid.T) any {
			return time.Unix(rapid.Int64Range(0, 1<<33).Draw(t, "second"), 0).UTC()
		}),
	}})
	rapid.Check(t, func(t *rapid.T) {
		first, err := json.Marshal(snapshots.Draw(t, "snapshot"))
		require.NoError(t, err)
		var stored pull.Snapshot
		require.NoError(t, json.Unmarshal(first, &stored))
		again, err := json.Marshal(stored)
		require.NoError(t, err)
		require.Equal(t, string(first), string(again))
	})
}
