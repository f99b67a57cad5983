package pipeline

import (
	"context"
	"math"

	"filterbank/filters/volume"
	"filterbank/pipeline/decode"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/source"
)

// Map is a feature map in memory, with the bits that --format npy writes.
type Map struct {
	Stack, Layer, Filter string // the stack has no name if there is one of several layers
	Index                int    // of the filter in the layer
	Width, Height        int
	Values               []float32 // row after row from the top
}

// Maps computes the maps of every entry and hands them to each, a picture at a time, in the
// order of the stacks, layers and filters. It writes nothing, and the Output of the job does
// not count. The record has the picture's input, output, label, SHA-256 and sizes; its Digest,
// Status and Stack are empty.
//
// Several goroutines call each, in any order of the pictures and each with its own picture;
// with one worker no two calls overlap. The record and the maps are the callee's, to keep or to
// change. The values of all maps of a picture share one array: a map that is kept holds all of
// it. The maps of a picture are whole in memory until each returns, and Resources.Memory
// bounds them as it bounds all else: a picture that needs more fails. What the callee keeps
// does not count.
//
// A picture that fails is a record for policy.Each, not an error. An error of each ends the
// work and is the error of Maps, which is otherwise ctx's own or ErrStopped.
func Maps(ctx context.Context, entries []source.Entry, job Job, res Resources, policy Policy, each func(*manifest.Record, []Map) error) (Summary, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	return Visit(ctx, entries, job, res, policy, func(e *engine.Engine) Visitor {
		return &mapper{engine: e, each: func(rec *manifest.Record, maps []Map) error {
			err := each(rec, maps)
			if err != nil {
				stop(err)
				return calleeError{err}
			}
			return nil
		}}
	})
}

// calleeError is an error of the callee of Maps. It ends the work and is no fault of the picture,
// even if another worker's error has ended the work before.
type calleeError struct{ error }

// mapper is a Visitor that keeps the maps of a picture.
type mapper struct {
	engine *engine.Engine
	each   func(*manifest.Record, []Map) error
	maps   []Map
	first  [][]int // by stack and layer: the index of its first map in maps
}

// wanted calls do for each layer whose maps are wanted, and returns the number of their
// values. It is the largest int if none can count them.
func (m *mapper) wanted(do func(stack, layer int, out volume.Shape)) (values int) {
	for s, plan := range m.engine.Plans {
		for l, wanted := range m.engine.Stacks[s].Layers {
			if !wanted {
				continue
			}
			out := plan.Layers[l].Out
			n, err := out.Len()
			if err != nil || n > math.MaxInt/8-values {
				return math.MaxInt / 8
			}
			values += n
			do(s, l, out)
		}
	}
	return values
}

// Held is the bytes of the maps and of the windows.
func (m *mapper) Held() int64 {
	return 4*int64(m.wanted(func(int, int, volume.Shape) {})) + m.engine.Windows()
}

// Visit gathers the maps of a picture and hands them on.
func (m *mapper) Visit(ctx context.Context, rec *manifest.Record, pic *decode.Picture) (maps int, err error) {
	m.begin()
	for s := range m.engine.Plans {
		err := m.engine.Run(ctx, s, pic, func(_, layer int, rows volume.Rows) error {
			for k := range rows.C {
				to := &m.maps[m.first[s][layer]+k]
				for i := range rows.N {
					copy(to.Values[(rows.Y+i)*to.Width:], rows.Row(k, i))
				}
			}
			return nil
		})
		if err != nil {
			return 0, err
		}
	}
	if err := m.each(rec, m.maps); err != nil {
		return 0, err
	}
	return len(m.maps), nil
}

// begin makes the maps of the picture that the engine has plans of.
func (m *mapper) begin() {
	m.maps, m.first = nil, make([][]int, len(m.engine.Plans))
	for s, plan := range m.engine.Plans {
		m.first[s] = make([]int, len(plan.Layers))
	}
	n := m.wanted(func(s, l int, out volume.Shape) {
		stack := m.engine.Stacks[s].Stack
		layer := stack.Layers()[l]
		m.first[s][l] = len(m.maps)
		for k, filter := range layer.Filters() {
			m.maps = append(m.maps, Map{Stack: stack.Name(), Layer: layer.Name(), Filter: filter, Index: k, Width: out.W, Height: out.H})
		}
	})
	left := make([]float32, n)
	for i := range m.maps {
		size := m.maps[i].Width * m.maps[i].Height
		m.maps[i].Values, left = left[:size:size], left[size:]
	}
}

// End forgets the maps, which do not count as held any longer.
func (m *mapper) End(int, bool) { m.maps = nil }
