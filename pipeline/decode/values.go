package decode

// values turns samples into the numbers of the volume.
type values struct {
	table      [3][256]float32 // of every opaque 8-bit sample, per channel
	background [3]float32      // in [0,1]
	mean, std  [3]float32
	unit       bool // mean is 0 and std is 1, which change nothing
	loops      loops
}

func newValues(o Options) values {
	v := values{mean: o.Mean, std: o.Std, loops: newLoops(o.SIMD)}
	v.unit = v.mean == [3]float32{} && v.std == [3]float32{1, 1, 1}
	for c := range v.table {
		v.background[c] = float32(o.Background[c]) / 255
		for i := range v.table[c] {
			v.table[c][i] = v.finish(c, float32(i)/255)
		}
	}
	return v
}

// finish normalises a value of channel c in [0,1].
func (v *values) finish(c int, x float32) float32 { return float32(x-v.mean[c]) / v.std[c] }

// convert8 turns a row of RGBA pixels into three rows as long.
func (v *values) convert8(dst [3][]float32, px []uint8, opaque bool) {
	if opaque || allOpaque(px) {
		v.opaque8(dst, px)
	} else {
		v.blend8(dst, px)
	}
}

// planes8 turns three rows of samples into three rows as long. A row that equals the first
// in its place, mean and std is a copy.
func (v *values) planes8(dst [3][]float32, src [3][]uint8) {
	for c := range dst {
		if c > 0 && &src[c][0] == &src[0][0] && v.mean[c] == v.mean[0] && v.std[c] == v.std[0] {
			copy(dst[c], dst[0])
			continue
		}
		v.plane8(dst[c], src[c], c)
	}
}

// convert16 is convert8 for 16 bits.
func (v *values) convert16(dst [3][]float32, px []uint16, opaque bool) {
	if opaque || allOpaque(px) {
		v.opaque16(dst, px)
	} else {
		v.blend16(dst, px)
	}
}

// allOpaque reports whether every pixel of a row of RGBA is opaque. Most rows of most
// pictures with an alpha channel are.
func allOpaque[T sample](px []T) bool {
	for len(px) >= 16 {
		if px[3]&px[7]&px[11]&px[15] != ^T(0) {
			return false
		}
		px = px[16:]
	}
	for i := 3; i < len(px); i += 4 {
		if px[i] != ^T(0) {
			return false
		}
	}
	return true
}

func (v *values) opaque8Generic(dst [3][]float32, px []uint8) {
	r, g, b := dst[0], dst[1], dst[2]
	g, b = g[:len(r)], b[:len(r)]
	for x := range r {
		q := px[4*x : 4*x+4 : 4*x+4]
		r[x] = v.table[0][q[0]]
		g[x] = v.table[1][q[1]]
		b[x] = v.table[2][q[2]]
	}
}

// rgb8Generic turns a row of RGB pixels into three rows as long.
func (v *values) rgb8Generic(dst [3][]float32, px []uint8) {
	r, g, b := dst[0], dst[1], dst[2]
	g, b = g[:len(r)], b[:len(r)]
	for x := range r {
		q := px[3*x : 3*x+3 : 3*x+3]
		r[x] = v.table[0][q[0]]
		g[x] = v.table[1][q[1]]
		b[x] = v.table[2][q[2]]
	}
}

// plane8Generic turns a row of samples of channel c into one as long.
func (v *values) plane8Generic(dst []float32, src []uint8, c int) {
	table := &v.table[c]
	src = src[:len(dst)]
	for x, s := range src {
		dst[x] = table[s]
	}
}

func (v *values) opaque16Generic(dst [3][]float32, px []uint16) {
	for c, out := range dst {
		for x := range out {
			out[x] = v.finish(c, float32(px[4*x+c])/65535)
		}
	}
}

// blendGeneric lays a row of RGBA pixels over the background by the formula of ReadRows.
// Full alpha gives exactly the sample, and alpha 0 exactly the background.
func blendGeneric[T sample](v *values, dst [3][]float32, px []T) {
	full := float32(^T(0))
	for x := range dst[0] {
		q := px[4*x : 4*x+4 : 4*x+4]
		a := float32(q[3]) / full
		for c := range dst {
			value := float32(q[c]) / full
			dst[c][x] = v.finish(c, float32(value*a)+float32(v.background[c]*(1-a)))
		}
	}
}
