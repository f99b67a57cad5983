package kernel

import "unsafe"

// partBytes is the size of the weights of a part of the taps that are computed together. They stay
// in the first-level cache, of at least 32 KiB, for all tiles of several rows.
const partBytes = 16 << 10

// sumsBytes bounds the memory for unfinished sums.
const sumsBytes = 32 << 10

// filterLoops are the loops for a block's number of vectors.
func (l *Layer) filterLoops(b *block, stride int) []filterLoop {
	vectors := b.width / l.kernel.lanes
	if stride == 1 {
		return l.kernel.filters.unit[vectors-1]
	}
	return l.kernel.filters.strided[vectors-1]
}

// parts is the number of parts in which a block's sums are computed, and of rows that are
// computed at a time.
func (l *Layer) parts(b *block, r *Rows) (parts, rows int) {
	const parted = 8 // lanes of the loops that compute parts
	if !l.layout.inLanes() || l.kernel.lanes != parted || b.width == parted || r.Stride != 1 {
		return 1, r.N
	}
	parts = (4*b.width*l.taps + partBytes/2) / partBytes
	rows = min(r.N, sumsBytes/(4*b.width*r.Width))
	if parts < 2 || rows == 0 {
		return 1, r.N
	}
	return parts, rows
}

// stretch is rows y ≤ … < y+n of a block, and its taps from ≤ t < to.
type stretch struct {
	*block
	index                 int // of the block
	y, n, from, to, stage int
}

// filterLanes computes a block's rows. Sums of many taps are computed in parts: all tiles add a
// part's taps before any adds the next part's. Otherwise every tile would read all of the block's
// weights from the second-level cache.
func (l *Layer) filterLanes(index int, r *Rows) {
	b := &l.blocks[index]
	parts, rows := l.parts(b, r)
	if parts > 1 {
		r.unfinished = room(r.unfinished, rows*r.Width*b.width)
	}
	for y := 0; y < r.N; y += rows {
		for i := range parts {
			s := stretch{block: b, index: index, y: y, n: min(rows, r.N-y), from: i * l.taps / parts, to: (i + 1) * l.taps / parts}
			if i > 0 {
				s.stage |= resume
			}
			if i+1 < parts {
				s.stage |= leave
			}
			l.filterStretch(s, r)
		}
	}
}

// ahead gives the addresses and the number of lines that a stretch's tiles fetch: of the memory
// ahead for the first taps, and otherwise of the weights that the next stretch uses.
func (l *Layer) ahead(s stretch, r *Rows) (list []uintptr, lines int) {
	a, tiles := &r.Ahead, l.blockTiles(s.block, r)/r.N*s.n
	if s.from == 0 && len(a.addresses) > 0 {
		list = a.addresses[a.taken:][:tiles]
		a.taken += tiles
		return list, a.lines
	}
	taps := s.to - s.from
	if taps == l.taps || l.bytes < manyWeights {
		return nil, 0
	}
	weights := s.weights[s.to%l.taps*s.width:]
	if s.to == l.taps && s.y+s.n == r.N {
		weights = l.blocks[(s.index+1)%len(l.blocks)].weights
	}
	a.weights, lines = spread(a.weights[:0], weights[:min(len(weights), (taps+1)*s.width)], tiles)
	return a.weights, lines
}

// filterStretch computes a stretch in tiles of nearly the same width.
func (l *Layer) filterStretch(s stretch, r *Rows) {
	loops, taps := l.filterLoops(s.block, r.Stride), s.to-s.from
	tiles, wide, narrow := cut(r.Width, len(loops))
	ahead, lines := l.ahead(s, r)
	p := part{stage: s.stage, skip: 4 * (l.taps - taps), sums: uintptr(unsafe.Pointer(unsafe.SliceData(r.unfinished)))}

	dst := r.Dst[(s.group*l.filters+s.first)*r.ChannelStride+s.y*r.RowStride:]
	_ = dst[(s.filters-1)*r.ChannelStride+(s.n-1)*r.RowStride+r.Width-1]
	src := r.Src[s.group*r.GroupStride:]
	offsets := r.Offsets[s.y*l.taps:][:s.n*l.taps]
	weights := s.weights[s.from*s.width:]
	compute := func(x, width, tiles int) {
		if tiles == 0 {
			return
		}
		loops[width-1](&dst[x], 4*r.ChannelStride, 4*r.RowStride, &src[x*r.Stride], &offsets[s.from], taps, &weights[0],
			s.n, tiles, &p.sums, unsafe.SliceData(ahead), lines, l.step(lines, taps), l.floor(), r.Stride, s.filters)
		if ahead != nil {
			ahead = ahead[s.n*tiles:]
		}
	}
	compute(0, narrow+1, wide)
	compute(wide*(narrow+1), narrow, tiles-wide)
}

// step is the bytes by which a filterLoop advances after a round of four taps, so that a tile of so
// many taps fetches so many lines. A round fetches a line for each eight lanes at most.
func (l *Layer) step(lines, taps int) int {
	return min(lineBytes*l.kernel.lanes/8, ceilDiv(lines*lineBytes, max(1, taps/4)))
}
