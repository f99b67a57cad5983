package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"os"
	"strings"

	"filterbank/filters/tensor"
	"filterbank/pipeline/bucket"
	"filterbank/pipeline/decode"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/output"
	"filterbank/pipeline/render"
	"filterbank/pipeline/source"
)

// subject is a file that is shown.
type subject struct {
	description string        // printed below the picture
	size        image.Point   // size of the picture, upright
	picture     []byte        // the file; nil if there is none to show
	scale       *render.Range // scale of a map in a PNG
}

// mostShown bounds the files that are shown in bytes. It is more than any picture within the limits
// has.
const mostShown = 4 << 30

var errLong = fmt.Errorf("it has more than %d bytes, more than any picture that can be shown", int64(mostShown))

func quoted(name string) string { return shown(manifest.Path(name)) }

// read reads a file, or standard input if the name is a hyphen.
func (v *viewer) read(ctx context.Context, name string) (*subject, error) {
	file, err := openFile(ctx, name, v.console.in)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	in := bufio.NewReader(file)
	start, err := in.Peek(32)
	if format := tensor.Sniff(start); format != nil {
		s, err := v.readArrays(format, in, section(file))
		return s, bare(err)
	}
	if v.options.index >= 0 {
		return nil, errors.New("--map chooses a map of an array, and this file is not .npy, .npz or .safetensors: leave --map out")
	}
	if err == nil && (decode.FormatOf(start) == "" || decode.FormatOf(start).IsMatrix()) {
		return v.readPicture(start) // it says what the data is; the rest may be long or endless
	}
	if f, ok := file.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Size() > mostShown {
			return nil, errLong
		}
	}
	data, err := io.ReadAll(io.LimitReader(in, mostShown+1))
	switch {
	case err != nil:
		return nil, bare(err)
	case len(data) > mostShown:
		return nil, errLong
	}
	return v.readPicture(data)
}

// object is an object in a bucket, read whole.
type object struct{ *bytes.Reader }

// Close does nothing.
func (object) Close() error { return nil }

func openObject(ctx context.Context, name string) (io.ReadCloser, error) {
	var from source.Finder
	e, _ := from.Entry(ctx, name)
	in, err := e.Open(ctx)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	if in.Size > mostShown {
		return nil, errLong
	}
	data, err := in.ReadAll()
	return object{bytes.NewReader(data)}, err
}

// section is the whole of a file, nil for a stream.
func section(in io.Reader) *io.SectionReader {
	if o, ok := in.(object); ok {
		return io.NewSectionReader(o, 0, o.Size())
	}
	f, ok := in.(*os.File)
	if !ok {
		return nil
	}
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return nil
	}
	return io.NewSectionReader(f, 0, info.Size())
}

func openFile(ctx context.Context, name string, stdin io.Reader) (io.ReadCloser, error) {
	if name == source.Stdin {
		return io.NopCloser(stdin), nil
	}
	if bucket.IsURL(name) {
		return openObject(ctx, name)
	}
	// Opening a named pipe would wait for a writer.
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, bare(err)
	case info.IsDir():
		return nil, errors.New("it is a folder; name its files")
	case !info.Mode().IsRegular():
		return nil, errors.New("it is not a regular file; pipe it to standard input and name it -")
	}
	f, err := os.Open(name)
	return f, bare(err)
}

// bare is a file's error without the operation and the path, which the caller says.
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
	s.description = fmt.Sprintf("%d×%d, %s, %s", info.Width, info.Height, info.Format, info.Kind)
	if scale, ok := scaleOf(data); ok && info.Format == decode.PNG {
		s.scale = &scale
		s.description += fmt.Sprintf("; scale %.6g to %.6g", scale.Lo, scale.Hi)
	}
	return s, nil
}

// scaleOf reads from a PNG's text the values of a map's first and last level.
func scaleOf(data []byte) (r render.Range, ok bool) {
	const signature, frame = 8, 12
	for rest := data[signature:]; len(rest) >= frame; {
		length := int64(binary.BigEndian.Uint32(rest))
		if length > int64(len(rest)-frame) {
			break
		}
		content := string(rest[8 : 8+length])
		if text, found := strings.CutPrefix(content, output.ScaleKeyword+"\x00"); found && string(rest[4:8]) == "tEXt" {
			_, err := fmt.Sscanf(text, "%g %g", &r.Lo, &r.Hi)
			width := r.Hi - r.Lo
			return r, err == nil && width-width == 0 // a map has neither NaN nor infinity there
		}
		rest = rest[frame+length:]
	}
	return r, false
}

// valuesOf says between which values a map lies. The map is gray or of a palette, and it has
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
