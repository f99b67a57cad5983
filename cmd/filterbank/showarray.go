package main

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"strings"

	"filterbank/filters/kernel"
	"filterbank/filters/simd"
	"filterbank/filters/tensor"
	"filterbank/pipeline/render"
	"filterbank/pipeline/scale"
)

// readArrays describes a file's arrays and makes a picture of the map that --map names, or of
// the only map. If the file has several arrays, --array names the array of the map.
func (v *viewer) readArrays(format *tensor.Format, in io.Reader, file *io.SectionReader) (*subject, error) {
	if v.options.index >= 0 && v.options.array == "" {
		if err := onlyArray(format, in, file); err != nil {
			return nil, err
		}
	}
	var shown *subject
	var names, lines []string
	named := false
	err := format.Each(in, file, func(name string, r io.Reader) error {
		s, err := v.readArray(r, name)
		if err != nil && name != "" {
			return fmt.Errorf("array %s: %w", name, err)
		}
		if err != nil {
			return err
		}
		named = named || name == v.options.array
		if name != "" {
			s.description = name + ": " + s.description
		}
		names, lines = append(names, name), append(lines, s.description)
		if shown == nil || s.picture != nil {
			shown = s
		}
		return nil
	})
	switch {
	case err != nil:
		return nil, err
	case len(lines) == 0:
		return nil, errors.New("it holds no array")
	case v.options.array != "" && !named:
		return nil, fmt.Errorf("it holds no array %q; its arrays are\n  %s", v.options.array, strings.Join(lines, "\n  "))
	}
	if v.options.index >= 0 && v.options.array == "" && len(names) > 1 { // a stream is read once
		return nil, chooseArray(names)
	}
	shown.description = strings.Join(lines, "\n  ")
	if len(lines) > 1 {
		shown.description = fmt.Sprintf("%d arrays\n  %s", len(lines), shown.description)
	}
	return shown, nil
}

// onlyArray returns an error if a file has several arrays. A stream is not read.
func onlyArray(format *tensor.Format, in io.Reader, file *io.SectionReader) error {
	if file == nil {
		return nil
	}
	var names []string
	err := format.Each(in, file, func(name string, _ io.Reader) error {
		names = append(names, name)
		return nil
	})
	if len(names) > 1 {
		return chooseArray(names)
	}
	return err
}

// chooseArray says that --map alone does not choose a map of several arrays.
func chooseArray(names []string) error {
	return fmt.Errorf("it holds %d arrays; choose one with --array: %s", len(names), strings.Join(names, ", "))
}

// readArray describes an array and makes a picture of the map that --map names, or of the only
// map. Of an array larger than memory, it holds only the map.
func (v *viewer) readArray(r io.Reader, name string) (*subject, error) {
	var all, one span
	var values []float32
	index := v.options.index
	if v.options.array != "" && v.options.array != name {
		index = otherArray
	}
	shape, err := tensor.ScanNPY(r, func(shape []int, at int, part []float32) error {
		all.add(part)
		from, to, err := v.chosen(shape, index)
		if from, to = max(from, at), min(to, at+len(part)); from < to {
			one.add(part[from-at : to-at])
			values = append(values, part[from-at:to-at]...)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if _, _, err := v.chosen(shape, index); err != nil {
		return nil, err // the array has no values
	}
	s := &subject{description: fmt.Sprintf("array of %s; %v", shapeText(shape), all)}
	maps := mapsOf(shape)
	if values == nil {
		if maps > 1 && index == noMap {
			s.description += fmt.Sprintf("; --map 0 to %d shows one", maps-1)
		}
		return s, nil
	}
	if maps > 1 {
		s.description += fmt.Sprintf("; map %d: %v", index, one)
	}
	s.size = image.Pt(shape[len(shape)-1], shape[len(shape)-2])
	s.picture, err = colored(values, s.size, v.colors, v.simd)
	return s, err
}

func shapeText(shape []int) string {
	if len(shape) == 0 {
		return "one number"
	}
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(shape), "[]"), " ", "×")
}

// mapsOf is the number of maps in an array: K for K×H×W, 1 for H×W, 0 for any other shape.
func mapsOf(shape []int) int {
	switch {
	case len(shape) == 2 && shape[0]*shape[1] > 0:
		return 1
	case len(shape) == 3 && shape[1]*shape[2] > 0:
		return shape[0]
	}
	return 0
}

// chosen returns the places of the values of the map to show, an empty range if there is none.
func (v *viewer) chosen(shape []int, index int) (from, to int, err error) {
	maps := mapsOf(shape)
	switch {
	case index == otherArray:
		return 0, 0, nil
	case index >= 0 && maps == 0:
		return 0, 0, fmt.Errorf("--map needs an array of K×H×W, and this array is %s", shapeText(shape))
	case index >= maps && maps > 0:
		return 0, 0, fmt.Errorf("map %d: the array has %s, counted from 0", index, counted(maps, "map"))
	case index < 0 && maps != 1:
		return 0, 0, nil
	}
	w, h := shape[len(shape)-1], shape[len(shape)-2]
	size := w * h
	if int64(size) > v.options.pixels {
		return 0, 0, fmt.Errorf("map of %d×%d has %d pixels, over the limit of %d; raise it with --limit-pixels", w, h, size, v.options.pixels)
	}
	from = max(index, 0) * size
	return from, from + size, nil
}

// span holds the range of some values, and the number of them that are NaN or infinite.
type span struct {
	lo, hi     float64
	finite, no int
}

func (s *span) add(values []float32) {
	for _, v := range values {
		switch x := float64(v); {
		case v-v != 0:
			s.no++
		case s.finite == 0:
			s.lo, s.hi, s.finite = x, x, 1
		default:
			s.lo, s.hi = min(s.lo, x), max(s.hi, x)
			s.finite++
		}
	}
}

func (s span) String() string {
	text := fmt.Sprintf("values %.6g to %.6g", s.lo, s.hi)
	if s.finite == 0 {
		text = "no finite value"
	}
	if s.no > 0 {
		text += fmt.Sprintf(" (%d not finite)", s.no)
	}
	return text
}

// colored draws a map as a PNG, on the default scale of run. What auto means depends on the
// values here, since an array does not name its layer.
func colored(values []float32, size image.Point, colors render.Colormap, set simd.Set) ([]byte, error) {
	var extremes scale.Extremes
	extremes.Add(kernel.New(set), values)
	r := extremes.Range()
	colors = colors.For(r.Lo < 0)
	gray := render.Gray8(r, set)
	if colors.Diverging() {
		gray = render.Centred8(r.Centred(), set)
	}
	m := image.NewPaletted(image.Rectangle{Max: size}, nil)
	for _, c := range colors.Palette() {
		m.Palette = append(m.Palette, color.RGBA{c[0], c[1], c[2], 255})
	}
	gray.Row(m.Pix, values)
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
