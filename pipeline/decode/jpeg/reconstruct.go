package jpeg

// transform does the inverse DCT of rows of a component's blocks.
func (t *pass) transform(_ *member, from, to int) error {
	p, c := t.p, t.comps[0]
	plane := &p.planes[c.index]
	var at [queued]int
	for y := from; y < to; y++ {
		if err := p.ctx.Err(); err != nil {
			return err
		}
		for x := 0; x < c.blocksX; x += queued {
			n := min(queued, c.blocksX-x)
			for i := range n {
				at[i] = y*8*plane.Stride + (x+i)*8
			}
			first := (y*c.paddedX + x) * blockSize
			idct(plane.Pix, plane.Stride, at[:n], c.coefficients[first:first+n*blockSize], c.quant, p.opts.SIMD)
		}
	}
	return nil
}
