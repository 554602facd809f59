package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// paint colours words for a terminal; the zero paint leaves them as they are.
type paint struct{ on bool }

// newPaint colours where a person looks on and does not mind.
// https://no-color.org
func newPaint(w io.Writer) paint {
	return paint{on: isTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
}

func (p paint) with(code, text string) string {
	if !p.on || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (p paint) bold(text string) string   { return p.with("1", text) }
func (p paint) dim(text string) string    { return p.with("2", text) }
func (p paint) red(text string) string    { return p.with("1;31", text) }
func (p paint) green(text string) string  { return p.with("1;32", text) }
func (p paint) yellow(text string) string { return p.with("1;33", text) }

// inert shows foreign text in one line of a terminal: whatever could move the
// cursor, hide or turn round what stands beside it is spelled out.
func inert(text string) string {
	var b strings.Builder
	for i, r := range text {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(text[i:], "\ufffd"):
			fmt.Fprintf(&b, `\x%02x`, text[i])
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r != ' ' && !unicode.IsPrint(r):
			fmt.Fprintf(&b, `\u{%x}`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// patience is how long a command may take before it says what it is doing.
const patience = time.Second

// progress says on a terminal what is being done if it takes long, and returns
// what takes the line away again.
func progress(w io.Writer, on bool, doing string) (done func()) {
	if !on {
		return func() {}
	}
	stop, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		timer := time.NewTimer(patience)
		defer timer.Stop()
		select {
		case <-stop:
			return
		case <-timer.C:
		}
		// What a terminal does not take is no reason to fail.
		fmt.Fprintf(w, "slagate: %s …", doing) //nolint:errcheck // see above
		<-stop
		fmt.Fprint(w, "\r\x1b[K") //nolint:errcheck // see above
	}()
	return func() {
		close(stop)
		<-gone
	}
}
