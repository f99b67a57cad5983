package kernel

import (
	"math/rand/v2"
	"testing"

	"filterbank/filters/simd"
)

// newDepthwiseCase is a layerCase of channels with a filter each and windows of three columns in
// each of three rows, a vertical stride apart.
func newDepthwiseCase(seed uint64, width, rows, stride, channels int) *layerCase {
	c := newLayerCase(seed, 1, nine, width, rows, 1, channels)
	r := rand.New(rand.NewPCG(seed, 4))
	columns := [3]int{r.IntN(50), r.IntN(50), r.IntN(50)}
	bases := make([]int, (rows-1)*stride+3)
	for i := range bases {
		bases[i] = r.IntN(400)
	}
	bases[0], columns[0] = 400, 50 // the last value before the slack
	for i := range rows {
		for t := range nine {
			c.offsets[i*nine+t] = int32(bases[i*stride+t/3] + columns[t%3])
		}
	}
	special := r.IntN(3)
	c.src = make([]float32, (channels-1)*c.groupStride+450+width+Slack)
	for i := range c.src {
		c.src[i] = value(r, special)
	}
	return c
}

func TestDepthwise(t *testing.T) {
	for width := 1; width <= 120; width++ {
		for stride := 1; stride <= 2; stride++ {
			c := newDepthwiseCase(uint64(width), width, 1+width%6, stride, 1+width%4)
			c.check(t, width%5)
			for _, set := range simd.Sets() {
				if k := New(set); k.depthwise[0] != nil && !k.Pack(c.groups, c.act, Pixels).depthwise(c.output(0).rows(c)) {
					t.Fatalf("%v, %s: not computed by a depthwise loop", k, c)
				}
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
