package pipeline

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"time"

	"filterbank/filters"
	"filterbank/filters/kernel"
	"filterbank/filters/volume"
	"filterbank/pipeline/decode"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/output"
	"filterbank/pipeline/render"
	"filterbank/pipeline/scale"
	"filterbank/pipeline/stats"
)

// Job says what is computed of every picture and what is written. Stacks and Decoder are
// needed.
type Job struct {
	Stacks  []engine.Selected
	Decoder *decode.Decoder
	Output  output.Settings
}

// Resources are what the work on pictures may take. The zero value is everything.
type Resources struct {
	// Kernel computes the convolutions and finds the extremes of maps; nil is the fastest
	// that the processor runs.
	Kernel *kernel.Kernel
	// Workers is how many pictures are worked on at a time; 0 is GOMAXPROCS.
	Workers int
	// Memory bounds the bytes that pictures in flight hold, as far as their headers tell; 0
	// is no bound. A picture that needs more than is free waits for others to end, and one
	// that needs more than all of it fails.
	Memory int64
	// Timeout ends the work on a picture, which then fails; 0 is never.
	Timeout time.Duration
	// Stdin is what the path "-" reads.
	Stdin io.Reader
}

// Count is how many pictures are worked on at a time.
func (r *Resources) Count() int {
	if r.Workers > 0 {
		return r.Workers
	}
	return runtime.GOMAXPROCS(0)
}

// shared is what the workers of a run have in common.
func (r *Resources) shared(memory int64) *engine.Shared {
	k := r.Kernel
	if k == nil {
		k = kernel.Best()
	}
	return &engine.Shared{Kernel: k, Memory: engine.NewMemory(memory)}
}

// check refuses a job without stacks or a decoder, and outputs that do not go together.
func (j *Job) check() error {
	if len(j.Stacks) == 0 || j.Decoder == nil {
		return errors.New("a job needs at least one stack and a decoder")
	}
	return j.Output.Check()
}

// View is what the job's formats see of a picture without its plans.
func (j *Job) View() *output.View {
	j = j.withDefaults()
	return j.view(j.Output.Formats)
}

// view is what the formats of todo see of a picture without its plans.
func (j *Job) view(todo []*output.Format) *output.View {
	return &output.View{Settings: j.Output, Todo: todo, Stacks: j.Stacks}
}

// withDefaults is the job with its defaults filled in.
func (j Job) withDefaults() *Job {
	j.Output = j.Output.WithDefaults()
	return &j
}

// Plan works out the stacks for pictures of a size. It refuses maps with more pixels than
// a picture may have, since padding makes them of any size, and files that cannot be made.
func (j *Job) Plan(name string, in volume.Shape) ([]*filters.Plan, error) {
	v := j.View()
	for _, s := range j.Stacks {
		p, err := s.Stack.Plan(in)
		if err == nil {
			err = j.checkMaps(p)
		}
		if err != nil {
			return nil, &sizeError{fmt.Errorf("plan %s: %w", name, err)}
		}
		v.Plans = append(v.Plans, p)
	}
	if err := v.Check(); err != nil {
		return nil, &sizeError{fmt.Errorf("plan %s: %w", name, &largeError{err})}
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
// statistics. It is an error when these are not of the same layers, with pictures prepared
// in the same way. The error names all layers that differ.
func (j *Job) UseDataset(f *stats.File, b stats.Bounds) error {
	ranges := make([][][]render.Range, len(j.Stacks))
	var differ []string
	layers := 0
	for i, s := range j.Stacks {
		ranges[i] = make([][]render.Range, len(s.Layers))
		for l, wanted := range s.Layers {
			ranges[i][l] = make([]render.Range, len(s.Stack.Layers()[l].Filters()))
			if !wanted {
				continue
			}
			layers++
			var err error
			ranges[i][l], err = f.Ranges(s.Stack.Name(), s.Stack.Layers()[l], j.LayerHash(i, l), b)
			if different, ok := errors.AsType[*stats.DifferentError](err); ok {
				differ = append(differ, different.Error())
			} else if err != nil {
				return err
			}
		}
	}
	if len(differ) > 0 {
		return fmt.Errorf("it has statistics of the layers %s, and %d of the %d layers wanted differ: %s; calibrate this stack, with --layers as here or all",
			strings.Join(f.LayerNames(), ", "), len(differ), layers, strings.Join(differ, "; "))
	}
	j.Output.Scale = scale.Scale{Per: scale.Dataset, Dataset: ranges}
	return nil
}
