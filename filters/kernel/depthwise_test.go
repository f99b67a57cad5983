package kernel

import (
	"math/rand/v2"
	"testing"

	"filterbank/filters/simd"
)

// newDepthwiseCase is a layerCase of channels with a filter each and windows of side×side, a stride
// apart. In phases, columns of odd index lie apart from even ones. Otherwise neighbouring outputs
// read values that are the stride apart.
func newDepthwiseCase(seed uint64, width, rows, side, stride, channels int, phased bool) *layerCase {
	c := newLayerCase(seed, 1, side*side, width, rows, 1, channels)
	r := rand.New(rand.NewPCG(seed, 4))
	apart := r.IntN(13)
	column := func(j int) int { return j }
	switch {
	case stride == 2 && phased:
		column = func(j int) int { return j/2 + j%2*apart }
	case stride == 2:
		c.stride, c.strided = 2, true
	}
	bases := make([]int, (rows-1)*stride+side)
	for i := range bases {
		bases[i] = r.IntN(400)
	}
	bases[0] = 400
	for i := range rows {
		for t := range side * side {
			c.offsets[i*side*side+t] = int32(bases[i*stride+t/side] + column(t%side))
		}
	}
	special := r.IntN(3)
	c.src = make([]float32, (channels-1)*c.groupStride+400+column(side-1)+c.span()+Slack) // to the last value before the slack
	for i := range c.src {
		c.src[i] = value(r, special)
	}
	return c
}

func TestDepthwise(t *testing.T) {
	for seed := range 3 * 120 {
		width, side, stride, phased := 1+seed%120, 3+seed/2%2*2, 1+seed%2, seed/2%4 != 0
		c := newDepthwiseCase(uint64(seed), width, 1+seed/3%17, side, stride, 1+seed%4, phased)
		c.check(t, width%5)
		for _, set := range simd.Sets() {
			k := New(set)
			if k.channels == nil || k.depthwise[side/2-1][stride-1] == nil || stride == 2 && phased == k.Strides([2]int{side, side}, [2]int{2, 2}) {
				continue
			}
			if !k.Pack(c.groups, c.act, Pixels).depthwise(c.output(0).rows(c)) {
				t.Fatalf("%v, %s: not computed by a depthwise loop", k, c)
			}
		}
	}
}

func TestChannels(t *testing.T) {
	for width := 1; width <= 2*16; width++ {
		for rows := channelsRows; rows <= 2*channelsRows+1; rows++ {
			c := newLayerCase(uint64(width), 1, 1+(width+rows)%30, width, rows, 1, 1+width%4)
			c.check(t, width%5)
			for _, set := range simd.Sets() {
				k := New(set)
				if k.channels != nil && width <= channelsVectors*k.lanes && !k.Pack(c.groups, c.act, Pixels).depthwise(c.output(0).rows(c)) {
					t.Fatalf("%v, %s: not computed channel by channel", k, c)
				}
			}
		}
	}
}
