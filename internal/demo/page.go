package demo

import (
	"context"
	"net"
)

type page struct{}

func newPage(*stage, string) (*page, error)                       { return &page{}, nil }
func (p *page) serve(ctx context.Context, socket net.Listener) error { <-ctx.Done(); return socket.Close() }
