package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"filterbank/filters/bank"
	"filterbank/filters/config"
	"filterbank/pipeline/source"
)

// bankOptions are the flags of banks.
type bankOptions struct {
	params   []string
	export   string
	png      string
	channels string
	json     bool
}

func newBanks(c console) *cobra.Command {
	var o bankOptions
	cmd := &cobra.Command{
		Use:   "banks [NAME]",
		Short: "List the built-in filters, show a bank and its kernels, or write them to a file",
		Long: "Without a name, banks lists the built-in banks. With the name of a bank, or of one of its\n" +
			"filters, it shows the parameters and kernels. --export writes the kernels to an array of\n" +
			"float32, K×1×kH×kW in the order of the list. With --channels the array is K×3×kH×kW: each\n" +
			"kernel is spread over red, green and blue as by channels in a stack file. With each it is\n" +
			"3·K×1×kH×kW, for groups: 3. --png draws the kernels; with --channels in colours, and as red,\n" +
			"green and blue apart.",
		Example: "  filterbank banks gabor --param orientations=6 --param wavelength=12\n" +
			"  filterbank banks leung-malik --export lm.npy --channels mean\n" +
			"  filterbank banks steerable --png k.png && filterbank show k.png",
		Args:              arguments{0, 1, "the name of one bank", "gabor"}.check,
		ValidArgsFunction: completeBanks,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				for _, flag := range []string{"param", "export", "channels", "png"} {
					if cmd.Flags().Changed(flag) {
						return fmt.Errorf("--%s needs the name of a bank, as in filterbank banks gabor", flag)
					}
				}
				return listBanks(c.out, o.json)
			}
			if o.channels != "" && o.export == "" && o.png == "" {
				return errors.New("--channels changes what --export and --png write: add one of them, or leave --channels out")
			}
			if err := otherKind("png", o.png, ".png", "the picture is a PNG"); err != nil {
				return err
			}
			if err := otherKind("export", o.export, ".npy", "the array is a NumPy file"); err != nil {
				return err
			}
			return showBank(c.out, args[0], o)
		},
	}
	s := cmd.Flags()
	s.StringArrayVar(&o.params, "param", nil, "a parameter of the bank, as in orientations=6; repeatable")
	s.StringVar(&o.export, "export", "", "write the kernels to this .npy file")
	s.StringVar(&o.png, "png", "", "draw the kernels in this .png file, blue below zero and red above")
	s.StringVar(&o.channels, "channels", "", "spread the kernels over three channels: mean, luma, sum, each or R,G,B (one channel)")
	s.BoolVar(&o.json, "json", false, "print JSON")
	must(cmd.MarkFlagFilename("export", "npy"))
	must(cmd.MarkFlagFilename("png", "png"))
	must(cmd.RegisterFlagCompletionFunc("channels",
		cobra.FixedCompletions([]string{"mean", "luma", "sum", "each"}, cobra.ShellCompDirectiveNoFileComp)))
	must(cmd.RegisterFlagCompletionFunc("param", completeParams))
	return cmd
}

// completeParams offers the parameters of the bank in the arguments.
func completeParams(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	var names []string
	if len(args) == 1 {
		b, _ := bank.Of(args[0])
		for _, p := range b.Params {
			names = append(names, p.Name+"=\t"+p.Help)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// otherKind refuses the name of a file that ends as files of another kind do.
func otherKind(flag, name, extension, is string) error {
	if ext := filepath.Ext(name); ext != "" && !strings.EqualFold(ext, extension) {
		return fmt.Errorf("--%s %s: %s; name a file that ends in %s", flag, source.Display(name), is, extension)
	}
	return nil
}

// completeBanks offers banks, also behind a comma.
func completeBanks(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	before := typed[:strings.LastIndexByte(typed, ',')+1]
	var names []string
	for _, b := range bank.Banks() {
		names = append(names, before+b.Name+"\t"+b.Title)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// The JSON form of a bank.
type (
	bankJSON struct {
		Name    string      `json:"name"`
		Title   string      `json:"title"`
		About   string      `json:"about"`
		Source  string      `json:"source"`
		Params  []paramJSON `json:"parameters"`
		Filters []string    `json:"filters,omitempty"`

		// Only for a bank that is shown.
		Given   map[string]float64 `json:"given,omitempty"`
		Kernels []kernelJSON       `json:"kernels,omitempty"`
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
	fmt.Fprintln(t, "bank\tfilters\tsize\tdescription")
	for _, b := range banks {
		kernels, err := b.Kernels(nil)
		if err != nil {
			return err
		}
		fmt.Fprintf(t, "%s\t%d\t%d×%d\t%s\n", b.Name, len(kernels), kernels[0].H, kernels[0].W, b.Title)
	}
	fmt.Fprintln(t, "\nfilterbank banks NAME shows what a bank answers to, its source, its parameters and its kernels")
	return t.Flush()
}

func showBank(w io.Writer, spec string, o bankOptions) error {
	name, params, err := nameAndParams(spec, o.params)
	if err != nil {
		return err
	}
	kernels, err := bank.Kernels(name, params)
	if err != nil {
		return err
	}
	if o.export != "" {
		return exportBank(w, config.Filter{Name: name, Params: params}, kernels, o)
	}
	b, _ := bank.Of(name)
	if o.png != "" {
		return pictureBank(w, b, kernels, config.Filter{Name: name, Params: params}, o)
	}
	if o.json {
		return printJSON(w, shownBankJSON(b, params, kernels))
	}
	var s strings.Builder
	fmt.Fprintf(&s, "%s: %s\n%s%s", b.Name, b.Title, lines(b.About), lines("Source: "+b.Source))
	t := tabwriter.NewWriter(&s, 0, 0, 2, ' ', 0)
	for _, p := range b.Params {
		value := p.Derived
		if v, given := params[p.Name]; given || value == "" {
			if !given {
				v = p.Default
			}
			value = strconv.FormatFloat(v, 'g', -1, 64)
		}
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s\n", p.Name, value, p.Range(), p.Help)
	}
	t.Flush()
	printKernels(&s, kernels)
	_, err = io.WriteString(w, s.String())
	return err
}

// lines breaks a text into lines of at most 90 characters.
func lines(text string) string { return strings.Join(wrap(text, 90), "\n") + "\n" }

// nameAndParams reads a bank with parameters behind a colon, as run --bank takes it, or with
// parameters from flags.
func nameAndParams(spec string, flags []string) (string, map[string]float64, error) {
	params, err := parseParams(flags)
	if err != nil || !strings.ContainsAny(spec, ":,=") {
		return spec, params, err
	}
	banks, err := config.ParseBanks(spec)
	switch {
	case err != nil:
		return "", nil, err
	case len(banks) > 1:
		return "", nil, fmt.Errorf("banks shows one bank, got %d", len(banks))
	case len(params) > 0:
		return "", nil, errors.New("parameters are given both behind the bank's name and with --param: leave one out")
	}
	return banks[0].Name, banks[0].Params, nil
}

// parseParams reads name=number pairs.
func parseParams(pairs []string) (map[string]float64, error) {
	if len(pairs) == 0 {
		return nil, nil
	}
	params := map[string]float64{}
	for _, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		v, err := strconv.ParseFloat(value, 64)
		if err != nil || name == "" {
			return nil, fmt.Errorf("--param %s: write a parameter as name=number, such as orientations=6", pair)
		}
		if _, twice := params[name]; twice {
			return nil, fmt.Errorf("--param %s: %s is given twice", pair, name)
		}
		params[name] = v
	}
	return params, nil
}

func shownBankJSON(b bank.Bank, params map[string]float64, kernels []bank.Kernel) bankJSON {
	out := newBankJSON(b)
	out.Given = params
	for _, k := range kernels {
		kj := kernelJSON{Name: k.Name}
		for y := range k.H {
			kj.Weights = append(kj.Weights, k.Weights[y*k.W:][:k.W])
		}
		out.Kernels = append(out.Kernels, kj)
	}
	return out
}

func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
