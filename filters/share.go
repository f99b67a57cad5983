package filters

// share is what one sweep emits of each layer: rows from[l] ≤ y < to[l]. Sweeps over
// parts of the last layer compute some rows of earlier layers twice, where their
// kernels overlap, but each row is in one share.
type share struct {
	from, to []int
}

// set works out the shares of a sweep over rows y0 ≤ y < y1 of the last layer. A
// layer's share starts with the first row that the next layer's share reads.
func (s *share) set(layers []LayerPlan, y0, y1 int) {
	s.from, s.to = resize(s.from, len(layers)), resize(s.to, len(layers))
	for l := len(layers) - 1; l >= 0; l-- {
		s.from[l], s.to[l] = y0, y1
		y0, y1 = layers[l].firstRow(y0), layers[l].firstRow(y1)
	}
}

// firstRow is the first row of the input that output row y reads; behind the last
// output row it is the end of the input.
func (lp *LayerPlan) firstRow(y int) int {
	if y == lp.Out.H {
		return lp.In.H
	}
	return max(0, min(lp.In.H, y*lp.Rows.Stride-lp.Rows.Before))
}

// clip gives the part of rows y0 ≤ y < y1 of a layer that the share holds.
func (s *share) clip(layer, y0, y1 int) (lo, hi int) {
	return max(y0, s.from[layer]), min(y1, s.to[layer])
}

// wasted is what a part may cost more than its share of the whole: the rows of earlier
// layers that it computes again and those of the picture that it reads again.
const wasted = 0.05

// readCost is what reading a value of the picture costs, in multiply-adds: about a
// nanosecond, as long as it has to be converted from a decoded picture.
const readCost = 64

// keepBytes bounds what a member keeps of a part that awaits its turn, as far as one
// band allows.
const keepBytes = 16 << 20

// partRows is the height of the parts that a picture is shared out in: the least
// multiple of a band that wastes little, and small enough to keep all workers busy.
func (r *Runner) partRows(workers int) int {
	last := len(r.bands) - 1
	height := r.plan.Layers[last].Out.H
	rows := r.bands[last]
	for r.waste(rows) > wasted && 4*rows*workers <= height && r.keptBytes(2*rows) <= keepBytes {
		rows *= 2
	}
	return rows
}

// MemberBytes is about the bytes that each goroutine of a Team holds for pictures of
// this size.
func (p *Plan) MemberBytes() int { return p.WorkingSet() + keepBytes }

func (r *Runner) keptBytes(rows int) int {
	n := 0
	for l := len(r.bands) - 1; l >= 0; l-- {
		lp := &r.plan.Layers[l]
		if r.taps[l] {
			n += 4 * lp.Out.C * channelStride(lp.Out, rows)
		}
		rows *= lp.Rows.Stride
	}
	return n
}

// waste is what parts of that many rows cost beyond the whole picture's cost, relative
// to it.
func (r *Runner) waste(rows int) float64 {
	ideal, real := 0.0, 0.0
	share, part := float64(rows), float64(rows) // rows of the layer at hand
	for l := len(r.bands) - 1; l >= 0; l-- {
		lp := &r.plan.Layers[l]
		perRow := lp.work / float64(lp.Out.H)
		ideal += share * perRow
		real += part * perRow
		share *= float64(lp.Rows.Stride)
		part = (part-1)*float64(lp.Rows.Stride) + float64(max(lp.Rows.EffectiveKernel(), lp.Rows.Stride))
	}
	perRow := readCost * float64(r.plan.Input.C*r.plan.Input.W)
	return (real+part*perRow)/(ideal+share*perRow) - 1
}
