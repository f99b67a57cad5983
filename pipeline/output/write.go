package output

import (
	"context"

	"filterbank/filters/volume"
	"filterbank/pipeline/store"
)

// Write runs the stacks on the view's picture and writes its files in the formats of Todo to
// a batch. Errors are errors of the formats, of the picture and of the batch, and ctx's own.
func Write(ctx context.Context, v *View, ws *Workspace, b *store.Batch) error {
	clear(ws.overflowed)
	var writers []Writer
	for _, f := range v.Todo {
		w, err := f.Open(v.of(f), ws, b)
		if err != nil {
			return err
		}
		writers = append(writers, w)
	}
	for stack := range v.Stacks {
		ws.inUse = 0
		if err := each(writers, func(w Writer) error { return w.Begin(stack) }); err != nil {
			return err
		}
		err := ws.Engine.Run(ctx, stack, v.Picture, func(goroutines, layer int, rows volume.Rows) error {
			return each(writers, func(w Writer) error { return w.Write(goroutines, stack, layer, rows) })
		})
		if err != nil {
			return err
		}
		if err := each(writers, func(w Writer) error { return w.End(stack) }); err != nil {
			return err
		}
	}
	return each(writers, Writer.Close)
}

func each(writers []Writer, do func(Writer) error) error {
	for _, w := range writers {
		if err := do(w); err != nil {
			return err
		}
	}
	return nil
}
