// Package output owns the formats of what a run writes: their names, files, sizes, keys,
// writers and readers, in one table. It never decides where files go or which pictures
// are done.
package output

import (
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"filterbank/filters"
	"filterbank/filters/volume"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/store"
)

// Format is a kind of output file of a picture. The table of them is All.
type Format struct {
	Name string
	// Flag describes the flag of the format's name, which adds it to others; without one
	// there is no such flag.
	Flag string
	// Ranged formats need each map's range before its pixels. Where no format is ranged, no
	// picture is looked at twice.
	Ranged bool
	// Uncoloured formats have no colours, and nor have any others beside them.
	Uncoloured bool
	// Files are a picture's files, in order. Without plans they have their names alone.
	Files func(v *View) []Planned
	// Check refuses a picture whose files cannot be made; nil refuses none.
	Check func(v *View) error
	// Key writes what the files' bytes depend on besides the maps' values. It sees no
	// picture, plans or ranges.
	Key func(w io.Writer, v *View)
	// Open makes the files of a picture, whose ranges are there if a format is ranged.
	Open func(v *View, ws *Workspace, b *store.Batch) (Writer, error)
	// Read gives the values that a file holds; nil where a file is for the eye alone.
	Read func(in *io.SectionReader, f *manifest.File, layers []manifest.Layer) ([]Maps, error)
}

// All is the table of formats of a picture.
func All() []*Format {
	return []*Format{&png8, &png16, &npy, &npz, &contactSheet, &overlay}
}

// Planned is a file that is to be written.
type Planned struct {
	// Suffix follows the picture's output path in the file's name: "/edges.npy".
	Suffix string
	// File says what the file holds. Its name, size and digest are not there yet.
	File manifest.File
	// Bytes is the file's size at most, exactly for arrays.
	Bytes int64
	// Held is about the bytes of memory that the file takes from its beginning to its end
	// besides a store's buffer, Working as many while its stack runs.
	Held, Working int64

	stack, layer, order int // of the view and of its formats; see whole
}

// Writer makes the files of a picture in one format. The stacks run one after the other.
type Writer interface {
	// Begin is called before a stack runs.
	Begin(stack int) error
	// Write takes the next rows of all maps of a wanted layer. It may use so many
	// goroutines.
	Write(goroutines, stack, layer int, rows volume.Rows) error
	// End is called when a stack has run.
	End(stack int) error
	// Close is called when all stacks have run.
	Close() error
}

// Find is the format of a name, or nil.
func Find(name string) *Format {
	if i := slices.IndexFunc(All(), func(f *Format) bool { return f.Name == name }); i >= 0 {
		return All()[i]
	}
	return nil
}

// Names are the formats' names, in the order of the table.
func Names() []string {
	var names []string
	for _, f := range All() {
		names = append(names, f.Name)
	}
	return names
}

// Parse reads names of formats. None is png. Two formats that would write the same files
// are an error.
func Parse(names []string) ([]*Format, error) {
	var formats []*Format
	for _, n := range names {
		f := Find(n)
		if f == nil {
			all := Names()
			return nil, fmt.Errorf("format %q: it must be %s or %s", n, strings.Join(all[:len(all)-1], ", "), all[len(all)-1])
		}
		if !slices.Contains(formats, f) {
			formats = append(formats, f)
		}
	}
	return formats, checkFormats(formats)
}

// checkFormats refuses two formats that write files of the same names.
func checkFormats(formats []*Format) error {
	v := example()
	owner := map[string]*Format{}
	for _, f := range formats {
		for _, p := range f.Files(v) {
			if other := owner[p.Suffix]; other != nil {
				return fmt.Errorf("formats %s and %s write the same files: choose one", other.Name, f.Name)
			}
			owner[p.Suffix] = f
		}
	}
	return nil
}

// Family is the same for files of formats that write files of the same names, such as png
// and png16.
func Family(f *manifest.File) string {
	if of := Find(f.Format); of != nil {
		return of.Files(example())[0].Suffix
	}
	return path.Ext(string(f.Path)) // a format of another version
}

// example is a view of one layer.
func example() *View {
	conv, err := filters.NewConv(filters.ConvSpec{Name: "layer", InChannels: 1, KernelSize: [2]int{1, 1}, Weights: []float32{1}})
	if err != nil {
		panic(err) // none of it comes from outside
	}
	stack, err := filters.NewStack("", 1, conv)
	if err != nil {
		panic(err)
	}
	return &View{Stacks: []engine.Selected{{Stack: stack, Layers: []bool{true}}}}
}
