package decode

import (
	"image"
	"math"
)

// resample scales an opaque source of the given size to a layout and returns its window.
// Alpha is full. Each of several goroutines reads a source of its own.
//
// Each output sample is a weighted mean over columns, rounded, and then over rows. Weights
// have weightBits fractional bits. This is the arithmetic of Pillow's Image.resize; with
// 22 bits the 8-bit results have the same bits. The imaging module is not used, since it
// sums float64 products: Go fuses these on arm64 and not on amd64, and results differ.
//
// When the file's context is done, the remaining rows stay empty.
func resample[T sample](f *file, d *Decoder, begin func() source[T], size image.Point, lay layout, weightBits uint) raster[T] {
	filter := d.opts.Resize.Filter
	r := resampler[T]{
		file: f, weightBits: weightBits,
		cols: newSpans(filter, size.X, lay.scaled.X, lay.window.Min.X, lay.window.Max.X, weightBits),
		rows: newSpans(filter, size.Y, lay.scaled.Y, lay.window.Min.Y, lay.window.Max.Y, weightBits),
	}
	for _, row := range r.rows {
		r.depth = max(r.depth, len(row.weights))
	}
	r.out = raster[T]{pix: make([]T, 4*len(r.cols)*len(r.rows)), stride: 4 * len(r.cols)}
	goroutines := f.goroutines
	if r.memory() > dividedMemory/2 {
		goroutines = 1
	}
	d.divide(goroutines, len(r.rows), func(s *scratch, first, end int) { r.part(begin(), s, first, end) })
	return r.out
}

// resampler scales a picture.
type resampler[T sample] struct {
	*file
	weightBits uint
	cols, rows []span
	depth      int // source rows that an output row needs at most
	out        raster[T]
}

// memory is the bytes that a part takes.
func (r *resampler[T]) memory() int {
	const sample, sum = 2, 8
	return 3 * len(r.cols) * (sample*r.depth + sum)
}

// part makes output rows. It reads each source row once, in order, and keeps only the narrowed
// rows that an output row needs.
func (r *resampler[T]) part(from source[T], s *scratch, first, end int) {
	ring := make([][]T, r.depth) // row y of the source, narrowed, is ring[y%depth]
	for i := range ring {
		ring[i] = make([]T, 3*len(r.cols))
	}
	sums := make([]int64, 3*len(r.cols))
	next := 0
	for y := first; y < end; y++ {
		if r.ctx.Err() != nil {
			return
		}
		row := r.rows[y]
		until := row.first + len(row.weights)
		for next = max(next, row.first); next < until; next++ {
			narrow(ring[next%r.depth], from.row(next, s), r.cols, r.weightBits)
		}
		for i := range sums {
			sums[i] = 1 << (r.weightBits - 1)
		}
		for k, w := range row.weights {
			add(sums, ring[(row.first+k)%r.depth], int64(w))
		}
		px := r.out.row(y, s)
		for x := range r.cols {
			q, sum := px[4*x:4*x+4:4*x+4], sums[3*x:3*x+3:3*x+3]
			q[0] = clamp[T](sum[0] >> r.weightBits)
			q[1] = clamp[T](sum[1] >> r.weightBits)
			q[2] = clamp[T](sum[2] >> r.weightBits)
			q[3] = ^T(0)
		}
	}
}

// narrow resamples one row of RGBA pixels to RGB.
func narrow[T sample](dst []T, px []T, cols []span, weightBits uint) {
	for x, c := range cols {
		var r, g, b int64 = 1 << (weightBits - 1), 1 << (weightBits - 1), 1 << (weightBits - 1)
		part := px[4*c.first:][:4*len(c.weights)]
		for k, weight := range c.weights {
			q, w := part[4*k:4*k+4:4*k+4], int64(weight)
			r += w * int64(q[0])
			g += w * int64(q[1])
			b += w * int64(q[2])
		}
		q := dst[3*x : 3*x+3 : 3*x+3]
		q[0], q[1], q[2] = clamp[T](r>>weightBits), clamp[T](g>>weightBits), clamp[T](b>>weightBits)
	}
}

func add[T sample](sums []int64, row []T, w int64) {
	row = row[:len(sums)]
	for i := range sums {
		sums[i] += w * int64(row[i])
	}
}

func clamp[T sample](v int64) T { return T(max(0, min(v, int64(^T(0))))) }

// span holds the samples that an output sample is the mean of, and their weights.
type span struct {
	first   int
	weights []int32 // sum to about 2^weightBits
}

// newSpans returns the spans of outputs from ≤ i < to of a line that is scaled from src
// to dst samples.
func newSpans(f Filter, src, dst, from, to int, weightBits uint) []span {
	support, at := 3.0, lanczos3
	if f == Linear {
		support, at = 1, triangle
	}
	spans := make([]span, 0, to-from)
	if f == Nearest || src == dst {
		one := []int32{1 << weightBits}
		for i := int64(from); i < int64(to); i++ {
			first := (2*i + 1) * int64(src) / (2 * int64(dst))
			spans = append(spans, span{int(first), one})
		}
		return spans
	}
	scale := float64(src) / float64(dst)
	widen := max(scale, 1) // a shrinking filter covers all samples that merge into one
	reach, unit := float64(support*widen), 1/widen
	for i := from; i < to; i++ {
		centre := float64((float64(i) + 0.5) * scale)
		first := max(0, int(centre-reach+0.5))
		exact := make([]float64, 0, 2*int(reach)+3)
		for k := first; k < min(src, int(centre+reach+0.5)); k++ {
			exact = append(exact, at(float64((float64(k)-centre+0.5)*unit)))
		}
		spans = append(spans, span{first, fixed(exact, weightBits)})
	}
	return spans
}

// fixed scales weights to a sum of 2^bits and rounds them, half away from zero.
func fixed(exact []float64, bits uint) []int32 {
	sum := 0.0
	for _, w := range exact {
		sum += w
	}
	weights := make([]int32, len(exact))
	for k, w := range exact {
		weights[k] = int32(math.Round(w / sum * float64(int64(1)<<bits)))
	}
	return weights
}

// triangle is 1 at 0 and 0 from ±1 on.
func triangle(x float64) float64 { return max(0, 1-math.Abs(x)) }

// lanczos3 is sinc(x)·sinc(x/3) for |x| < 3 (Duchon, Lanczos filtering in one and two
// dimensions, 1979).
func lanczos3(x float64) float64 {
	if x <= -3 || x >= 3 {
		return 0
	}
	return float64(sinc(x) * sinc(x/3))
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return sinPi(x) / float64(math.Pi*x)
}

// sinPi is sin(πx), within 2^-52, with the same bits on every machine. math.Sin does not
// promise that, since Go may fuse its sums of products. The Taylor series up to t^21 has
// an error of 10^-18 at t = π/2.
func sinPi(x float64) float64 {
	whole := math.RoundToEven(x)
	t := float64((x - whole) * math.Pi)
	t2 := float64(t * t)
	sum := 1.0
	for k := 21.0; k > 1; k -= 2 {
		sum = 1 - float64(float64(t2/(k*(k-1)))*sum)
	}
	if math.Mod(whole, 2) != 0 {
		return -float64(t * sum)
	}
	return float64(t * sum)
}
