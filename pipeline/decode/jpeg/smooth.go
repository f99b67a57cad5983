package jpeg

// estimated is how many coefficients libjpeg-turbo estimates, DC included.
const estimated = 10

// smoothing says whether libjpeg-turbo estimates coefficients of a progressive picture
// whose scans leave some of the first ones unknown (smoothing_ok in jdcoefct.c).
func (p *picture) smoothing() bool {
	if !p.frame.progressive {
		return false
	}
	useful := false
	for i := range p.frame.comps {
		c := &p.frame.comps[i]
		if c.quant == nil || c.bits[0] < 0 {
			return false
		}
		for k := range estimated {
			if c.quant[naturalOrder[k]] == 0 {
				return false
			}
			useful = useful || k > 0 && c.bits[k] != 0
		}
	}
	return useful
}

// window is the DC of 5×5 blocks, the estimated one in the middle.
type window [5][5]int

// kernel is the weights of a window's DC for one coefficient.
type kernel [5][5]int

// The weights of decompress_smooth_data in jdcoefct.c of libjpeg-turbo 2.1, in the file's
// order of coefficients: where all of the first nine AC coefficients are unknown, and where
// some are known.
var (
	unknownKernels = [estimated]kernel{
		{{-2, -6, -8, -6, -2}, {-6, 6, 42, 6, -6}, {-8, 42, 152, 42, -8}, {-6, 6, 42, 6, -6}, {-2, -6, -8, -6, -2}},
		{{-1, -1, 0, 1, 1}, {-3, 13, 0, -13, 3}, {-3, 38, 0, -38, 3}, {-3, 13, 0, -13, 3}, {-1, -1, 0, 1, 1}},
		{{-1, -3, -3, -3, -1}, {-1, 13, 38, 13, -1}, {}, {1, -13, -38, -13, 1}, {1, 3, 3, 3, 1}},
		{{0, 0, 1}, {0, 2, 7, 2}, {0, -5, -14, -5}, {0, 2, 7, 2}, {0, 0, 1}},
		{{-1, 0, 0, 0, 1}, {0, 9, 0, -9}, {}, {0, -9, 0, 9}, {1, 0, 0, 0, -1}},
		{{}, {0, 2, -5, 2}, {1, 7, -14, 7, 1}, {0, 2, -5, 2}},
		{{}, {0, 1, 0, -1}, {0, 2, 0, -2}, {0, 1, 0, -1}},
		{{}, {0, 1, -3, 1}, {}, {0, -1, 3, -1}},
		{{}, {0, 1, 0, -1}, {0, -3, 0, 3}, {0, 1, 0, -1}},
		{{}, {0, 1, 2, 1}, {}, {0, -1, -2, -1}},
	}
	knownKernels = [estimated]kernel{
		1: {{}, {}, {-7, 50, 0, -50, 7}},
		2: {{0, 0, -7}, {0, 0, 50}, {}, {0, 0, -50}, {0, 0, 7}},
		3: {{0, 0, -1}, {0, 0, 13}, {0, 0, -24}, {0, 0, 13}, {0, 0, -1}},
		4: {{0, -1, 0, 1}, {-1, 10, 0, -10, 1}, {}, {1, -10, 0, 10, -1}, {0, 1, 0, -1}},
		5: {{}, {}, {-1, 13, -24, 13, -1}},
	}
)

// smoothedAhead is how many rows below a block its estimates look at.
const smoothedAhead = 2

// smooth does the inverse DCT of rows of a component's blocks, with estimates for
// coefficients that are zero and not known.
func (t *pass) smooth(m *member, from, to int) error {
	p, c := t.p, t.comps[0]
	q, plane := &m.queues[c.index], &p.planes[c.index]
	kernels, unknown := &unknownKernels, true
	for k := 1; k < estimated; k++ {
		unknown = unknown && c.bits[k] < 0
	}
	if !unknown {
		kernels = &knownKernels
	}
	for y := from; y < to; y++ {
		if err := p.ctx.Err(); err != nil {
			return err
		}
		for x := range c.blocksX {
			b := q.next()
			*b = *c.block(x, y)
			dc := c.window(x, y, p.frame.mcusY-1)
			for k := 1; k < estimated; k++ {
				if v := &b[naturalOrder[k]]; *v == 0 && c.bits[k] != 0 && (unknown || k < 6) {
					*v = c.estimate(&dc, &kernels[k], k)
				}
			}
			if unknown {
				b[0] = c.estimate(&dc, &kernels[0], 0)
			}
			if q.push(y*8*plane.Stride + x*8) {
				q.flush(plane, c.quant, p.opts.SIMD)
			}
		}
	}
	q.flush(plane, c.quant, p.opts.SIMD)
	return nil
}

// window is the DC around a block. Where that is past the picture's edge it is the edge's,
// and near it as decompress_smooth_data has it: two rows away only from the third row of
// MCUs on and up to the third last, or within the row of MCUs, and in two columns the
// second is seen by itself and its left neighbour only.
func (c *component) window(x, y, lastMCU int) (dc window) {
	mcu, row, rows := y/c.v, y%c.v, c.v
	if mcu == lastMCU {
		rows = c.blocksY - mcu*c.v
	}
	above, below := max(0, y-1), y
	if row < rows-1 || mcu < lastMCU {
		below = y + 1
	}
	above2, below2 := above, below
	if row > 1 || mcu > 1 {
		above2 = y - 2
	}
	if row < rows-2 || mcu+1 < lastMCU {
		below2 = y + 2
	}
	for i, line := range [5]int{above2, above, y, below, below2} {
		for j := range dc[i] {
			column := max(0, min(x+j-2, c.blocksX-1))
			if c.blocksX == 2 && j+x > 3 {
				column = 0
			}
			dc[i][j] = int(c.block(column, line)[0])
		}
	}
	return dc
}

// estimate is coefficient k, less than what would be known of it.
func (c *component) estimate(dc *window, weights *kernel, k int) int16 {
	sum := 0
	for i := range dc {
		for j, v := range dc[i] {
			sum += weights[i][j] * v
		}
	}
	sum *= int(c.quant[0])
	quant := int(c.quant[naturalOrder[k]])
	v := (quant<<7 + max(sum, -sum)) / (quant << 8)
	if low := c.bits[k]; k > 0 && low > 0 {
		v = min(v, 1<<low-1)
	}
	if sum < 0 {
		v = -v
	}
	return int16(v)
}
