package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"syscall"
	"time"
)

// DefaultListen is where the page is served if nothing else is said and the port is free.
const DefaultListen = "127.0.0.1:8090"

// Config says how a trial runs.
type Config struct {
	// Listen is the page's address; "" is DefaultListen, or a free port if that is taken.
	Listen string
	// Keep is a folder in which the database and the log stay afterwards; "" is
	// a temporary one, which is removed.
	Keep string
	// Out takes the page's address, or the story; Err what goes wrong inside.
	Out, Err io.Writer
	// Now is the clock. Required.
	Now func() time.Time
}

// Run serves the page until the context ends.
func Run(ctx context.Context, cfg Config) (err error) {
	socket, err := listen(ctx, cfg.Listen)
	if err != nil {
		return err
	}
	address := "http://" + socket.Addr().String()
	st, err := newStage(ctx, cfg, address)
	if err != nil {
		return errors.Join(err, socket.Close())
	}
	defer func() { err = errors.Join(err, st.stop(ctx)) }()
	p, err := newPage(st)
	if err != nil {
		return errors.Join(err, socket.Close())
	}
	if _, err := fmt.Fprintf(cfg.Out, "slagate's trial is running. Open %s in a browser; Ctrl-C ends it.\n", address); err != nil {
		return errors.Join(err, socket.Close())
	}
	return p.serve(ctx, socket)
}

// listen takes the page's socket.
func listen(ctx context.Context, address string) (net.Listener, error) {
	fallback := address == ""
	if fallback {
		address = DefaultListen
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("listen on %q: not HOST:PORT: %w", address, err)
	}
	if !isLoopback(host) {
		return nil, fmt.Errorf("listen on %q: the trial lets everybody be anybody, so it listens on loopback only (127.0.0.1, [::1] or localhost)", address)
	}
	var lc net.ListenConfig
	socket, err := lc.Listen(ctx, "tcp", net.JoinHostPort(host, port))
	if fallback && errors.Is(err, syscall.EADDRINUSE) {
		socket, err = lc.Listen(ctx, "tcp", net.JoinHostPort(host, "0"))
	}
	if err != nil {
		return nil, fmt.Errorf("listen on %q: %w", address, err)
	}
	return socket, nil
}

// isLoopback reports whether a host is this machine and nothing else.
func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// hostOf is the name part of a Host header.
func hostOf(header string) string {
	u := url.URL{Host: header}
	return u.Hostname()
}
