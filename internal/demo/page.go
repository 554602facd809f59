package demo

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slagate/slagate/internal/githubsim"
)

// pageFiles are the templates, the style and the little script of the page.
//
//go:embed page
var pageFiles embed.FS

const (
	// policyHeader lets the page load nothing but its own files.
	policyHeader = "default-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'; object-src 'none'"
	// pageGrace is how long an answer of the page may still take at the end.
	pageGrace = time.Second
	// whoCookie remembers whom one is.
	whoCookie = "who"
	// maxForm is more than the longest comment that GitHub takes, percent-encoded.
	maxForm = 256 << 10
)

// page is the trial's page.
type page struct {
	st        *stage
	templates *template.Template
	journal   journal
}

func newPage(st *stage) (*page, error) {
	t, err := template.New("").Funcs(template.FuncMap{"short": short, "class": labelClass, "clock": clockText}).ParseFS(pageFiles, "page/*.html")
	if err != nil {
		return nil, fmt.Errorf("read the page's templates: %w", err)
	}
	return &page{st: st, templates: t}, nil
}

// serve serves the page until the context ends.
func (p *page) serve(ctx context.Context, socket net.Listener) error {
	server := newServer(p.handler())
	served := make(chan error, 1)
	go func() { served <- server.Serve(socket) }()
	select {
	case err := <-served:
		return fmt.Errorf("serve the page: %w", err)
	case <-ctx.Done():
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), pageGrace)
	defer cancel()
	err := server.Shutdown(stopping)
	if errors.Is(err, context.DeadlineExceeded) { // a browser keeps connections that it never used
		err = server.Close()
	}
	if served := <-served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// handler is the page with everything that guards it.
func (p *page) handler() http.Handler {
	mux := http.NewServeMux()
	repo := "/" + owner + "/" + repoName
	mux.HandleFunc("GET /{$}", p.home)
	mux.HandleFunc("GET "+repo, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/", http.StatusSeeOther) })
	mux.HandleFunc("GET "+repo+"/pull/{number}", p.showPull)
	mux.HandleFunc("GET "+repo+"/pull/{number}/files", p.showFiles)
	mux.HandleFunc("GET "+repo+"/tree/{ref...}", p.showTree)
	mux.HandleFunc("GET "+repo+"/blob/{ref}/{path...}", p.showBlob)
	mux.HandleFunc("GET /page/{file}", p.asset)
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("POST /as", p.become)
	mux.HandleFunc("POST /open", p.openPull)
	mux.HandleFunc("POST "+repo+"/pull/{number}/{act}", p.doAct)
	return guard(http.NewCrossOriginProtection().Handler(mux))
}

// guard answers only whoever asked for this machine (another name that leads here
// is somebody else's page), and sets the headers of every answer.
func guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policyHeader)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if !isLoopback(hostOf(r.Host)) {
			http.Error(w, "this is a trial on one machine; ask for it by 127.0.0.1 or localhost", http.StatusMisdirectedRequest)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		next.ServeHTTP(w, r)
	})
}

// render answers with a template; nothing is sent before it is whole.
func (p *page) render(w http.ResponseWriter, name string, data any) {
	var b bytes.Buffer
	if err := p.templates.ExecuteTemplate(&b, name, data); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if _, err := b.WriteTo(w); err != nil {
		return // whoever asked has gone
	}
}

// asset serves a file of the page.
func (p *page) asset(w http.ResponseWriter, r *http.Request) {
	switch r.PathValue("file") {
	case "style.css":
		http.ServeFileFS(w, r, pageFiles, "page/style.css")
	case "refresh.js":
		http.ServeFileFS(w, r, pageFiles, "page/refresh.js")
	default:
		http.NotFound(w, r)
	}
}

// me is whom one is: the developer if nothing was chosen.
func me(r *http.Request) person {
	if c, err := r.Cookie(whoCookie); err == nil {
		if who, ok := personOf(c.Value); ok {
			return who
		}
	}
	who, _ := personOf(writer)
	return who
}

// become chooses whom one is.
func (p *page) become(w http.ResponseWriter, r *http.Request) {
	who, ok := personOf(r.PostFormValue("as"))
	if !ok {
		http.Error(w, "nobody here has that name", http.StatusBadRequest)
		return
	}
	http.SetCookie(w, &http.Cookie{Name: whoCookie, Value: who.Login, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode}) //nolint:gosec // plain HTTP on loopback
	http.Redirect(w, r, local(r.PostFormValue("back")), http.StatusSeeOther)                                                         //nolint:gosec // local leads nowhere else
}

// local is an address on this page, the start if it is anywhere else.
func local(back string) string {
	if !strings.HasPrefix(back, "/") || strings.HasPrefix(back, "//") || strings.Contains(back, `\`) {
		return "/"
	}
	return back
}

// actor is who acts: the form says whom its reader was, whatever another tab chose since.
func actor(r *http.Request) (person, bool) { return personOf(r.PostFormValue("as")) }

// openPull opens a pull request with a prepared change.
func (p *page) openPull(w http.ResponseWriter, r *http.Request) {
	who, known := actor(r)
	i := slices.IndexFunc(changes(), func(c change) bool { return c.ID == r.PostFormValue("change") })
	if !known || i < 0 {
		http.Error(w, "no such person or change", http.StatusBadRequest)
		return
	}
	c := changes()[i]
	pr, err := p.st.open(who.Login, c)
	d := deed{Who: who.Login, Did: "opened “" + c.Title + "”"}
	if err != nil {
		p.back(w, r, "/", p.done(r.Context(), d, err))
		return
	}
	d.Pull = pr.Number
	p.back(w, r, pullPath(pr.Number), p.done(r.Context(), d, nil))
}

// doAct does something to a pull request.
func (p *page) doAct(w http.ResponseWriter, r *http.Request) {
	pr, ok := p.pullOf(w, r)
	if !ok {
		return
	}
	who, known := actor(r)
	i := slices.IndexFunc(acts(), func(a act) bool { return a.ID == r.PathValue("act") })
	if !known || i < 0 {
		http.Error(w, "no such person or act", http.StatusBadRequest)
		return
	}
	n := p.perform(r.Context(), acts()[i], acting{stage: p.st, who: who.Login, pr: pr, form: r.PostForm})
	p.back(w, r, pullPath(pr.Number), n)
}

// back shows a page with how the deed went.
func (p *page) back(w http.ResponseWriter, r *http.Request, path string, deed int) {
	http.Redirect(w, r, path+"?deed="+strconv.Itoa(deed), http.StatusSeeOther)
}

func pullPath(number int) string {
	return "/" + owner + "/" + repoName + "/pull/" + strconv.Itoa(number)
}

// pullOf is the pull request that the address names; it answers if there is none.
func (p *page) pullOf(w http.ResponseWriter, r *http.Request) (*githubsim.Pull, bool) {
	number, err := strconv.Atoi(r.PathValue("number"))
	if err == nil {
		if pr := p.st.pull(number); pr != nil {
			return pr, true
		}
	}
	http.NotFound(w, r)
	return nil, false
}
