package main

import (
	"fmt"
	"strings"
)

// matrices are the files of the samples that are arrays of whole numbers.
var matrices = [...]struct {
	name string
	make func() []byte
}{
	{"seven.csv", seven},
	{"volume.npy", cube},
}

// seven is the input of strides.yaml: 7×7 small numbers as text.
func seven() []byte {
	var out strings.Builder
	out.WriteString("# 7×7 numbers for strides.yaml\n")
	for y := range 7 {
		for x := range 7 {
			if x > 0 {
				out.WriteByte(',')
			}
			fmt.Fprint(&out, (x*x+y*y+x*y)%5)
		}
		out.WriteByte('\n')
	}
	return []byte(out.String())
}

// cube is the input of volumes.yaml, 3×32×32 bytes: a ramp to the right, a ramp downward, and a
// checkerboard.
func cube() []byte {
	const side = 32
	var planes [3][]byte
	for y := range side {
		for x := range side {
			planes[0] = append(planes[0], byte(8*x))
			planes[1] = append(planes[1], byte(8*y))
			planes[2] = append(planes[2], byte(255*((x/4+y/4)%2)))
		}
	}
	out := npyHeader("|u1", "3, 32, 32")
	for _, p := range planes {
		out = append(out, p...)
	}
	return out
}
