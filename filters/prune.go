package filters

import (
	"math"

	"filterbank/filters/kernel"
	"filterbank/filters/volume"
)

// pruner finds the extremes of the last layer's maps. It computes only tiles of outputs
// that may change them: a tile's outputs are bounded by the spans of the input that they
// read. It keeps its buffers between pictures and has one owner.
type pruner struct {
	found  []Extremes // of the layer's maps
	active bool       // tiles are bounded; else all outputs are computed

	bounds  *bounds
	tiles   tiling
	rows    []int32     // offsets of the input rows that a row of tiles reads
	least   []float32   // the smallest value of each column of these rows
	most    []float32   // and the largest
	spans   []float32   // hi and lo of channel 0, hi and lo of channel 1, …: rows of tiles
	reach   []float64   // of each channel, the largest finite magnitude
	limits  []float32   // most and least of map 0, most and least of map 1, …: rows of tiles
	bounded kernel.Rows // computes limits
	sums    kernel.Rows // computes outputs
	slack   []float64   // of each filter of a part, what rounding adds to its limits
	within  []interval  // of each filter of a part, sums that change no extreme

	outputs, computed int // of the picture so far
}

// interval is from ≤ x ≤ to.
type interval struct{ from, to float32 }

// Outputs are bounded in tiles of tileRows×tileCols. Smaller tiles have tighter bounds,
// which cost more.
const (
	tileRows = 8
	tileCols = 16
	longest  = 6 // tiles side by side that are computed at once, before extremes are compared anew
)

// tiling is the tiles of a row. The last one overlaps the one before if they do not fill
// the row.
type tiling struct{ count, width int }

func newTiling(width int) tiling { return tiling{(width + tileCols - 1) / tileCols, width} }

// floats counts the values that a pruner keeps for a window.
func (t tiling) floats(w *window) int {
	return 2*(w.plan.In.C+w.plan.Out.C)*t.count + 2*w.row.width
}

func (t tiling) column(i int) int { return min(i*tileCols, t.width-tileCols) }

// worthwhile is the largest share of outputs that may be computed with bounds to a gain. It
// is judged from trialRows rows of tiles on, and from an eighth of the picture on.
const (
	worthwhile = 0.8
	trialRows  = 16
)

// fewestTiles is the least number of tiles for which bounds pay: in small maps, the first
// tiles, which are all computed, are too large a share. It is a map of 512×256.
const fewestTiles = 1024

// begin readies the pruner for a picture.
func (p *pruner) begin(w *window, found []Extremes, leastTiles int) {
	p.found = found
	p.outputs, p.computed = 0, 0
	p.active = w.boundable(leastTiles)
	if !p.active {
		return
	}
	if !p.bounds.of(w) {
		p.bounds = newBounds(w.plan.Layer.(*Conv), w.packed.kernel, w.layout)
	}
	out, in := w.plan.Out, w.plan.In
	p.tiles = newTiling(out.W)
	p.spans = resize(p.spans, 2*in.C*p.tiles.count+kernel.Slack)
	p.limits = resize(p.limits, 2*out.C*p.tiles.count)
	columns := w.row.width + kernel.Align
	p.least, p.most = resize(p.least, columns), resize(p.most, columns)
	p.reach = resize(p.reach, in.C)
}

// boundable says whether bounds of the layer's outputs may pay. A row of the input must lie
// in one piece, and a map must have so many tiles.
func (w *window) boundable(leastTiles int) bool {
	const mostTaps = 256 // bounds of more are too wide
	const leastWork = 24 // multiply-adds an output and channel for which the spans are found
	taps, out := w.taps(), w.plan.Out
	conv, ok := w.plan.Layer.(*Conv)
	return ok && conv.spec.Activation.Invertible() && w.row.phases == 1 && !strides(w.plan, w.packed.kernel) && out.W >= 2*tileCols && newTiling(out.W).count*out.H >= leastTiles*tileRows &&
		taps <= mostTaps && out.C*taps >= leastWork*w.plan.In.C
}

// take takes output rows y ≤ … < y+n, whose input is in the window. dst and i are where
// they would be computed, and dst's memory serves as scratch. A crew, if there is one, computes
// outputs that are not bounded.
func (p *pruner) take(c *crew, w *window, y, n int, dst volume.Rows, i int) {
	if !p.active {
		w.compute(c, y, n, dst, i)
		c.addRows(w.packed.kernel, p.found, dst.Sub(i, i+n))
		return
	}
	w.pointAll(y, n)
	for top := 0; top < n; top += tileRows {
		rows := min(tileRows, n-top)
		p.findSpans(w, y+top, rows)
		p.findLimits(w.plan.In.C)
		for i := range p.bounds.parts {
			p.visit(w, &p.bounds.parts[i], top, rows, dst.Data)
		}
	}
	rows := p.outputs / (p.tiles.count * len(p.found))
	if rows >= max(trialRows*tileRows, w.plan.Out.H/8) && float64(p.computed) > worthwhile*float64(p.outputs) {
		p.active = false
	}
}

// findSpans finds the spans of the input of a row of tiles: output rows y ≤ … < y+rows.
func (p *pruner) findSpans(w *window, y, rows int) {
	e, cols, n := w.plan.Rows, w.plan.Cols, p.tiles.count
	p.rows = p.rows[:0]
	first := y*e.Stride - e.Before
	for q := first; q < first+(rows-1)*e.Stride+e.EffectiveKernel(); q++ {
		p.rows = append(p.rows, int32(w.slotOf(q)*w.slot+w.row.index(0)))
	}
	k, step, width := w.packed.kernel, tileCols*cols.Stride, (tileCols-1)*cols.Stride+cols.EffectiveKernel()
	last := p.tiles.column(n-1) * cols.Stride
	columns := last + width
	for c := range w.plan.In.C {
		hi, lo := p.spans[2*c*n:][:n], p.spans[(2*c+1)*n:][:n]
		k.Columns(p.least, p.most, w.data[c*w.row.width:], p.rows, columns)
		k.Spans(lo[:n-1], hi[:n-1], p.least, p.most, step, width)
		k.Spans(lo[n-1:], hi[n-1:], p.least[last:], p.most[last:], step, width)
		least, most := k.Extremes(hi)
		p.reach[c] = max(math.Abs(float64(least)), math.Abs(float64(most)))
		least, most = k.Extremes(lo)
		p.reach[c] = max(p.reach[c], math.Abs(float64(least)), math.Abs(float64(most)))
	}
}

// findLimits bounds the sums of every map in every tile.
func (p *pruner) findLimits(channels int) {
	r, n := &p.bounded, p.tiles.count
	r.Dst, r.ChannelStride, r.RowStride, r.Width, r.N = p.limits, n, n, n, 1
	r.Src, r.GroupStride, r.Stride = p.spans, 2*p.bounds.channels*n, 1
	r.Offsets = resize(r.Offsets, 2*p.bounds.channels)
	for i := range r.Offsets {
		r.Offsets[i] = int32(i * n)
	}
	p.bounds.limits.Compute(r)
}

// visit computes the tiles of a row that may change extremes of a part's maps.
func (p *pruner) visit(w *window, part *part, top, rows int, scratch []float32) {
	n := p.tiles.count
	p.within, p.slack = resize(p.within, part.filters), resize(p.slack, part.filters)
	for i := range part.filters {
		p.slack[i] = p.bounds.slack(part.first+i, p.reach)
		p.settle(part, i)
	}
	limits := p.limits[2*part.first*n:][:2*part.filters*n]
	for t := 0; t < n; t++ {
		from := t
		for t < n && t-from < longest && p.needed(limits[t:], n) {
			t++
		}
		if t == from {
			continue
		}
		p.compute(w, part, top, rows, p.tiles.column(from), p.tiles.column(t-1)+tileCols, scratch)
		p.computed += (t - from) * rows * part.filters
		t--
	}
	p.outputs += n * rows * part.filters
}

// needed says whether a tile may change an extreme. Limits that are NaN do not exclude it.
func (p *pruner) needed(limits []float32, n int) bool {
	for k, in := range p.within {
		if most, least := limits[2*k*n], limits[(2*k+1)*n]; !(most <= in.to && least >= in.from) {
			return true
		}
	}
	return false
}

// settle finds the interval of sums that change no extreme of a part's map. A value above 0
// changes no Min once values differ. Where sums may overflow, so may limits, and the largest
// may be −Inf and the least +Inf: the interval is NaN then, and excludes no tile.
func (p *pruner) settle(part *part, i int) {
	if math.IsInf(p.slack[i], 1) {
		nan := float32(math.NaN())
		p.within[i] = interval{nan, nan}
		return
	}
	e := &p.found[part.first+i]
	if e.Min < e.Max {
		e.Min = min(0, e.Min)
	}
	from, to := p.bounds.activation.Sums(e.Min, e.Max)
	p.within[i] = interval{float32Above(float64(from) + p.slack[i]), -float32Above(-(float64(to) - p.slack[i]))}
}

// compute computes the outputs of a part in columns x0 ≤ x < x1.
func (p *pruner) compute(w *window, part *part, top, rows, x0, x1 int, scratch []float32) {
	taps, width := w.taps(), x1-x0
	r := &p.sums
	r.Dst, r.ChannelStride, r.RowStride, r.Width, r.N = scratch, rows*width, width, width, rows
	r.Src = w.data[part.group*p.bounds.channels*w.row.width+x0*w.row.stride:]
	r.Offsets, r.Stride = w.offset[top*taps:(top+rows)*taps], w.row.stride
	part.loops.Compute(r)
	for i := range part.filters {
		lo, hi := w.packed.kernel.Extremes(scratch[i*rows*width:][:rows*width])
		if e := &p.found[part.first+i]; lo < e.Min || hi > e.Max {
			e.add(lo, hi)
			p.settle(part, i)
		}
	}
	r.Dst, r.Src = nil, nil
}
