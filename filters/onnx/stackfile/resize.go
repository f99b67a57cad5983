package stackfile

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"filterbank/filters"
)

// upsample enlarges maps, as before version 10 of the operator set. Its values lie at i/factor.
func (c *call) upsample() (value, error) {
	var scales []float32
	switch {
	case c.Attribute("scales") != nil:
		scales = c.Attribute("scales").Floats
	case c.Attribute("height_scale") != nil:
		scales = []float32{1, 1, c.float("height_scale", 1), c.float("width_scale", 1)}
	case len(c.Inputs) > 1:
		a, err := c.numbers(c.Inputs[1], maxAxes)
		if err != nil {
			return value{}, err
		}
		scales = a.Data
	}
	return c.enlarged(scales, sampling{mode: c.string("mode", "nearest"), coordinates: "asymmetric", rounding: "floor"})
}

// resize enlarges maps by whole factors.
func (c *call) resize() (value, error) {
	s := sampling{mode: c.string("mode", "nearest"), coordinates: c.string("coordinate_transformation_mode", "half_pixel"), rounding: c.string("nearest_mode", "round_prefer_floor")}
	at := 2
	if c.opset < 11 {
		s.coordinates, s.rounding, at = "asymmetric", "floor", 1
	}
	scales, err := c.scales(at)
	if err != nil {
		return value{}, err
	}
	if axes := c.Attribute("axes"); axes != nil {
		all := []float32{1, 1, 1, 1}
		if len(axes.Ints) != len(scales) {
			return value{}, fmt.Errorf("it has %d scales and %d axes", len(scales), len(axes.Ints))
		}
		for k, a := range axes.Ints {
			if a < 0 {
				a += 4
			}
			if a < 0 || a > 3 {
				return value{}, fmt.Errorf("its axes are %s", list(words(axes.Ints)))
			}
			all[a] = scales[k]
		}
		scales = all
	}
	return c.enlarged(scales, s)
}

// scales are the factors of Resize, from its input or from the sizes that it asks for.
func (c *call) scales(at int) ([]float32, error) {
	if at < len(c.Inputs) && c.Inputs[at] != "" {
		a, err := c.numbers(c.Inputs[at], maxAxes)
		if err != nil {
			return nil, err
		}
		if len(a.Data) > 0 {
			return a.Data, nil
		}
	}
	if len(c.Inputs) < 4 || c.Inputs[3] == "" {
		return nil, errors.New("it has no scales and no sizes")
	}
	v, err := c.raw(0)
	if err != nil {
		return nil, err
	}
	wanted, err := c.numbers(c.Inputs[3], maxAxes)
	if err != nil {
		return nil, err
	}
	if !v.shape.sized() {
		return nil, errors.New("its size is fixed, and the size of its input is not known: name the picture's size with --input-size")
	}
	is := [4]float32{1, 1, 1, 1}
	rows, columns, channels := v.axes()
	is[rows], is[columns], is[channels] = float32(v.shape.H), float32(v.shape.W), float32(v.shape.C)
	var out []float32
	for k, n := range wanted.Data {
		axis := k
		if axes := c.Attribute("axes"); axes != nil && k < len(axes.Ints) {
			axis = int((axes.Ints[k]%4 + 4) % 4)
		}
		if axis > 3 {
			return nil, fmt.Errorf("it has %d sizes", len(wanted.Data))
		}
		out = append(out, n/is[axis])
	}
	return out, nil
}

// enlarged is a layer of whole factors, as four scales give them.
func (c *call) enlarged(scales []float32, s sampling) (value, error) {
	v, err := c.input(0)
	if err != nil {
		return v, err
	}
	factors, err := wholeFactors(v, scales)
	if err != nil || factors == [2]int{1, 1} {
		return v, err
	}
	mode, err := s.layer(factors)
	if err != nil {
		return v, err
	}
	for axis, f := range factors {
		if v.jump[axis]%f != 0 {
			return v, fmt.Errorf("it enlarges maps with values every %s pixels of the picture %s times, and their values would lie between the pixels",
				filters.PairText(v.jump), filters.PairText(factors))
		}
	}
	l := &Layer{Kind: "upsample"}
	l.set("scale_factor", pairText(factors), "")
	l.set("mode", mode.String(), "nearest")
	layer, err := c.emit(l, nameFor(c.Node), v)
	v = v.pointwise(layer)
	for axis, f := range factors {
		v.jump[axis] /= f
	}
	v.shape.H, v.shape.W = min(v.shape.H*factors[0], maxSide), min(v.shape.W*factors[1], maxSide)
	return v, err
}

// wholeFactors are the factors of rows and columns.
func wholeFactors(v value, scales []float32) (factors [2]int, err error) {
	if len(scales) != 4 {
		return factors, fmt.Errorf("it has %d scales, and maps have 4 dimensions", len(scales))
	}
	rows, columns, channels := v.axes()
	for axis, scale := range []float32{scales[rows], scales[columns]} {
		if !(scale >= 1 && scale <= filters.MaxFactor) || scale != float32(math.Round(float64(scale))) {
			return factors, fmt.Errorf("it enlarges %v by %v times, and a layer by whole factors", [2]string{"rows", "columns"}[axis], scale)
		}
		factors[axis] = int(scale)
	}
	if scales[0] != 1 || scales[channels] != 1 {
		return factors, errors.New("it enlarges channels, and layers rows and columns")
	}
	return factors, nil
}

// sampling says where the values of an enlarged map lie on its input.
type sampling struct{ mode, coordinates, rounding string }

// layer is the mode of a layer that samples like this.
func (s sampling) layer(factors [2]int) (filters.UpsampleMode, error) {
	switch {
	case s.mode == "nearest":
		for _, f := range factors {
			if !s.repeats(f) {
				return 0, fmt.Errorf("its nearest values are not the ones that a layer repeats: %s, %s, %d times", s.coordinates, s.rounding, f)
			}
		}
		return filters.Nearest, nil
	case s.mode != "linear" && s.mode != "bilinear":
		return 0, fmt.Errorf("its mode is %.30q, and layers have nearest and bilinear", s.mode)
	case !slices.Contains([]string{"half_pixel", "pytorch_half_pixel"}, s.coordinates):
		return 0, fmt.Errorf("its values lie at %.60q, and those of a layer at half_pixel", s.coordinates)
	}
	return filters.Bilinear, nil
}

// repeats says whether each value is repeated, that is, whether output i of a map is input
// ⌊i/factor⌋. Coordinates are counted in parts of 1/(2·factor).
func (s sampling) repeats(factor int) bool {
	part := 2 * factor
	for i := range 4 * factor {
		at := 2 * i
		switch s.coordinates {
		case "asymmetric":
		case "half_pixel", "pytorch_half_pixel":
			at += 1 - factor
		case "tf_half_pixel_for_nn":
			at++
		default:
			return false
		}
		down := floorDiv(at, part)
		switch rest := at - down*part; {
		case s.rounding == "floor":
		case s.rounding == "ceil" && rest > 0, s.rounding == "round_prefer_floor" && rest > factor, s.rounding == "round_prefer_ceil" && rest >= factor:
			down++
		case !slices.Contains([]string{"ceil", "round_prefer_floor", "round_prefer_ceil"}, s.rounding):
			return false
		}
		if max(down, 0) != i/factor {
			return false
		}
	}
	return true
}

// floorDiv is a/b rounded down, for b above 0.
func floorDiv(a, b int) int {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
