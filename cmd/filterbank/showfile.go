package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"math"
	"os"
	"strings"

	"filterbank/filters/kernel"
	"filterbank/filters/weights"
	"filterbank/pipeline"
	"filterbank/pipeline/decode"
	"filterbank/pipeline/render"
	"filterbank/pipeline/sink"
	"filterbank/pipeline/source"
)

// subject is a file to show.
type subject struct {
	about   string        // in words
	size    image.Point   // of the picture, upright
	picture []byte        // PNG or JPEG; nil where there is none to show
	scale   *render.Range // of a map in a PNG
}

func quoted(name string) string { return shown(sink.Path(name)) }

// read reads a file, or standard input where its name is a hyphen.
func (v *viewer) read(name string) (*subject, error) {
	data, err := readWhole(name, v.console.in)
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(data, []byte("\x93NUMPY")) {
		return readArray(data, v.options.index, v.colors)
	}
	if v.options.index >= 0 {
		return nil, errors.New("--map is about .npy files")
	}
	return v.readPicture(data)
}

func readWhole(name string, stdin io.Reader) ([]byte, error) {
	const most = 4 << 30 // above what any picture within the limits takes
	in := stdin
	if name != source.Stdin {
		// Opening a named pipe would wait for a writer, so ask first what it is.
		info, err := os.Stat(name)
		switch {
		case err != nil:
			return nil, bare(err)
		case info.IsDir():
			return nil, errors.New("it is a folder; name its files")
		case !info.Mode().IsRegular():
			return nil, errors.New("not a regular file")
		case info.Size() > most:
			return nil, fmt.Errorf("it has %d bytes, at most %d are read", info.Size(), int64(most))
		}
		f, err := os.Open(name)
		if err != nil {
			return nil, bare(err)
		}
		defer f.Close()
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, most))
	if err != nil {
		return nil, bare(err)
	}
	return data, nil
}

// bare is a file's error without the operation and the path, which are said already.
func bare(err error) error {
	if e, ok := errors.AsType[*os.PathError](err); ok {
		return e.Err
	}
	return err
}

// readPicture reads a picture's header.
func (v *viewer) readPicture(data []byte) (*subject, error) {
	d, err := v.decoder(nil)
	if err != nil {
		return nil, err
	}
	info, err := d.ReadInfo(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	s := &subject{size: image.Pt(info.Width, info.Height), picture: data}
	s.about = fmt.Sprintf("%d×%d, %s", info.Width, info.Height, kindOf(data, info.Format))
	if scale, ok := scaleOf(data); ok && info.Format == decode.PNG {
		s.scale = &scale
		s.about += fmt.Sprintf("; scale %.6g to %.6g", scale.Lo, scale.Hi)
	}
	return s, nil
}

// kindOf is a picture's format, channels and depth, of a file whose header is right.
func kindOf(data []byte, format decode.Format) string {
	if format == decode.PNG {
		depth, kind := data[24], data[25] // of IHDR (PNG, 11.2.1)
		return fmt.Sprintf("PNG, %d-bit %s", depth,
			map[byte]string{0: "gray", 2: "RGB", 3: "palette", 4: "gray and alpha", 6: "RGB and alpha"}[kind])
	}
	config, _ := jpeg.DecodeConfig(bytes.NewReader(data))
	switch config.ColorModel {
	case color.GrayModel:
		return "JPEG, gray"
	case color.CMYKModel:
		return "JPEG, CMYK"
	}
	return "JPEG, colour"
}

// scaleOf is what the first and the last level of a map stand for, from its text.
func scaleOf(data []byte) (r render.Range, ok bool) {
	const signature, frame = 8, 12
	for rest := data[signature:]; len(rest) >= frame; {
		length := int64(binary.BigEndian.Uint32(rest))
		if length > int64(len(rest)-frame) {
			break
		}
		content := string(rest[8 : 8+length])
		if text, found := strings.CutPrefix(content, pipeline.ScaleKeyword+"\x00"); found && string(rest[4:8]) == "tEXt" {
			_, err := fmt.Sscanf(text, "%g %g", &r.Lo, &r.Hi)
			return r, err == nil
		}
		rest = rest[frame+length:]
	}
	return r, false
}

// valuesOf says between what values a map lies, gray or of a palette, whose picture has
// been decoded before.
func (s *subject) valuesOf() string {
	m, err := png.Decode(bytes.NewReader(s.picture))
	if err != nil {
		return ""
	}
	pix, step, top := []uint8(nil), 1, 255.0
	switch m := m.(type) {
	case *image.Gray:
		pix = m.Pix
	case *image.Paletted:
		pix = m.Pix
	case *image.Gray16:
		pix, step, top = m.Pix, 2, 65535
	default:
		return ""
	}
	lo, hi := top, 0.0
	for i := 0; i < len(pix); i += step {
		level := float64(pix[i])
		if step == 2 {
			level = float64(binary.BigEndian.Uint16(pix[i:]))
		}
		lo, hi = min(lo, level), max(hi, level)
	}
	value := func(level float64) float64 { return s.scale.Lo + float64(level/top*(s.scale.Hi-s.scale.Lo)) }
	return fmt.Sprintf("; values %.6g to %.6g", value(lo), value(hi))
}

// readArray describes an array, and makes a picture of the map with an index; with −1
// of the only one, if there is just one.
func readArray(data []byte, index int, colors render.Colormap) (*subject, error) {
	a, err := weights.ReadNPY(bytes.NewReader(data), 0)
	if err != nil {
		return nil, err
	}
	s := &subject{about: fmt.Sprintf("array of %s; %s", strings.ReplaceAll(strings.Trim(fmt.Sprint(a.Shape), "[]"), " ", "×"), spanOf(a.Data))}
	shape := a.Shape
	if len(shape) == 2 {
		shape = []int{1, shape[0], shape[1]}
	}
	switch {
	case len(shape) != 3 || len(a.Data) == 0:
		if index >= 0 {
			return nil, fmt.Errorf("--map is about arrays of K×H×W, this is an %s", s.about)
		}
		return s, nil
	case index >= shape[0]:
		return nil, fmt.Errorf("map %d: the array has %d, from 0", index, shape[0])
	case index < 0 && shape[0] > 1:
		s.about += fmt.Sprintf("; --map 0 to %d shows one", shape[0]-1)
		return s, nil
	}
	k, h, w := max(index, 0), shape[1], shape[2]
	values := a.Data[k*h*w:][:h*w]
	if shape[0] > 1 {
		s.about += fmt.Sprintf("; map %d: %s", k, spanOf(values))
	}
	s.size = image.Pt(w, h)
	s.picture, err = colored(values, s.size, colors)
	return s, err
}

// spanOf says between what values lie, and how many are NaN or infinite.
func spanOf(values []float32) string {
	lo, hi, odd := math.Inf(1), math.Inf(-1), 0
	for _, v := range values {
		if v-v != 0 {
			odd++
			continue
		}
		lo, hi = min(lo, float64(v)), max(hi, float64(v))
	}
	text := fmt.Sprintf("values %.6g to %.6g", lo, hi)
	if odd == len(values) {
		text = "no finite value"
	}
	if odd > 0 {
		text += fmt.Sprintf(" (%d not finite)", odd)
	}
	return text
}

// colored is a map as a PNG, with the scale and the colours that run gives it.
func colored(values []float32, size image.Point, colors render.Colormap) ([]byte, error) {
	k, err := kernel.Select("")
	if err != nil {
		return nil, err
	}
	var extremes render.Extremes
	extremes.Add(k, values)
	r := extremes.Range()
	colors = colors.For(r.Lo < 0)
	gray := render.Gray8(r)
	if colors.Diverging() {
		gray = render.Centred8(r.Centred())
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
