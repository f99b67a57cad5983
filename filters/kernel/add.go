package kernel

// addLoop adds vectors of values to others. NaN becomes the quiet NaN.
type addLoop func(dst, src *float32, vectors int)

// Add adds a row to another of the same length. NaN becomes the quiet NaN.
func (k *Kernel) Add(dst, src []float32) {
	src = src[:len(dst)]
	if k.add != nil && len(dst) >= k.lanes {
		vectors := len(dst) / k.lanes
		k.add(&dst[0], &src[0], vectors)
		dst, src = dst[vectors*k.lanes:], src[vectors*k.lanes:]
	}
	for x, v := range src {
		if dst[x] += v; dst[x] != dst[x] {
			dst[x] = quietNaN
		}
	}
}
