package cli

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/slagate/slagate/internal/demo"
)

func newDemo(s streams) *cobra.Command {
	var (
		script bool
		cfg    demo.Config
	)
	cmd := &cobra.Command{
		Use: "demo", Short: "A complete trial on this machine: no account, no network", Args: cobra.NoArgs,
		Long: `A complete trial on this machine, no account needed: the real service with its embedded
database against a local stand-in for GitHub, and a page where one opens pull requests
and acts as developer, legal, security, support and others. Ctrl-C ends it and removes
everything.

With --script there is no page: a story is played, what people see is printed, and
the exit code is 0 only if every step ended as it should.`,
		Example: "  slagate demo\n  slagate demo --listen 127.0.0.1:9000 --keep ./trial\n  slagate demo --script",
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg.Out, cfg.Err, cfg.Now = s.out, s.err, time.Now //nolint:forbidigo // here the clock is given to the trial
			if script {
				return demo.Script(cmd.Context(), cfg)
			}
			return demo.Run(cmd.Context(), cfg)
		},
	}
	cmd.Flags().StringVar(&cfg.Listen, "listen", "", "address of the page, on loopback (default "+demo.DefaultListen+", or a free port if that is taken)")
	cmd.Flags().StringVar(&cfg.Keep, "keep", "", "folder in which database and log stay afterwards (default: a temporary one, removed)")
	cmd.Flags().BoolVar(&script, "script", false, "play a story and print what people see, without a page")
	cmd.MarkFlagsMutuallyExclusive("script", "listen")
	return cmd
}
