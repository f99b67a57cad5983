package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"filterbank/pipeline/animate"
	"filterbank/pipeline/drawing"
	"filterbank/pipeline/source"
)

// animationForm is a form of animations: its name, how its files begin, and how they are drawn.
type animationForm struct {
	name, start string
	whole       bool // all frames are in one file
	draw        func(context.Context, *animate.Animation, func(frame int, file []byte) error) error
}

// formOf is the form that a name asks for by its ending.
func formOf(file string) (form animationForm, ok bool) {
	switch strings.ToLower(filepath.Ext(file)) {
	case ".gif":
		return animationForm{"GIF", "GIF8", true, func(ctx context.Context, a *animate.Animation, each func(int, []byte) error) error {
			data, err := a.GIF(ctx)
			if err != nil {
				return err
			}
			return each(0, data)
		}}, true
	case ".png":
		return animationForm{"PNG", "\x89PNG\r\n\x1a\n", false, func(ctx context.Context, a *animate.Animation, each func(int, []byte) error) error {
			set, err := chosenSIMD()
			if err != nil {
				return err
			}
			return a.PNG(ctx, set, each)
		}}, true
	case ".svg":
		return animationForm{"SVG", drawing.SVGStart, false, func(ctx context.Context, a *animate.Animation, each func(int, []byte) error) error {
			return a.SVG(ctx, each)
		}}, true
	}
	return animationForm{}, false
}

// checkFiles refuses to replace what animate reads, and files of another kind.
func (f *animation) checkFiles(j *job, a *animate.Animation) error {
	inputs := append(stackInputs(f.config, j.weights), inputFile{j.entries[0].Path, "the picture to animate"})
	form, _ := formOf(f.file)
	same := func(beginning []byte) bool { return bytes.HasPrefix(beginning, []byte(form.start)) }
	for _, name := range f.names(len(a.Steps.All)) {
		if err := notRead(name, inputs); err != nil {
			return err
		}
		if err := replaceable(name, same, "it is no "+form.name+" of an animation"); err != nil {
			return err
		}
	}
	return nil
}

// names are the files of so many frames: one if it is a GIF.
func (f *animation) names(frames int) (names []string) {
	if form, _ := formOf(f.file); form.whole {
		return []string{f.file}
	}
	for i := range frames {
		names = append(names, frameName(f.file, i))
	}
	return names
}

// draw makes the files: one, or one a frame. All are in memory, at most animate.MostBytes, so
// that nothing is written if they become too large or a signal ends the command.
func (f *animation) draw(ctx context.Context, a *animate.Animation) (files [][]byte, err error) {
	form, _ := formOf(f.file)
	err = form.draw(ctx, a, func(_ int, file []byte) error {
		files = append(files, file)
		return nil
	})
	return files, err
}

// writeAll writes the files. If one cannot be written, those before it are removed.
func writeAll(ctx context.Context, names []string, files [][]byte) error {
	for i, file := range files {
		err := ctx.Err()
		if err == nil {
			err = writeFile(names[i], file)
		}
		if err != nil {
			for _, written := range names[:i] {
				err = errors.Join(err, os.Remove(written))
			}
			return err
		}
	}
	return nil
}

// write draws the frames and writes the files.
func (f *animation) write(ctx context.Context, c console, a *animate.Animation) error {
	files, err := f.draw(ctx, a)
	if err != nil {
		return err
	}
	count, size := len(a.Steps.All), 0
	for _, file := range files {
		size += len(file)
	}
	written := f.names(count)
	names := source.Display(written[0])
	if form, _ := formOf(f.file); !form.whole {
		names = fmt.Sprintf("%s to %s", source.Display(written[0]), source.Display(written[count-1]))
	}
	if err := writeAll(ctx, written, files); err != nil {
		return err
	}
	note := ""
	if a.Steps.Note != "" {
		note = "; " + a.Steps.Note
	}
	if _, err := fmt.Fprintf(c.out, "%s: %s of %d×%d pixels, %s%s\n", names, counted(count, "frame"), a.Options.Size.X, a.Options.Size.Y, byteCount(int64(size)), note); err != nil {
		return unwritten(err)
	}
	return nil
}

// frameName is the name of a frame's file: step-0001.png for step.png.
func frameName(file string, i int) string {
	ext := filepath.Ext(file)
	return fmt.Sprintf("%s-%04d%s", strings.TrimSuffix(file, ext), i+1, ext)
}
