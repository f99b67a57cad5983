package decode

import (
	"fmt"
	"image"
	"math"

	"filterbank/filters/volume"
	"filterbank/pipeline/decode/noun"
)

// Picture is a decoded picture, upright, resized and cropped. It is immutable and safe
// for concurrent use until it is released.
type Picture struct {
	Info
	Samples  Samples
	Ignored  []string // colour information that is not applied: ICC profile, gamma, …
	Warnings []string // faults that change no pixel, such as malformed EXIF

	decoder *Decoder
	rows    rowReader
	release func()
}

// rowReader fills dst, whose shape has been checked.
type rowReader interface {
	read(dst volume.Rows, s *scratch)
}

// Release gives the picture's memory back for the next ones of the Decoder. The picture
// must not be used any more. A picture that is not released is left to the collector.
func (p *Picture) Release() {
	if p.release != nil {
		p.release()
	}
	p.rows, p.release = nil, nil
}

// Size is the shape of the volume: 3×H×W, or C×H×W of a matrix.
func (p *Picture) Size() volume.Shape { return p.Prepared }

// ReadRows writes rows dst.Y ≤ y < dst.Y+dst.N of the volume into dst, in any order
// and any number of times. A sample v of n bits becomes v/(2^n−1). With alpha a over a
// background b it becomes v·a + b·(1−a); 1−a, each product and the sum are rounded to
// float32 in turn. The last step is (v − mean)/std, rounded after each operation. Rows
// outside the picture and another shape of dst are errors.
//
// Concurrent calls are safe. Scratch rows come from a pool of the Decoder, and calls do
// not allocate once it is warm.
func (p *Picture) ReadRows(dst volume.Rows) error {
	s := p.decoder.pool.Get().(*scratch)
	defer p.decoder.pool.Put(s)
	return p.read(dst, s)
}

func (p *Picture) read(dst volume.Rows, s *scratch) error {
	if dst.C != p.Prepared.C || dst.W != p.Prepared.W {
		return fmt.Errorf("read rows of a %v picture: %s of %s asked for", p.Prepared, noun.Count(dst.C, "channel"), noun.Count(dst.W, "column"))
	}
	if dst.Y < 0 || dst.N < 0 || dst.Y > p.Prepared.H-dst.N {
		return fmt.Errorf("read rows of a %v picture: rows %d to %d asked for", p.Prepared, dst.Y, dst.Y+dst.N-1)
	}
	p.rows.read(dst, s)
	return nil
}

// open prepares a file's pixels for reading by rows.
func (p *Picture) open(f *file, px *pixels, h *header) error {
	p.release = px.release
	v := &p.decoder.values
	if px.matrix != nil {
		p.rows = &matrixRows{px.matrix, h.layout.window.Min, v}
		return f.ctx.Err()
	}
	if px.floats != nil && h.Orientation == 1 && h.layout.scaled == px.size {
		p.rows = &direct{px.floats, h.layout.window.Min, v}
		return nil
	}
	if px.rows8 != nil {
		p.rows = prepare(f, p.decoder, h, depth[uint8]{orient: orient8, convert: v.convert8, weightBits: 22}, px.rows8, px.opaque)
	} else {
		p.rows = prepare(f, p.decoder, h, depth[uint16]{orient: orient16, convert: v.convert16, weightBits: 30}, px.rows16, px.opaque)
	}
	return f.ctx.Err()
}

// depth holds the functions and constants that differ between 8 and 16 bits.
type depth[T sample] struct {
	orient     func(r raster[T], size image.Point, orientation int) raster[T]
	convert    func(dst [3][]float32, px []T, opaque bool)
	weightBits uint // of a resampling weight
}

// prepared reads its rows from a window of a source.
type prepared[T sample] struct {
	from    source[T]
	at      image.Point
	opaque  bool
	convert func(dst [3][]float32, px []T, opaque bool)
}

// prepare applies orientation and resizing to a source. A picture that needs neither is
// read where it lies. Otherwise all of it is copied as RGBA or resized as RGB. Resizing
// ends early when ctx is done.
func prepare[T sample](f *file, d *Decoder, h *header, of depth[T], from source[T], opaque bool) rowReader {
	size, window := image.Pt(h.Width, h.Height), h.layout.window
	if h.Orientation != 1 {
		from = of.orient(collect(d, f.goroutines, from, h.stored), h.stored, h.Orientation)
	}
	if h.layout.scaled != size {
		whole := from
		begin := func() source[T] { return whole }
		if !opaque {
			begin = func() source[T] { return newFlat(whole, d.opts.Background) }
		}
		from, opaque = resample(f, d, begin, size, h.layout, of.weightBits), true
		window = window.Sub(window.Min)
	}
	return &prepared[T]{from: from, at: window.Min, opaque: opaque, convert: of.convert}
}

func (p *prepared[T]) read(dst volume.Rows, s *scratch) {
	for i := range dst.N {
		row := p.from.row(p.at.Y+dst.Y+i, s)
		px := row[4*p.at.X : 4*(p.at.X+dst.W)]
		p.convert([3][]float32{dst.Row(0, i), dst.Row(1, i), dst.Row(2, i)}, px, p.opaque)
	}
}

// direct reads its rows as floats.
type direct struct {
	floats func(v *values, dst [3][]float32, x, y int, s *scratch)
	at     image.Point // of the window
	values *values
}

func (d *direct) read(dst volume.Rows, s *scratch) {
	for i := range dst.N {
		d.floats(d.values, [3][]float32{dst.Row(0, i), dst.Row(1, i), dst.Row(2, i)}, d.at.X, d.at.Y+dst.Y+i, s)
	}
}

// ReadRGB writes row y as 8-bit RGB to dst, which must have room for it. A value v, taken
// before (v − mean)/std, becomes v·255, rounded half to even. Of a matrix, the range from the
// smallest number, at most 0, to the largest, at least 1, becomes 0 to 255, and the mean of other
// numbers of channels than three is gray. Concurrent calls are safe.
func (p *Picture) ReadRGB(dst []byte, y int) error {
	if m, ok := p.rows.(*matrixRows); ok {
		if y < 0 || y >= p.Prepared.H {
			return fmt.Errorf("read a row of a %v matrix: row %d asked for", p.Prepared, y)
		}
		m.rgb(dst, y, p.Prepared.W)
		return nil
	}
	s := p.decoder.pool.Get().(*scratch)
	defer p.decoder.pool.Put(s)
	w := p.Prepared.W
	data := grown(&s.rgb, 3*w)
	err := p.read(volume.Rows{C: 3, N: 1, W: w, Y: y, Data: data, ChannelStride: w, RowStride: w}, s)
	if err != nil {
		return err
	}
	values := &p.decoder.values
	for c := range 3 {
		for x, v := range data[c*w:][:w] {
			v := float64(float64(v)*float64(values.std[c])) + float64(values.mean[c])
			dst[3*x+c] = byte(math.RoundToEven(max(0, min(255, v*255))))
		}
	}
	return nil
}
