package cli

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"github.com/slagate/slagate/internal/app"
)

func newServe(s streams) *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use: "serve", Short: "Run the service", Args: cobra.NoArgs,
		Long: `Run the service: it takes GitHub's webhooks at /api/github/hook and posts statuses,
labels and one comment. Settings come from the environment over --config over defaults;
README shows how to register the GitHub App and which settings are mandatory.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := app.LoadConfig(path, os.Environ())
			if err != nil {
				return fmt.Errorf("slagate cannot start with these settings:\n%w", err)
			}
			service, err := app.New(cmd.Context(), cfg, newLogger(s.err, cfg))
			if err != nil {
				return err
			}
			return service.Run(cmd.Context())
		},
	}
	cmd.Flags().StringVar(&path, "config", "", "configuration file (see config/server.example.yml)")
	return cmd
}

func newLogger(w io.Writer, cfg app.Config) zerolog.Logger {
	if !cfg.LogJSON {
		w = zerolog.ConsoleWriter{Out: w, TimeFormat: time.TimeOnly, NoColor: !isTerminal(w)}
	}
	return zerolog.New(cfg.Redacted(w)).Level(cfg.LogLevel).With().Timestamp().Logger()
}

// isTerminal reports whether a person looks on.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
