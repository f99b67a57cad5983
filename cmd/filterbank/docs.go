package main

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"filterbank/filters/config"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/store"
)

func newSchema(c console) *cobra.Command {
	return &cobra.Command{
		Use:       "schema [stack | manifest]",
		Short:     "Print the JSON Schema of stack files, or of a line of the manifest",
		Args:      cobra.MaximumNArgs(1),
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

func newMan(console) *cobra.Command {
	return &cobra.Command{
		Use:   "man DIR",
		Short: "Write the man pages into a folder",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			// The date is fixed, so that the same program writes the same pages.
			date := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			header := &doc.GenManHeader{Title: "FILTERBANK", Section: "1", Source: "filterbank " + version(), Date: &date}
			folder, err := store.Open(args[0])
			if err != nil {
				return fmt.Errorf("man pages: %w", err)
			}
			defer folder.Release()
			return writeMan(folder, cmd.Root(), header)
		},
	}
}

// writeMan writes the man pages of a command and of the commands below it.
func writeMan(folder *store.Folder, cmd *cobra.Command, header *doc.GenManHeader) error {
	for _, c := range cmd.Commands() {
		if !c.IsAvailableCommand() || c.IsAdditionalHelpTopicCommand() {
			continue
		}
		if err := writeMan(folder, c, header); err != nil {
			return err
		}
	}
	var page bytes.Buffer
	own := *header // GenMan changes it
	if err := doc.GenMan(cmd, &own, &page); err != nil {
		return err
	}
	return folder.WriteFile(strings.ReplaceAll(cmd.CommandPath(), " ", "-")+".1", page.Bytes())
}
