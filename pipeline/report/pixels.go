package report

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"math"

	"filterbank/filters/tensor"
	"filterbank/filters/volume"
	"filterbank/pipeline/decode"
)

// samples is a prepared picture for the page. Normally it is a PNG whose samples, normalised,
// are the values of the volume. If a background shows through, values are not whole samples.
// Then Floats holds the volume, and the PNG is only shown.
type samples struct {
	Depth  int    `json:"depth"` // bits of the PNG's samples if they are the volume's, 8 or 16; 32 with Floats
	PNG    []byte `json:"png"`
	Floats []byte `json:"floats,omitempty"` // little-endian float32, C×H×W, in a zlib stream
}

// normalisation is the arithmetic of package decode on samples: (v − mean)/std with v in
// [0,1], each step rounded to float32.
type normalisation struct{ mean, std [3]float32 }

func newNormalisation(d *decode.Decoder) normalisation {
	o := d.Options()
	return normalisation{o.Mean, o.Std}
}

// value normalises sample i of top in channel c.
func (n *normalisation) value(c, i int, top float32) float32 {
	return float32(float32(i)/top-n.mean[c]) / n.std[c]
}

// nearest is the whole number nearest to the sample of top that a value came from.
func (n *normalisation) nearest(c int, v, top float32) float64 {
	return math.Round((float64(float64(v)*float64(n.std[c])) + float64(n.mean[c])) * float64(top))
}

// sample finds the sample of top that normalises to a value. ok is false if there is none.
func (n *normalisation) sample(c int, v, top float32) (i int, ok bool) {
	guess := n.nearest(c, v, top)
	if !(guess >= -1 && guess <= float64(top)+1) {
		return 0, false
	}
	for _, i := range []int{int(guess), int(guess) - 1, int(guess) + 1} {
		if i >= 0 && i <= int(top) && math.Float32bits(n.value(c, i, top)) == math.Float32bits(v) {
			return i, true
		}
	}
	return 0, false
}

// shown is the 8-bit level nearest to a value.
func (n *normalisation) shown(c int, v float32) uint8 {
	return uint8(max(0, min(255, n.nearest(c, v, 255))))
}

// bandRows is the number of rows of a picture that are read at a time.
const bandRows = 16

// bands reads a picture from top to bottom, bandRows rows at a time.
func bands(src *decode.Picture, do func(rows volume.Rows) error) error {
	size := src.Size()
	v, err := volume.New(volume.Shape{C: size.C, H: min(bandRows, size.H), W: size.W})
	if err != nil {
		return err
	}
	for y := 0; y < size.H; y += bandRows {
		rows := v.Rows(0, min(bandRows, size.H-y))
		rows.Y = y
		if err := src.ReadRows(rows); err != nil {
			return err
		}
		if err := do(rows); err != nil {
			return err
		}
	}
	return nil
}

// newSamples encodes a picture, and a JPEG of it of at most side×side pixels.
func newSamples(src *decode.Picture, n *normalisation, side int) (s samples, thumb []byte, err error) {
	size := src.Size()
	if src.Format.IsMatrix() {
		return ofMatrix(src, side)
	}
	eight := image.NewNRGBA(image.Rect(0, 0, size.W, size.H))
	exact := true
	err = bands(src, func(rows volume.Rows) error {
		for c := range rows.C {
			for y := range rows.N {
				dst := eight.Pix[(rows.Y+y)*eight.Stride:]
				for x, v := range rows.Row(c, y) {
					i, ok := n.sample(c, v, 255)
					if !ok {
						exact, i = false, int(n.shown(c, v))
					}
					dst[4*x+c], dst[4*x+3] = uint8(i), 255
				}
			}
		}
		return nil
	})
	if err != nil {
		return s, nil, err
	}
	if thumb, err = encodeThumb(eight, side); err != nil {
		return s, nil, err
	}
	if s.Depth = 8; exact {
		s.PNG, err = encodePNG(eight)
		return s, thumb, err
	}
	sixteen, exact, err := wide(src, n)
	if err != nil {
		return s, nil, err
	}
	if exact {
		s.Depth = 16
		s.PNG, err = encodePNG(sixteen)
		return s, thumb, err
	}
	s.Depth = 32
	if s.PNG, err = encodePNG(eight); err != nil {
		return s, nil, err
	}
	s.Floats, err = floats(src)
	return s, thumb, err
}

// ofMatrix is newSamples for a matrix, whose values need not be samples.
func ofMatrix(src *decode.Picture, side int) (s samples, thumb []byte, err error) {
	size := src.Size()
	shown := image.NewNRGBA(image.Rect(0, 0, size.W, size.H))
	row := make([]byte, 3*size.W)
	for y := range size.H {
		if err := src.ReadRGB(row, y); err != nil {
			return s, nil, err
		}
		for x := range size.W {
			dst := shown.Pix[shown.PixOffset(x, y):]
			copy(dst[:3], row[3*x:])
			dst[3] = 255
		}
	}
	s.Depth = 32
	if thumb, err = encodeThumb(shown, side); err != nil {
		return s, nil, err
	}
	if s.PNG, err = encodePNG(shown); err != nil {
		return s, nil, err
	}
	s.Floats, err = floats(src)
	return s, thumb, err
}

// wide returns a picture of 16-bit samples. exact is false if values are not such samples.
func wide(src *decode.Picture, n *normalisation) (m *image.NRGBA64, exact bool, err error) {
	size := src.Size()
	m, exact = image.NewNRGBA64(image.Rect(0, 0, size.W, size.H)), true
	err = bands(src, func(rows volume.Rows) error {
		for c := range rows.C {
			for y := range rows.N {
				dst := m.Pix[(rows.Y+y)*m.Stride:]
				for x, v := range rows.Row(c, y) {
					i, ok := n.sample(c, v, 65535)
					exact = exact && ok
					binary.BigEndian.PutUint16(dst[8*x+2*c:], uint16(i))
					binary.BigEndian.PutUint16(dst[8*x+6:], 65535)
				}
			}
		}
		return nil
	})
	return m, exact, err
}

// floats returns a picture's volume, compressed.
func floats(src *decode.Picture) ([]byte, error) {
	size := src.Size()
	v, err := volume.New(size)
	if err != nil {
		return nil, err
	}
	if err := src.ReadRows(v.Rows(0, size.H)); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	row := make([]byte, 4*size.W)
	for at := 0; at < len(v.Data); at += size.W {
		tensor.PutFloats(row, v.Data[at:at+size.W])
		if _, err := z.Write(row); err != nil {
			return nil, fmt.Errorf("compress: %w", err)
		}
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("compress: %w", err)
	}
	return b.Bytes(), nil
}

func encodePNG(m image.Image) ([]byte, error) {
	var b bytes.Buffer
	enc := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := enc.Encode(&b, m); err != nil {
		return nil, fmt.Errorf("encode png: %w", err)
	}
	return b.Bytes(), nil
}

// encodeThumb shrinks a picture to at most side×side pixels. Each pixel is the mean of the
// pixels that it covers, in integer arithmetic.
func encodeThumb(m *image.NRGBA, side int) ([]byte, error) {
	size := m.Bounds().Size()
	w, h := min(size.X, side), min(size.Y, side)
	if size.X > size.Y {
		h = max(1, min(size.Y, (size.Y*w+size.X/2)/size.X))
	} else {
		w = max(1, min(size.X, (size.X*h+size.Y/2)/size.Y))
	}
	small := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		y0, y1 := y*size.Y/h, (y+1)*size.Y/h
		for x := range w {
			x0, x1 := x*size.X/w, (x+1)*size.X/w
			var sum [3]int
			for sy := y0; sy < y1; sy++ {
				for p := m.PixOffset(x0, sy); p < m.PixOffset(x1, sy); p += 4 {
					for c := range sum {
						sum[c] += int(m.Pix[p+c])
					}
				}
			}
			n, out := (x1-x0)*(y1-y0), small.Pix[small.PixOffset(x, y):]
			for c := range sum {
				out[c] = uint8((sum[c] + n/2) / n)
			}
			out[3] = 255
		}
	}
	const legible = 64 // below this size, the coarse colours of JPEG would show
	if f := legible / max(w, h); f > 1 {
		small = enlarge(small, f)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, small, &jpeg.Options{Quality: 82}); err != nil {
		return nil, fmt.Errorf("encode jpeg: %w", err)
	}
	return b.Bytes(), nil
}

// enlarge makes each pixel a square of f×f pixels.
func enlarge(m *image.RGBA, f int) *image.RGBA {
	size := m.Bounds().Size().Mul(f)
	out := image.NewRGBA(image.Rectangle{Max: size})
	for y := range size.Y {
		for x := range size.X {
			out.SetRGBA(x, y, m.RGBAAt(x/f, y/f))
		}
	}
	return out
}
