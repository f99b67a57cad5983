// Package testmaps owns a picture and feature maps for measuring encoders, which compress like
// a photo and its maps. It is never part of the program. Equal arguments give equal pixels.
package testmaps

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Photo draws a width×height picture as 8-bit RGB planes: discs of all sizes that hide each
// other, each shaded and with some texture, under a little noise. Such discs have the edges
// and the 1/f spectrum of a photo (Lee, Mumford and Huang, Occlusion models for natural
// images, 2001).
func Photo(width, height int, seed uint64) [3][]uint8 {
	rng := rand.New(rand.NewPCG(seed, 1))
	var planes [3][]float64
	for c := range planes {
		planes[c] = make([]float64, width*height)
	}
	for range 800 {
		// Radii from 10 to a third of the height, as r⁻³.
		u, least, most := rng.Float64(), 10.0, float64(height)/3
		r := 1 / math.Sqrt(u/(least*least)+(1-u)/(most*most))
		drawDisc(&planes, width, height, r, rng)
	}
	var photo [3][]uint8
	for c, p := range planes {
		photo[c] = make([]uint8, len(p))
		for i, v := range p {
			photo[c][i] = uint8(min(max(v+0.4*rng.NormFloat64(), 0), 255))
		}
	}
	return photo
}

func drawDisc(planes *[3][]float64, width, height int, r float64, rng *rand.Rand) {
	cx, cy := rng.Float64()*float64(width), rng.Float64()*float64(height)
	gray := 30 + 190*rng.Float64()
	var color [3]float64
	for c := range color {
		color[c] = gray + 25*rng.NormFloat64()
	}
	slopeX, slopeY := 40*rng.NormFloat64()/r, 40*rng.NormFloat64()/r
	texture, wave := 0.5*rng.ExpFloat64(), 0.2+rng.Float64()
	for y := max(0, int(cy-r)); y < min(height, int(cy+r)+1); y++ {
		for x := max(0, int(cx-r)); x < min(width, int(cx+r)+1); x++ {
			dx, dy := float64(x)-cx, float64(y)-cy
			inside := min(max((r-math.Sqrt(dx*dx+dy*dy))/1.5, 0), 1) // edges are soft, as a lens makes them
			shade := slopeX*dx + slopeY*dy + texture*math.Sin(wave*dx)*math.Sin(wave*(dy+0.3*dx))
			for c, p := range planes {
				p[y*width+x] += inside * (color[c] + shade - p[y*width+x])
			}
		}
	}
}

// Map is the feature map of a random 3×3×3 filter with ReLU. The filter's bias makes a share
// of the map zero, from 0 to 1. Samples are from 0 to most, which stands for the map's largest
// value.
func Map(photo [3][]uint8, width int, zeros float64, most int, seed uint64) []uint16 {
	rng := rand.New(rand.NewPCG(seed, 2))
	height := len(photo[0]) / width
	sum := make([]float64, width*height)
	for _, plane := range photo {
		for dy := -1; dy <= 1; dy++ {
			for dx := -1; dx <= 1; dx++ {
				weight := rng.NormFloat64()
				for y := max(0, -dy); y < min(height, height-dy); y++ {
					for x := max(0, -dx); x < min(width, width-dx); x++ {
						sum[y*width+x] += weight * float64(plane[(y+dy)*width+x+dx])
					}
				}
			}
		}
	}
	sorted := slices.Sorted(slices.Values(sum))
	low, high := sorted[int(zeros*float64(len(sorted)-1))], sorted[len(sorted)-1]
	out := make([]uint16, len(sum))
	for i, v := range sum {
		out[i] = uint16(math.RoundToEven(max(v-low, 0) / (high - low) * float64(most)))
	}
	return out
}
