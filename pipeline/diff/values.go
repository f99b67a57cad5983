package diff

import (
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"path/filepath"

	"filterbank/filters/volume"
	"filterbank/filters/weights"
	"filterbank/pipeline/manifest"
)

// values are those of a file: numbers, or pixels that a table or a scale turns into
// numbers.
type values struct {
	floats []float32
	bytes  []byte // pixels of 8 bits, or of 16 with the higher byte first
	wide   bool
	lo, hi float64
}

// at is lo + pixel/top·(hi − lo), rounded after each step.
func (v *values) at(i int) float64 {
	if v.floats != nil {
		return float64(v.floats[i])
	}
	p, top := 0, 255
	if v.wide {
		p, top = int(v.bytes[2*i])<<8|int(v.bytes[2*i+1]), 65535
	} else {
		p = int(v.bytes[i])
	}
	return v.lo + float64(float64(p)/float64(top)*(v.hi-v.lo))
}

// maps reads a file, which has to have the shape that the manifest says.
func (r *run) maps(f *manifest.File, shape volume.Shape) (*values, error) {
	name := filepath.FromSlash(string(f.Path))
	// Opening a named pipe would wait for a writer, so ask first what it is.
	info, err := r.root.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is no regular file")
	}
	file, err := r.root.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	switch {
	case format(f) == "npy":
		return readNPY(file, shape)
	case format(f) == "png" && f.Scale != nil:
		return readPNG(file, f, shape)
	}
	return nil, errors.New("its bytes differ, and it has no scale to turn them into numbers")
}

func readNPY(in io.Reader, shape volume.Shape) (*values, error) {
	n, err := shape.Len()
	if err != nil {
		return nil, err
	}
	a, err := weights.ReadNPY(in, int64(n))
	if err != nil {
		return nil, err
	}
	if got := fmt.Sprint(a.Shape); got != fmt.Sprint([]int{shape.C, shape.H, shape.W}) {
		return nil, fmt.Errorf("its shape is %s, the manifest says %v", got, shape)
	}
	return &values{floats: a.Data}, nil
}

// readPNG reads a map of gray pixels, or of a palette, whose indices are the gray
// pixels. The size is known before anything is decoded.
func readPNG(in io.ReadSeeker, f *manifest.File, shape volume.Shape) (*values, error) {
	config, err := png.DecodeConfig(in)
	if err != nil {
		return nil, err
	}
	if config.Width != shape.W || config.Height != shape.H {
		return nil, fmt.Errorf("it is %d×%d, the manifest says %d×%d", config.Height, config.Width, shape.H, shape.W)
	}
	if _, err := in.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	m, err := png.Decode(in)
	if err != nil {
		return nil, err
	}
	v := &values{lo: f.Scale[0], hi: f.Scale[1]}
	switch m := m.(type) {
	case *image.Gray:
		v.bytes = m.Pix
	case *image.Gray16:
		v.bytes, v.wide = m.Pix, true
	case *image.Paletted:
		v.bytes = m.Pix
	default:
		return nil, fmt.Errorf("its pixels are %T, a map's are gray or a palette's", m)
	}
	return v, nil
}
