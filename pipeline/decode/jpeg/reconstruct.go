package jpeg

// reconstruct does the inverse DCT of coefficients that scans have brought together.
func (p *picture) reconstruct() error {
	smooth := p.smoothing()
	for i := range p.frame.comps {
		c := &p.frame.comps[i]
		if c.quant == nil {
			c.quant = new([blockSize]uint16) // no scan has told of it
		}
		var err error
		if smooth {
			err = p.smoothComponent(c)
		} else {
			err = p.component(c)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// component does the inverse DCT of a component, row of blocks after row of blocks.
func (p *picture) component(c *component) error {
	plane := &p.planes[c.index]
	var at [queued]int
	for y := range c.blocksY {
		if err := p.ctx.Err(); err != nil {
			return err
		}
		for x := 0; x < c.blocksX; x += queued {
			n := min(queued, c.blocksX-x)
			for i := range n {
				at[i] = y*8*plane.Stride + (x+i)*8
			}
			from := (y*c.paddedX + x) * blockSize
			idct(plane.Pix, plane.Stride, at[:n], c.coefficients[from:from+n*blockSize], c.quant, p.opts.SIMD)
		}
	}
	return nil
}
