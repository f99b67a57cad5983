package stats

import (
	"math"

	"filterbank/filters/volume"
)

// Positions are places of a map at which all filters of a layer are compared. They are
// scattered over the map and depend on the map's size only.
type Positions struct {
	columns []int // in ascending order, row after row
	rows    []int // rows[y] is the number of places above row y
}

// NewPositions chooses at most n places of maps of h×w, or all places if there are no more
// than n. A place lies anywhere in its cell of a grid, so that no regular pattern in a
// picture coincides with the places.
func NewPositions(h, w, n int) Positions {
	p := Positions{rows: make([]int, h+1)}
	down := min(h, max(1, int(math.Sqrt(float64(n)))))
	across := min(w, max(1, n/down))
	down = min(h, max(1, n/across)) // a narrow map gets more rows
	seed := uint64(1)
	for i := range down {
		top, bottom := i*h/down, (i+1)*h/down
		at := make(map[int][]int, across)
		for j := range across {
			left, right := j*w/across, (j+1)*w/across
			seed = scatter(seed)
			y := top + int(seed>>33)%(bottom-top)
			at[y] = append(at[y], left+int(seed&math.MaxInt32)%(right-left))
		}
		for y := top; y < bottom; y++ {
			p.columns = append(p.columns, at[y]...)
			p.rows[y+1] = len(p.columns)
		}
	}
	return p
}

// scatter hashes x: it is the finaliser of SplitMix64 (Steele, Lea and Flood, Fast
// Splittable Pseudorandom Number Generators, 2014), applied to the state after x.
func scatter(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// Len is the number of places.
func (p *Positions) Len() int { return len(p.columns) }

// Sample holds the values of all filters of a layer at the positions in a picture's maps.
type Sample struct {
	positions Positions
	filters   int
	values    []float32 // place after place
}

// NewSample returns an empty sample of a number of filters.
func NewSample(p Positions, filters int) *Sample {
	return &Sample{p, filters, make([]float32, p.Len()*filters)}
}

// AddRows takes rows of a map. Values that are not finite count as 0. Calls for different
// channels may be concurrent.
func (s *Sample) AddRows(rows volume.Rows, channel int) {
	for i := range rows.N {
		y := rows.Y + i
		from, to := s.positions.rows[y], s.positions.rows[y+1]
		if from == to {
			continue
		}
		row := rows.Row(channel, i)
		for p := from; p < to; p++ {
			v := row[s.positions.columns[p]]
			if v-v != 0 {
				v = 0
			}
			s.values[p*s.filters+channel] = v
		}
	}
}

// correlation gathers the correlations between the filters of a layer.
type correlation struct {
	filters  int
	n        uint64
	shift    []float64 // each filter's first value; subtracting it from all values avoids cancellation
	sums     []float64
	products []float64 // of each pair, the upper triangle row after row; made with the first sample
	firing   []uint64  // number of values other than 0
	row      []float64 // scratch
}

func newCorrelation(filters int) *correlation {
	return &correlation{
		filters: filters, sums: make([]float64, filters),
		firing: make([]uint64, filters), row: make([]float64, filters),
	}
}

// add takes a sample. The sums are rounded, so the order of the samples matters.
func (c *correlation) add(s *Sample) {
	for at := 0; at < len(s.values); at += c.filters {
		values := s.values[at : at+c.filters]
		if c.shift == nil {
			c.shift, c.products = make([]float64, c.filters), make([]float64, c.filters*(c.filters+1)/2)
			for i, v := range values {
				c.shift[i] = float64(v)
			}
		}
		for i, v := range values {
			c.row[i] = float64(v) - c.shift[i]
			c.sums[i] += c.row[i]
			if v != 0 {
				c.firing[i]++
			}
		}
		c.n++
		products := c.products
		for i, a := range c.row {
			if a != 0 {
				for j, b := range c.row[i:] {
					products[j] += float64(a * b)
				}
			}
			products = products[c.filters-i:]
		}
	}
}

// covariance is n² times the covariance of the filters i ≤ j.
func (c *correlation) covariance(i, j int) float64 {
	if c.n == 0 {
		return 0
	}
	at := i*c.filters - i*(i-1)/2 + j - i
	return float64(float64(c.n)*c.products[at]) - float64(c.sums[i]*c.sums[j])
}

// between is Pearson's correlation of the filters i ≤ j, from −1 to 1. ok is false if one of
// them has the same value at nearly all places, since chance would then decide.
func (c *correlation) between(i, j int) (r float64, ok bool) {
	a, b := c.covariance(i, i), c.covariance(j, j)
	if min(c.firing[i], c.firing[j]) < leastFiring || !(a > 0 && b > 0) {
		return 0, false
	}
	return clamp(c.covariance(i, j)/(math.Sqrt(a)*math.Sqrt(b)), -1, 1), true
}

// leastFiring is the number of values other than 0 that a filter needs before its
// correlation means anything.
const leastFiring = 16
