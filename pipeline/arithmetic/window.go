package arithmetic

import (
	"image"

	"filterbank/filters"
	"filterbank/filters/volume"
)

// reader reads a layer's inputs. Their channels follow each other.
type reader struct {
	in   []volume.Rows
	plan *filters.LayerPlan
}

func (r *reader) value(c, y, x int) float32 {
	for _, rows := range r.in {
		if c < rows.C {
			return rows.Row(c, y-rows.Y)[x]
		}
		c -= rows.C
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

// Inputs are the rows of a layer's inputs, from lo to before hi, that Explain reads for outputs in
// row y. They are all within the inputs, and at least one.
func Inputs(plan *filters.LayerPlan, y int) (lo, hi int) {
	add := func(row int) {
		if row < 0 {
			return
		}
		if lo == hi {
			lo, hi = row, row+1
		}
		lo, hi = min(lo, row), max(hi, row+1)
	}
	switch {
	case plan.Up != [2]int{}:
		row, _ := plan.Between(0, y)
		add(row)
		add(min(row+1, plan.In.H-1))
	case windowed(plan):
		mode, _ := filters.AttributeOf[string](plan.Layer, "padding_mode")
		for i := range plan.Rows.Kernel {
			add(Source(mode, plan.Rows, plan.In.H, y, i))
		}
		if lo == hi { // the window lies in the padding
			add(0)
		}
	default:
		add(y)
	}
	return lo, hi
}

// windowed says whether a layer slides a window.
func windowed(plan *filters.LayerPlan) bool {
	_, ok := filters.AttributeOf[[2]int](plan.Layer, "kernel_size")
	return ok
}

// Window is the box of the padded input that an output sees. Layers without windows see one place.
func Window(plan *filters.LayerPlan, y, x int) image.Rectangle {
	if windowed(plan) {
		size := image.Pt(plan.Cols.EffectiveKernel(), plan.Rows.EffectiveKernel())
		return image.Rectangle{Max: size}.Add(image.Pt(x*plan.Cols.Stride, y*plan.Rows.Stride))
	}
	y, x = y/max(1, plan.Up[0]), x/max(1, plan.Up[1])
	return image.Rect(x, y, x+1, y+1)
}
