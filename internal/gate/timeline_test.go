package gate_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/slagate/slagate/internal/gate"
	"github.com/slagate/slagate/internal/pull"
)

const legalPolicy = `version: 1
functions: {legal: {teams: [acme/legal]}, product: {teams: [acme/product]}}
rules: [{name: slo, paths: ["slo/**"], require: [legal]}, {name: docs, paths: ["docs/**"], require: [product]}]
policy: {require: [legal]}
`

// storyOf is a story without a timeline. h3 has the content of h1, h2 another.
func storyOf(policy string) *txtar.Archive {
	return &txtar.Archive{Files: []txtar.File{
		{Name: "policy", Data: []byte(policy)},
		{Name: "files h2", Data: []byte("M slo/a.yml 100644:a1 -> 100644:a9\nM slo/b.yml 100644:b1 -> 100644:b2\n")},
		{Name: "files", Data: []byte("M slo/a.yml 100644:a1 -> 100644:a2\n")},
	}}
}

func policies() []string {
	return []string{
		legalPolicy, legalPolicy, legalPolicy + "signoffs: {methods: [label, command, review]}\n",
		legalPolicy + "signoffs: {committers: true, author: true}\n", legalPolicy + "signoffs: {on_push: reset}\n",
		`version: 1
functions: {legal: {teams: [acme/legal], approvals: 2}}
rules: [{name: slo, paths: ["slo/**"], require: [legal], checklist: [{id: customer-notice, required: true}]}]
`,
	}
}

// timeline draws the deeds of people; outsiders' are told apart, so that a
// story can be played with and without them.
type timeline struct {
	at      time.Time
	head    string
	next    int // number of the next comment or review
	lines   []string
	outside map[int]bool // of lines
}

func drawTimeline(t *rapid.T, outsiders bool) timeline {
	tl := timeline{at: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC), head: "h1", next: 101, outside: map[int]bool{}}
	tl.say("ana opened h1")
	for range rapid.IntRange(1, 25).Draw(t, "deeds") {
		tl.at = tl.at.Add(time.Duration(rapid.SampledFrom([]int{0, 0, 1, 2, 5, 35}).Draw(t, "pause")) * time.Second)
		if outsiders && rapid.IntRange(0, 2).Draw(t, "by") == 0 {
			tl.outside[len(tl.lines)] = true
			tl.outsider(t)
			continue
		}
		tl.insider(t)
	}
	tl.at = tl.at.Add(time.Minute)
	tl.say("late deliveries arrive")
	tl.say("look")
	return tl
}

func (tl *timeline) say(format string, args ...any) {
	tl.lines = append(tl.lines, tl.at.Format("15:04:05 ")+fmt.Sprintf(format, args...))
}

func (tl *timeline) insider(t *rapid.T) {
	who := rapid.SampledFrom([]string{"lee", "lee", "lea", "ana", "pia"}).Draw(t, "who")
	fate := rapid.SampledFrom([]string{"", "", "", " -- late", " -- lost"}).Draw(t, "fate")
	switch rapid.IntRange(0, 13).Draw(t, "deed") {
	case 0, 1, 2:
		tl.say("look")
	case 3, 4:
		tl.say("%s labeled sla/legal-approved%s", who, fate)
	case 5:
		tl.say("%s unlabeled sla/legal-approved%s", who, fate)
	case 6, 7:
		words := rapid.SampledFrom([]string{"sign legal", "sign legal", "unsign legal", "done customer-notice"}).Draw(t, "words")
		tl.say("%s commented %d: /sla %s%s", who, tl.next, words, fate)
		tl.next++
	case 8:
		head := rapid.SampledFrom(slices.DeleteFunc([]string{"h1", "h2", "h3"}, func(h string) bool { return h == tl.head })).Draw(t, "head")
		tl.say("%s %s %s%s", who, rapid.SampledFrom([]string{"pushed", "force-pushed"}).Draw(t, "push"), head, fate)
		tl.head = head
	case 9:
		tl.say("%s approved %d%s", who, tl.next, fate)
		tl.next++
	case 10:
		tl.say("%s requested changes %d", who, tl.next)
		tl.next++
	case 11:
		tl.say("late deliveries arrive")
	case 12:
		tl.say("%s %s acme/legal", rapid.SampledFrom([]string{"lee", "lea"}).Draw(t, "member"), rapid.SampledFrom([]string{"left", "joined"}).Draw(t, "move"))
	case 13:
		tl.say("team acme/legal %s", rapid.SampledFrom([]string{"does not answer", "answers", "answers"}).Draw(t, "answer"))
	}
}

func (tl *timeline) outsider(t *rapid.T) {
	who := rapid.SampledFrom([]string{"bob", "bob", "helper[bot]", "mannequin1", "ghost"}).Draw(t, "outsider")
	fate := rapid.SampledFrom([]string{"", "", " -- late", " -- lost"}).Draw(t, "fate")
	switch rapid.IntRange(0, 6).Draw(t, "deed") {
	case 0:
		tl.say("%s labeled sla/legal-approved%s", who, fate)
	case 1:
		tl.say("%s unlabeled sla/legal-approved", who)
	case 2:
		words := rapid.SampledFrom([]string{"sign legal", "unsign legal", "done customer-notice", "help", "refresh"}).Draw(t, "words")
		tl.say("%s commented %d: /sla %s%s", who, tl.next+800, words, fate)
		tl.next++
	case 3:
		tl.say("%s approved %d%s", who, tl.next+800, fate)
		tl.next++
	case 4:
		tl.say("%s ticked customer-notice%s", who, fate)
	case 5:
		tl.say("%s deleted label sla/legal-approved%s", who, fate)
	case 6:
		tl.say("%s renamed label sla/legal-approved to old", who)
	}
}

// played plays a timeline, with or without the outsiders' deeds, and calls after
// behind each line.
func (tl *timeline) played(t require.TestingT, policy string, outsiders bool, after func(w *world)) *world {
	w := newWorld(t, storyOf(policy))
	for i, line := range tl.lines {
		if outsiders || !tl.outside[i] {
			w.do(line)
			after(w)
		}
	}
	return w
}

func green(d gate.Decision) bool {
	return slices.Contains([]gate.Verdict{gate.Signed, gate.Ungated, gate.AllNeutral, gate.AddsPolicy}, d.Verdict)
}

// TestWhatIsOverStaysOver: a piece of evidence that was refused, withdrawn or
// lapsed once never counts again, and each is judged once.
func TestWhatIsOverStaysOver(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		tl := drawTimeline(t, true)
		over := map[string]pull.SignOffState{}
		tl.played(t, rapid.SampledFrom(policies()).Draw(t, "policy"), true, func(w *world) {
			seen := map[string]bool{}
			for _, s := range w.sn.Memory.SignOffs {
				require.False(t, seen[s.Evidence], "judged twice: %s", s.Evidence)
				seen[s.Evidence] = true
				if was, ok := over[s.Evidence]; ok {
					require.NotEqual(t, pull.SignOffActive, s.State, "%s was %s", s.Evidence, was)
				}
				if s.State != pull.SignOffActive {
					over[s.Evidence] = s.State
				}
			}
			for evidence := range over {
				require.True(t, seen[evidence], "forgotten: %s", evidence)
			}
		})
	})
}

// TestOutsidersGiveNothing: what people in no function do never turns anything
// into a success.
func TestOutsidersGiveNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		tl := drawTimeline(t, true)
		policy := rapid.SampledFrom(policies()).Draw(t, "policy")
		without := tl.played(t, policy, false, func(*world) {})
		with := tl.played(t, policy, true, func(*world) {})
		if green(gate.New().Evaluate(with.snapshot())) {
			require.True(t, green(gate.New().Evaluate(without.snapshot())), "%q", tl.lines)
		}
	})
}

// TestGreenMeansSigned: the other way round from the gate, out of what the people
// of the story did: a success needs members, as many as asked, who may sign, whose
// last word on the label is not its removal.
func TestGreenMeansSigned(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		tl := drawTimeline(t, true)
		policy := rapid.SampledFrom(policies()).Draw(t, "policy")
		w := tl.played(t, policy, true, func(*world) {})
		sn := w.snapshot()
		d := gate.New().Evaluate(sn)
		for _, f := range d.Functions {
			for _, s := range f.SignOffs {
				require.True(t, s.Person.IsHuman())
				require.Contains(t, w.teams["acme/legal"].members, s.Person.Login)
				require.Equal(t, f.Fingerprint, s.Fingerprint)
				for _, e := range sn.LabelEvents {
					if !e.Added && e.Actor.ID == s.Person.ID {
						require.False(t, e.Created.After(s.At), "%s took the label off after signing: %q", s.Person.Login, tl.lines)
					}
				}
			}
			require.True(t, !green(d) || len(f.SignOffs) >= f.Approvals)
		}
	})
}

// TestPushOfAlikeContentKeeps: a push that leaves the content alike keeps every
// sign-off, and the outcome, unless the policy says reset.
func TestPushOfAlikeContentKeeps(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		tl := drawTimeline(t, false)
		policy := rapid.SampledFrom(slices.Delete(policies(), 4, 5)).Draw(t, "policy")
		w := tl.played(t, policy, false, func(*world) {})
		before := gate.New().Evaluate(w.snapshot())
		alike := map[string]string{"h1": "h3", "h3": "h1", "h2": "h2b"}[w.sn.Pull.Head]
		w.archive.Files = append(w.archive.Files, txtar.File{Name: "files h2b", Data: []byte(section(w.archive, "files h2"))})
		w.do(w.now.Add(time.Second).Format("15:04:05") + " ana pushed " + alike)
		after := gate.New().Evaluate(w.snapshot())
		require.Equal(t, before.Verdict, after.Verdict, "%q", tl.lines)
		for i, f := range before.Functions {
			require.Equal(t, f.SignOffs, after.Functions[i].SignOffs)
		}
	})
}

// TestLosingMembersNeverTurnsGreen: taking people out of teams makes nothing a
// success that was none.
func TestLosingMembersNeverTurnsGreen(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		tl := drawTimeline(t, true)
		w := tl.played(t, rapid.SampledFrom(policies()).Draw(t, "policy"), true, func(*world) {})
		before := gate.New().Evaluate(w.snapshot())
		gone := rapid.SampledFrom([]string{"lee", "lea", "pia"}).Draw(t, "gone")
		for _, tm := range w.teams {
			tm.members = slices.DeleteFunc(slices.Clone(tm.members), func(m string) bool { return m == gone })
		}
		if after := gate.New().Evaluate(w.snapshot()); green(after) {
			require.True(t, green(before), "%q", tl.lines)
		}
	})
}
