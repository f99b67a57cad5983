package jpeg

// Upsampling is libjpeg-turbo's (jdsample.c). By two it interpolates ("fancy"), except rows of
// one or two samples. By every other factor it repeats.

// method is how a component becomes as wide and high as the picture.
type method uint8

const (
	whole  method = iota // it is
	fancyH               // twice as wide, interpolated
	fancyV               // twice as high
	fancy                // both
	box                  // repeated
)

// method is a plane's, in a picture of such largest factors.
func (p *Plane) method(maxH, maxV int) method {
	h, v, narrow := maxH/p.H, maxV/p.V, p.Width <= 2
	switch {
	case h == 1 && v == 1:
		return whole
	case h == 2 && v == 1 && !narrow:
		return fancyH
	case h == 1 && v == 2:
		return fancyV
	case h == 2 && v == 2 && !narrow:
		return fancy
	}
	return box
}

// row is row y of the plane, at least as wide as a picture of such largest factors. It is
// made in buf where it is not there already.
func (p *Plane) row(y, maxH, maxV int, buf *[]uint8, l loops) []uint8 {
	h, v := maxH/p.H, maxV/p.V
	line := y / v
	near := p.Pix[line*p.Stride:][:p.Width]
	far, below := near, y%2 == 1
	if v == 2 { // the other neighbour, at the edges the row itself
		far = p.Pix[max(0, min(line+2*(y%2)-1, p.Height-1))*p.Stride:][:p.Width]
	}
	how := p.method(maxH, maxV)
	if how == whole {
		return near
	}
	if cap(*buf) < p.Width*h {
		*buf = make([]uint8, p.Width*h)
	}
	dst := (*buf)[:p.Width*h]
	switch how {
	case fancyH:
		l.upsampleH2V1(dst, near)
	case fancyV:
		upsampleH1V2(dst, near, far, below)
	case fancy:
		l.upsampleH2V2(dst, near, far)
	default:
		repeat(dst, near, h)
	}
	return dst
}

// upsampleH2V1Generic doubles a row: each new sample is ¾ of the nearer and ¼ of the farther
// old one, rounded down to its left and up to its right (h2v1_fancy_upsample).
func upsampleH2V1Generic(dst, near []uint8) {
	n := len(near)
	dst = dst[:2*n]
	this := uint32(near[0])
	dst[0] = near[0]
	for i, v := range near[1:] {
		next := uint32(v)
		pair := dst[2*i+1 : 2*i+3 : 2*i+3]
		pair[0] = uint8((3*this + next + 2) >> 2)
		pair[1] = uint8((3*next + this + 1) >> 2)
		this = next
	}
	dst[2*n-1] = near[n-1]
}

// upsampleH2V2Generic does the same in both directions (h2v2_fancy_upsample).
func upsampleH2V2Generic(dst, near, far []uint8) {
	n := len(near)
	far, dst = far[:n], dst[:2*n]
	this := 3*uint32(near[0]) + uint32(far[0])
	dst[0] = uint8((4*this + 8) >> 4)
	for i := 1; i < n; i++ {
		next := 3*uint32(near[i]) + uint32(far[i])
		pair := dst[2*i-1 : 2*i+1 : 2*i+1]
		pair[0] = uint8((3*this + next + 7) >> 4)
		pair[1] = uint8((3*next + this + 8) >> 4)
		this = next
	}
	dst[2*n-1] = uint8((4*this + 7) >> 4)
}

// upsampleH1V2 is upsampleH2V1 turned by a quarter (h1v2_fancy_upsample).
func upsampleH1V2(dst, near, far []uint8, below bool) {
	round := uint32(1)
	if below {
		round = 2
	}
	far, dst = far[:len(near)], dst[:len(near)]
	for i, v := range near {
		dst[i] = uint8((3*uint32(v) + uint32(far[i]) + round) >> 2)
	}
}

// repeat writes each sample n times (int_upsample).
func repeat(dst, near []uint8, n int) {
	for i, v := range near {
		for k := range n {
			dst[n*i+k] = v
		}
	}
}
