package main

import (
	"image"
	"math"
)

// The still life stands on a table at height 0. x is to the right, y up and z away from the
// camera, in units of about 10 cm.
const (
	table = iota
	vase
	pear
	orange
	apple
	stem
)

var (
	lifeEye  = vec{0.1, 2.05, -6.4}
	lifeLamp = unit(vec{-0.62, 0.66, -0.42})
)

// stillLife renders a vase and fruit on a wooden table in the light of a window, by ray marching.
func stillLife() image.Image {
	const w, h = 480, 360
	ahead := unit(vec{0.15, 0.98, 0}.minus(lifeEye))
	right := unit(vec{ahead.z, 0, -ahead.x})
	up := vec{ahead.y * right.z, ahead.z*right.x - ahead.x*right.z, -ahead.y * right.x}
	return paint(w, h, 2, func(x, y float64) light {
		d := unit(ahead.plus(right.times((x - w/2) / 640)).plus(up.times((h/2 - y) / 640)))
		return lifeRay(d, x/w, y/h)
	})
}

// lifeRay follows a ray from the eye through the fraction (fx, fy) of the picture.
func lifeRay(d vec, fx, fy float64) light {
	limit := 30.0
	if d.y < 0 {
		limit = -lifeEye.y / d.y
	}
	for t := 3.5; t < min(limit, 9.5); {
		p := lifeEye.plus(d.times(t))
		dist, what := things(p)
		if dist < 0.0012*t {
			return lifeShade(p, d, what)
		}
		t += dist * 0.85
	}
	wall := rgb(0x8f948c).mix(rgb(0x3f4a4f), smooth(0.05, 1.05, fx+0.35*fy))
	wall = wall.times(0.93 + 0.14*fractal(fx*9, fy*9, 5, 201))
	if limit > 14 {
		return wall
	}
	p := lifeEye.plus(d.times(limit))
	return lifeShade(p, d, table).mix(wall, smooth(11, 14, limit))
}

// things returns the distance to the nearest thing on the table, and the thing.
func things(p vec) (dist float64, what int) {
	dist, what = vaseDistance(p), vase
	for _, next := range [...]struct {
		dist float64
		what int
	}{
		{pearDistance(p.minus(vec{0.55, 0, -0.75})), pear},
		{ball(p, vec{-1.62, 0.5, -0.2}, 0.5), orange},
		{ball(p, vec{-0.72, 0.46, -1.25}, 0.46), orange},
		{appleDistance(p.minus(vec{1.72, 0.5, -0.25})), apple},
		{stick(p, vec{0.53, 1.20, -0.75}, vec{0.64, 1.50, -0.79}, 0.028), stem},
		{stick(p, vec{1.72, 0.80, -0.25}, vec{1.80, 1.12, -0.28}, 0.025), stem},
	} {
		if next.dist < dist {
			dist, what = next.dist, next.what
		}
	}
	return dist, what
}

func ball(p, centre vec, r float64) float64 { return p.minus(centre).length() - r }

// stick is the distance to a rod with round ends.
func stick(p, a, b vec, r float64) float64 {
	ab := b.minus(a)
	t := min(max(p.minus(a).dot(ab)/ab.dot(ab), 0), 1)
	return p.minus(a.plus(ab.times(t))).length() - r
}

// blend is the smaller of two distances with the crease between them filled (I. Quilez, smooth
// minimum, polynomial).
func blend(a, b, k float64) float64 {
	h := max(k-math.Abs(a-b), 0) / k
	return min(a, b) - h*h*k/4
}

func pearDistance(p vec) float64 {
	return blend(ball(p, vec{0, 0.46, 0}, 0.46), ball(p, vec{0.02, 1.02, 0}, 0.20), 0.42)
}

func appleDistance(p vec) float64 {
	dimple := 0.16 * math.Exp(-(p.x*p.x+p.z*p.z)*22)
	if p.y < 0 {
		dimple = 0
	}
	return p.length() - 0.52 + dimple
}

// vaseDistance is the distance to a surface of revolution. It is shorter than the true distance
// because the outline leans.
func vaseDistance(p vec) float64 {
	r := math.Hypot(p.x+0.35, p.z-0.55)
	y := p.y
	outline := 0.42 + 0.38*math.Sin(min(max(y, 0), 2.1)*1.75) - 0.07*y
	outline += 0.22 * smooth(1.75, 2.25, y)
	d := (r - outline) * 0.72
	hollow := (outline - 0.07 - r) * 0.72
	if y > 1.5 {
		d = max(d, hollow)
	}
	return max(d, y-2.3, -y)
}

// lifeShade is the light from a point back along the ray d.
func lifeShade(p, d vec, what int) light {
	const e = 0.002
	n := vec{0, 1, 0}
	if what != table {
		at := func(q vec) float64 { dist, _ := things(q); return dist }
		n = unit(vec{
			at(p.plus(vec{x: e})) - at(p.plus(vec{x: -e})),
			at(p.plus(vec{y: e})) - at(p.plus(vec{y: -e})),
			at(p.plus(vec{z: e})) - at(p.plus(vec{z: -e})),
		})
	}
	base, n, gloss := surface(p, n, what)
	sun := max(0, n.dot(lifeLamp))
	if sun > 0 {
		sun *= unshadowed(p.plus(n.times(0.01)))
	}
	open := openness(p, n)
	c := base.tinted(light{2.1, 1.85, 1.5}.times(sun).plus(light{0.34, 0.40, 0.48}.times(open * (0.7 + 0.3*n.y))))
	c = c.plus(base.tinted(light{0.20, 0.12, 0.06}).times(max(0, -n.y) + 0.15)) // from the wood below
	half := unit(lifeLamp.minus(d))
	shine := math.Pow(max(0, n.dot(half)), 70) * sun * gloss
	return filmic(c.plus(light{1, 0.97, 0.9}.times(shine)))
}

// unshadowed is the share of the window that a point sees (I. Quilez, soft shadows).
func unshadowed(p vec) float64 {
	clear := 1.0
	for t := 0.03; t < 5; {
		dist, _ := things(p.plus(lifeLamp.times(t)))
		clear = min(clear, 0.5+7*dist/t)
		if clear <= 0 {
			return 0
		}
		t += max(dist*0.8, 0.03)
	}
	return smooth(0, 1, clear)
}

// openness is the free space around a point, from five steps along its normal.
func openness(p, n vec) float64 {
	closed, weight := 0.0, 1.0
	for i := range 5 {
		h := 0.03 + 0.14*float64(i)
		q := p.plus(n.times(h))
		dist, _ := things(q)
		closed += weight * max(0, h-min(dist, q.y+0.001))
		weight *= 0.72
	}
	return max(0.1, 1-0.95*closed)
}

// filmic compresses bright values instead of cutting them.
func filmic(c light) light {
	roll := func(v float64) float64 { return 1 - math.Exp(-1.25*v) }
	return light{roll(c.r), roll(c.g), roll(c.b)}
}
