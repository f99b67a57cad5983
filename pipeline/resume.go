package pipeline

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"path"
	"slices"
	"strings"

	"filterbank/filters"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/render"
	"filterbank/pipeline/source"
	"filterbank/pipeline/store"
)

// arithmetic is the version of what turns pixels into files. It is part of every
// picture's key: raise it when the same input and settings come to give other bytes.
const arithmetic = 1

// settings is a hash of all that a picture's files depend on besides its bytes.
func (o *Options) settings() []byte {
	h := sha256.New()
	scale := o.Scale
	if scale.Per != render.PerNone {
		scale.Fixed = render.Range{}
	}
	fmt.Fprintf(h, "formats %q\nscale %+v\n", o.Formats, scale)
	if slices.Contains(o.Formats, Sheet) {
		fmt.Fprintf(h, "sheet %+v\n", o.Sheet)
	}
	if o.Scale.Per == render.PerDataset {
		fmt.Fprintf(h, "dataset %v\n", o.Dataset)
	}
	for _, s := range o.Stacks {
		fmt.Fprintf(h, "stack %q taps %v\n", s.Stack.Name(), s.Taps)
		for _, l := range s.Stack.Layers() {
			fmt.Fprintf(h, "colormap %s\n", o.colormap(l).Name())
			if slices.Contains(o.Formats, Overlay) {
				fmt.Fprintf(h, "overlay %s\n", o.overlayColormap(l).Name())
			}
		}
	}
	h.Write(o.stacks())
	return h.Sum(nil)
}

// StackHash is what records have as their Stack, from Stacks and Decoder alone.
func (o *Options) StackHash() string { return hex.EncodeToString(o.stacks()) }

// stacks is a hash of all that the values of maps depend on besides the picture's bytes.
func (o *Options) stacks() []byte {
	h := sha256.New()
	fmt.Fprintf(h, "filterbank %d\ndecode %s\n", arithmetic, o.Decoder.Preparation())
	for _, s := range o.Stacks {
		fmt.Fprintf(h, "stack %q\n", s.Stack.Name())
		for _, l := range s.Stack.Layers() {
			hashLayer(h, l)
		}
	}
	return h.Sum(nil)
}

// layerHash is a hash, in hexadecimal, of all that a layer's values depend on besides the
// picture's bytes.
func (o *Options) layerHash(stack, layer int) string {
	h := sha256.New()
	fmt.Fprintf(h, "filterbank %d\ndecode %s\n", arithmetic, o.Decoder.Preparation())
	for _, l := range o.Stacks[stack].Stack.Layers()[:layer+1] {
		hashLayer(h, l)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func hashLayer(h hash.Hash, l filters.Layer) {
	var spec any
	switch l := l.(type) {
	case *filters.Conv:
		s := l.Spec()
		hashFloats(h, s.Weights)
		hashFloats(h, s.Bias)
		s.Weights, s.Bias = nil, nil
		spec = s
	case *filters.Pool:
		spec = l.Spec()
	case *filters.Norm:
		spec = l.Spec()
	}
	fmt.Fprintf(h, "\nlayer %+q\n", fmt.Sprintf("%+v", spec))
}

func hashFloats(h hash.Hash, values []float32) {
	var b [4096]byte
	for part := range slices.Chunk(values, len(b)/4) {
		putFloats(b[:], part)
		h.Write(b[:4*len(part)])
	}
}

// key is the identity of a picture's maps: equal keys, equal bytes. The decoder's
// fingerprint is the one for the input's beginning.
func key(settings []byte, decoder, input string) string {
	h := sha256.New()
	h.Write(settings)
	io.WriteString(h, decoder)
	io.WriteString(h, input)
	return hex.EncodeToString(h.Sum(nil))
}

// isDone says whether an earlier run has made just the maps that this one would make,
// and they are all there. After a crash the files' content is looked at too, since a
// machine that lost its power may have kept a file's size and not its bytes.
func (w *worker) isDone(in *input, rec, earlier *manifest.Record) (bool, error) {
	if earlier == nil || earlier.Status != manifest.OK || w.opts.Overwrite == Always {
		return false, nil
	}
	c := start()
	beginning, sum, err := in.sum()
	c.mark(&w.stages.Read)
	rec.SHA256 = sum
	if err != nil || earlier.Key != key(w.settings, w.opts.Decoder.Fingerprint(beginning), sum) {
		return false, err
	}
	for _, f := range earlier.Files {
		if !w.has(f) {
			return false, nil
		}
	}
	if earlier.Input != rec.Input { // the same picture by another path
		path := rec.Input
		*rec = *earlier
		rec.Input = path
	}
	return true, nil
}

// anyMap says whether any file that a picture's maps would be written to is there.
func (w *worker) anyMap(e *source.Entry) bool {
	for _, s := range w.opts.Stacks {
		for l, tapped := range s.Taps {
			if !tapped {
				continue
			}
			for _, format := range w.opts.Formats {
				for _, f := range layerFileNames(format, s.Stack, l) {
					if w.tree.Exists(e.Rel + "/" + f.name) {
						return true
					}
				}
			}
		}
	}
	return false
}

// settle decides on the files that earlier runs have made of a picture and this one has
// not. They go when the picture has changed; when the stacks have, those of layers that
// the stacks still have, since they are maps of what the layer was before; and those of
// filters that a layer just written has no more. All others, of other formats and other
// stacks, stay as true as they were, and in the record.
func (w *worker) settle(earlier, rec *manifest.Record) error {
	if earlier == nil || rec.Status != manifest.OK {
		return nil
	}
	type layer struct {
		stack, name string
		format      Format
	}
	of := func(f manifest.File) layer { return layer{f.Stack, f.Layer, formatOf(f)} }
	written, now := map[layer]bool{}, map[manifest.Path]bool{}
	for _, f := range rec.Files {
		written[of(f)], now[f.Path] = true, true
	}
	files := rec.Files
	for _, f := range earlier.Files {
		switch {
		case now[f.Path]:
		case earlier.SHA256 != rec.SHA256, written[of(f)], earlier.Stack != rec.Stack && w.hasLayer(f.Stack, f.Layer):
			if err := w.tree.Remove(string(f.Path)); err != nil {
				return err
			}
		case w.tree.Has(string(f.Path), f.Bytes, ""):
			files = append(files[:len(files):len(files)], f)
		}
	}
	rec.Files = files
	return nil
}

// formatOf is the format of a file, with PNG for PNG16 too: both write the same files.
func formatOf(f manifest.File) Format {
	format := Format(f.Format)
	if format == "" { // of an earlier version
		format = Format(strings.TrimPrefix(path.Ext(string(f.Path)), "."))
	}
	if format == PNG16 {
		return PNG
	}
	return format
}

// hasLayer says whether the run has a layer of that name, whose maps are written or not.
func (w *worker) hasLayer(stack, layer string) bool {
	for _, s := range w.opts.Stacks {
		if s.Stack.Name() != stack {
			continue
		}
		for _, l := range s.Stack.Layers() {
			if l.Name() == layer {
				return true
			}
		}
	}
	return false
}

// keepOrRemove decides on the maps that an earlier run has made of a picture that now
// fails. If its file has changed, they are maps of something else and go; otherwise
// they stay, and in the record.
func (w *worker) keepOrRemove(earlier, rec *manifest.Record) error {
	if earlier == nil {
		return nil
	}
	if rec.SHA256 == "" || rec.SHA256 == earlier.SHA256 {
		keep(earlier, rec)
		return nil
	}
	for _, f := range earlier.Files {
		err := w.tree.Remove(string(f.Path))
		if output, ok := errors.AsType[*store.Error](err); ok && output.OfOne() {
			continue // somebody has put something else in the file's place
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// keep notes the files of an earlier record in one that has made none, and what they are
// maps of.
func keep(earlier, rec *manifest.Record) {
	if earlier != nil {
		rec.Files, rec.Stack, rec.SHA256, rec.Decoded = earlier.Files, earlier.Stack, earlier.SHA256, earlier.Decoded
	}
}
