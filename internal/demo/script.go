package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/githubsim"
)

const (
	// scriptURL is where people would see GitHub; a story has no page.
	scriptURL = "https://github.test"
	// statusContext is the one status that can be made a required check (product.md 2.1).
	statusContext = "slagate"
	// width is where the printed lines are broken.
	width = 112
	// indent is before what people see, behind its name.
	indent = 14
)

// ErrWrong says that a story did not go as it should.
var ErrWrong = errors.New("the story did not go as it should")

// Script plays the story and prints what people see at each step. It returns
// [ErrWrong] at the first step whose end is not as it should be.
func Script(ctx context.Context, cfg Config) error { return play(ctx, cfg, story()) }

func play(ctx context.Context, cfg Config, steps []step) (err error) {
	st, err := newStage(ctx, cfg, scriptURL)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.stop(ctx)) }()
	t := &teller{stage: st, out: cfg.Out}
	for i, s := range steps {
		if err := t.tell(ctx, i+1, s); err != nil {
			return err
		}
	}
	return t.say("\nAll %d steps ended as they should.\n", len(steps))
}

// step is one step of the story: what somebody does, and what everybody sees then.
type step struct {
	Tells string
	Do    func(t *teller) error
	Want  scene
	// Shows are the titles of the comment's sections to print, as far as they are new.
	Shows []string
}

// scene is what people see of the pull request at hand.
type scene struct {
	Status  string   // "state: description" of slagate
	Labels  []string // sorted
	Refused string   // what GitHub answers to the act, "" if it is done
	Forged  string   // what somebody else posted in slagate's name, and what stands since
	Held    string   // why GitHub does not merge, "" if it would
	Merged  bool
	Says    string // is in slagate's comment; "" is no comment
}

// teller plays the story.
type teller struct {
	*stage

	out    io.Writer
	pr     *githubsim.Pull // the pull request at hand
	before scene
	shown  []string // what was printed of the comment at hand
}

func (t *teller) say(format string, args ...any) error {
	_, err := fmt.Fprintf(t.out, format, args...)
	return err
}

// tell plays one step, prints what people see and holds it against what they should see.
func (t *teller) tell(ctx context.Context, n int, s step) error {
	previous, refused := t.pr, ""
	if err := s.Do(t); err != nil {
		var words *githubsim.Error
		if !errors.As(err, &words) {
			return fmt.Errorf("step %d: %w", n, err)
		}
		refused = words.Error()
	}
	if err := t.settle(ctx); err != nil {
		return fmt.Errorf("step %d: %w", n, err)
	}
	if t.pr != previous {
		t.before, t.shown = scene{}, nil
	}
	got := t.sees(s.Want.Says)
	got.Refused = refused
	wrong := differences(s.Want, got)
	err := t.say("%s", t.text(n, s, got, wrong))
	t.before = got
	if len(wrong) > 0 {
		return errors.Join(fmt.Errorf("step %d: %w", n, ErrWrong), err)
	}
	return err
}

// sees is the scene as it is; of the comment it keeps the sought text if that is
// there, else the heading.
func (t *teller) sees(sought string) scene {
	v := t.pr.View()
	status := v.Status(statusContext)
	got := scene{Status: status.State + ": " + status.Description, Labels: slices.Sorted(slices.Values(v.Labels)), Held: v.Blocked, Merged: v.Merged}
	got.Forged = t.forged(v.Head)
	if v.Merged {
		got.Held = ""
	}
	if c := t.comment(v); c != nil {
		all := sections(c.Body)
		got.Says = all[min(1, len(all)-1)].Title
		if slices.ContainsFunc(all, func(s section) bool { return s.has(sought) }) {
			got.Says = sought
		}
	}
	return got
}

// forged tells of statuses that somebody else posted in slagate's name.
func (t *teller) forged(head string) string {
	var out []string
	for _, st := range t.repo.Statuses(head) {
		if st.Context == statusContext && (len(out) > 0 || st.Creator != t.sim.App()) {
			out = append(out, st.State+" by "+st.Creator.Login())
		}
	}
	return strings.Join(out, ", then ")
}

// differences says where a scene is not as it should be.
func differences(want, got scene) []string {
	var out []string
	compare := func(what string, want, got any) {
		if fmt.Sprint(want) != fmt.Sprint(got) {
			out = append(out, fmt.Sprintf("%s: expected %q, got %q", what, want, got))
		}
	}
	compare("status", want.Status, got.Status)
	if want.Forged != "" { // it is seen for as long as the head stays
		compare("forged status", want.Forged, got.Forged)
	}
	compare("labels", want.Labels, got.Labels)
	compare("refusal", want.Refused, got.Refused)
	compare("merge held by", want.Held, got.Held)
	compare("merged", fmt.Sprint(want.Merged), fmt.Sprint(got.Merged))
	compare("comment", want.Says, got.Says)
	return out
}

// text is a step as it is printed: what was done, and what has changed for people.
func (t *teller) text(n int, s step, got scene, wrong []string) string {
	var b strings.Builder
	row := func(name, text string) {
		for i, line := range wrap(text, width-indent) {
			if i > 0 {
				name = ""
			}
			fmt.Fprintf(&b, "    %-*s%s\n", indent-4, name, line)
		}
	}
	fmt.Fprintf(&b, "%2d. #%d  %s\n", n, t.pr.Number, s.Tells)
	if got.Refused != "" {
		row("GitHub", "refuses: "+got.Refused)
	}
	if got.Status != t.before.Status {
		row("status", got.Status)
	} else if got.Forged != t.before.Forged {
		row("status", got.Forged)
	}
	if !slices.Equal(got.Labels, t.before.Labels) {
		row("labels", strings.Join(got.Labels, ", "))
	}
	if c := t.comment(t.pr.View()); c != nil {
		for _, title := range s.Shows {
			for _, l := range lines(c.Body, title) {
				if l = untimed(l); !slices.Contains(t.shown, l) {
					row("comment", l)
					t.shown = append(t.shown, l)
				}
			}
		}
	}
	if got.Held != t.before.Held || got.Merged != t.before.Merged || t.before.Status == "" {
		row("merge", mergeText(got))
	}
	if b.String()[strings.Index(b.String(), "\n")+1:] == "" {
		row("", "(nothing changes)")
	}
	for _, w := range wrong {
		row("WRONG", w)
	}
	return b.String()
}

func mergeText(s scene) string {
	switch {
	case s.Merged:
		return "done"
	case s.Held != "":
		return "held: " + s.Held
	default:
		return "free"
	}
}

// wrap breaks a text into lines.
func wrap(text string, limit int) []string {
	out := []string{""}
	for word := range strings.FieldsSeq(text) {
		last := &out[len(out)-1]
		switch {
		case *last == "":
			*last = word
		case len([]rune(*last))+1+len([]rune(word)) > limit:
			out = append(out, word)
		default:
			*last += " " + word
		}
	}
	return out
}
