package decode

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/png"
	"math"
	"slices"
	"strings"
	"testing"

	"filterbank/filters/tensor"
	"filterbank/filters/volume"
)

// npyFile is a .npy file of a type, with its header's text and raw values.
func npyFile(descr, order, shape string, values ...any) []byte {
	text := fmt.Sprintf("{'descr': '%s', 'fortran_order': %s, 'shape': (%s), }\n", descr, order, shape)
	b := binary.LittleEndian.AppendUint16([]byte("\x93NUMPY\x01\x00"), uint16(len(text)))
	b = append(b, text...)
	for _, v := range values {
		b, _ = binary.Append(b, binary.LittleEndian, v)
	}
	return b
}

// readMatrix decodes a matrix whole, after a look at its header alone.
func readMatrix(t *testing.T, o Options, data []byte) (volume.Shape, []float32, error) {
	t.Helper()
	if o.Channels == 0 {
		o.Channels = AnyChannels
	}
	d, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	info, infoErr := d.ReadInfo(bytes.NewReader(data))
	p, err := d.Decode(context.Background(), data)
	if err != nil {
		return volume.Shape{}, nil, err
	}
	if infoErr != nil || info.Prepared != p.Size() {
		t.Fatalf("the header says %v, %v; the matrix is %v", info.Prepared, infoErr, p.Size())
	}
	v, err := volume.New(p.Size())
	if err != nil {
		t.Fatal(err)
	}
	return p.Size(), v.Data, p.ReadRows(v.Rows(0, v.H))
}

// TestMatrices reads matrices of all forms.
func TestMatrices(t *testing.T) {
	hwc := Options{Matrix: Matrix{ChannelsLast: true}}
	half := []float32{0, 0.5, 1, -2}
	for _, c := range []struct {
		name   string
		opts   Options
		data   []byte
		want   volume.Shape
		data32 []float32
	}{
		{"uint8", Options{}, npyFile("|u1", "False", "1, 3", []uint8{0, 51, 255}), volume.Shape{C: 1, H: 1, W: 3}, []float32{0, float32(51) / 255, 1}},
		{"uint16", Options{}, npyFile("<u2", "False", "3, 1", []uint16{0, 1, 65535}), volume.Shape{C: 1, H: 3, W: 1}, []float32{0, float32(1) / 65535, 1}},
		{"int8", Options{}, npyFile("|i1", "False", "1, 2", []int8{-3, 100}), volume.Shape{C: 1, H: 1, W: 2}, []float32{-3, 100}},
		{"float64", Options{}, npyFile("<f8", "False", "1, 2", []float64{0.1, -0.25}), volume.Shape{C: 1, H: 1, W: 2}, []float32{0.1, -0.25}},
		{"C×H×W", Options{}, npyFile("<f4", "False", "2, 1, 2", half), volume.Shape{C: 2, H: 1, W: 2}, half},
		{"H×W×C", hwc, npyFile("<f4", "False", "2, 1, 2", half), volume.Shape{C: 2, H: 2, W: 1}, []float32{0, 1, 0.5, -2}},
		{"H×W with hwc", hwc, npyFile("<f4", "False", "2, 2", half), volume.Shape{C: 1, H: 2, W: 2}, half},
		{"Fortran", Options{}, npyFile("<f4", "True", "2, 2", half), volume.Shape{C: 1, H: 2, W: 2}, []float32{0, 1, 0.5, -2}},
		{"scaled", Options{Matrix: Matrix{Scale: 2}}, npyFile("|u1", "False", "1, 2", []uint8{1, 4}), volume.Shape{C: 1, H: 1, W: 2}, []float32{0.5, 2}},
		{"mean and std", Options{Mean: [3]float32{1, 1, 1}, Std: [3]float32{2, 2, 2}}, npyFile("<f4", "False", "1, 4", half), volume.Shape{C: 1, H: 1, W: 4}, []float32{-0.5, -0.25, 0, -1.5}},
		{"mean of three", Options{Mean: [3]float32{1, 2, 3}}, npyFile("<f4", "False", "3, 1, 1", half[:3]), volume.Shape{C: 3, H: 1, W: 1}, []float32{-1, -1.5, -2}},
		{"cropped", Options{Crop: &Crop{Width: 1, Height: 1, Anchor: BottomRight}}, npyFile("<f4", "False", "2, 2, 1", half), volume.Shape{C: 2, H: 1, W: 1}, []float32{0.5, -2}},
		{"commas", Options{}, []byte("# first\r\n1,2\n3 , -4.5e1 # last\n\n# second\n5,6\n7,8\n\n\n"), volume.Shape{C: 2, H: 2, W: 2}, []float32{1, 2, 3, -45, 5, 6, 7, 8}},
		{"tabs", Options{}, []byte("\ufeff1\t2\n+3\t.5"), volume.Shape{C: 1, H: 2, W: 2}, []float32{1, 2, 3, 0.5}},
		{"spaces", Options{}, []byte(" 1  0 1\n0   1 0 \n"), volume.Shape{C: 1, H: 2, W: 3}, []float32{1, 0, 1, 0, 1, 0}},
		{"a column", Options{Matrix: Matrix{Scale: 255}}, []byte("255\n51\n"), volume.Shape{C: 1, H: 2, W: 1}, []float32{1, float32(51) / 255}},
	} {
		t.Run(c.name, func(t *testing.T) {
			shape, got, err := readMatrix(t, c.opts, c.data)
			if err != nil {
				t.Fatal(err)
			}
			if shape != c.want || !slices.Equal(got, c.data32) {
				t.Errorf("got %v %v, want %v %v", shape, got, c.want, c.data32)
			}
		})
	}
}

// TestMatricesRefused compares the texts and codes of refusals.
func TestMatricesRefused(t *testing.T) {
	resize := Options{Resize: &Resize{Width: 4, Height: 4}}
	for _, c := range []struct {
		opts Options
		data []byte
		code Code
		want string
	}{
		{Options{}, []byte("1,2\n3\n"), Corrupt, "corrupt CSV: line 2, column 2: the row ends after 1 number, the first row has 2"},
		{Options{}, []byte("1,2\n3,4,5\n"), Corrupt, "corrupt CSV: line 2, column 3: one number too many, the first row has 2"},
		{Options{}, []byte("1,2\n3"), Truncated, "truncated CSV: line 2, column 2: the row ends after 1 number, the first row has 2"},
		{Options{}, []byte("1,2\n# x\n3,red\n"), Corrupt, `corrupt CSV: line 3, column 2: "red" is not a number; a matrix has finite numbers only, and # begins a comment`},
		{Options{}, []byte("1,NaN\n"), Corrupt, `corrupt CSV: line 1, column 2: "NaN" is not a number; a matrix has finite numbers only, and # begins a comment`},
		{Options{}, []byte("nan,1\n"), Corrupt, `corrupt CSV: line 1, column 1: "nan" is not a number; a matrix has finite numbers only, and # begins a comment`},
		{Options{}, []byte("1,-inf\n"), Corrupt, `corrupt CSV: line 1, column 2: "-inf" is not a number; a matrix has finite numbers only, and # begins a comment`},
		{Options{}, []byte("1,0x1p3\n"), Corrupt, `corrupt CSV: line 1, column 2: "0x1p3" is not a number; a matrix has finite numbers only, and # begins a comment`},
		{Options{}, []byte("1;2\n"), NotPicture, `not a picture: the file is text and begins "1;2"; a PNG, JPEG, WebP, TIFF, BMP or GIF file is needed`},
		{Options{}, []byte("1,,2\n"), Corrupt, "corrupt CSV: line 1, column 2: there is no number"},
		{Options{}, []byte("1,1e39\n"), Corrupt, `corrupt CSV: line 1, column 2: "1e39" is beyond the range of float32 (±3.4e38)`},
		{Options{}, []byte("1\n2\n\n3\n"), Truncated, "truncated CSV: line 4, column 1: the channel ends after 1 row, the first channel has 2"},
		{Options{}, []byte("1\n\n3\n4\n"), Corrupt, "corrupt CSV: line 4, column 1: one row too many, the first channel has 1"},
		{Options{}, []byte("# nothing\n\n"), Corrupt, "corrupt CSV: it has no number"},
		{Options{}, []byte("red,green\n1,2\n"), NotPicture, `not a picture: the file is text and begins "red,green 1,2"; a PNG, JPEG, WebP, TIFF, BMP or GIF file is needed, or a matrix of numbers, but line 1, column 1 is "red"`},
		{Options{}, []byte("404 Not Found"), NotPicture, `not a picture: the file is text and begins "404 Not Found"; a PNG, JPEG, WebP, TIFF, BMP or GIF file is needed`},
		{resize, []byte("1,2\n"), Unsupported, "resize is for pictures: a matrix keeps its size; leave resize out of the stack's input"},
		{Options{Channels: 3}, []byte("1,2\n"), Channels, "matrix of 1×1×2 has 1 channel, and the stack reads 3, as the run's first input or input.channels has"},
		{Options{Channels: 2}, npyFile("<f4", "False", "3, 1, 2", make([]float32, 6)), Channels, "matrix of 3×1×2 has 3 channels, and the stack reads 2, as the run's first input or input.channels has; H×W×C is read with --matrix-layout hwc"},
		{Options{}, npyFile("<f4", "False", "4,", make([]float32, 4)), Unsupported, "unsupported NPY: an array of shape [4]; a matrix has H×W or C×H×W numbers"},
		{Options{}, npyFile("<c8", "False", "1, 1", make([]float32, 2)), Unsupported, `unsupported NPY: type "<c8" of the .npy file: bool, integers and floats of 16, 32 and 64 bits are read; convert with astype('<f4')`},
		{Options{}, npyFile("<f4", "False", "0, 3"), Unsupported, "unsupported NPY: its header says 3×0 pixels; save it anew"},
		{Options{}, npyFile("<f4", "False", "0, 3, 3"), Unsupported, "unsupported matrix of 0×3×3: each side must be from 1 to 2147483647"},
		{Options{}, npyFile("<f4", "False", "70000, 1, 1"), TooLarge, "matrix of 70000×1×1 has more than 65536 channels; use a smaller one"},
		{Options{}, npyFile("<f4", "False", "100000, 100000"), TooLarge, "matrix of 100000×100000 has 10000000000 pixels, over the limit of 268435456; raise it with --limit-pixels or use a smaller picture"},
		{Options{}, npyFile("<f4", "False", "65536, 16384, 16384", float32(1)), Truncated, ""},
		{Options{}, npyFile("<f4", "False", "9223372036854775807, 3, 3", float32(1)), Corrupt, "corrupt NPY: shape [9223372036854775807 3 3] in the .npy header: more values than can be addressed, found within the first 91 of 95 bytes; fetch the file again or save it anew"},
		{Options{}, npyFile("<f4", "False", "1, 1", []float32{1, 2}), Corrupt, "corrupt NPY: read numbers: shape [1 1] of type <f4: more bytes follow its 1 values: one array a file is read, found within the first 75 of 78 bytes; fetch the file again or save it anew"},
	} {
		_, _, err := readMatrix(t, c.opts, c.data)
		refused, ok := errors.AsType[*Error](err)
		if !ok {
			t.Errorf("%.40q: %v, want %s", c.data, err, c.want)
			continue
		}
		if refused.Code != c.code || c.want != "" && refused.Text != c.want {
			t.Errorf("%.40q: %s: %s\nwant %s: %s", c.data, refused.Code, refused.Text, c.code, c.want)
		}
	}
	d, err := New(Options{Channels: 1})
	if err != nil {
		t.Fatal(err)
	}
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 2, 2))); err != nil {
		t.Fatal(err)
	}
	_, err = d.Decode(context.Background(), picture.Bytes())
	if refused, ok := errors.AsType[*Error](err); !ok || refused.Code != Channels {
		t.Errorf("a picture for 1 channel: %v", err)
	}
}

// TestMatrixRGB compares the pixels that are shown of matrices.
func TestMatrixRGB(t *testing.T) {
	for _, c := range []struct {
		values []float32
		c      int
		want   []byte
	}{
		{[]float32{0, 0.5, 1}, 1, []byte{0, 0, 0, 128, 128, 128, 255, 255, 255}},
		{[]float32{-1, 0, 3}, 1, []byte{0, 0, 0, 64, 64, 64, 255, 255, 255}},
		{[]float32{float32(math.NaN()), float32(math.Inf(1)), 1}, 1, []byte{0, 0, 0, 0, 0, 0, 255, 255, 255}},
		{[]float32{0, 1, 0.2}, 3, []byte{0, 255, 51}},
		{[]float32{0, 1}, 2, []byte{128, 128, 128}},
	} {
		d, err := New(Options{Channels: AnyChannels})
		if err != nil {
			t.Fatal(err)
		}
		w := len(c.values) / c.c
		p, err := d.Decode(context.Background(), append(tensor.NPYHeader(c.c, 1, w), tensor.AppendFloats(nil, c.values)...))
		if err != nil {
			t.Fatal(err)
		}
		got := make([]byte, 3*w)
		if err := p.ReadRGB(got, 0); err != nil || !bytes.Equal(got, c.want) {
			t.Errorf("%v: %v %v, want %v", c.values, got, err, c.want)
		}
		if err := p.ReadRGB(got, 1); err == nil {
			t.Error("row 1 of 1 was read")
		}
		if want := fmt.Sprintf("float32-c%d", c.c); p.Samples.Kind != want {
			t.Errorf("kind %s, want %s", p.Samples.Kind, want)
		}
	}
}

// TestScaleTooSmall refuses quotients that are infinite. Numbers that are infinite in the file stay.
func TestScaleTooSmall(t *testing.T) {
	d, err := New(Options{Channels: AnyChannels, Matrix: Matrix{Scale: 1e-38}})
	if err != nil {
		t.Fatal(err)
	}
	for data, want := range map[string]string{
		"1 2\n3 -4\n": `line 2, column 2: "-4" divided by the scale 1e-38 is beyond the range of float32`,
		string(npyFile("<f4", "False", "2, 1, 2", []float32{0, 1, 2, -4})):           "channel 1, row 0, column 1: -4 divided by the scale 1e-38 is beyond",
		string(npyFile("<f4", "False", "1, 2", []float32{float32(math.Inf(-1)), 3})): "",
	} {
		_, err := d.Decode(context.Background(), []byte(data))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, want %q", data, err, want)
		}
	}
}

// TestMatrixFingerprint checks that settings of matrices are part of the keys, and only if they
// are given.
func TestMatrixFingerprint(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range []Matrix{{}, {ChannelsLast: true}, {Scale: 2}, {Scale: 255}, {true, 255}} {
		d, err := New(Options{Matrix: m})
		if err != nil {
			t.Fatal(err)
		}
		text := d.Fingerprint([]byte("1,2"))
		if !strings.HasPrefix(text, "codec csv version") || seen[text] || strings.Contains(text, "matrix") != (m != Matrix{}) {
			t.Errorf("%+v: %s", m, text)
		}
		seen[text] = true
	}
	for _, scale := range []float32{-1, float32(math.Inf(1)), float32(math.NaN())} {
		if _, err := New(Options{Matrix: Matrix{Scale: scale}}); err == nil {
			t.Errorf("scale %v is taken", scale)
		}
	}
}

// TestLargeText refuses text that would be held whole, by its size alone.
func TestLargeText(t *testing.T) {
	f := newFile(context.Background(), 0, []byte("1,2\n"))
	f.size = maxText + 1
	if _, err := openCSV(f); err == nil || !strings.HasPrefix(err.Error(), "text of 67108865 bytes: at most 67108864 are read") {
		t.Error(err)
	}
}

// FuzzMatrix reads bytes as .npy and as text: without a panic, within the memory that the header
// announces, and alike twice.
func FuzzMatrix(f *testing.F) {
	f.Add(npyFile("<f4", "False", "2, 1, 2", []float32{1, 2, 3, 4}), false)
	f.Add(npyFile("|u1", "True", "2, 2", []uint8{1, 2, 3, 4}), true)
	f.Add(npyFile("<f8", "False", "65536, 16384, 16384", 1.0), false)
	f.Add([]byte("1,2\n3,4\n\n5,6\n7,8 # x\n"), false)
	f.Add([]byte("1\t-2e-3\n+.5\t6\r\n"), false)
	f.Add([]byte("1 2\n3\n"), true)
	f.Fuzz(func(t *testing.T, data []byte, last bool) {
		d, err := New(Options{Limits: Limits{Pixels: 1 << 16}, Channels: AnyChannels, Matrix: Matrix{ChannelsLast: last}})
		if err != nil {
			t.Fatal(err)
		}
		if c := find(d.codecs, data); c == nil || !c.matrix {
			return
		}
		p, err := d.Decode(context.Background(), data)
		if err != nil {
			if _, ok := errors.AsType[*Error](err); !ok {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		n, err := p.Size().Len()
		if err != nil || n > len(data) {
			t.Fatalf("%d bytes give %v", len(data), p.Size())
		}
		v, err := volume.New(p.Size())
		if err != nil {
			t.Fatal(err)
		}
		if err := p.ReadRows(v.Rows(0, v.H)); err != nil {
			t.Fatal(err)
		}
		row := make([]byte, 3*v.W)
		for y := range v.H {
			if err := p.ReadRGB(row, y); err != nil {
				t.Fatal(err)
			}
		}
		again, err := d.Decode(context.Background(), data)
		if err != nil || again.Samples != p.Samples {
			t.Fatalf("%v, %v and %v", err, again.Samples, p.Samples)
		}
	})
}
