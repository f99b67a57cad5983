package pipeline

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"

	"filterbank/filters"
	"filterbank/filters/kernel"
	"filterbank/filters/volume"
	"filterbank/pipeline/decode"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/features"
	"filterbank/pipeline/output"
	"filterbank/pipeline/stats"
)

// Job describes the maps that are computed of every picture and the files that are written.
// Stacks and Decoder are needed.
type Job struct {
	Stacks  []engine.Selected
	Decoder *decode.Decoder
	Output  output.Settings
}

// Resources bound the work on pictures. The zero value sets no bounds.
type Resources struct {
	// Kernel computes the convolutions and finds the extremes of maps. If it is nil, the
	// fastest one that the processor runs is used.
	Kernel *kernel.Kernel
	// Workers is the number of pictures that are worked on at a time; 0 means GOMAXPROCS.
	Workers int
	// Memory bounds the bytes that pictures in flight hold, as far as their headers tell; 0
	// sets no bound. A picture that needs more than is free waits until others end. A picture
	// that needs more than all of it fails.
	Memory int64
	// Timeout bounds the time of the work on a picture, which then fails; 0 sets no bound.
	Timeout time.Duration
	// Stdin is read for the path "-".
	Stdin io.Reader
}

// Count returns the number of pictures that are worked on at a time.
func (r *Resources) Count() int {
	if r.Workers > 0 {
		return r.Workers
	}
	return runtime.GOMAXPROCS(0)
}

// shared returns the resources that the workers of a run share. Of the memory, ahead bytes are for
// entries that are fetched ahead of the workers, and weights bytes are the layers'.
func (r *Resources) shared(ahead, weights int64) *engine.Shared {
	k := r.Kernel
	if k == nil {
		k = kernel.Best()
	}
	return &engine.Shared{Kernel: k, Memory: engine.NewMemory(r.Memory, ahead, weights)}
}

// WeightBytes estimates the bytes of the weights of all stacks, as filters.Stack.WeightBytes does.
func (j *Job) WeightBytes() (n int64) {
	for _, s := range j.Stacks {
		n += s.Stack.WeightBytes()
	}
	return n
}

// Check refuses a job without stacks or a decoder, and outputs that do not go together.
func (j *Job) Check() error {
	if len(j.Stacks) == 0 || j.Decoder == nil {
		return errors.New("a job needs at least one stack and a decoder")
	}
	if j.Output.Features != "" {
		if err := features.CheckName(j.Output.Features); err != nil {
			return err
		}
		if _, err := j.FeatureColumns(); err != nil {
			return err
		}
	}
	return j.Output.Check()
}

// View returns the view that the job's formats have of a picture, without its plans.
func (j *Job) View() *output.View {
	j = j.withDefaults()
	return j.view(j.Output.Formats)
}

// view returns the view that the formats of todo have of a picture, without its plans.
func (j *Job) view(todo []*output.Format) *output.View {
	return &output.View{Settings: j.Output, Todo: todo, Stacks: j.Stacks}
}

// keys returns the keys of the job's formats.
func (j *Job) keys() *output.Keys { return output.NewKeys(j.View(), j.Decoder.Preparation()) }

// FormatKeys returns a hash of each of the job's formats, by its name: over all that the format's
// files depend on besides the pictures.
func (j *Job) FormatKeys() map[string]string { return j.withDefaults().keys().All("", "") }

// withDefaults returns the job with its defaults filled in.
func (j Job) withDefaults() *Job {
	j.Output = j.Output.WithDefaults()
	return &j
}

// Plan plans the stacks for pictures of a size. It refuses files that cannot be made, and maps
// with more pixels than a picture may have: padding can make maps of any size.
func (j *Job) Plan(name string, in volume.Shape) ([]*filters.Plan, error) {
	v := j.View()
	for _, s := range j.Stacks {
		p, err := s.Stack.Plan(in)
		if err == nil {
			err = j.checkMaps(p)
		}
		if err != nil {
			return nil, &engine.SizeError{Err: fmt.Errorf("plan %s: %w", name, err)}
		}
		v.Plans = append(v.Plans, p)
	}
	if err := v.Check(); err != nil {
		return nil, &engine.SizeError{Err: fmt.Errorf("plan %s: %w", name, err), Large: true}
	}
	return v.Plans, nil
}

func (j *Job) checkMaps(p *filters.Plan) error {
	limits := j.Decoder.Options().Limits
	for _, l := range p.Layers {
		if err := limits.Check("layer "+engine.LayerName(p.Stack.Name(), l.Layer.Name())+": map", l.Out.W, l.Out.H, "use less padding"); err != nil {
			return err
		}
	}
	return nil
}

// UseDataset gives every filter of the wanted layers the same range on every picture, from
// statistics of the same layers, with pictures prepared in the same way.
func (j *Job) UseDataset(f *stats.File, b stats.Bounds) (err error) {
	j.Output.Scale, err = f.Scale(j.Stacks, j.Decoder.Preparation(), b)
	return err
}
