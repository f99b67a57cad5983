package report

import (
	"path/filepath"

	"filterbank/filters/bank"
	"filterbank/filters/tensor"
)

// bankData is a bank whose kernels the page offers in place of a layer's.
type bankData struct {
	Name    string   `json:"name"`
	Size    [2]int   `json:"size"` // rows and columns
	Filters []string `json:"filters"`
	Weights []byte   `json:"weights"` // filters×rows×columns, little-endian float32
}

// stackSource is the stack that a changed layer is put into.
type stackSource struct {
	Stack  any    `json:"stack"`            // as run.json has it
	Folder string `json:"folder,omitempty"` // in which relative paths of weights begin
	File   string `json:"file,omitempty"`   // the stack file in Folder, if the stack is its own
}

// mostSide is the side of the largest kernels that the page changes.
const mostSide = 15

// experiments adds the data of the tab What if: the banks and the stack.
func (w *writer) experiments() error {
	banks := []bankData{}
	for _, b := range bank.Banks() {
		kernels, err := b.Kernels(nil)
		if err != nil {
			return err
		}
		size := [2]int{kernels[0].H, kernels[0].W}
		if max(size[0], size[1]) > mostSide {
			continue
		}
		data := bankData{Name: b.Name, Size: size}
		for _, k := range kernels {
			if [2]int{k.H, k.W} == size {
				data.Filters = append(data.Filters, k.Name)
				data.Weights = tensor.AppendFloats(data.Weights, k.Weights)
			}
		}
		banks = append(banks, data)
	}
	if err := w.put("banks", banks); err != nil {
		return err
	}
	source := stackSource{Stack: w.opts.Heading.Stack, Folder: filepath.ToSlash(w.opts.Heading.StackFolder), File: w.opts.Heading.StackFile}
	if source.Folder == "." || w.opts.Embed && filepath.IsAbs(w.opts.Heading.StackFolder) {
		source.Folder = ""
	}
	return w.put("stack", source)
}
