// Package output owns the formats of a run's files: their names, files, sizes, keys, writers
// and readers, in one table. It never decides where files go or which pictures are done.
package output

import (
	"cmp"
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

// Format is a kind of output file of a picture. All lists the formats.
type Format struct {
	Name string
	// Version is raised when the same values and settings come to give other bytes.
	Version int
	// Flag is the help text of a flag that has the format's name and adds the format to the
	// others. If it is empty, there is no such flag.
	Flag string
	// Ranged formats need each map's range before its pixels. If no format is ranged, the
	// stacks run once on each picture.
	Ranged bool
	// Family is the name of an earlier format in the table that writes files of the same names.
	Family string
	// ForEye formats are looked at and never computed with. They see Settings.EyeScale in
	// place of Settings.Scale.
	ForEye bool
	// Uncoloured formats have no colours, and a run with one refuses a named colormap.
	Uncoloured bool
	// Options are the settings that other formats do not use. They are part of the key.
	Options []*Option
	// Files returns a picture's files, in order. Without plans they have only names.
	Files func(v *View) []Planned
	// Check refuses a picture whose files cannot be made. If it is nil, every picture is accepted.
	Check func(v *View) error
	// Key writes everything that the files' bytes depend on besides the maps' values and
	// Options. It does not use the picture, plans or ranges.
	Key func(w io.Writer, v *View)
	// Open makes the files of a picture. If a format is ranged, v has the ranges.
	Open func(v *View, ws *Workspace, b *store.Batch) (Writer, error)
	// Read returns the values in a file. It is nil for formats that are only for viewing.
	Read func(in *io.SectionReader, f *manifest.File, layers []manifest.Layer) ([]Maps, error)
}

// All returns the table of formats.
func All() []*Format {
	return []*Format{&png8, &png16, &npy, &npz, &safetensors, &contactSheet, &overlay}
}

// Planned is a file before it is written.
type Planned struct {
	// Suffix follows the picture's output path in the file's name, as in "/edges.npy".
	Suffix string
	// Ext is the end of Suffix that is the extension, as in ".sheet.png".
	Ext string
	// File describes the file's content. Its path, size and digest are filled in later.
	File manifest.File
	// Bytes is the largest possible size of the file. For arrays it is the exact size.
	Bytes int64
	// Held estimates the bytes of memory that the file takes from beginning to end, without
	// the store's buffer. Working estimates the bytes that it takes while its stack runs.
	Held, Working int64

	stack, layer, order int // indices in the view and in its formats; see whole
}

// Name returns the file's name in a batch.
func (p *Planned) Name() store.Name { return store.Name{Suffix: p.Suffix, Ext: p.Ext} }

// Writer makes the files of a picture in one format. The stacks run one after the other.
type Writer interface {
	// Begin is called before a stack runs.
	Begin(stack int) error
	// Write takes the next rows of all maps of a wanted layer. It may use up to the given
	// number of goroutines.
	Write(goroutines, stack, layer int, rows volume.Rows) error
	// End is called after a stack has run.
	End(stack int) error
	// Close is called after all stacks have run.
	Close() error
}

// Find returns the format of a name, or nil.
func Find(name string) *Format {
	if i := slices.IndexFunc(All(), func(f *Format) bool { return f.Name == name }); i >= 0 {
		return All()[i]
	}
	return nil
}

// Names returns the formats' names, in the order of the table.
func Names() []string {
	var names []string
	for _, f := range All() {
		names = append(names, f.Name)
	}
	return names
}

// Parse finds formats by their names. No names mean png. Unknown names are an error, and so
// are two formats that would write files of the same names.
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
				return fmt.Errorf("formats %s and %s write files of the same names: choose one", other.Name, f.Name)
			}
			owner[p.Suffix] = f
		}
	}
	return nil
}

// Family is the same for formats that write files of the same names, such as png and png16:
// the name of the first of them. For a format of another version it is the extension with
// its dot, so that no format of this version replaces its files.
func Family(f *manifest.File) string {
	if of := Find(f.Format); of != nil {
		return cmp.Or(of.Family, of.Name)
	}
	return path.Ext(string(f.Name()))
}

// IsMap says whether a file is a picture of one map from which values can be read: no array,
// and no picture that is only for viewing.
func IsMap(f *manifest.File) bool {
	of := Find(f.Format)
	return of != nil && of.Read != nil && f.Filter != ""
}

// mapPictures says whether the format writes a picture of each map from which values can be
// read.
func (f *Format) mapPictures() bool {
	return f.Read != nil && f.Files(example())[0].File.Filter != ""
}

// example is a view of one layer.
func example() *View {
	conv, err := filters.NewConv(filters.ConvSpec{Name: "layer", InChannels: 1, KernelSize: [2]int{1, 1}, Weights: []float32{1}})
	if err != nil {
		panic(err) // nothing in it comes from outside
	}
	stack, err := filters.NewStack("", 1, conv)
	if err != nil {
		panic(err)
	}
	return &View{Stacks: []engine.Selected{{Stack: stack, Layers: []bool{true}}}}
}
