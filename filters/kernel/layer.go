package kernel

import "math"

// Layer is a convolution layer's weights, packed for a kernel. It is immutable and
// safe for concurrent use.
type Layer struct {
	kernel     *Kernel
	layout     Layout
	taps       int // of a filter
	groups     int
	filters    int // of a group
	blocks     []block
	bytes      int       // of the blocks' weights
	channels   []float32 // weights for depthwise loops
	activation Pointwise
}

// block is a set of filters that are computed together.
type block struct {
	group, first, filters int
	width                 int       // filters that there is room for in a tap's weights
	weights               []float32 // biases and weights as the loops read them
	taps                  Taps      // as given to Pack; only with Scalar
}

// Pack lays out the weights of a layer's groups, which have the same number of filters
// and of weights a filter. Only with Scalar does the layer keep the slices of groups.
func (k *Kernel) Pack(groups []Taps, act Pointwise, layout Layout) *Layer {
	first := groups[0]
	l := &Layer{
		kernel: k, layout: layout, activation: act,
		groups: len(groups), filters: len(first.Bias), taps: len(first.Weights) / len(first.Bias),
	}
	l.packDepthwise(groups)
	for g, t := range groups {
		switch layout {
		case Scalar:
			l.blocks = append(l.blocks, block{group: g, filters: l.filters, taps: t})
		case Pixels:
			l.cutPixels(g)
		case Filters, Triples:
			l.cutFilters(g)
		}
	}
	if layout != Scalar {
		l.interleave(groups)
	}
	return l
}

// cutPixels cuts a group into blocks of nearly the same size.
func (l *Layer) cutPixels(group int) {
	parts := ceilDiv(l.filters, len(l.kernel.pixels))
	for i := range parts {
		k0, k1 := i*l.filters/parts, (i+1)*l.filters/parts
		l.blocks = append(l.blocks, block{group: group, first: k0, filters: k1 - k0, width: k1 - k0})
	}
}

// cutFilters cuts a group into blocks of as many filters as two vectors have lanes, or three with
// Triples. The last block has fewer vectors if they suffice. With Triples, the first and the last
// block have two vectors if the last one had one otherwise, whose tiles load more for each sum. Both
// halves of the blocks then take as long.
func (l *Layer) cutFilters(group int) {
	lanes := l.kernel.lanes
	for k := 0; k < l.filters; {
		vectors := ceilDiv(l.filters-k, lanes)
		most := 2
		if l.layout == Triples && vectors%3 != 1 {
			most = 3
		}
		width := min(most, vectors) * lanes
		n := min(width, l.filters-k)
		l.blocks = append(l.blocks, block{group: group, first: k, filters: n, width: width})
		k += n
	}
}

// interleave packs the weights of each block: its filters' biases and then, tap after tap, their
// weights, as many as the block is wide. Zeros follow the last filter. The blocks lie in one
// array, one after the other as they are computed.
func (l *Layer) interleave(groups []Taps) {
	const behind = 4 // a loop may load a vector that starts with the last weight
	room := func(b *block) int { return (b.width*(l.taps+1) + behind + Align - 1) &^ (Align - 1) }
	n := 0
	for i := range l.blocks {
		n += room(&l.blocks[i])
	}
	l.bytes = 4 * n
	packed := Floats(n)
	for i := range l.blocks {
		b := &l.blocks[i]
		b.weights = packed[:b.width*(l.taps+1)]
		packed = packed[room(b):]
		t := groups[b.group]
		for k := range b.filters {
			b.weights[k] = t.Bias[b.first+k]
			for i, w := range t.Weights[(b.first+k)*l.taps:][:l.taps] {
				b.weights[(i+1)*b.width+k] = w
			}
		}
	}
}

// Compute computes rows of every filter of the layer. It allocates only scratch memory in
// r. Src must have Slack floats behind the last value that a tap needs.
func (l *Layer) Compute(r *Rows) {
	if !l.depthwise(r) {
		parts, _ := l.parts(&l.blocks[0], r)
		r.Ahead.plan(l.tiles(r), l.taps/parts)
		for i := range l.blocks {
			l.expect(r, i)
			l.compute(i, r)
		}
	}
	l.activate(r, 0, l.groups*l.filters)
}

// expect announces the weights of the block after block i, of the next rows' first one after the
// last, unless the rows have other memory ahead.
func (l *Layer) expect(r *Rows, i int) {
	if r.Ahead.Len > 0 || !l.layout.inLanes() || r.Stride > 1 || l.bytes < manyWeights {
		return
	}
	if parts, _ := l.parts(&l.blocks[i], r); parts > 1 { // each part fetches the next one's weights
		r.Ahead.plan(0, l.taps) // forgets what the block before fetched
		return
	}
	next := &l.blocks[(i+1)%len(l.blocks)]
	r.Ahead.follow(next.weights, l.blockTiles(&l.blocks[i], r))
}

// Blocks is the number of sets of filters that are computed one after the other.
func (l *Layer) Blocks() int { return len(l.blocks) }

// Even says whether all blocks have the same number of filters.
func (l *Layer) Even() bool { return l.blocks[0].filters == l.blocks[len(l.blocks)-1].filters }

// ComputeBlock computes what Compute does of one block's filters, and fetches nothing ahead but the
// next block's weights.
func (l *Layer) ComputeBlock(r *Rows, i int) {
	r.Ahead.plan(0, l.taps)
	l.expect(r, i)
	l.compute(i, r)
	b := &l.blocks[i]
	first := b.group*l.filters + b.first
	l.activate(r, first, first+b.filters)
}

func (l *Layer) compute(i int, r *Rows) {
	b := &l.blocks[i]
	switch l.layout {
	case Scalar:
		l.scalar(b, r)
	case Pixels:
		l.pixels(b, r)
	case Filters, Triples:
		l.filterLanes(i, r)
	}
}

func (l *Layer) scalar(b *block, r *Rows) {
	dst, src := r.Dst[b.group*l.filters*r.ChannelStride:], r.Src[b.group*r.GroupStride:]
	act := l.activation
	if act.Activation == PReLU {
		act.Slopes = act.Slopes[b.group*l.filters:]
	}
	for i := range r.N {
		offsets := r.Offsets[i*l.taps:][:l.taps]
		Row(dst[i*r.RowStride:], r.ChannelStride, src, offsets, b.taps, r.Width, r.Stride, act)
	}
}

// tiles counts the tiles that make up rows.
func (l *Layer) tiles(r *Rows) int {
	n := 0
	for i := range l.blocks {
		n += l.blockTiles(&l.blocks[i], r)
	}
	return n
}

// blockTiles counts the tiles that make up a block's rows.
func (l *Layer) blockTiles(b *block, r *Rows) (n int) {
	switch l.layout {
	case Pixels:
		n, _, _ = l.pixelTiles(b, r.Width)
	case Filters, Triples:
		n, _, _ = cut(r.Width, len(l.filterLoops(b, r.Stride)))
	}
	return n * r.N
}

// pixelTiles cuts a row into tiles of nearly the same number of vectors. The first wide
// tiles have one vector more than narrow.
func (l *Layer) pixelTiles(b *block, width int) (tiles, wide, narrow int) {
	return cut(ceilDiv(width, l.kernel.lanes), len(l.kernel.pixels[b.filters-1]))
}

// cut cuts n into tiles of at most widest. The first wide tiles have one more than narrow.
func cut(n, widest int) (tiles, wide, narrow int) {
	tiles = ceilDiv(n, widest)
	narrow = n / tiles
	return tiles, n - narrow*tiles, narrow
}

// pixels computes a block's rows.
func (l *Layer) pixels(b *block, r *Rows) {
	lanes, loops := l.kernel.lanes, l.kernel.pixels[b.filters-1]
	tiles, wide, narrow := l.pixelTiles(b, r.Width)
	last := (r.Width-1)%lanes + 1

	dst := r.Dst[(b.group*l.filters+b.first)*r.ChannelStride:]
	_ = dst[(b.filters-1)*r.ChannelStride+(r.N-1)*r.RowStride+r.Width-1]
	src := r.Src[b.group*r.GroupStride:]
	offsets := r.Offsets[:r.N*l.taps]
	if wide > 0 {
		end := lanes
		if wide == tiles {
			end = last
		}
		ahead, lines := r.Ahead.take(wide * r.N)
		loops[narrow](&dst[0], 4*r.ChannelStride, 4*r.RowStride, &src[0], &offsets[0], l.taps, &b.weights[0],
			r.N, wide, end, ahead, lines, l.floor())
	}
	if wide < tiles {
		x := wide * (narrow + 1) * lanes
		ahead, lines := r.Ahead.take((tiles - wide) * r.N)
		loops[narrow-1](&dst[x], 4*r.ChannelStride, 4*r.RowStride, &src[x], &offsets[0], l.taps, &b.weights[0],
			r.N, tiles-wide, last, ahead, lines, l.floor())
	}
}

// floor is the least value that the loops let through. Other effects of activations are
// computed afterwards.
func (l *Layer) floor() float32 { return l.activation.floor() }

func (a Pointwise) floor() float32 {
	if a.Activation == ReLU || a.Activation == ReLU6 {
		return 0
	}
	return float32(math.Inf(-1))
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }
