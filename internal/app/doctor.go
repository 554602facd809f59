package app

import (
	"context"
	"fmt"

	"github.com/rs/zerolog"

	"github.com/slagate/slagate/internal/doctor"
	"github.com/slagate/slagate/internal/ghapp"
)

// hookPath is where GitHub delivers to.
const hookPath = "/api/github/hook"

// Diagnose reads from GitHub what package doctor judges, with the settings of the
// service; where names ("OWNER/NAME") are given, of the repositories only those. It
// touches neither the database nor the socket, so that a running service is not disturbed.
func Diagnose(ctx context.Context, cfg Config, names []string) (doctor.Facts, error) {
	creator, err := ghapp.NewCreator(ghapp.Config{
		V3URL: cfg.V3URL, V4URL: cfg.V4URL, AppID: cfg.AppID, Key: cfg.PrivateKey, UserAgent: "slagate-doctor", Now: now, Log: zerolog.Nop(),
	})
	if err != nil {
		return doctor.Facts{}, fmt.Errorf("GitHub client: %w", err)
	}
	facts := ghapp.NewInspector(creator).Inspect(ctx, names)
	if cfg.PublicURL != "" {
		facts.HookURL = cfg.PublicURL + hookPath
	}
	return facts, ctx.Err()
}
