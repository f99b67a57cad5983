// Package calibrate owns runs that gather statistics over many pictures, and the drawing of
// the patches that filters answer to most strongly. It never writes maps.
package calibrate

import (
	"context"
	"fmt"

	"filterbank/filters/volume"
	"filterbank/pipeline"
	"filterbank/pipeline/decode"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/inorder"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/source"
	"filterbank/pipeline/stats"
)

// Run takes every entry through the stacks and gathers statistics of the maps of their
// wanted layers. It writes nothing. Two filters of a layer are audited as near duplicates if
// the magnitude of their correlation is at least duplicates; 0 < duplicates ≤ 1. Pictures
// that fail are counted and are in no other statistic. The statistics are nil if every
// picture failed, and with an error. Errors are ctx's own, pipeline.ErrStopped, duplicates
// out of range, and statistics that need more memory than the resources have.
func Run(ctx context.Context, entries []source.Entry, job pipeline.Job, res pipeline.Resources, policy pipeline.Policy, duplicates float64) (*stats.File, pipeline.Summary, error) {
	if !(duplicates > 0 && duplicates <= 1) {
		return nil, pipeline.Summary{Left: len(entries)}, fmt.Errorf("duplicates must be above 0 and at most 1, got %v", duplicates)
	}
	c := newCalibration(&job, 2*res.Count())
	if res.Memory > 0 {
		left := res.Memory - c.bytes
		if left <= 0 {
			return nil, pipeline.Summary{Left: len(entries)}, fmt.Errorf("the statistics of %d filters take %s; raise --max-memory, or choose fewer layers with --layers", c.filters, engine.Shortage(c.bytes, res.Memory))
		}
		res.Memory = left
	}
	s, err := pipeline.Visit(ctx, entries, job, res, policy, func(e *engine.Engine) pipeline.Visitor { return c.newVisitor(e) })
	if err != nil || s.Pictures == 0 {
		return nil, s, err
	}
	return c.file(&job, s, duplicates), s, nil
}

// calibration is shared by all visitors.
type calibration struct {
	stacks      []engine.Selected
	tallies     [][]*stats.Tally // by stack and layer; nil for layers that are not wanted
	filters     int
	bytes, each int64 // bytes that tallying takes: in all, and for each worker
	turns       *inorder.Turns
}

func newCalibration(job *pipeline.Job, ahead int) *calibration {
	c := &calibration{stacks: job.Stacks, turns: inorder.NewTurns(ahead)}
	for _, s := range job.Stacks {
		tallies := make([]*stats.Tally, len(s.Layers))
		for l, wanted := range s.Layers {
			if !wanted {
				continue
			}
			layer := s.Stack.Layers()[l]
			n := len(layer.Filters())
			tallies[l] = stats.NewTally(n)
			all, each := stats.Bytes(n, layer.Signed())
			c.filters += n
			c.bytes += all
			c.each += each
		}
		c.tallies = append(c.tallies, tallies)
	}
	return c
}

// file returns the statistics of all pictures.
func (c *calibration) file(job *pipeline.Job, s pipeline.Summary, duplicates float64) *stats.File {
	f := &stats.File{Version: stats.Version, Pictures: s.Pictures, Failed: s.Failed, Audit: []stats.Finding{}}
	for i, tallies := range c.tallies {
		stack := c.stacks[i].Stack
		for l, t := range tallies {
			if t == nil {
				continue
			}
			layer := t.Layer(stack.Name(), stack.Layers()[l], engine.LayerHash(stack, l, job.Decoder.Preparation()))
			f.Layers = append(f.Layers, layer)
			f.Audit = append(f.Audit, t.Findings(&layer, s.Pictures, stack.Layers()[l].Limit(), duplicates)...)
		}
	}
	return f
}

// visitor is a worker's part of a calibration.
type visitor struct {
	*calibration
	engine     *engine.Engine
	parts      [][]stats.Part // of the current picture, by stack and layer
	addOrdered func()         // the statistics that are added in the order of the pictures
}

func (c *calibration) newVisitor(e *engine.Engine) *visitor {
	v := &visitor{calibration: c, engine: e}
	v.begin()
	return v
}

// begin forgets the current picture.
func (v *visitor) begin() {
	v.parts = nil
	for _, tallies := range v.tallies {
		v.parts = append(v.parts, make([]stats.Part, len(tallies)))
	}
}

// Held estimates the bytes of the windows and the parts.
func (v *visitor) Held() int64 { return v.each + v.engine.Windows() }

// Visit gathers the parts of a picture and adds them to the tallies.
func (v *visitor) Visit(ctx context.Context, rec *manifest.Record, pic *decode.Picture) (maps int, err error) {
	for s := range v.parts {
		if err := v.stack(ctx, s, pic); err != nil {
			return 0, err
		}
	}
	v.addOrdered = v.merge(rec.Input)
	return v.filters, nil
}

// stack gathers the maps of the wanted layers of one stack.
func (v *visitor) stack(ctx context.Context, s int, pic *decode.Picture) error {
	for l := range v.parts[s] {
		if v.tallies[s][l] != nil {
			v.parts[s][l].Begin(v.engine.Plans[s].Layers[l].Out)
		}
	}
	return v.engine.Run(ctx, s, pic, func(goroutines, layer int, rows volume.Rows) error {
		part := &v.parts[s][layer]
		return v.engine.Lanes.Each(goroutines, rows.C, func(_ *engine.Lane, _, k int) error {
			part.AddRows(v.engine.Kernel, rows, k)
			return nil
		})
	})
}

// merge adds the picture's parts to the tallies. Statistics that depend on the order of the
// pictures are left to addOrdered.
func (v *visitor) merge(input manifest.Path) (addOrdered func()) {
	var steps []func()
	for s, tallies := range v.tallies {
		plan := v.engine.Plans[s]
		for l, t := range tallies {
			if t != nil {
				r := t.Merge(&v.parts[s][l])
				steps = append(steps, func() { t.AddOrdered(r, input, &plan.Layers[l]) })
			}
		}
	}
	return func() {
		for _, step := range steps {
			step()
		}
	}
}

// End takes the picture's turn, in which its ordered statistics are added.
func (v *visitor) End(turn int, ok bool) {
	addOrdered := v.addOrdered
	if v.addOrdered = nil; !ok || addOrdered == nil {
		addOrdered = func() {}
		v.begin()
	}
	v.turns.Take(turn, addOrdered)
}
