package controller_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/controller"
)

func attempt(id int64, guid string, minute int, ok bool) controller.Attempt {
	return controller.Attempt{ID: id, GUID: guid, At: ten.Add(time.Duration(minute) * time.Minute), OK: ok}
}

// recovering is a fake whose list of deliveries has, newest first: one that was made good
// later, one that failed twice, one that failed once, one that succeeded.
func recovering() *fake {
	f := newFake()
	f.attempts = []controller.Attempt{
		attempt(6, "good", 6, true), attempt(5, "twice", 5, false), attempt(4, "once", 4, false),
		attempt(3, "twice", 3, false), attempt(2, "good", 2, false), attempt(1, "fine", 1, true),
	}
	f.redeliverErr = map[int64]error{}
	return f
}

// TestRecover: each event that no attempt delivered is asked for once, by its last attempt, oldest first.
func TestRecover(t *testing.T) {
	t.Parallel()
	f := recovering()
	c := f.controller()
	require.NoError(t, c.Recover(t.Context()))
	require.Equal(t, []string{"deliveries since 09:00", "redeliver 4", "redeliver 5", "asked 2, refused 0"}, f.log)
	require.Equal(t, ten, f.mark)

	f.log, f.now = nil, ten.Add(5*time.Minute)
	f.attempts = append([]controller.Attempt{attempt(8, "twice", 8, false), attempt(7, "new", 7, false)}, f.attempts...)
	require.NoError(t, c.Recover(t.Context()))
	require.Equal(t, []string{"deliveries since 09:00", "redeliver 7", "asked 1, refused 0"}, f.log, "once is enough: the sweep is there too")
}

// saysWhen is the time of the next run that an error names.
func saysWhen(t *testing.T, err error) time.Duration {
	t.Helper()
	var when interface{ RetryAfter() time.Duration }
	require.ErrorAs(t, err, &when)
	return when.RetryAfter()
}

// outage fills the list with events that failed, one a minute, newest first.
func (f *fake) outage(from, n int) {
	for i := from; i < from+n; i++ {
		f.attempts = slices.Insert(f.attempts, 0, attempt(int64(i), fmt.Sprint("g", i), i, false))
	}
}

// down is a fake whose list has nothing but an outage.
func down(events int) *fake {
	f := recovering()
	f.attempts = nil
	f.outage(0, events)
	return f
}

// TestRecoverIsBounded: after a long outage one run follows the other, the oldest events first, each
// asked for once, while new ones come in; the list is read no further back than needed.
func TestRecoverIsBounded(t *testing.T) {
	t.Parallel()
	f := down(180)
	f.now = ten.Add(5 * time.Hour)
	c := f.controller()
	err := c.Recover(t.Context())
	require.ErrorContains(t, err, "100 failed deliveries are left to be asked for")
	require.Equal(t, time.Minute, saysWhen(t, err))
	require.Len(t, f.asked, 80)
	require.Equal(t, ten.Add(80*time.Minute), f.mark, "the first that is left")
	require.Contains(t, f.log, "asked 80, refused 0")

	f.outage(180, 10)
	f.log = nil
	err = c.Recover(t.Context())
	require.ErrorContains(t, err, "30 failed")
	require.Len(t, f.asked, 160)
	require.Equal(t, "deliveries since 10:20", f.log[0])

	require.NoError(t, c.Recover(t.Context()))
	require.Equal(t, f.now, f.mark)
	f.log = nil
	require.NoError(t, c.Recover(t.Context()))
	require.Equal(t, []string{"deliveries since 14:00"}, f.log)
	want := make([]string, 0, 190)
	for i := range 190 {
		want = append(want, fmt.Sprint("g", i))
	}
	require.Equal(t, want, f.asked)

	f.now = f.now.Add(time.Hour)
	f.attempts = nil
	f.outage(500, 80)
	require.NoError(t, c.Recover(t.Context()), "just as many as a run may ask for")
	require.Equal(t, f.now, f.mark)
}

// TestRecoverGoesOn: neither an event that GitHub refuses nor one that it does not answer for holds up the others.
func TestRecoverGoesOn(t *testing.T) {
	t.Parallel()
	f := down(10)
	f.redeliverErr[0] = fmt.Errorf("redelivering: %w", refused{})
	f.redeliverErr[1], f.redeliverErr[2], f.redeliverErr[4], f.redeliverErr[5] = errDown, errDown, errDown, errDown
	c := f.controller()
	err := c.Recover(t.Context())
	require.ErrorIs(t, err, errDown)
	require.ErrorContains(t, err, "4 failed deliveries are left to be asked for: ask for delivery g1 again")
	require.Equal(t, time.Minute, saysWhen(t, err), "a run has been made")
	require.Equal(t, []string{"g0", "g3", "g6", "g7", "g8", "g9"}, f.asked)
	require.Contains(t, f.log, "asked 5, refused 1")
	require.Zero(t, f.mark)

	f.log = nil
	f.outage(10, 1)
	err = c.Recover(t.Context())
	require.Equal(t, []string{"deliveries since 09:00", "redeliver 1", "redeliver 2", "redeliver 4", "asked 0, refused 0"}, f.log[:5],
		"while it answers for none it is left in peace")
	require.ErrorIs(t, err, errDown)
	var when interface{ RetryAfter() time.Duration }
	require.NotErrorAs(t, err, &when)

	f.log = nil
	clear(f.redeliverErr)
	require.NoError(t, c.Recover(t.Context()))
	require.Contains(t, f.log, "asked 5, refused 0")
	require.Equal(t, f.now, f.mark)
}

// limitedError is a limit of GitHub's.
type limitedError struct{}

func (limitedError) Error() string             { return "limited" }
func (limitedError) RetryAfter() time.Duration { return time.Hour }

// TestRecoverKeepsToLimits: a limit holds for all events, and its time counts.
func TestRecoverKeepsToLimits(t *testing.T) {
	t.Parallel()
	f := down(10)
	f.redeliverErr[3] = fmt.Errorf("redelivering: %w", limitedError{})
	err := f.controller().Recover(t.Context())
	require.Equal(t, time.Hour, saysWhen(t, err))
	require.Equal(t, []string{"g0", "g1", "g2"}, f.asked)
	require.NotContains(t, f.log, "redeliver 4")

	f = recovering()
	ctx, cancel := context.WithCancel(t.Context())
	f.arrive["redeliver 4"] = cancel
	f.redeliverErr[5] = context.Canceled
	c := f.controller()
	c.Asked = askedStore{shelf: shelf{f}}
	require.ErrorIs(t, c.Recover(ctx), context.Canceled)
	require.Equal(t, []string{"once"}, f.asked, "noted although the time is over: GitHub has been asked")
}

// TestRecoverSaysWhatItCannotReach: what lies between the mark and the oldest entry that could be read.
func TestRecoverSaysWhatItCannotReach(t *testing.T) {
	t.Parallel()
	const phrase = "more deliveries than can be looked through"
	run := func(mark time.Time, attempts []controller.Attempt) string {
		f := recovering()
		f.cutOff, f.mark, f.attempts = true, mark, attempts
		var lines bytes.Buffer
		require.NoError(t, f.controller().Recover(zerolog.New(&lines).WithContext(t.Context())))
		require.Equal(t, ten, f.mark)
		return lines.String()
	}
	list := recovering().attempts
	said := run(ten.Add(-time.Hour), list)
	require.Contains(t, said, phrase)
	require.Contains(t, said, `"read":6,"since":"2026-03-02T09:00:00Z","until":"2026-03-02T10:01:00Z"`)
	require.Contains(t, said, `"deliveries":2,"refused":0,"left":0`)
	require.NotContains(t, run(ten.Add(time.Minute), list), phrase, "what is read twice on purpose was read once")
	require.Contains(t, run(ten, nil), phrase)
}

func TestRecoverFails(t *testing.T) {
	t.Parallel()
	f := recovering()
	f.redeliverErr[5] = errDown
	c := f.controller()
	require.ErrorIs(t, c.Recover(t.Context()), errDown)
	require.Equal(t, []string{"once"}, f.asked)
	require.Zero(t, f.mark, "it begins at the same place again")
	delete(f.redeliverErr, 5)
	f.log = nil
	require.NoError(t, c.Recover(t.Context()))
	require.Contains(t, f.log, "redeliver 5")
	require.NotContains(t, f.log, "redeliver 4")

	f = recovering()
	f.recoverErr = errDown
	require.ErrorIs(t, f.controller().Recover(t.Context()), errDown)
	f.recoverErr = errors.Join(controller.ErrNoList, errDown)
	require.NoError(t, f.controller().Recover(t.Context()), "a server without the list lives by its sweeps")
	require.Empty(t, f.asked)

	f = recovering()
	f.cutOff = true
	require.NoError(t, f.controller().Recover(t.Context()))
	require.Len(t, f.asked, 2, "what could be read is made good")
}

// askedStore is the memory of recoveries of a store that fails, or whose caller's time is over.
type askedStore struct {
	shelf
	mark, asked, note, set error
}

func (s askedStore) Mark(ctx context.Context, name string) (time.Time, error) {
	at, err := s.shelf.Mark(ctx, name)
	return at, errors.Join(err, s.mark)
}

func (s askedStore) AskedAgain(ctx context.Context, guids []string) ([]string, error) {
	asked, err := s.shelf.AskedAgain(ctx, guids)
	return asked, errors.Join(err, s.asked)
}

func (s askedStore) NoteAsked(ctx context.Context, guid string) error {
	if err := errors.Join(ctx.Err(), s.note); err != nil {
		return err
	}
	return s.shelf.NoteAsked(ctx, guid)
}

func (s askedStore) SetMark(ctx context.Context, name string, at time.Time) error {
	if s.set != nil {
		return s.set
	}
	return s.shelf.SetMark(ctx, name, at)
}

// TestRecoverWithAStoreThatFails: nothing is asked for of which is not known whether it was, and
// what cannot be noted ends the run.
func TestRecoverWithAStoreThatFails(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		store askedStore
		want  []string
	}{
		"mark":  {askedStore{mark: errDown}, nil},
		"asked": {askedStore{asked: errDown}, []string{"deliveries since 09:00"}},
		"note":  {askedStore{note: errDown}, []string{"deliveries since 09:00", "redeliver 4", "asked 1, refused 0"}},
		"set":   {askedStore{set: errDown}, []string{"deliveries since 09:00", "redeliver 4", "redeliver 5", "asked 2, refused 0"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := recovering()
			c := f.controller()
			test.store.shelf = shelf{f}
			c.Asked = test.store
			require.ErrorIs(t, c.Recover(t.Context()), errDown)
			require.Equal(t, test.want, f.log)
			require.Zero(t, f.mark)
		})
	}
	f := recovering()
	f.outage(10, 100)
	c := f.controller()
	c.Asked = askedStore{shelf: shelf{f}, set: errDown}
	err := c.Recover(t.Context())
	require.ErrorIs(t, err, errDown)
	require.NotContains(t, err.Error(), "left")
}
