package demo

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/rs/zerolog"

	"github.com/slagate/slagate/internal/app"
	"github.com/slagate/slagate/internal/githubsim"
)

const (
	appID   = 4711
	appSlug = "slagate"
	keyBits = 2048
	// stopTimeout bounds the end of everything but the service, which has its own bound.
	stopTimeout = 5 * time.Second
	workers     = 4
	// sweepInterval is the service's default.
	sweepInterval = 5 * time.Minute
	// retention outlasts every trial.
	retention = 30 * 24 * time.Hour
)

// stage is the stand-in with its world, and the service that runs against it.
type stage struct {
	*world

	folder  string
	keep    bool
	logFile *os.File
	api     *http.Server
	apiDone chan error
	end     context.CancelFunc
	ended   chan error
	rest    *rest
}

// newStage builds the world and starts the service. webURL is where
// people see GitHub, so that slagate's links lead to the page.
func newStage(ctx context.Context, cfg Config, webURL string) (_ *stage, err error) {
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return nil, fmt.Errorf("make the app's key: %w", err)
	}
	secret := rand.Text()
	w, err := newWorld(cfg.Now, key, webURL)
	if err != nil {
		return nil, err
	}
	s := &stage{world: w}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.stop(ctx))
		}
	}()
	if err := s.openFolder(cfg.Keep); err != nil {
		return nil, err
	}
	apiURL, err := s.serveAPI(ctx)
	if err != nil {
		return nil, err
	}
	service, err := app.New(ctx, app.Config{
		WebURL: webURL, V3URL: apiURL + "/api/v3/", V4URL: apiURL + "/api/graphql",
		AppID: appID, Secrets: []string{secret}, PrivateKey: pemOf(key),
		Listen: "127.0.0.1:0", Database: s.database(), Workers: workers, SweepInterval: sweepInterval,
		Retention: retention, ClosedRetention: retention, ContentPerMinute: -1,
	}, s.logger(cfg.Err))
	if err != nil {
		return nil, fmt.Errorf("start slagate: %w", err)
	}
	s.run(ctx, service)
	if err := s.ready(ctx, "http://"+service.Addr()+"/readyz"); err != nil {
		return nil, err
	}
	s.sim.SetWebhook("http://"+service.Addr()+"/api/github/hook", secret)
	if s.rest, err = newRest(s.sim.Deliveries(), s.database()); err != nil {
		return nil, err
	}
	return s, s.settle(ctx)
}

func pemOf(key *rsa.PrivateKey) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
}

func (s *stage) database() string { return filepath.Join(s.folder, "slagate.db") }

// openFolder makes the folder of the database and the log.
func (s *stage) openFolder(keep string) (err error) {
	s.folder, s.keep = keep, keep != ""
	if s.keep {
		err = os.MkdirAll(keep, 0o700)
	} else {
		s.folder, err = os.MkdirTemp("", "slagate-demo-")
	}
	if err != nil {
		return fmt.Errorf("make the trial's folder: %w", err)
	}
	if _, err := os.Stat(s.database()); err == nil {
		return fmt.Errorf("%s is of an earlier trial, whose GitHub is gone: remove it, or name another folder", s.database())
	}
	if s.logFile, err = os.Create(filepath.Join(s.folder, "slagate.log")); err != nil {
		return fmt.Errorf("make the trial's log: %w", err)
	}
	return nil
}

// logger writes everything to the log file, and errors also to errOut.
func (s *stage) logger(errOut io.Writer) zerolog.Logger {
	console := zerolog.ConsoleWriter{Out: errOut, TimeFormat: time.TimeOnly, NoColor: true}
	loud := &zerolog.FilteredLevelWriter{Writer: zerolog.LevelWriterAdapter{Writer: console}, Level: zerolog.ErrorLevel}
	return zerolog.New(zerolog.MultiLevelWriter(s.logFile, loud)).Level(zerolog.DebugLevel).With().Timestamp().Logger()
}

// serveAPI serves GitHub's API on a free port of loopback.
func (s *stage) serveAPI(ctx context.Context) (string, error) {
	var lc net.ListenConfig
	socket, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("serve GitHub's API: %w", err)
	}
	s.api = newServer(s.sim.Handler())
	s.apiDone = make(chan error, 1)
	go func() { s.apiDone <- s.api.Serve(socket) }()
	return "http://" + socket.Addr().String(), nil
}

// run runs the service until stop. It outlives the context that it was started
// with: deliveries end before it does.
func (s *stage) run(ctx context.Context, service *app.App) {
	ctx, s.end = context.WithCancel(context.WithoutCancel(ctx))
	s.ended = make(chan error, 1)
	go func() { s.ended <- service.Run(ctx) }()
}

// ready waits until the service says that it works.
func (s *stage) ready(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	ticker := time.NewTicker(glance)
	defer ticker.Stop()
	for {
		ok, err := asks(ctx, address)
		if ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("slagate does not get ready: %w", ctx.Err())
		case err := <-s.ended:
			s.ended <- err // stop waits for it, too
			return fmt.Errorf("slagate ended: %w", err)
		case <-ticker.C:
		}
	}
}

// asks reports whether an address answers 200.
func asks(ctx context.Context, address string) (bool, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return false, fmt.Errorf("ask %s: %w", address, err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false, fmt.Errorf("ask %s: %w", address, err)
	}
	return res.StatusCode == http.StatusOK, res.Body.Close()
}

// stop ends what was started, in the reverse order, and removes the folder.
func (s *stage) stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	errs := []error{s.sim.Close(ctx)}
	s.sender.CloseIdleConnections() // the service would wait for those that never carried anything
	if s.end != nil {
		s.end()
		errs = append(errs, <-s.ended)
	}
	if s.api != nil {
		errs = append(errs, s.api.Close()) // nobody is left to be answered
		if err := <-s.apiDone; !errors.Is(err, http.ErrServerClosed) {
			errs = append(errs, err)
		}
	}
	if s.rest != nil {
		errs = append(errs, s.rest.close())
	}
	if s.logFile != nil {
		errs = append(errs, s.logFile.Close())
	}
	if !s.keep && s.folder != "" {
		errs = append(errs, os.RemoveAll(s.folder))
	}
	return errors.Join(errs...)
}

// The bounds of every connection to a server of the trial.
const (
	headerTimeout = 5 * time.Second
	readTimeout   = 30 * time.Second
	writeTimeout  = 60 * time.Second
	idleTimeout   = 2 * time.Minute
)

func newServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
	}
}

// act does something as a person, a second later than whatever happened before.
func (s *stage) act(login string, do func(githubsim.Actor) error) error {
	s.acting.Lock()
	defer s.acting.Unlock()
	s.clock.step()
	return do(s.sim.As(login))
}
