package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// Lessons are the pictures that the network of net.yaml learns from. A lesson has a few fields with
// straight borders. Each field has a pattern in two colours. The network learns to tell the
// pattern and the hue at every place.
const (
	lessonSide  = 48
	lessonCount = 3000
	untold      = 255 // a place whose pattern or hue is not asked for
)

// The patterns of fields, and border, which is where two fields meet. The four kinds of stripes
// have the names of the starter stack's directions.
const (
	plain = iota
	vertical
	rising
	horizontal
	falling
	checks
	dots
	grain
	border
)

// field is a part of a lesson: all points that are nearer to its place than to another's.
type field struct {
	x, y         float64
	pattern, hue int
	ground, mark light
	cos, sin     float64 // of the direction across the stripes
	length       float64 // of a period, in pixels
	phase, sharp float64
	seed         uint32
}

// writeLessons writes the pictures, N×3×48×48 bytes, and what is asked at each place, N×2×48×48
// bytes: the pattern and the hue, or untold.
func writeLessons(dir string) error {
	const plane = lessonSide * lessonSide
	dice := rand.New(rand.NewPCG(7, 11))
	shape := func(channels int) string {
		return fmt.Sprintf("%d, %d, %d, %d", lessonCount, channels, lessonSide, lessonSide)
	}
	pictures, answers := npyHeader("|u1", shape(3)), npyHeader("|u1", shape(2))
	for range lessonCount {
		fields := layOut(dice)
		img := paint(lessonSide, lessonSide, 3, func(x, y float64) light {
			first, _, _ := owner(fields, x, y)
			return first.at(x, y)
		})
		var planes [5][plane]byte
		for i := range plane {
			x, y := i%lessonSide, i/lessonSide
			at := img.RGBAAt(x, y)
			planes[0][i], planes[1][i], planes[2][i] = at.R, at.G, at.B
			planes[3][i], planes[4][i] = answer(fields, float64(x)+0.5, float64(y)+0.5)
		}
		for c := range 3 {
			pictures = append(pictures, planes[c][:]...)
		}
		answers = append(append(answers, planes[3][:]...), planes[4][:]...)
	}
	if err := os.WriteFile(filepath.Join(dir, "lessons.npy"), pictures, 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "answers.npy"), answers, 0o644)
}

// layOut throws the dice for the fields of a lesson.
func layOut(dice *rand.Rand) []field {
	fields := make([]field, 2+dice.IntN(3))
	for i := range fields {
		f := &fields[i]
		f.x, f.y = lessonSide*dice.Float64(), lessonSide*dice.Float64()
		f.pattern = dice.IntN(border)
		f.hue, f.ground, f.mark = colours(dice)
		// Directions across stripes: 0° for upright ones, then clockwise, since y is down.
		angle := math.Pi / 4 * float64(f.pattern-vertical)
		if f.pattern > falling {
			angle = 2 * math.Pi * dice.Float64()
		}
		f.sin, f.cos = math.Sincos(angle + (2*dice.Float64()-1)*math.Pi/12)
		f.length = 3.5 * math.Pow(3, dice.Float64())
		f.phase = 2 * math.Pi * dice.Float64()
		f.sharp = 1 + 4*dice.Float64()*dice.Float64()
		f.seed = dice.Uint32()
	}
	return fields
}

// colours are a hue, a colour that has it, and a second colour that differs from the first.
// The hue is untold if they do not agree on it.
func colours(dice *rand.Rand) (hue int, ground, mark light) {
	hue = dice.IntN(7)
	ground = shade(dice, hue)
	other := hue
	if dice.IntN(2) == 0 {
		other = dice.IntN(7)
	}
	for {
		mark = shade(dice, other)
		if math.Abs(encoded(mark.r)-encoded(ground.r))+math.Abs(encoded(mark.g)-encoded(ground.g))+math.Abs(encoded(mark.b)-encoded(ground.b)) > 0.45 {
			break
		}
	}
	if other != hue {
		hue = untold
	}
	return hue, ground, mark
}

// shade is a random colour of one of seven hues: gray, red, yellow, green, cyan, blue, magenta.
func shade(dice *rand.Rand, hue int) light {
	bright := 0.15 + 0.85*dice.Float64()
	if hue == 0 {
		v := linear(bright)
		return light{v, v, v}
	}
	angle := (float64(hue-1) + 0.5*(dice.Float64()-0.5)) * math.Pi / 3
	full := 0.35 + 0.65*dice.Float64()
	channel := func(shift float64) float64 {
		distance := math.Abs(math.Remainder(angle-shift, 2*math.Pi)) * 3 / math.Pi // 0 to 3
		return linear(bright * (1 - full*min(max(distance-1, 0), 1)))
	}
	return light{channel(0), channel(2 * math.Pi / 3), channel(4 * math.Pi / 3)}
}

// owner is the field at a point, and how far the point is from the border with the next one, in
// pixels.
func owner(fields []field, x, y float64) (first, second *field, distance float64) {
	d1, d2 := math.Inf(1), math.Inf(1)
	for i := range fields {
		f := &fields[i]
		switch d := math.Hypot(x-f.x, y-f.y); {
		case d < d1:
			d1, d2, first, second = d, d1, f, first
		case d < d2:
			d2, second = d, f
		}
	}
	apart := math.Hypot(first.x-second.x, first.y-second.y)
	return first, second, (d2*d2 - d1*d1) / (2 * max(apart, 1e-6))
}

// answer is the pattern and the hue that a lesson has at a point. Near a border neither is asked
// for, and on it the pattern is border.
func answer(fields []field, x, y float64) (pattern, hue byte) {
	first, _, distance := owner(fields, x, y)
	switch {
	case distance < 1:
		return border, untold
	case distance < 3:
		return untold, untold
	}
	return byte(first.pattern), byte(first.hue)
}

// at is the colour of a field at a point.
func (f *field) at(x, y float64) light {
	u, v := x*f.cos+y*f.sin, y*f.cos-x*f.sin
	wave := func(t float64) float64 {
		return math.Tanh(f.sharp*math.Sin(2*math.Pi*t/f.length+f.phase)) / math.Tanh(f.sharp)
	}
	mark := 0.0
	switch f.pattern {
	case vertical, rising, horizontal, falling:
		mark = 0.5 + 0.5*wave(u)
	case checks:
		mark = 0.5 + 0.5*wave(u)*wave(v)
	case dots:
		du, dv := mod(u/f.length, 1)-0.5, mod(v/f.length, 1)-0.5
		mark = smooth(0.36, 0.24, math.Hypot(du, dv))
	case grain:
		mark = smooth(0.25, 0.75, fractal(2*x/f.length, 2*y/f.length, 2, f.seed))
	}
	return f.ground.mix(f.mark, mark)
}
