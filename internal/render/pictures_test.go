package render_test

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer/html"

	"github.com/slagate/slagate/internal/render"
)

// pictures renders the comments as people see them, for people to look at:
// go test ./internal/render -run TestPictures -pictures.
var pictures = flag.Bool("pictures", false, "render testdata/comments/*.png with the chromium in the path")

// pictured are the situations that everybody meets.
var pictured = []string{"waiting", "partly-signed", "asked-again", "refused-label", "unreadable-file", "below-contract", "all-signed", "merged-unsigned", "merged-signed-after"}

func TestPictures(t *testing.T) {
	if !*pictures {
		t.Skip("needs a browser; run with -pictures after a change of the comment")
	}
	chromium, err := exec.LookPath("chromium")
	require.NoError(t, err)
	for _, s := range situations() {
		if !slices.Contains(pictured, s.name) {
			continue
		}
		shot := screenshot(t, chromium, asPage(t, render.Comment(s.decision, s.options)))
		picture := filepath.Join("..", "..", "testdata", "comments", s.name+".png")
		require.NoError(t, os.MkdirAll(filepath.Dir(picture), 0o750))
		require.NoError(t, os.WriteFile(picture, shot, 0o600))
		require.Less(t, len(shot), 120_000, s.name)
	}
}

var (
	mentionText = regexp.MustCompile(`@[a-z/]+`)
	commitText  = regexp.MustCompile(`\b(at|evaluated at) ([0-9a-f]{7})\b`)
)

// asPage shows a comment about as GitHub does.
func asPage(t *testing.T, body string) []byte {
	t.Helper()
	var b bytes.Buffer
	markdown := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(html.WithUnsafe()))
	require.NoError(t, markdown.Convert([]byte(body), &b))
	shown := mentionText.ReplaceAll(b.Bytes(), []byte(`<strong>$0</strong>`))
	shown = commitText.ReplaceAll(shown, []byte(`$1 <a href="#"><code>$2</code></a>`))
	return fmt.Appendf(nil, `<!doctype html><meta charset="utf-8"><style>%s</style><div class="box"><div class="top"><b>slagate</b> <i>bot</i> commented</div><div class="text">%s</div></div>`, pageStyle, shown)
}

const pageStyle = `
body { margin: 16px; background: #fff; color: #1f2328; font: 14px/1.5 "Liberation Sans", Arial, sans-serif; }
.box { border: 1px solid #d1d9e0; border-radius: 6px; width: 860px; }
.top { padding: 8px 16px; background: #f6f8fa; border-bottom: 1px solid #d1d9e0; border-radius: 6px 6px 0 0; color: #59636e; }
.top b { color: #1f2328; } .top i { font-style: normal; font-size: 12px; border: 1px solid #d1d9e0; border-radius: 2em; padding: 0 6px; }
.text { padding: 0 16px 8px; overflow: hidden; }
h3 { font-size: 18px; margin: 16px 0 8px; } p { margin: 0 0 12px; } ul { margin: 0 0 12px; padding-left: 28px; }
a { color: #0969da; text-decoration: none; }
code { font: 85% "DejaVu Sans Mono", monospace; background: #eff1f3; border-radius: 6px; padding: .2em .4em; }
a code { color: inherit; }
table { border-collapse: collapse; margin: 0 0 12px; } th, td { border: 1px solid #d1d9e0; padding: 6px 10px; text-align: left; vertical-align: top; }
th { background: #f6f8fa; } details { margin: 0 0 12px; } sub { font-size: 12px; color: #59636e; vertical-align: baseline; }
li:has(> input) { list-style: none; margin-left: -20px; }`

// screenshot is the page as a PNG, cut to what is on it.
func screenshot(t *testing.T, chromium string, page []byte) []byte {
	t.Helper()
	folder := t.TempDir()
	source, target := filepath.Join(folder, "page.html"), filepath.Join(folder, "page.png")
	require.NoError(t, os.WriteFile(source, page, 0o600))
	out, err := exec.CommandContext(t.Context(), chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
		"--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
		"--user-data-dir="+filepath.Join(folder, "profile"), "--window-size=894,3000", "--screenshot="+target, "file://"+source).CombinedOutput()
	require.NoError(t, err, string(out))
	shot, err := os.ReadFile(target)
	require.NoError(t, err)
	full, err := png.Decode(bytes.NewReader(shot))
	require.NoError(t, err)
	var b bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	require.NoError(t, encoder.Encode(&b, fewColours(full, lastRow(full)+16)))
	return b.Bytes()
}

// lastRow is the lowest row that is not blank.
func lastRow(picture image.Image) int {
	bounds := picture.Bounds()
	for y := bounds.Max.Y - 1; y > 0; y-- {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			if r, g, b, _ := picture.At(x, y).RGBA(); r&g&b != 0xffff {
				return y
			}
		}
	}
	return 0
}

// fewColours is the upper part of a picture in the steps of grey and the
// few colours that it is made of, which keeps the file small.
func fewColours(picture image.Image, height int) image.Image {
	var palette color.Palette
	for grey := range 32 {
		palette = append(palette, color.Gray{Y: uint8(min(255, grey*8+7))})
	}
	for step := range 8 {
		mix := func(c int) uint8 { return uint8(min(255, c+(255-c)*step/8)) }
		palette = append(palette, color.RGBA{R: mix(0x09), G: mix(0x69), B: mix(0xda), A: 255})
	}
	cut := image.NewPaletted(image.Rect(0, 0, picture.Bounds().Dx(), height), palette)
	draw.Draw(cut, cut.Bounds(), picture, picture.Bounds().Min, draw.Src)
	return cut
}
