package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"filterbank/filters/config"
	"filterbank/pipeline/manifest"
)

func newSchema(c console) *cobra.Command {
	return &cobra.Command{
		Use:   "schema [stack | manifest]",
		Short: "Print the JSON Schema of stack files, or of a line of the manifest",
		Example: "  filterbank schema > stack.schema.json\n" +
			"  filterbank schema manifest",
		Args:      arguments{0, 1, "one of stack and manifest", "stack"}.check,
		ValidArgs: []string{"stack", "manifest"},
		RunE: func(_ *cobra.Command, args []string) error {
			text := config.Schema()
			if len(args) > 0 {
				switch args[0] {
				case "stack":
				case "manifest":
					text = manifest.Schema()
				default:
					return fmt.Errorf("schema %q: it must be stack or manifest", args[0])
				}
			}
			_, err := c.out.Write(text)
			return err
		},
	}
}
