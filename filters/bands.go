package filters

import (
	"fmt"
	"math"
	"slices"

	"filterbank/filters/kernel"
	"filterbank/filters/volume"
)

// bandBytes is the working set that a runner aims at: five eighths of a second-level
// cache of 1 MiB. The rest is for weights and for the consumer's memory. On Zen 5, speeds
// with 300 to 1000 KiB differ by less than 2%.
const bandBytes = 640 << 10

// prepare readies the windows for a picture. It uses buffers again if they are large
// enough, and packed weights if the layers are the same.
func (r *Runner) prepare(plan *Plan, layers int) error {
	r.layOut(plan, layers)
	r.setBands(r.fitBand())
	for l, band := range r.bands {
		w := &r.windows[l]
		if n := w.floats(band); n > math.MaxInt32 {
			return fmt.Errorf("run: layer %s: the rows that one row of outputs needs are %d values, at most %d are possible", w.plan.Layer.Name(), n, math.MaxInt32)
		}
		w.reset(band)
	}
	out := plan.Layers[layers-1].Out
	if n := out.C * channelStride(out, r.bands[layers-1]); cap(r.out) < n {
		r.out = kernel.Floats(n)
	}
	return nil
}

// layOut decides where the values of each layer's input lie in memory.
func (r *Runner) layOut(plan *Plan, layers int) {
	k := r.Kernel
	if k == nil {
		k = kernel.Best()
	}
	r.plan = plan
	r.windows = slices.Grow(r.windows[:0], layers)[:layers]
	r.bands = resize(r.bands, layers)
	for l := range layers {
		r.windows[l].layOut(&plan.Layers[l], k)
	}
}

// fitBand is the height of the last layer's bands: the largest power of two whose working
// set fits the budget, at least 1.
func (r *Runner) fitBand() int {
	budget := r.budget
	if budget == 0 {
		budget = bandBytes
	}
	band := 1
	for band < r.windows[len(r.windows)-1].plan.Out.H && r.workingSet(2*band) <= budget/4 {
		band *= 2
	}
	return band
}

// setBands sets the bands of all layers so that the last one advances by band rows.
func (r *Runner) setBands(band int) {
	for l := len(r.bands) - 1; l >= 0; l-- {
		r.bands[l] = min(band, r.windows[l].plan.Out.H)
		band = r.bands[l] * r.windows[l].plan.Rows.Stride
	}
}

// workingSet counts the floats that a band touches: windows, output and tables of
// offsets, whose int32s count as floats. It leaves the bands set to that height.
func (r *Runner) workingSet(band int) int {
	r.setBands(band)
	last := len(r.bands) - 1
	out := r.windows[last].plan.Out
	n := out.C * channelStride(out, r.bands[last])
	for l, b := range r.bands {
		n += r.windows[l].floats(b) + b*r.windows[l].taps()
	}
	return n
}

// outRows is the memory for n rows of the last layer's output from row y on. The rows of
// a channel are contiguous.
func (r *Runner) outRows(y, n int) volume.Rows {
	if r.keep != nil {
		kept := r.keep[len(r.keep)-1]
		return kept.Sub(y-kept.Y, y-kept.Y+n)
	}
	return rowsOf(r.windows[len(r.windows)-1].plan.Out, y, n, r.out)
}

// rowsOf views data as n rows of a layer's output from row y on.
func rowsOf(out volume.Shape, y, n int, data []float32) volume.Rows {
	return volume.Rows{C: out.C, N: n, W: out.W, Y: y, Data: data, ChannelStride: channelStride(out, n), RowStride: out.W}
}

// channelStride is the distance between the channels of n rows of a layer's output. Each
// channel starts a cache line, and neighbouring channels fall into different sets of the
// cache.
func channelStride(out volume.Shape, n int) int { return oddLines(n * out.W) }
