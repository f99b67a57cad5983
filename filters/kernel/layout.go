package kernel

// Layout says which outputs share a vector.
type Layout int

// With Pixels, neighbouring outputs read neighbouring values for any stride of the layer:
// rows of the input are split into as many phases as the stride. With other layouts,
// neighbouring outputs read values that are the stride apart.
const (
	Scalar  Layout = iota // plain Go
	Pixels                // neighbouring outputs of a row
	Filters               // filters
	Triples               // filters, in blocks of up to three vectors; only for rows and a stride as triples says
)

// Layouts is the number of layouts.
const Layouts = int(Triples) + 1

// inLanes says whether filters share a vector.
func (l Layout) inLanes() bool { return l >= Filters }

// Size is the input to the choice of a layout.
type Size struct {
	Filters int // of a group
	Taps    int // of a filter
	Width   int // outputs in a row
	Stride  int // horizontal
	Fresh   int // input values of a group that a row of outputs reads and the row before did not
}

// Slack is the number of floats behind the last needed one that a loop may read and
// ignore.
const Slack = 256

// Layout chooses the faster layout.
func (k *Kernel) Layout(s Size) Layout {
	switch {
	case k.lanes == 0:
		return Scalar
	case k.filters.unit == nil || mostOutputs*s.Stride > Slack:
		return Pixels
	case k.filterCost(s) < k.pixelCost(s):
		if s.Taps >= manyTaps && k.triples(s.Width, s.Stride) {
			return Triples
		}
		return Filters
	}
	return Pixels
}

// manyTaps is the number of taps from which on blocks of three vectors are faster than blocks of
// two. With 64 taps they are slower by 5%, with 256 as fast.
const manyTaps = 256

// triples says whether there are tiles of three vectors of filters for rows of so many outputs.
// They have three or four outputs.
func (k *Kernel) triples(width, stride int) bool {
	return len(k.filters.unit) == 3 && stride == 1 && width > 2 && width != 5
}

// Blocks is the number of sets into which a group's filters are divided. Each reads the input
// anew.
func (k *Kernel) Blocks(layout Layout, filters int) int {
	switch layout {
	case Pixels:
		return ceilDiv(filters, len(k.pixels))
	case Filters:
		return ceilDiv(filters, 2*k.lanes)
	case Triples:
		return ceilDiv(filters, 3*k.lanes)
	}
	return filters
}

// mostOutputs bounds the outputs of a tile with filters in the lanes.
const mostOutputs = 16

// Costs are in multiply-adds of a vector, as measured on Zen 5. Storing a tile costs as
// much as a constant number of taps, which is larger if the tile is transposed.

func (k *Kernel) pixelCost(s Size) float64 {
	vectors := ceilDiv(s.Width, k.lanes)
	sums := float64(s.Filters * vectors)
	cost := sums * float64(s.Taps+4) * 1.02 // two thirds of the loads or more cross cache lines
	if vectors%2 == 1 {
		single := 0.15 // a tile of one vector is bound by its broadcasts
		if k.lanes == 8 && s.Filters > 1 {
			single = 0.33 // and by the latency of its few FMAs
		}
		cost *= 1 + single/float64(vectors)
	}
	if sums < 8 { // too few to hide the latency of an FMA
		cost *= 8 / sums
	}
	switch {
	case s.Stride == 2 && s.Filters == 1 && k.split != nil:
		cost += float64(s.Fresh) / 4 // splitting rows into phases, by vectors
	case s.Stride > 1:
		cost += 2 * float64(s.Fresh) // value by value
	}
	return cost
}

func (k *Kernel) filterCost(s Size) float64 {
	vectors := min(2, ceilDiv(s.Filters, k.lanes))
	sums := float64(min(s.Width, len(k.filters.unit[vectors-1])) * vectors) // of a tile
	cost := float64(s.Width*ceilDiv(s.Filters, k.lanes)) * float64(s.Taps+12)
	if k.lanes == 8 {
		cost *= 1.03 // tiles are stored in halves
	}
	return cost * max(1, 8/sums) // too few do not hide the latency of an FMA
}
