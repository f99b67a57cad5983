package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"filterbank/filters/config"
	"filterbank/filters/onnx"
	"filterbank/filters/onnx/export"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/source"
	"filterbank/pipeline/store"
)

// exportFlags are the flags of export.
type exportFlags struct {
	out, layers, size string
}

func newExport(c console) *cobra.Command {
	var f exportFlags
	cmd := &cobra.Command{
		Use:   "export STACK -o MODEL.onnx",
		Short: "Write a stack as a model in the ONNX format, which onnxruntime and others run",
		Long: "Writes a model that computes what run computes with the stack file. Its input is image, pictures of\n" +
			"float32, N×3×H×W, red, green and blue from 0 to 1; mean and std of the stack file are part of the\n" +
			"model, resize and crop are not. Its outputs are the layers whose maps run writes, under their names.\n" +
			"Metadata of the model has the filters' names and the stack file's input.",
		Example: "  filterbank export stack.yaml -o model.onnx\n" +
			"  filterbank export stack.yaml -o model.onnx --layers all --input-size 224x224",
		Args: arguments{1, 1, "a stack file", "stack.yaml -o model.onnx"}.check,
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd.Context(), c, args[0]) },
	}
	s := cmd.Flags()
	s.StringVarP(&f.out, "out", "o", "", "the .onnx file to write")
	s.StringVar(&f.layers, "layers", "last", "layers that become outputs: last, all or names and patterns such as conv1.*, separated by commas")
	s.StringVar(&f.size, "input-size", "", "height and width of all pictures, as in 224x224 (any)")
	must(cmd.MarkFlagFilename("out", "onnx"))
	return cmd
}

func (f *exportFlags) run(ctx context.Context, c console, stackFile string) error {
	if f.out == "" {
		return fmt.Errorf("export needs the name of the model, as in filterbank export %s -o model.onnx", shellWord(stackFile))
	}
	if err := otherKind("out", f.out, ".onnx", "the model is in the ONNX format"); err != nil {
		return err
	}
	size, err := parseInputSize(f.size)
	if err != nil {
		return err
	}
	if isImage(stackFile) {
		return fmt.Errorf("%s: it is an image; export takes a stack file", source.Display(stackFile))
	}
	file, err := unlessEnded(ctx, func() (*config.File, error) { return config.Load(stackFile) })
	if err != nil {
		return err
	}
	log, err := newLogger(c.err, "text", slog.LevelWarn, isTerminal(c.err))
	if err != nil {
		return err
	}
	for _, w := range file.Warnings() {
		log.Warn(w.Error())
	}
	model, weights, err := f.model(file, size)
	if err != nil {
		return fmt.Errorf("export %s: %w", source.Display(stackFile), err)
	}
	if err := notRead(f.out, stackInputs(stackFile, weights)); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	if err := writeModel(ctx, f.out, model); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	return f.tell(c, file, model)
}

// model makes the model of a stack file. weights are the files of weights that it has read.
func (f *exportFlags) model(file *config.File, size [2]int) (made *onnx.Model, weights []string, err error) {
	model, err := file.Build()
	if err != nil {
		return nil, nil, err
	}
	selected, err := engine.Select(model.Stacks, f.layers)
	if err != nil {
		return nil, nil, err
	}
	var stacks []export.Chosen
	for _, s := range selected {
		stacks = append(stacks, export.Chosen{Stack: s.Stack, Outputs: s.Layers})
	}
	input, err := json.Marshal(file.Resolved().Input)
	if err != nil {
		return nil, nil, fmt.Errorf("input: %w", err)
	}
	made, err = export.Model(stacks, export.Options{
		Mean: model.Input.Mean, Std: model.Input.Std, Size: size, Producer: producer + " " + version(), Input: input,
	})
	return made, model.Files, err
}

// producer is the program that a model names.
const producer = "filterbank"

// madeByExport says whether an export has written the beginning of a file. The producer is the
// model's second field, after the version of the format: its key, its length and its text.
func madeByExport(beginning []byte) bool {
	field := append([]byte{2<<3 | 2, byte(len(producer))}, producer...)
	return bytes.Contains(beginning[:min(len(beginning), 32)], field)
}

// parseInputSize reads a height and a width, as in 224x224. Without a text they are 0.
func parseInputSize(text string) (size [2]int, err error) {
	if text == "" {
		return size, nil
	}
	size, ok := heightAndWidth(strings.ToLower(text))
	if !ok {
		return size, fmt.Errorf("--input-size %s: it is a height and a width from 1 to 65536, as in 224x224", source.Display(text))
	}
	return size, nil
}

// heightAndWidth reads a height and a width from 1 to 65536, as in 224x224.
func heightAndWidth(text string) (size [2]int, ok bool) {
	height, width, ok := strings.Cut(text, "x")
	for i, side := range []string{height, width} {
		n, err := strconv.Atoi(side)
		size[i], ok = n, ok && err == nil && n >= 1 && n <= 1<<16
	}
	return size, ok
}

// writeModel writes a model, whole or not at all, and replaces an earlier one.
func writeModel(ctx context.Context, path string, model *onnx.Model) error {
	if err := replaceable(path, madeByExport, "no export has made it"); err != nil {
		return err
	}
	folder, err := store.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer folder.Release()
	b := folder.BeginOwn()
	if err := model.Write(unlessDone{ctx, b.Create(filepath.Base(path))}); err != nil {
		b.Abort()
		return err
	}
	_, err = b.Commit()
	return err
}

// unlessDone is a writer until a context ends.
type unlessDone struct {
	ctx context.Context
	io.Writer
}

func (w unlessDone) Write(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	return w.Writer.Write(p)
}

// tell says what was written, and what of the stack file the model does not do.
func (f *exportFlags) tell(c console, file *config.File, model *onnx.Model) error {
	g := &model.Graph
	lines := []string{fmt.Sprintf("%s: ONNX, opset %d, %s, %s", source.Display(f.out), model.Opsets[""], counted(len(g.Nodes), "node"), counted(len(g.Outputs), "output"))}
	for _, v := range append(g.Inputs[:len(g.Inputs):len(g.Inputs)], g.Outputs...) {
		lines = append(lines, fmt.Sprintf("  %s %s", source.Display(v.Name), dimensions(v.Shape)))
	}
	if steps := preparation(file); steps != "" {
		lines = append(lines, fmt.Sprintf("The model does not prepare pictures: %s before they are its input.", steps))
	}
	if _, err := fmt.Fprintln(c.out, printable(strings.Join(lines, "\n"))); err != nil {
		return unwritten(err)
	}
	return nil
}

// dimensions writes a shape, with the symbols of unknown sizes.
func dimensions(shape []onnx.Dimension) string {
	var sizes []string
	for _, d := range shape {
		if d.Symbol != "" {
			sizes = append(sizes, d.Symbol)
		} else {
			sizes = append(sizes, strconv.FormatInt(d.Size, 10))
		}
	}
	return strings.Join(sizes, "×")
}

// preparation says what a stack file does to pictures that is not part of a model.
func preparation(file *config.File) string {
	var steps []string
	in := file.Resolved().Input
	if r := in.Resize; r != nil {
		steps = append(steps, fmt.Sprintf("resize them to %d×%d (%s, %s)", r.Width, r.Height, r.Mode, r.Filter))
	}
	if crop := in.Crop; crop != nil {
		steps = append(steps, fmt.Sprintf("crop %d×%d (%s)", crop.Width, crop.Height, crop.Anchor))
	}
	if in.MatrixScale != 0 {
		steps = append(steps, fmt.Sprintf("divide the numbers of matrices by %v", in.MatrixScale))
	}
	return strings.Join(steps, " and ")
}
