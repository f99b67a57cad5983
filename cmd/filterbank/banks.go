package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"filterbank/filters/bank"
)

func newBanks(c console) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:               "banks [NAME]",
		Short:             "List the built-in filters, or show a bank and its kernels",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: completeBanks,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 {
				return showBank(c.out, args[0], asJSON)
			}
			return listBanks(c.out, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func completeBanks(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, b := range bank.Banks() {
		names = append(names, b.Name+"\t"+b.Title)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// The JSON form of a bank.
type (
	bankJSON struct {
		Name    string       `json:"name"`
		Title   string       `json:"title"`
		About   string       `json:"about"`
		Source  string       `json:"source"`
		Params  []paramJSON  `json:"parameters"`
		Filters []string     `json:"filters,omitempty"`
		Kernels []kernelJSON `json:"kernels,omitempty"`
	}
	paramJSON struct {
		Name    string   `json:"name"`
		Help    string   `json:"help"`
		Range   string   `json:"range"`
		Default *float64 `json:"default,omitempty"`
		Derived string   `json:"derived,omitempty"`
	}
	kernelJSON struct {
		Name    string      `json:"name"`
		Weights [][]float32 `json:"weights"`
	}
)

func newBankJSON(b bank.Bank) bankJSON {
	out := bankJSON{Name: b.Name, Title: b.Title, About: b.About, Source: b.Source, Params: []paramJSON{}}
	for _, p := range b.Params {
		pj := paramJSON{Name: p.Name, Help: p.Help, Range: p.Range(), Derived: p.Derived}
		if p.Derived == "" {
			pj.Default = &p.Default
		}
		out.Params = append(out.Params, pj)
	}
	return out
}

func listBanks(w io.Writer, asJSON bool) error {
	banks := bank.Banks()
	if asJSON {
		var out []bankJSON
		for _, b := range banks {
			bj := newBankJSON(b)
			bj.Filters = b.Filters()
			out = append(out, bj)
		}
		return printJSON(w, out)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "bank\tfilters\twhat it is\tsource")
	for _, b := range banks {
		fmt.Fprintf(t, "%s\t%d\t%s\t%s\n", b.Name, len(b.Filters()), b.Title, b.Source)
	}
	return t.Flush()
}

func showBank(w io.Writer, name string, asJSON bool) error {
	kernels, err := bank.Kernels(name, nil)
	if err != nil {
		return err
	}
	b := bankOf(name)
	if asJSON {
		out := newBankJSON(b)
		for _, k := range kernels {
			kj := kernelJSON{Name: k.Name}
			for y := range k.H {
				kj.Weights = append(kj.Weights, k.Weights[y*k.W:][:k.W])
			}
			out.Kernels = append(out.Kernels, kj)
		}
		return printJSON(w, out)
	}
	var s strings.Builder
	fmt.Fprintf(&s, "%s: %s\n%s\nSource: %s\n", b.Name, b.Title, b.About, b.Source)
	t := tabwriter.NewWriter(&s, 0, 0, 2, ' ', 0)
	for _, p := range b.Params {
		value := p.Derived
		if value == "" {
			value = strconv.FormatFloat(p.Default, 'g', -1, 64)
		}
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s\n", p.Name, value, p.Range(), p.Help)
	}
	t.Flush()
	for _, k := range kernels {
		fmt.Fprintf(&s, "\n%s, %d×%d\n", k.Name, k.H, k.W)
		printKernel(&s, k)
	}
	_, err = io.WriteString(w, s.String())
	return err
}

// bankOf is the bank that has a name or a filter of that name.
func bankOf(name string) bank.Bank {
	banks := bank.Banks()
	for _, b := range banks {
		if b.Name == name {
			return b
		}
	}
	for _, b := range banks {
		for _, f := range b.Filters() {
			if f == name {
				return b
			}
		}
	}
	return bank.Bank{Name: name}
}

// printKernel writes the weights, or, where they are too many to read, their signs
// and sizes as letters.
func printKernel(s *strings.Builder, k bank.Kernel) {
	if k.W > 9 {
		shadeKernel(s, k)
		return
	}
	t := tabwriter.NewWriter(s, 0, 0, 2, ' ', tabwriter.AlignRight)
	for y := range k.H {
		for _, w := range k.Weights[y*k.W:][:k.W] {
			fmt.Fprintf(t, "%s\t", strconv.FormatFloat(float64(w), 'g', 4, 32))
		}
		fmt.Fprintln(t)
	}
	t.Flush()
}

func shadeKernel(s *strings.Builder, k bank.Kernel) {
	var largest float64
	for _, w := range k.Weights {
		largest = max(largest, math.Abs(float64(w)))
	}
	fmt.Fprintf(s, "largest weight %.4g; # above and = below zero, half or more of it; + and - a tenth or more\n", largest)
	for y := range k.H {
		s.WriteString("  ")
		for _, w := range k.Weights[y*k.W:][:k.W] {
			share := float64(w) / largest
			mark := " ·"
			switch {
			case share >= 0.5:
				mark = " #"
			case share >= 0.1:
				mark = " +"
			case share <= -0.5:
				mark = " ="
			case share <= -0.1:
				mark = " -"
			}
			s.WriteString(mark)
		}
		s.WriteByte('\n')
	}
}

func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
