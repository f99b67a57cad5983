package arithmetic

import (
	"filterbank/filters"
	"filterbank/filters/volume"
)

// reader reads a layer's inputs. Their channels follow each other.
type reader struct {
	in   []*volume.Volume
	plan *filters.LayerPlan
}

func (r *reader) value(c, y, x int) float32 {
	for _, v := range r.in {
		if c < v.C {
			return v.Data[(c*v.H+y)*v.W+x]
		}
		c -= v.C
	}
	return 0
}

// inside is the term of a value of the input.
func (r *reader) inside(c, y, x int, weight float32) Term {
	v := r.value(c, y, x)
	return Term{Channel: c, At: [2]int{y, x}, Inside: true, Value: v, Weight: weight, Sum: v}
}

// window calls each with the taps of an output's window, row by row.
func (r *reader) window(place [2]int, each func(tap, at [2]int, inside bool)) {
	mode, _ := filters.AttributeOf[string](r.plan.Layer, "padding_mode")
	for i := range r.plan.Rows.Kernel {
		y := Source(mode, r.plan.Rows, r.plan.In.H, place[0], i)
		for j := range r.plan.Cols.Kernel {
			x := Source(mode, r.plan.Cols, r.plan.In.W, place[1], j)
			if y < 0 || x < 0 {
				each([2]int{i, j}, [2]int{-1, -1}, false)
			} else {
				each([2]int{i, j}, [2]int{y, x}, true)
			}
		}
	}
}

// Source is the row or column of an input of n that a tap of an output reads, −1 in padding of
// zeros. mode is the padding's, as stack files name it.
func Source(mode string, e filters.Extent, n, output, tap int) int {
	return Copied(mode, output*e.Stride-e.Before+tap*e.Dilation, n)
}

// Copied is the row or column of an input of n whose values stand at place i, which may lie in
// the padding, −1 in padding of zeros.
func Copied(mode string, i, n int) int {
	if i >= 0 && i < n {
		return i
	}
	switch mode {
	case filters.Circular.String():
		return (i + n) % n
	case filters.Replicate.String():
		return max(0, min(n-1, i))
	case filters.Reflect.String():
		if i < 0 {
			return -i
		}
		return 2*(n-1) - i
	}
	return -1
}
