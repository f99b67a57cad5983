package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"filterbank/filters"
	"filterbank/filters/onnx"
	"filterbank/filters/onnx/arch"
	"filterbank/filters/onnx/stackfile"
	"filterbank/pipeline/source"
)

// importOptions are the flags of import.
type importOptions struct {
	out   string
	until []string
	size  string
	arch  string
	json  bool
}

func newImport(c console) *cobra.Command {
	var o importOptions
	cmd := &cobra.Command{
		Use:   "import [flags] MODEL.onnx|MODEL.pth",
		Short: "Turn a trained network into a stack file",
		Long: "Turns the nodes of an ONNX model, from its picture on, into the layers of a stack file. The\n" +
			"weights go into a .safetensors file beside it. Without --until all that layers can express is\n" +
			"taken. Printed are the number of layers and where and why the import stops: the node, its\n" +
			"operator and its place in the model. Nothing of a model is ever run.\n\n" +
			"A checkpoint, such as a .pth file of PyTorch, has tensors and no graph: --arch names its network.\n" +
			"Known are " + strings.Join(arch.Names(), ", ") + ".",
		Example: "  filterbank import squeezenet.onnx -o squeezenet.yaml\n" +
			"  filterbank import resnet50.onnx --until relu22 -o resnet50.yaml\n" +
			"  filterbank import r50.pth --arch resnet50 --until layer2.0 -o r50.yaml\n" +
			"  filterbank run photos/ -c squeezenet.yaml --layers all",
		Args: arguments{1, 1, "an ONNX model or a checkpoint", "net.onnx -o net.yaml"}.check,
		RunE: func(_ *cobra.Command, args []string) error {
			if err := o.run(c.out, args[0]); err != nil {
				return fmt.Errorf("import: %w", err)
			}
			return nil
		},
	}
	s := cmd.Flags()
	s.StringVarP(&o.out, "out", "o", "", "stack file to write, which ends in .yaml; the weights' name ends in .safetensors")
	s.StringSliceVar(&o.until, "until", nil, "names of nodes or values that the stack ends with")
	s.StringVar(&o.size, "input-size", "", "size of the picture in pixels, as HEIGHTxWIDTH, if the model has none or for another one")
	s.StringVar(&o.arch, "arch", "", "network of a checkpoint, which has no graph: resnet18, vgg16 and others")
	s.BoolVar(&o.json, "json", false, "print JSON")
	must(cmd.MarkFlagFilename("out", "yaml"))
	must(cmd.RegisterFlagCompletionFunc("arch", cobra.FixedCompletions(arch.Names(), cobra.ShellCompDirectiveNoFileComp)))
	return cmd
}

// The JSON form of an import.
type (
	importedJSON struct {
		File         string           `json:"file"`
		Weights      string           `json:"weights"` // "" without weights
		Input        string           `json:"input"`   // the model's picture
		ChannelLast  bool             `json:"input_channels_last"`
		Operators    int              `json:"operators"`
		Taken        int              `json:"taken"`
		Convolutions [2]int           `json:"convolutions"` // taken, of all
		Layers       []importedLayer  `json:"layers"`
		Stops        []stackfile.Stop `json:"stops"`
	}
	importedLayer struct {
		Name        string   `json:"name"`
		Kind        string   `json:"kind"`
		Reads       []string `json:"reads"` // names of layers, input for the picture
		Nodes       []string `json:"nodes"`
		Value       string   `json:"value"`         // of the model, "" for a step on the way to the next layer
		ChannelLast bool     `json:"channels_last"` // the value is N×H×W×C
	}
)

func (o *importOptions) run(w io.Writer, model string) error {
	size, err := o.check(model)
	if err != nil {
		return err
	}
	net, file, err := o.network(model, stackfile.Options{Until: o.until, InputSize: size})
	if err != nil {
		return err
	}
	defer file.Close()
	weights := strings.TrimSuffix(o.out, filepath.Ext(o.out)) + ".safetensors"
	if err := o.write(net, model, weights); err != nil {
		return err
	}
	if o.json {
		return printJSON(w, o.report(net, weights))
	}
	lines := net.Summary()
	if net.Weights() > 0 {
		lines[0] += fmt.Sprintf("; %s in %s", byteCount(4*net.Weights()), source.Display(weights))
	}
	text := fmt.Sprintf("%s: %s\n", source.Display(o.out), strings.Join(lines, "\n"))
	if _, err := io.WriteString(w, printable(text)); err != nil {
		return unwritten(err)
	}
	return nil
}

// check checks the flags and returns the picture's size.
func (o *importOptions) check(model string) (size [2]int, err error) {
	ending := strings.ToLower(filepath.Ext(o.out))
	switch {
	case o.out == "":
		return size, fmt.Errorf("it needs a stack file: name one with -o, as in filterbank import %s -o net.yaml", source.Display(model))
	case ending != ".yaml" && ending != ".yml":
		return size, fmt.Errorf("-o %s: a stack file's name must end in .yaml", source.Display(o.out))
	case o.size == "":
		return size, nil
	}
	size, ok := heightAndWidth(o.size)
	if !ok {
		return size, fmt.Errorf("--input-size %s: want HEIGHTxWIDTH in pixels, as in 224x224", o.size)
	}
	return size, nil
}

// network makes layers of a model or a checkpoint. The file must stay open as long as weights are
// read.
func (o *importOptions) network(path string, options stackfile.Options) (*stackfile.Network, io.Closer, error) {
	if o.arch != "" || isCheckpoint(path) {
		return openCheckpoint(path, o.arch, options)
	}
	file, m, err := openModel(path)
	if err != nil {
		return nil, nil, err
	}
	net, err := stackfile.Import(m, options)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("%s: %w", source.Display(path), err), file.Close())
	}
	return net, file, nil
}

// openModel reads a model. Its file stays open for the weights.
func openModel(path string) (*os.File, *onnx.Model, error) {
	// Opening a named pipe would wait for a writer, so Stat comes first.
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, nil, fmt.Errorf("%s: it is not a regular file", source.Display(path))
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	m, err := onnx.Read(io.NewSectionReader(file, 0, info.Size()), filepath.Dir(path))
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("%s cannot be read as an ONNX model: %w", source.Display(path), err), file.Close())
	}
	return file, m, nil
}

func (o *importOptions) report(net *stackfile.Network, weights string) importedJSON {
	out := importedJSON{
		File: o.out, Weights: weights, Input: net.Input.Name, ChannelLast: net.Input.ChannelLast, Operators: net.Operators, Taken: net.Taken,
		Convolutions: [2]int{net.TakenConvolutions, net.Convolutions}, Stops: append([]stackfile.Stop{}, net.Stops...),
	}
	if net.Weights() == 0 {
		out.Weights = ""
	}
	for _, l := range net.Layers {
		one := importedLayer{Name: l.Name, Kind: l.Kind, Reads: []string{}, Nodes: []string{}, Value: l.Value, ChannelLast: l.ChannelLast}
		for _, n := range l.Nodes {
			one.Nodes = append(one.Nodes, n.Name)
		}
		for _, from := range l.Inputs {
			name := filters.InputName
			if from >= 0 {
				name = net.Layers[from].Name
			}
			one.Reads = append(one.Reads, name)
		}
		out.Layers = append(out.Layers, one)
	}
	return out
}
