package animate

import (
	"bytes"
	"context"
	"fmt"

	"filterbank/filters/simd"
	"filterbank/pipeline/drawing"
	"filterbank/pipeline/mapng"
)

// holdLast is how many times as long the last frame is shown.
const holdLast = 3

// fewColours is enough for pages without pictures, whose other colours are edges of letters.
const fewColours = 63

// GIF draws an animation that repeats for ever.
func (a *Animation) GIF(ctx context.Context) ([]byte, error) {
	canvas := drawing.NewCanvas(a.Options.Size, a.fonts)
	var colours drawing.Colours
	if a.layout.board && a.layout.value > 0 {
		colours.Most = fewColours
	}
	for i := range a.Steps.All {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		canvas.Draw(a.Page(i))
		colours.Count(canvas.Image)
	}
	var b bytes.Buffer
	g := drawing.NewGIF(&b, a.Options.Size, &colours)
	hundredths := int(a.Options.Delay.Milliseconds()+5) / 10
	for i := range a.Steps.All {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		canvas.Draw(a.Page(i))
		delay := hundredths
		if i == len(a.Steps.All)-1 {
			delay *= holdLast
		}
		if err := g.Frame(canvas.Image, min(delay, 0xffff)); err != nil {
			return nil, err
		}
		if err := fits(b.Len(), i+1); err != nil {
			return nil, err
		}
	}
	err := g.Close()
	return b.Bytes(), err
}

// PNG draws frames and gives the files to each, one by one.
func (a *Animation) PNG(ctx context.Context, set simd.Set, each func(frame int, file []byte) error) error {
	canvas := drawing.NewCanvas(a.Options.Size, a.fonts)
	ws := mapng.Workspace{SIMD: set}
	var rgb []byte
	return a.frames(ctx, each, func(b *bytes.Buffer, frame int) error {
		canvas.Draw(a.Page(frame))
		rgb = canvas.RGB(rgb)
		return drawing.WritePNG(b, a.Options.Size.X, a.Options.Size.Y, rgb, &ws)
	})
}

// SVG draws frames and gives the files to each, one by one.
func (a *Animation) SVG(ctx context.Context, each func(frame int, file []byte) error) error {
	return a.frames(ctx, each, func(b *bytes.Buffer, frame int) error {
		return drawing.WriteSVG(b, a.Page(frame), a.fonts)
	})
}

func (a *Animation) frames(ctx context.Context, each func(frame int, file []byte) error, draw func(b *bytes.Buffer, frame int) error) error {
	total := 0
	for i := range a.Steps.All {
		if err := ctx.Err(); err != nil {
			return err
		}
		var b bytes.Buffer
		if err := draw(&b, i); err != nil {
			return err
		}
		if total += b.Len(); total > MostBytes {
			return fits(total, i)
		}
		if err := each(i, b.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

// fits is an error if so many frames take too many bytes.
func fits(bytes, frames int) error {
	if bytes <= MostBytes {
		return nil
	}
	return fmt.Errorf("%d frames take more than %d MB, the most of an animation; fewer frames or a smaller size would fit", frames, MostBytes/1_000_000)
}
