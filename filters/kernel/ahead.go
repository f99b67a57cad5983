package kernel

import "unsafe"

// Ahead is memory that will be read after the current rows: Len values of each of
// Channels channels, ChannelStride apart. Reading a line that is not in the cache takes
// as long as many sums, and processors foresee only long runs of addresses. The zero
// value is no memory.
type Ahead struct {
	Data          []float32
	Channels, Len int
	ChannelStride int

	addresses []uintptr // one a tile, of memory that is fetched but not read
	lines     int       // cache lines from each address on
	taken     int       // addresses so far
	weights   []uintptr // scratch memory
}

const lineBytes = 4 * Align

// tapsPerLine is how many taps of a tile must run for each line that the tile fetches, so
// that the fetch is worth its cost: about a hundred cycles of sums.
const tapsPerLine = 8

// plan spreads the memory over so many tiles of so many taps.
func (a *Ahead) plan(tiles, taps int) {
	a.addresses, a.taken = a.addresses[:0], 0
	if a.Len == 0 || tiles < a.Channels {
		return
	}
	pieces := tiles / a.Channels
	a.lines = ceilDiv(ceilDiv(4*a.Len, lineBytes)+1, pieces)
	if a.lines*tapsPerLine > taps {
		return
	}
	for c := range a.Channels {
		first := uintptr(unsafe.Pointer(&a.Data[c*a.ChannelStride]))
		for i := range pieces {
			// Addresses behind the channel's end start again at its beginning.
			a.addresses = append(a.addresses, first+uintptr(i*a.lines*lineBytes)%uintptr(4*a.Len))
		}
	}
	for len(a.addresses) < tiles {
		a.addresses = append(a.addresses, a.addresses[0])
	}
}

// manyWeights is the bytes of a layer's weights from which on they are fetched ahead. Fewer stay in
// the second-level cache between bands, and fetching takes 5% of the time of a layer of 7×7 outputs.
const manyWeights = 512 << 10

// follow spreads the weights of the next block over so many tiles with filters in the lanes. Tiles of
// too few taps do not fetch their last lines.
func (a *Ahead) follow(weights []float32, tiles int) {
	a.addresses, a.lines = spread(a.addresses[:0], weights, tiles)
	a.taken = 0
}

// spread appends the addresses at which so many tiles begin to fetch weights, each the same number
// of lines.
func spread(list []uintptr, weights []float32, tiles int) (addresses []uintptr, lines int) {
	lines = ceilDiv(ceilDiv(4*len(weights), lineBytes), tiles)
	first := uintptr(unsafe.Pointer(&weights[0]))
	for i := range tiles {
		list = append(list, first+uintptr(i*lines*lineBytes))
	}
	return list, lines
}

// take gives the addresses for the next tiles.
func (a *Ahead) take(tiles int) (list *uintptr, lines int) {
	if len(a.addresses) == 0 {
		return nil, 0
	}
	list = &a.addresses[a.taken]
	a.taken += tiles
	return list, a.lines
}
