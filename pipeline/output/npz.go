package output

import (
	"archive/zip"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"strings"

	"filterbank/filters/tensor"
	"filterbank/filters/volume"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/store"
)

// npz holds all arrays of a picture in one file, in the form of numpy.savez: one array per
// layer, named layer or stack/layer, stored without compression.
var npz = Format{
	Name:  "npz",
	Files: npzFiles,
	Key:   func(io.Writer, *View) {},
	Open: func(v *View, ws *Workspace, b *store.Batch) (Writer, error) {
		return newNPZWriter(v, ws, b.Create(npzFiles(v)[0].Suffix))
	},
	Read: readNPZ,
}

func npzFiles(v *View) []Planned {
	p := Planned{Suffix: ".npz", Ext: ".npz", stack: whole, layer: whole}
	if v.Plans != nil {
		arrays := v.arrays()
		p.Bytes = npzBytes(arrays)
		p.Held = heldApart(p.Bytes, arrays)
	}
	return []Planned{p}
}

// heldApart is store.HeldApart of a file of so many bytes, which grows in every map of its
// arrays.
func heldApart(bytes int64, arrays []*array) int64 {
	maps := 0
	for _, a := range arrays {
		maps += a.shape.C
	}
	return store.HeldApart(bytes, maps)
}

// array is a member of an .npz file.
type array struct {
	stack, layer int
	name         string
	shape        volume.Shape
	at           int64    // offset of its values in the file
	sums         []uint32 // CRC-32 of the rows of each map so far
}

// arrays returns the members of a picture's .npz file.
func (v *View) arrays() (arrays []*array) {
	v.eachLayer(func(s, l int) {
		shape := v.Plans[s].Layers[l].Out
		arrays = append(arrays, &array{stack: s, layer: l, name: v.folder(s, l), shape: shape, sums: make([]uint32, shape.C)})
	})
	return arrays
}

func (a *array) header() []byte { return tensor.NPYHeader(a.shape.C, a.shape.H, a.shape.W) }

// crc is the CRC-32 of the member, combined from the maps' CRCs.
func (a *array) crc() uint32 {
	sum := crc32.ChecksumIEEE(a.header())
	for _, s := range a.sums {
		sum = combineCRC(sum, s, 4*int64(a.shape.H)*int64(a.shape.W))
	}
	return sum
}

// npzBytes is the size of the file. From 4 GiB on, it is an upper bound.
func npzBytes(arrays []*array) int64 {
	const local, central, end, zip64 = 30, 46, 22, 100 // bytes, without names
	n := int64(end)
	for _, a := range arrays {
		n += local + central + 2*int64(len(a.name)+len(".npy")) + npyBytes(a.shape)
	}
	if n >= 1<<32-1 {
		n += zip64 * int64(len(arrays)+1)
	}
	return n
}

// zipArrays writes all of a ZIP file except the arrays' values. It notes the offsets of the
// values and returns the file's size. archive/zip writes from front to back, so it gets zeros
// in the place of the values, and frame drops them.
func zipArrays(to io.WriterAt, arrays []*array) (int64, error) {
	out := &frame{to: to}
	z := zip.NewWriter(out)
	for _, a := range arrays {
		header, size := a.header(), npyBytes(a.shape)
		h := &zip.FileHeader{Name: a.name + ".npy", Method: zip.Store, CRC32: a.crc(), CompressedSize64: uint64(size), UncompressedSize64: uint64(size)}
		if strings.ContainsFunc(a.name, func(r rune) bool { return r > 0x7e }) {
			const utf8 = 1 << 11 // without it readers take names for code page 437
			h.Flags |= utf8
		}
		//lint:ignore SA1019 CreateRaw has no other date
		h.ModifiedDate = 1<<5 | 1 // the first of January 1980, the earliest possible date
		w, err := z.CreateRaw(h)
		if err == nil {
			_, err = w.Write(header)
		}
		if err = errors.Join(err, z.Flush()); err != nil {
			return 0, err
		}
		a.at = out.at
		out.skip = size - int64(len(header))
		_, err = io.CopyN(w, filler{}, out.skip)
		if err = errors.Join(err, z.Flush()); err != nil {
			return 0, err
		}
	}
	err := z.Close()
	return out.at, err
}

// frame writes one piece after another. It skips the next skip bytes instead of writing them.
type frame struct {
	to       io.WriterAt
	at, skip int64
}

func (f *frame) Write(p []byte) (int, error) {
	over := min(f.skip, int64(len(p)))
	f.at, f.skip = f.at+over, f.skip-over
	n, err := f.to.WriteAt(p[over:], f.at)
	f.at += int64(n)
	return int(over) + n, err
}

// filler stands in for values, whose bytes frame skips. It leaves the buffer as it is.
type filler struct{}

func (filler) Read(p []byte) (int, error) { return len(p), nil }

// nowhere drops everything that is written. It serves to measure a file.
type nowhere struct{}

func (nowhere) WriteAt(p []byte, _ int64) (int, error) { return len(p), nil }

// npzWriter writes the arrays of all layers.
type npzWriter struct {
	ws     *Workspace
	file   *store.File
	arrays []*array
	layers map[[2]int]*arrayWriter // by stack and layer index
}

func newNPZWriter(v *View, ws *Workspace, file *store.File) (*npzWriter, error) {
	w := &npzWriter{ws: ws, file: file, arrays: v.arrays(), layers: map[[2]int]*arrayWriter{}}
	for _, a := range w.arrays {
		if err := checkArray(a.shape); err != nil {
			return nil, fmt.Errorf("layer %s: %w", a.name, err)
		}
	}
	size, err := zipArrays(nowhere{}, w.arrays)
	if err != nil {
		return nil, err
	}
	for _, a := range w.arrays {
		w.layers[[2]int{a.stack, a.layer}] = &arrayWriter{
			ws: ws, file: file, shape: a.shape, at: a.at,
			took: func(k int, data []byte) { a.sums[k] = crc32.Update(a.sums[k], crc32.IEEETable, data) },
		}
	}
	return w, file.Size(size)
}

func (w *npzWriter) Begin(int) error { return nil }

func (w *npzWriter) Write(goroutines, stack, layer int, rows volume.Rows) error {
	return w.layers[[2]int{stack, layer}].write(goroutines, rows)
}

func (w *npzWriter) End(int) error { return nil }

// Close writes the ZIP structure, which needs the CRCs of the arrays.
func (w *npzWriter) Close() error {
	c := engine.Start()
	defer c.Mark(&w.ws.Engine.Stages.Write)
	_, err := zipArrays(w.file, w.arrays)
	return err
}

// readNPZ reads the arrays of the layers in the manifest.
func readNPZ(in *io.SectionReader, _ *manifest.File, layers []manifest.Layer) (all []Maps, err error) {
	err = tensor.NPZ().Each(in, in, func(name string, r io.Reader) error {
		at := slices.IndexFunc(layers, func(l manifest.Layer) bool { return engine.LayerName(l.Stack, l.Layer) == name })
		if at < 0 {
			return fmt.Errorf("the manifest has no layer for its array %q", name)
		}
		l := &layers[at]
		shape, err := shapeOf(&manifest.File{Stack: l.Stack, Layer: l.Layer}, layers)
		if err != nil {
			return err
		}
		maps, err := readNPY(r, shape)
		if err != nil {
			return fmt.Errorf("array %q: %w", name, err)
		}
		maps.Stack, maps.Layer = l.Stack, l.Layer
		all = append(all, maps)
		return nil
	})
	return all, err
}
