package main

import "math"

// hash is a number in [0, 1) that depends only on a lattice point and a seed. It uses the
// finaliser of MurmurHash3.
func hash(x, y int, seed uint32) float64 {
	h := uint32(x)*0x85ebca6b ^ uint32(y)*0xc2b2ae35 ^ seed*0x9e3779b9
	h ^= h >> 16
	h *= 0x85ebca6b
	h ^= h >> 13
	h *= 0xc2b2ae35
	h ^= h >> 16
	return float64(h>>8) / (1 << 24)
}

// noise is value noise in [0, 1) with one knot per unit. It is smooth to the second derivative
// (K. Perlin, Improving Noise, 2002, has the quintic).
func noise(x, y float64, seed uint32) float64 {
	fx, fy := math.Floor(x), math.Floor(y)
	ix, iy := int(fx), int(fy)
	u, v := quintic(x-fx), quintic(y-fy)
	top := hash(ix, iy, seed)*(1-u) + hash(ix+1, iy, seed)*u
	bottom := hash(ix, iy+1, seed)*(1-u) + hash(ix+1, iy+1, seed)*u
	return top*(1-v) + bottom*v
}

func quintic(t float64) float64 { return t * t * t * (t*(6*t-15) + 10) }

// fractal sums octaves of noise. Each has twice the frequency and half the amplitude of the
// octave before, and is turned against it so that no lattice shows. The result is in [0, 1)
// with mean ½.
func fractal(x, y float64, octaves int, seed uint32) float64 {
	sum, amplitude, total := 0.0, 0.5, 0.0
	for range octaves {
		sum += amplitude * noise(x, y, seed)
		total += amplitude
		amplitude *= 0.5
		x, y = 1.6*x-1.2*y+17.3, 1.2*x+1.6*y+9.1
		seed++
	}
	return sum / total
}

// cell finds the nearest of random points, one per unit square: its distance, the distance of
// the second nearest, and its place (S. Worley, A Cellular Texture Basis Function, 1996).
func cell(x, y float64, seed uint32) (d1, d2, px, py float64) {
	ix, iy := int(math.Floor(x)), int(math.Floor(y))
	d1, d2 = 9, 9 // squared until the end
	for j := iy - 1; j <= iy+1; j++ {
		for i := ix - 1; i <= ix+1; i++ {
			qx, qy := float64(i)+hash(i, j, seed), float64(j)+hash(i, j, seed+1)
			d := (qx-x)*(qx-x) + (qy-y)*(qy-y)
			switch {
			case d < d1:
				d1, d2, px, py = d, d1, qx, qy
			case d < d2:
				d2 = d
			}
		}
	}
	return math.Sqrt(d1), math.Sqrt(d2), px, py
}

// own is a number in [0, 1) for the cell whose point cell has found.
func own(px, py float64, seed uint32) float64 {
	return hash(int(math.Floor(px)), int(math.Floor(py)), seed)
}
