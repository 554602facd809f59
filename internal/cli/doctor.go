package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/slagate/slagate/internal/app"
	"github.com/slagate/slagate/internal/doctor"
)

// doctorRun is the command doctor with its flags.
type doctorRun struct {
	streams
	config string
	format string
	accept []string
	names  []string
}

// fullName is a repository as OWNER/NAME.
var fullName = regexp.MustCompile(`^[A-Za-z0-9_-]+/[A-Za-z0-9_.-]+$`)

func newDoctor(s streams) *cobra.Command {
	d := &doctorRun{streams: s}
	cmd := &cobra.Command{
		Use: "doctor [flags] [OWNER/REPO...]", Short: "Say whether GitHub is set up so that slagate can guard anything",
		Long: `Ask GitHub, with the service's own settings, whether slagate can do its work: are the
app's permissions and events complete, do deliveries arrive, is the clock right; and for
every repository with a policy: is the policy valid, is "slagate" required on the gated
branches, can only this app answer it, who can merge past it, do teams and labels exist,
has every function somebody to spare. Nothing is changed, and a running service is not
disturbed: neither its database nor its address is touched.

What could not be seen is never called right. Of bypass lists GitHub shows nothing to an
app that may not change rules: look yourself, then say --accept-unknown bypass.

Exit code: 0 nothing is wrong, 3 there are problems, 2 something could not be seen.
Warnings do not count.`,
		Example: `  slagate doctor                                      everything the app is installed on
  slagate doctor --config server.yml acme/shop        one repository
  slagate doctor --accept-unknown bypass --format json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := format(cmd, d.format, formatText, formatJSON, formatMarkdown); err != nil {
				return err
			}
			for _, name := range args {
				if !fullName.MatchString(name) {
					return misused(cmd, "%q is not OWNER/REPO", name)
				}
			}
			for _, name := range d.accept {
				if !slices.Contains(doctor.Checks(), doctor.Check(name)) {
					return misused(cmd, "--accept-unknown %q is none of %s", name, checkNames())
				}
			}
			d.names = args
			return d.run(cmd.Context())
		},
	}
	f := cmd.Flags()
	f.StringVar(&d.config, "config", "", "configuration `FILE` of the service (see config/server.example.yml)")
	f.StringVar(&d.format, "format", formatText, "`FORM`: text, json or markdown")
	f.StringSliceVar(&d.accept, "accept-unknown", nil, "`CHECKS` of which it does not matter that slagate cannot see them, such as bypass")
	return cmd
}

func checkNames() string {
	var out []string
	for _, c := range doctor.Checks() {
		out = append(out, string(c))
	}
	return strings.Join(out, ", ")
}

func (d *doctorRun) run(ctx context.Context) error {
	report, err := d.examine(ctx)
	if err != nil {
		if d.format == formatJSON {
			text := strings.NewReplacer(":\n", ": ", "\n", "; ").Replace(err.Error())
			unseen := doctor.Finding{Subject: doctor.AppSubject, Check: doctor.CheckApp, Level: doctor.Unknown, Text: text}
			report = doctor.Report{Version: reportVersion, Result: doctor.Failed, Findings: []doctor.Finding{unseen}}
			if err := writeJSON(d.out, report); err != nil {
				return fmt.Errorf("writing the answer: %w", err)
			}
		}
		return err
	}
	switch d.format {
	case formatJSON:
		err = writeJSON(d.out, report)
	case formatMarkdown:
		_, err = io.WriteString(d.out, doctorMarkdown(report))
	default:
		_, err = io.WriteString(d.out, doctorText(newPaint(d.out), report))
	}
	if err != nil {
		return fmt.Errorf("writing the answer: %w", err)
	}
	switch report.Result {
	case doctor.Healthy:
		return nil
	case doctor.Problems:
		return errSomething
	case doctor.Failed:
	}
	return errReported
}

func (d *doctorRun) examine(ctx context.Context) (doctor.Report, error) {
	cfg, err := app.LoadConfig(d.config, os.Environ())
	if err != nil {
		return doctor.Report{}, fmt.Errorf("the doctor needs the settings of the service:\n%w", err)
	}
	done := progress(d.err, isTerminal(d.err), "asking GitHub")
	facts, err := app.Diagnose(ctx, cfg, d.names)
	done()
	if err != nil {
		return doctor.Report{}, err
	}
	report := doctor.Examine(facts)
	var accepted []doctor.Check
	for _, name := range d.accept {
		accepted = append(accepted, doctor.Check(name))
	}
	report.Result = report.Judge(accepted...)
	return report, nil
}

// doctorTitle is the answer in one line.
func doctorTitle(r doctor.Report) string {
	by := map[doctor.Level]int{}
	for _, f := range r.Findings {
		by[f.Level]++
	}
	var parts []string
	if n := by[doctor.Problem]; n > 0 {
		parts = append(parts, count(n, "problem"))
	}
	if n := by[doctor.Unknown]; n > 0 {
		parts = append(parts, fmt.Sprintf("%d could not be seen", n))
	}
	if n := by[doctor.Warning]; n > 0 {
		parts = append(parts, count(n, "warning"))
	}
	if len(parts) == 0 {
		parts = []string{"nothing is wrong"}
	}
	guarded := "no repository with a policy"
	if r.Guarded == 1 {
		guarded = "1 repository with a policy"
	} else if r.Guarded > 1 {
		guarded = fmt.Sprintf("%d repositories with a policy", r.Guarded)
	}
	title := strings.Join(parts, ", ") + "; " + guarded
	if r.Without > 0 {
		title += fmt.Sprintf(", %d without (not looked at)", r.Without)
	}
	return title
}

// doctorText is the answer as a person reads it.
func doctorText(p paint, r doctor.Report) string {
	title := doctorTitle(r)
	switch r.Result {
	case doctor.Problems:
		title = p.red(title)
	case doctor.Failed:
		title = p.yellow(title)
	case doctor.Healthy:
		title = p.green(title)
	}
	return title + ".\n" + doctorBody(p, r)
}

// doctorMarkdown is the answer for a place that shows Markdown. What GitHub and
// policies say stands in it, so all of it is in a fence that it cannot leave.
func doctorMarkdown(r doctor.Report) string {
	body := doctorBody(paint{}, r)
	fence := "```"
	for strings.Contains(body, fence) {
		fence += "`"
	}
	return fmt.Sprintf("### slagate doctor: %s\n\n%stext%s%s\n", doctorTitle(r), fence, body, fence)
}

// doctorBody tells the findings by subject: the worst first, and of a repository what
// is right in one line.
func doctorBody(p paint, r doctor.Report) string {
	var subjects []string
	for _, f := range r.Findings {
		if !slices.Contains(subjects, f.Subject) {
			subjects = append(subjects, f.Subject)
		}
	}
	var b strings.Builder
	for _, subject := range subjects {
		fmt.Fprintf(&b, "\n%s\n", p.bold(inert(subject)))
		for _, level := range []doctor.Level{doctor.Problem, doctor.Unknown, doctor.Warning, doctor.OK} {
			var fine []string
			for _, f := range r.Findings {
				switch {
				case f.Subject != subject || f.Level != level:
				case level == doctor.OK && strings.Contains(subject, "/"):
					if name := string(f.Check); !slices.Contains(fine, name) {
						fine = append(fine, name)
					}
				default:
					doctorFinding(&b, p, f)
				}
			}
			if len(fine) > 0 {
				fmt.Fprintf(&b, "  %s\n", doctorLines(p.green(fmt.Sprintf("%-8s", doctor.OK)), strings.Join(fine, ", ")))
			}
		}
	}
	return b.String()
}

func doctorFinding(b *strings.Builder, p paint, f doctor.Finding) {
	level := fmt.Sprintf("%-8s", f.Level)
	switch f.Level {
	case doctor.Problem:
		level = p.red(level)
	case doctor.Unknown, doctor.Warning:
		level = p.yellow(level)
	case doctor.OK:
		level = p.green(level)
	}
	fmt.Fprintf(b, "  %s\n", doctorLines(level, string(f.Check)+": "+inert(f.Text)))
}

// doctorWidth is where lines of findings are broken.
const doctorWidth = 100

// doctorLines breaks a text and puts it to the right of its level.
func doctorLines(level, text string) string {
	const indent = "\n           "
	var b strings.Builder
	b.WriteString(level + " ")
	at := len(indent) - 1
	for i, word := range strings.Fields(text) {
		switch {
		case i == 0:
		case at+1+len(word) > doctorWidth:
			b.WriteString(indent)
			at = len(indent) - 1
		default:
			b.WriteString(" ")
			at++
		}
		b.WriteString(word)
		at += len(word)
	}
	return b.String()
}
