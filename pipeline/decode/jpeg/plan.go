package jpeg

// unit is a block of an MCU of the current scan.
type unit struct {
	comp   *component
	plane  *Plane
	queue  *queue
	member int // index of the component in the scan
	dc, ac *table
	x, y   int // of the block in an MCU
	stepX  int // blocks of the component in an MCU
	stepY  int
}

// planScan lists the blocks of an MCU (ITU T.81, A.2.2 and A.2.3).
func (p *picture) planScan() {
	p.plan = p.plan[:0]
	for i, c := range p.current.comps {
		u := unit{comp: c, plane: &p.planes[c.index], queue: &p.queues[c.index], member: i,
			dc: &p.tables[classDC][c.dcSlot&3], ac: &p.tables[classAC][c.acSlot&3], stepX: 1, stepY: 1}
		if len(p.current.comps) > 1 {
			u.stepX, u.stepY = c.h, c.v
		}
		for u.y = 0; u.y < u.stepY; u.y++ {
			for u.x = 0; u.x < u.stepX; u.x++ {
				p.plan = append(p.plan, u)
			}
		}
	}
}

// mcus are the columns and rows of MCUs of the current scan.
func (p *picture) mcus() (x, y int) {
	if s := &p.current; len(s.comps) == 1 {
		return s.comps[0].blocksX, s.comps[0].blocksY
	}
	return p.frame.mcusX, p.frame.mcusY
}

// block is the coefficients of block x, y of a component.
func (c *component) block(x, y int) *[blockSize]int16 {
	return (*[blockSize]int16)(c.coefficients[(y*c.paddedX+x)*blockSize:])
}

// allocate takes buffers for the planes, and for coefficients where scans are brought
// together.
func (p *picture) allocate() {
	for i := range p.frame.comps {
		c := &p.frame.comps[i]
		blocks := c.paddedX * c.paddedY
		spare := &p.spare[i]
		p.planes[i] = Plane{Factors: Factors{c.h, c.v}, Stride: 8 * c.paddedX, Width: c.width, Height: c.height,
			Pix: sized(spare.pix, blocks*blockSize, false)}
		spare.pix = nil
		if p.frame.multiScan {
			c.coefficients = sized(spare.coefficients, blocks*blockSize, true)
			spare.coefficients = nil
		}
		if p.frame.progressive {
			c.nonzero = sized(spare.nonzero, blocks, true)
			spare.nonzero = nil
		}
		p.queues[i].reset(queued)
	}
}

// sized is a buffer of n elements, old where that is large enough.
func sized[T any](old []T, n int, zero bool) []T {
	if cap(old) < n {
		return make([]T, n)
	}
	old = old[:n]
	if zero {
		clear(old)
	}
	return old
}

// mostKept is the bytes of the largest buffers that a Decoder keeps between pictures:
// what it keeps is counted nowhere.
const mostKept = 32 << 20

// keepPlanes keeps the planes of a picture that has failed.
func (p *picture) keepPlanes() {
	for i := range p.frame.comps {
		keep(&p.spare[i].pix, p.planes[i].Pix, 1)
	}
}

// keepCoefficients keeps the buffers that are of no use any more.
func (p *picture) keepCoefficients() {
	for i := range p.frame.comps {
		c := &p.frame.comps[i]
		keep(&p.spare[i].coefficients, c.coefficients, 2)
		keep(&p.spare[i].nonzero, c.nonzero, 8)
	}
}

// keep puts a buffer, whose elements have so many bytes, in the place of a smaller one.
func keep[T any](kept *[]T, buffer []T, size int) {
	if n := cap(buffer); n > cap(*kept) && n*size <= mostKept {
		*kept = buffer
	}
}
