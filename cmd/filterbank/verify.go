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
		Long: "Compares convolution with PyTorch's results, every kernel that the processor has\n" +
			"with plain Go, bit for bit, and pictures, pixels and files with what is known of\n" +
			"them. The digest of all outputs is the same on every machine. It exits with 1 when\n" +
			"anything is wrong.",
		Args: cobra.NoArgs,
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
		return &exit{exitInterrupted, fmt.Errorf("verify: %w", err)}
	}
	if err != nil {
		return &exit{exitFailed, fmt.Errorf("verify: %w", err)}
	}
	return concludeVerify(c, r, asJSON)
}

// concludeVerify prints a report and gives the exit code.
func concludeVerify(c console, r *verify.Report, asJSON bool) error {
	write := printVerify
	if asJSON {
		write = func(w io.Writer, r *verify.Report) error { return printJSON(w, r) }
	}
	if err := write(c.out, r); err != nil {
		return &exit{exitFailed, fmt.Errorf("write to standard output: %w", err)}
	}
	if !r.Right() {
		return &exit{exitFailed, errors.New("this build or machine gives other results than it should; please report the lines above and what filterbank version prints")}
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
