package pipeline

import (
	"context"
	"errors"
	"fmt"
	"image"

	"filterbank/pipeline/decode"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/sheet"
	"filterbank/pipeline/source"
)

// crop decodes a picture and gives it to do.
func (w *worker) crop(ctx context.Context, e *source.Entry, do func(*decode.Picture) error) (r result) {
	rec := &manifest.Record{Input: manifest.Path(e.Path), Status: manifest.OK}
	defer func() {
		if p := recover(); p != nil {
			*w = *newWorker(w.run, w.stages)
			fail(rec, fmt.Errorf("%s: %w", source.Display(e.Path), internal(p)))
			r = result{record: rec}
		}
	}()
	err := errors.New("standard input cannot be read again for its patches")
	if e.Path != source.Stdin {
		err = w.cropFrom(ctx, e, rec, do)
	}
	switch {
	case err == nil, interrupted(ctx, err):
		return result{}
	}
	fail(rec, err)
	return result{record: rec}
}

func (w *worker) cropFrom(ctx context.Context, e *source.Entry, rec *manifest.Record, do func(*decode.Picture) error) error {
	in, err := w.open(ctx, e)
	if err != nil {
		return err
	}
	defer in.Close()
	_, err = w.decoded(ctx, in, rec, func() int64 { return 0 }, func(_ context.Context, pic *decode.Picture) (int, error) {
		return 0, do(pic)
	})
	return err
}

// crop is a box of a picture, reduced to patchSide where it is larger and enlarged by a
// whole factor where it is smaller. Around the picture it is gray. Of a box much larger
// than the picture only what lies near it is shown, and of one far from it, in wide
// padding, a gray square.
func crop(pic *decode.Picture, box [4]int) (sheet.Raster, error) {
	size := pic.Size()
	picture := image.Rect(0, 0, size.W, size.H)
	near := image.Rect(-size.W, -size.H, 2*size.W, 2*size.H)
	part := image.Rect(box[1], box[0], box[1]+box[3], box[0]+box[2]).Intersect(near)
	if part.Empty() {
		return nothing(), nil
	}
	to, zoom := sheet.Within(part.Size(), image.Pt(patchSide, patchSide))
	r := sheet.NewReduction(part.Size(), to, 3)
	line, row := make([]byte, 3*size.W), make([]byte, 3*part.Dx())
	inside := part.Intersect(picture)
	for y := part.Min.Y; y < part.Max.Y; y++ {
		for i := range row {
			row[i] = outside
		}
		if !inside.Empty() && y >= inside.Min.Y && y < inside.Max.Y {
			if err := pic.ReadRGB(line, y); err != nil {
				return sheet.Raster{}, err
			}
			copy(row[3*(inside.Min.X-part.Min.X):], line[3*inside.Min.X:3*inside.Max.X])
		}
		r.Row(row)
	}
	return r.Raster(zoom, nil), nil
}

// nothing is a patch without any of the picture.
func nothing() sheet.Raster {
	return sheet.Raster{Width: 1, Height: 1, Zoom: patchSide, Pix: []byte{outside, outside, outside}}
}

// mosaic lays a filter's patches out three by three, smaller.
func mosaic(crops []sheet.Raster) sheet.Raster {
	const side = mosaicSide
	m := sheet.Raster{Width: side, Height: side, Pix: make([]byte, 3*side*side)}
	for i := range m.Pix {
		m.Pix[i] = 0xf3
	}
	for i, c := range crops {
		to, zoom := sheet.Within(image.Pt(c.Width, c.Height), image.Pt(overviewSide, overviewSide))
		small := sheet.NewReduction(image.Pt(c.Width, c.Height), to, 3)
		for y := range c.Height {
			small.Row(c.Pix[3*c.Width*y:][:3*c.Width])
		}
		tile := small.Raster(zoom, nil)
		size := tile.Size()
		left := i%3*(overviewSide+patchGap) + (overviewSide-size.X)/2
		top := i/3*(overviewSide+patchGap) + (overviewSide-size.Y)/2
		for y := range size.Y {
			for x := range size.X {
				copy(m.Pix[3*((top+y)*side+left+x):][:3], tile.Pix[3*(y/zoom*tile.Width+x/zoom):])
			}
		}
	}
	return m
}
