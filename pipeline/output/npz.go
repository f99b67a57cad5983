package output

import (
	"archive/zip"
	"errors"
	"hash/crc32"
	"io"
	"strings"

	"filterbank/filters/tensor"
	"filterbank/filters/volume"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/store"
)

// npz holds all arrays of a picture in one file, in the form of numpy.savez: one array per
// layer, named layer or stack/layer, stored without compression.
var npz = Format{
	Name:    "npz",
	Options: []*Option{&dtype},
	Files:   npzFiles,
	Key:     func(io.Writer, *View) {},
	Open: func(v *View, ws *Workspace, b *store.Batch) (Writer, error) {
		return newNPZWriter(v, ws, b.Create(npzFiles(v)[0].Suffix))
	},
	Read: readArrays(tensor.NPZ()),
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

// array is a layer's maps in a file of all maps.
type array struct {
	stack, layer int
	name         string
	numbers      tensor.Type
	shape        volume.Shape
	at           int64    // offset of its values in the file
	sums         []uint32 // CRC-32 of the rows of each map so far
}

// arrays returns the arrays of a picture.
func (v *View) arrays() (arrays []*array) {
	v.eachLayer(func(s, l int) {
		shape := v.Plans[s].Layers[l].Out
		arrays = append(arrays, &array{stack: s, layer: l, name: v.folder(s, l), numbers: v.Numbers, shape: shape, sums: make([]uint32, shape.C)})
	})
	return arrays
}

func (a *array) header() []byte {
	return tensor.NPYHeaderOf(a.numbers, a.shape.C, a.shape.H, a.shape.W)
}

func (a *array) npyBytes() int64 { return npyBytes(a.numbers, a.shape) }

// crc is the CRC-32 of the member, combined from the maps' CRCs.
func (a *array) crc() uint32 {
	sum := crc32.ChecksumIEEE(a.header())
	for _, s := range a.sums {
		sum = combineCRC(sum, s, int64(a.numbers.Bytes())*int64(a.shape.H)*int64(a.shape.W))
	}
	return sum
}

// npzBytes is the size of the file. From 4 GiB on, it is an upper bound.
func npzBytes(arrays []*array) int64 {
	const local, central, end, zip64 = 30, 46, 22, 100 // bytes, without names
	n := int64(end)
	for _, a := range arrays {
		n += local + central + 2*int64(len(a.name)+len(".npy")) + a.npyBytes()
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
		header, size := a.header(), a.npyBytes()
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
	arraysWriter
	arrays []*array
}

func newNPZWriter(v *View, ws *Workspace, file *store.File) (*npzWriter, error) {
	arrays := v.arrays()
	if err := checkArrays(arrays); err != nil {
		return nil, err
	}
	size, err := zipArrays(nowhere{}, arrays)
	if err != nil {
		return nil, err
	}
	w := &npzWriter{newArraysWriter(ws, file, npzFiles(v)[0].Suffix, arrays), arrays}
	for _, a := range arrays {
		w.of(a).took = func(k int, data []byte) { a.sums[k] = crc32.Update(a.sums[k], crc32.IEEETable, data) }
	}
	return w, file.Size(size)
}

// Close writes the ZIP structure, which needs the CRCs of the arrays.
func (w *npzWriter) Close() error {
	c := engine.Start()
	defer c.Mark(&w.ws.Engine.Stages.Write)
	_, err := zipArrays(w.file, w.arrays)
	return errors.Join(err, w.arraysWriter.Close())
}
