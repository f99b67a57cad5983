package decode

// values turns samples into the numbers of the volume.
type values struct {
	table      [3][256]float32 // of every opaque 8-bit sample, per channel
	background [3]float32      // in [0,1]
	mean, std  [3]float32
}

func newValues(o Options) values {
	v := values{mean: o.Mean, std: o.Std}
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
	if !opaque && !allOpaque(px) {
		blend(v, dst, px, 255)
		return
	}
	r, g, b := dst[0], dst[1], dst[2]
	g, b = g[:len(r)], b[:len(r)]
	for x := range r {
		q := px[4*x : 4*x+4 : 4*x+4]
		r[x] = v.table[0][q[0]]
		g[x] = v.table[1][q[1]]
		b[x] = v.table[2][q[2]]
	}
}

// convert16 is convert8 for 16 bits.
func (v *values) convert16(dst [3][]float32, px []uint16, opaque bool) {
	if !opaque && !allOpaque(px) {
		blend(v, dst, px, 65535)
		return
	}
	for c, out := range dst {
		for x := range out {
			out[x] = v.finish(c, float32(px[4*x+c])/65535)
		}
	}
}

// allOpaque says whether a row of RGBA pixels has no transparent one: most rows of most
// pictures with an alpha channel.
func allOpaque[T sample](px []T) bool {
	for i := 3; i < len(px); i += 4 {
		if px[i] != ^T(0) {
			return false
		}
	}
	return true
}

// blend lays a row of RGBA pixels, whose samples reach full, over the background, as
// ReadRows documents it. Where alpha is full this is exactly the sample, and where
// it is 0 exactly the background.
func blend[T sample](v *values, dst [3][]float32, px []T, full float32) {
	for c, out := range dst {
		for x := range out {
			a := float32(px[4*x+3]) / full
			value := float32(px[4*x+c]) / full
			out[x] = v.finish(c, float32(value*a)+float32(v.background[c]*(1-a)))
		}
	}
}
