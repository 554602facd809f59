package demo

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/githubsim"
)

// picture renders the comment that README shows, with the chromium in the path:
// go test ./internal/demo -run TestPicture -picture.
var picture = flag.Bool("picture", false, "render testdata/readme/comment.png")

// browser starts a chromium. Without one the test is skipped, or fails where
// nothing may be skipped (SLAGATE_TEST_STRICT=1).
func browser(t *testing.T) context.Context {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		const how = "no chromium in the path: apt-get install chromium"
		if os.Getenv("SLAGATE_TEST_STRICT") == "1" {
			t.Fatal(how)
		}
		t.Skip(how)
	}
	allocator, stop := chromedp.NewExecAllocator(t.Context(),
		chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.WindowSize(1280, 1000), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.Flag("hide-scrollbars", true))
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	require.NoError(t, chromedp.Do(ctx), "the browser starts")
	bounded, release := context.WithTimeout(ctx, 4*patience)
	t.Cleanup(release)
	return bounded
}

// shows waits until the page shows a text, by itself or after a click.
func shows(text string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		ticker := time.NewTicker(10 * glance)
		defer ticker.Stop()
		for {
			now, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.body ? document.body.innerText : ""`))
			if err == nil && strings.Contains(now, text) {
				return nil
			}
			select {
			case <-ctx.Done():
				return errors.New("the page does not show “" + text + "” but:\n" + now)
			case <-ticker.C:
			}
		}
	})
}

func click(selector string) chromedp.Action[chromedp.Void] {
	return chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible)
}

func be(login string) chromedp.Action[chromedp.Void] {
	return chromedp.Steps(click(`.who button[value="`+login+`"]`), chromedp.WaitVisible(chromedp.CSS(`.who button.on[value="`+login+`"]`)))
}

// TestBrowser_SignOff clicks through a sign-off as everybody who has to agree.
func TestBrowser_SignOff(t *testing.T) {
	t.Parallel()
	ctx := browser(t)
	v := newVisit(t)
	require.NoError(t, chromedp.Do(ctx,
		chromedp.Navigate(v.server.URL),
		click(`button[value="weaken"]`),
		shows("Waiting for product, legal, security and support (0 of 4 signed)"),
		shows("Merging is blocked"),
	))
	p := v.page.st.pull(1)
	require.NoError(t, v.page.st.act("pia", func(a githubsim.Actor) error { return a.Label(p, "sla/product-approved") }))
	require.NoError(t, chromedp.Do(ctx,
		shows("Waiting for legal, security and support (1 of 4 signed)"), // without a click: the page looks by itself
		be("lee"), click(`button[value="/sla sign legal"]`), shows("(2 of 4 signed)"),
		be("sue"), click(`button[value="APPROVED"]`), shows("(3 of 4 signed)"),
		be("sid"), click(`button[value="/sla sign support"]`), shows("still open: rollback"),
		be(writer), click(`button.tick[value="rollback"]`), shows("This pull request can be merged."),
		click(`#merge button.go`), shows("This pull request is merged."),
	))
	require.True(t, p.View().Merged)
}

// TestPicture renders what README shows: slagate's comment when half is done.
func TestPicture(t *testing.T) {
	if !*picture {
		t.Skip("writes a file for README; run with -picture after a change of the comment")
	}
	ctx := browser(t)
	v := newVisit(t)
	p := v.open("weaken")
	v.do("pia", p, "label", "label", "sla/product-approved")
	v.do("lee", p, "comment", "text", "/sla sign legal agreed with the three customers concerned")
	v.do(writer, p, "tick", "item", "rollback")
	require.NoError(t, chromedp.Do(ctx, chromedp.EmulateViewport(1280, 1600), chromedp.Navigate(v.server.URL+pullPath(1)), shows("(2 of 4 signed)")))
	shot, err := chromedp.Run(ctx, chromedp.Screenshot(chromedp.CSS(".comment.bot")))
	require.NoError(t, err)
	shot = fewColours(t, shot)
	require.Less(t, len(shot), 150_000)
	file := filepath.Join("..", "..", "testdata", "readme", "comment.png")
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o750))
	require.NoError(t, os.WriteFile(file, shot, 0o600))
}

// fewColours keeps the 256 most frequent colours of a picture, which keeps the file small.
func fewColours(t *testing.T, shot []byte) []byte {
	t.Helper()
	full, err := png.Decode(bytes.NewReader(shot))
	require.NoError(t, err)
	area, count := full.Bounds(), map[color.Color]int{}
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			count[full.At(x, y)]++
		}
	}
	colours := slices.SortedFunc(maps.Keys(count), func(a, b color.Color) int { return count[b] - count[a] })
	few := image.NewPaletted(area, colours[:min(256, len(colours))])
	draw.Draw(few, area, full, area.Min, draw.Src)
	var b bytes.Buffer
	require.NoError(t, (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, few))
	return b.Bytes()
}
