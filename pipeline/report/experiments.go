package report

import (
	"encoding/json"
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
	if w.opts.Embed && len(w.opts.Heading.Stack) > 0 {
		var stack any
		if err := json.Unmarshal(w.opts.Heading.Stack, &stack); err != nil {
			return err
		}
		source.Stack = withoutFolders(stack)
	}
	return w.put("stack", source)
}

// withoutFolders takes the folders from absolute paths in a stack. An embedded page may be
// passed on.
func withoutFolders(v any) any {
	switch v := v.(type) {
	case string:
		if filepath.IsAbs(v) {
			return filepath.Base(v)
		}
	case []any:
		for i := range v {
			v[i] = withoutFolders(v[i])
		}
	case map[string]any:
		for key := range v {
			v[key] = withoutFolders(v[key])
		}
	}
	return v
}
