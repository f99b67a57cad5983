package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"filterbank/filters/onnx/arch"
	"filterbank/filters/tensor"
	"filterbank/filters/volume"
	"filterbank/filters/weights"
	"filterbank/pipeline/source"
)

// inspectOptions are the flags of inspect.
type inspectOptions struct {
	png  string
	json bool
}

func newInspect(c console) *cobra.Command {
	var o inspectOptions
	cmd := &cobra.Command{
		Use:   "inspect FILE[#NAME]",
		Short: "List the arrays in a file of weights, or draw its kernels",
		Long: "Lists the arrays of a .npy, .npz, .safetensors or .onnx file, or of a .pt or .pth file of\n" +
			"PyTorch: name, type, shape and range. Arrays of four dimensions can be the kernels of a layer. FILE#NAME is\n" +
			"one array, in the form that a stack file takes for weights, bias and batch_norm. Nothing of a\n" +
			"file is ever run: a .pth file that asks for more than tensors is refused.\n\n" +
			"--png draws the kernels of the array that is named, or else of the first one with 3 channels,\n" +
			"which is a network's first layer: in colours, and as red, green and blue apart. Kernels of\n" +
			"deeper layers are a grid of filters by channels.",
		Example: "  filterbank inspect net.pth\n" +
			"  filterbank inspect net.onnx --json | jq -r '.arrays[].name'\n" +
			"  filterbank inspect net.pth#conv1.weight --png kernels.png",
		Args: arguments{1, 1, "a file of weights", "net.pth"}.check,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := otherKind("png", o.png, ".png", "the picture is a PNG"); err != nil {
				return err
			}
			return runInspect(cmd.Context(), c.out, args[0], o)
		},
	}
	s := cmd.Flags()
	s.StringVar(&o.png, "png", "", "draw the kernels in this .png file")
	s.BoolVar(&o.json, "json", false, "print JSON")
	must(cmd.MarkFlagFilename("png", "png"))
	return cmd
}

// The JSON form of a file of weights.
type (
	inspectedJSON struct {
		File   string      `json:"file"`
		Format string      `json:"format"`
		Arrays []arrayJSON `json:"arrays"`
		Arch   []string    `json:"arch,omitempty"` // networks of import that the arrays fit
	}
	arrayJSON struct {
		Name      string   `json:"name"`
		Type      string   `json:"type"`
		Shape     []int    `json:"shape"`
		Kernels   bool     `json:"kernels"`         // it has four dimensions, O×C×H×W
		Min       *float64 `json:"min,omitempty"`   // of the finite values
		Max       *float64 `json:"max,omitempty"`   // of the finite values
		NotFinite int      `json:"not_finite"`      // values
		Error     string   `json:"error,omitempty"` // why it cannot be read
	}
)

func runInspect(ctx context.Context, w io.Writer, reference string, o inspectOptions) error {
	path, name := weights.Split("", reference)
	f, err := weights.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if o.png != "" {
		return pictureWeights(w, f, name, o)
	}
	if name != "" {
		a, err := f.Find(name, 0)
		if err != nil {
			return err
		}
		f.Arrays = append(f.Arrays[:0:0], *a.Member)
	}
	out := inspectedJSON{File: path, Format: f.Format, Arrays: []arrayJSON{}}
	if name == "" && f.Format != "onnx" {
		out.Arch = arch.Fitting(f.Arrays)
	}
	for i := range f.Arrays {
		a := inspected(ctx, &f.Arrays[i])
		if ctx.Err() != nil {
			return ctx.Err()
		}
		out.Arrays = append(out.Arrays, a)
	}
	if o.json {
		return printJSON(w, out)
	}
	return out.print(w)
}

// inspected reads an array.
func inspected(ctx context.Context, m *tensor.Member) arrayJSON {
	a := arrayJSON{Name: m.Name, Type: m.Type, Shape: append([]int{}, m.Shape...), Kernels: len(m.Shape) == 4}
	var s span
	err := m.Scan(func(_ int, values []float32) error {
		s.add(values)
		return ctx.Err()
	})
	switch {
	case err != nil:
		a.Error = err.Error()
	case s.finite > 0:
		a.Min, a.Max = &s.lo, &s.hi
	}
	a.NotFinite = s.no
	return a
}

// print lists the arrays in a table.
func (f *inspectedJSON) print(w io.Writer) error {
	values := 0.0
	for _, a := range f.Arrays {
		n, _ := volume.Product(a.Shape...)
		values += float64(n)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s, %s, %s values\n", source.Display(f.File), f.Format, counted(len(f.Arrays), "array"), grouped(values))
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	if len(f.Arrays) > 0 {
		fmt.Fprintln(t, "name\ttype\tshape\tvalues")
	}
	for i := range f.Arrays {
		a := &f.Arrays[i]
		name := "-"
		if a.Name != "" {
			name = source.Display(a.Name)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s", name, a.Type, shapeText(a.Shape), a.values())
		if a.Kernels {
			fmt.Fprintf(t, "\t%d kernels of %s", a.Shape[0], shapeText(a.Shape[1:]))
		}
		fmt.Fprintln(t)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, network := range f.Arch {
		fmt.Fprintf(&b, "These are the arrays of %s: filterbank import %s --arch %s -o %s.yaml makes its layers.\n", network, shellWord(f.File), network, network)
	}
	_, err := io.WriteString(w, printable(b.String()))
	return err
}

// values describes the values in a table.
func (a *arrayJSON) values() string {
	text := "none"
	switch {
	case a.Error != "":
		return "not read: " + a.Error
	case a.Min != nil && *a.Min == *a.Max:
		text = fmt.Sprintf("%.6g", *a.Min)
	case a.Min != nil:
		text = fmt.Sprintf("%.6g to %.6g", *a.Min, *a.Max)
	}
	if a.NotFinite > 0 {
		text += fmt.Sprintf(", %d not finite", a.NotFinite)
	}
	return text
}

// grouped writes a whole number with commas.
func grouped(v float64) string {
	if v >= math.MaxInt64 {
		return fmt.Sprintf("%.3g", v)
	}
	digits := fmt.Sprintf("%.0f", v)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

var errNoKernels = errors.New("it has no array of O×C×H×W, as the kernels of a layer are")
