package terminal

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/png"
	"io"

	"github.com/mattn/go-sixel"
)

// Draw writes a picture at the cursor, and a newline. Each of its pixels is a pixel of the
// screen. With the protocol Text it draws nothing. The picture must be opaque.
func Draw(w io.Writer, p Protocol, s Screen, m *image.RGBA) error {
	var b bytes.Buffer
	var err error
	switch p {
	case Kitty:
		err = kitty(&b, m)
	case ITerm:
		err = iterm(&b, m)
	case Sixel:
		err = sixelBands(&b, s, m)
	case Blocks:
		blocks(&b, m, s.TrueColor)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", p, err)
	}
	_, err = w.Write(b.Bytes())
	return err
}

// sixelBands writes one image, or several below each other if the screen limits their size.
// Each has whole rows of cells, so that the next one follows without a gap.
func sixelBands(b *bytes.Buffer, s Screen, m *image.RGBA) error {
	height := m.Rect.Dy()
	if s.Largest.Y >= s.Cell.Y && s.Largest.Y < height {
		height = s.Largest.Y / s.Cell.Y * s.Cell.Y
	}
	e := sixel.NewEncoder(b)
	for y := m.Rect.Min.Y; y < m.Rect.Max.Y; y += height {
		band := m.SubImage(image.Rect(m.Rect.Min.X, y, m.Rect.Max.X, min(y+height, m.Rect.Max.Y))).(*image.RGBA)
		e.Dither = moreColors(band, 255)
		if err := e.Encode(band); err != nil {
			return err
		}
		b.WriteByte('\n')
	}
	return nil
}

// kitty transmits a PNG in pieces of at most 4096 bytes of base64 and displays it. It asks for
// no answer.
func kitty(b *bytes.Buffer, m image.Image) error {
	text, _, err := encoded(m)
	if err != nil {
		return err
	}
	const piece = 4096
	keys := "a=T,f=100,q=2,"
	for more := true; more; keys = "" {
		n := min(piece, len(text))
		more = n < len(text)
		last := 0
		if more {
			last = 1
		}
		fmt.Fprintf(b, "\x1b_G%sm=%d;%s\x1b\\", keys, last, text[:n])
		text = text[n:]
	}
	b.WriteByte('\n')
	return nil
}

// iterm writes an inline file.
func iterm(b *bytes.Buffer, m image.Image) error {
	text, size, err := encoded(m)
	if err != nil {
		return err
	}
	fmt.Fprintf(b, "\x1b]1337;File=inline=1;size=%d;width=%dpx;height=%dpx:%s\a\n", size, m.Bounds().Dx(), m.Bounds().Dy(), text)
	return nil
}

// encoded returns a PNG in base64, and the size of the PNG in bytes.
func encoded(m image.Image) (text string, size int, err error) {
	var file bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := encoder.Encode(&file, m); err != nil {
		return "", 0, err
	}
	return base64.StdEncoding.EncodeToString(file.Bytes()), file.Len(), nil
}

// moreColors says whether a picture has more than n colours.
func moreColors(m *image.RGBA, n int) bool {
	seen := map[[4]byte]bool{}
	for y := m.Rect.Min.Y; y < m.Rect.Max.Y; y++ {
		row := m.Pix[m.PixOffset(m.Rect.Min.X, y):][:4*m.Rect.Dx()]
		for i := 0; i < len(row); i += 4 {
			seen[[4]byte(row[i:])] = true
			if len(seen) > n {
				return true
			}
		}
	}
	return false
}
