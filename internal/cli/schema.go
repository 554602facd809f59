package cli

import (
	"github.com/spf13/cobra"

	"github.com/slagate/slagate/internal/policy"
)

func newSchema(s streams) *cobra.Command {
	return &cobra.Command{
		Use: "schema", Short: "Print the JSON Schema of the policy file", Args: atMost(0),
		Long: `Print the JSON Schema of .github/slagate.yml. Editors that know it complete and check
the file while it is written; it also lists the built-in checklist items.`,
		Example: `  slagate schema > slagate.schema.json`,
		RunE: func(*cobra.Command, []string) error {
			_, err := s.out.Write(policy.Schema())
			return err
		},
	}
}
