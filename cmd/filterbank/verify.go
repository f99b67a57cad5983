package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"filterbank/pipeline/verify"
)

func newVerify(c console) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Prove that the arithmetic is right on this machine",
		Long: "Compares convolution with PyTorch's results, every kernel of the processor with plain\n" +
			"Go, bit for bit, and pictures, pixels and files with known results. The digest of all\n" +
			"outputs is the same on every machine. The exit code is 1 if anything is wrong.",
		Example: "  filterbank verify\n" +
			"  filterbank verify --json",
		Args: arguments{}.check,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runVerify(cmd.Context(), c, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func runVerify(ctx context.Context, c console, asJSON bool) error {
	r, err := verify.Run(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return &exit{exitFailed, fmt.Errorf("verify: %w", err)}
	}
	return concludeVerify(c, r, asJSON)
}

// concludeVerify prints a report and returns the exit code.
func concludeVerify(c console, r *verify.Report, asJSON bool) error {
	write := printVerify
	if asJSON {
		write = func(w io.Writer, r *verify.Report) error { return printJSON(w, r) }
	}
	if err := write(c.out, r); err != nil {
		return unwritten(err)
	}
	if !r.Right() {
		return &exit{exitFailed, errors.New("this build gives wrong results on this machine; please report the lines above and the output of filterbank version")}
	}
	return nil
}

func printVerify(w io.Writer, r *verify.Report) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "what\tcases\tresult")
	for _, check := range r.Checks {
		result := "right"
		if check.Wrong > 0 {
			result = fmt.Sprintf("%d WRONG: %s", check.Wrong, check.First)
		}
		fmt.Fprintf(t, "%s\t%d\t%s\n", check.What, check.Cases, result)
	}
	fmt.Fprintf(t, "\ndigest %s\n", r.Digest)
	return t.Flush()
}
