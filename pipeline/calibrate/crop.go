package calibrate

import (
	"context"
	"errors"
	"image"

	"filterbank/pipeline/decode"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/sheet"
	"filterbank/pipeline/source"
)

// again is the entry that reads a picture of the statistics once more.
func again(ctx context.Context, from *source.Finder, input string) source.Entry {
	if input == source.Stdin {
		return source.Entry{Job: source.Job{Path: input}, Problem: &source.Problem{Path: "standard input", Code: source.CodeNotAFile, Err: errors.New("it cannot be read again for its patches")}}
	}
	e, _ := from.Entry(ctx, input)
	return e
}

// cropper is a visitor that cuts the patches out of a picture.
type cropper func(input string, pic *decode.Picture) error

// Held is 0: a cropper keeps nothing between pictures.
func (cropper) Held() int64 { return 0 }

// Visit cuts the patches.
func (c cropper) Visit(_ context.Context, rec *manifest.Record, pic *decode.Picture) (maps int, err error) {
	return 0, c(string(rec.Input), pic)
}

// End does nothing. Patches of pictures that failed stay empty.
func (cropper) End(int, bool) {}

// crop cuts a box (top, left, height, width) out of a prepared picture. A box larger than
// patchSide is reduced, and a smaller one is enlarged by a whole factor. Everything outside
// the picture is gray. Of a box much larger than the picture, only the part near the picture
// is shown. A box far outside, in wide padding, is a gray square.
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

// nothing is a patch that shows nothing of a picture.
func nothing() sheet.Raster {
	return sheet.Raster{Width: 1, Height: 1, Zoom: patchSide, Pix: []byte{outside, outside, outside}}
}

// mosaic lays a filter's patches out three by three, at a smaller size.
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
