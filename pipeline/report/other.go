package report

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"filterbank/pipeline/decode"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/source"
)

// Other is another run whose maps the page shows beside the run's, on the pictures that both
// have.
type Other struct {
	Run     string            // output folder
	Stacks  []engine.Selected // its stacks
	Decoder *decode.Decoder   // its decoder
}

// otherData is the other run in the page itself.
type otherData struct {
	Run    string      `json:"run"`
	Mean   [3]float32  `json:"mean"`
	Std    [3]float32  `json:"std"`
	Stacks []stackData `json:"stacks"`
}

// otherPicture is a picture as the other run has prepared it.
type otherPicture struct {
	Why     string       `json:"why,omitempty"` // why there is nothing to compare with
	Size    [3]int       `json:"size"`
	Plans   [][]planData `json:"plans"`
	Samples *samples     `json:"samples,omitempty"` // nil if the values are the run's
}

// openOther opens the other run's manifest and describes its stacks. It returns a function
// that closes the manifest.
func (w *writer) openOther() (closed func() error, err error) {
	o := w.opts.With
	if w.other, err = manifest.Open(o.Run); err != nil {
		return nil, err
	}
	n := newNormalisation(o.Decoder)
	data := &otherData{Run: source.Display(o.Run), Mean: n.mean, Std: n.std}
	if w.opts.Embed {
		data.Run = source.Display(filepath.Base(o.Run))
	}
	if data.Stacks, err = w.describeAll(o.Stacks, "v"); err != nil {
		w.other.Close()
		return nil, err
	}
	for s := range data.Stacks {
		for l := range data.Stacks[s].Layers {
			data.Stacks[s].Layers[l].Stats = nil
		}
	}
	w.page.With = data
	return w.other.Close, nil
}

// withOther adds a picture as the other run has prepared it.
func (w *writer) withOther(ctx context.Context, rec *manifest.Record, place string, r *result) error {
	other := &otherPicture{Plans: [][]planData{}}
	r.data.With = other
	if !w.other.Has(place) {
		other.Why = "the other run does not have this picture"
		return nil
	}
	its, err := w.other.Record(place)
	if err != nil {
		return err
	}
	if its.Status == manifest.Failed || its.SHA256 != rec.SHA256 {
		other.Why = "the other run failed on this picture, or had another file of its name"
		return nil
	}
	pic, err := w.decodeAs(ctx, rec, w.opts.With.Decoder)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		other.Why = err.Error()
		return nil
	}
	if _, other.Plans, err = w.plansOf(w.opts.With.Stacks, pic.Size()); err != nil {
		other.Why, other.Plans = err.Error(), [][]planData{}
		return nil
	}
	other.Size = shapeOf(pic.Size())
	n, own := newNormalisation(w.opts.With.Decoder), newNormalisation(w.opts.Decoder)
	prepared, _, err := newSamples(pic, &n, thumbSide)
	if err != nil {
		return fmt.Errorf("report %s: %w", r.entry.Name, err)
	}
	if s := r.data.Samples; n != own || s.Depth != prepared.Depth || !bytes.Equal(s.PNG, prepared.PNG) || !slices.Equal(s.Floats, prepared.Floats) {
		other.Samples = &prepared
	}
	return nil
}
