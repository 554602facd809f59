package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"time"
)

// profileTimeout bounds the answers of the admin listener: a CPU profile takes
// 30 s unless asked otherwise.
const profileTimeout = 5 * time.Minute

// admin is the listener for those who run the service. It shows what must not be
// seen from outside: profiles of the process. Without an address there is none.
type admin struct {
	server *http.Server
	socket net.Listener
}

// listenAdmin takes the socket; address "" makes an admin that does nothing.
func listenAdmin(ctx context.Context, address string, server *http.Server) (*admin, error) {
	a := &admin{}
	if address == "" {
		return a, nil
	}
	var lc net.ListenConfig
	socket, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("SLAGATE_ADMIN_LISTEN: %w", err)
	}
	a.socket, a.server = socket, server
	a.server.WriteTimeout = profileTimeout
	return a, nil
}

// close ends it at once: nobody has to wait for a profile.
func (a *admin) close() error {
	if a == nil || a.server == nil {
		return nil
	}
	err := a.server.Close()
	if socketErr := a.socket.Close(); socketErr != nil && !errors.Is(socketErr, net.ErrClosed) {
		err = errors.Join(err, socketErr) // it never served
	}
	return err
}

// adminRoutes are the addresses of the admin listener.
func (a *App) adminRoutes() http.Handler {
	mux := http.NewServeMux()
	a.ownPages(mux)
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux
}
