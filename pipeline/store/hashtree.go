package store

import (
	"fmt"
	"math/bits"
	"sync"

	"lukechampine.com/blake3/guts"
)

// hashTree computes the BLAKE3 digest of bytes that come in any order. Every byte comes once.
//
// BLAKE3 is a binary tree over chunks of 1 KiB: sections 2.1 and 2.4 of
// https://github.com/BLAKE3-team/BLAKE3-specs. A full subtree depends on its own bytes and
// on their place alone. So leaves of 16 chunks, which the library computes side by side, are
// computed as their bytes come. Two neighbours become their parent, as in a binary counter.
//
// Several goroutines may write at a time. The zero value is ready.
type hashTree struct {
	mu    sync.Mutex
	size  int64 // number of bytes so far
	parts map[int64]*leaf
	nodes map[place]guts.Node // full subtrees whose neighbour is not full yet
	free  []*leaf             // of parts, for use again
}

// leafBytes is the size of a leaf.
const leafBytes = guts.MaxSIMD * guts.ChunkSize

// leaf is a leaf of which some bytes have come.
type leaf struct {
	n    int // number of them
	data [leafBytes]byte
}

// place is the place of a subtree of 2^level leaves: the index-th of its level.
type place struct {
	level int
	index int64
}

// Write takes bytes that follow all earlier ones. It never fails.
func (t *hashTree) Write(p []byte) (int, error) { return t.WriteAt(p, t.size) }

// WriteAt takes the bytes at an offset. It never fails.
func (t *hashTree) WriteAt(p []byte, at int64) (int, error) {
	size := len(p)
	for len(p) > 0 {
		index, from := at/leafBytes, int(at%leafBytes)
		n := min(len(p), leafBytes-from)
		if n == leafBytes {
			t.add(index, (*[leafBytes]byte)(p))
		} else if l := t.gather(index, from, p[:n]); l != nil {
			t.add(index, &l.data)
			t.release(l)
		}
		p, at = p[n:], at+int64(n)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.size += int64(size)
	return size, nil
}

// gather copies a part of a leaf, and returns the leaf once it is full.
func (t *hashTree) gather(index int64, from int, p []byte) *leaf {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.parts[index]
	if l == nil {
		l = t.empty()
		t.parts[index] = l
	}
	l.n += copy(l.data[from:], p)
	if l.n < leafBytes {
		return nil
	}
	delete(t.parts, index)
	return l
}

// empty returns a leaf without bytes.
func (t *hashTree) empty() *leaf {
	if t.parts == nil {
		t.parts = map[int64]*leaf{}
	}
	n := len(t.free)
	if n == 0 {
		return new(leaf)
	}
	l := t.free[n-1]
	t.free = t.free[:n-1]
	return l
}

func (t *hashTree) release(l *leaf) {
	t.mu.Lock()
	defer t.mu.Unlock()
	l.n, t.free = 0, append(t.free, l)
}

// add takes a full leaf.
func (t *hashTree) add(index int64, data *[leafBytes]byte) {
	node := compress(index, data, leafBytes)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.nodes == nil {
		t.nodes = map[place]guts.Node{}
	}
	for at := (place{0, index}); ; at = (place{at.level + 1, at.index >> 1}) {
		beside := place{at.level, at.index ^ 1}
		neighbour, full := t.nodes[beside]
		if !full {
			t.nodes[at] = node
			return
		}
		delete(t.nodes, beside)
		if at.index&1 == 0 {
			node = parent(node, neighbour)
		} else {
			node = parent(neighbour, node)
		}
	}
}

// compress returns the node of the first n bytes of a leaf.
func compress(index int64, data *[leafBytes]byte, n int) guts.Node {
	return guts.CompressBuffer(data, n, &guts.IV, uint64(index)*guts.MaxSIMD, 0)
}

func parent(left, right guts.Node) guts.Node {
	return guts.ParentNode(guts.ChainingValue(left), guts.ChainingValue(right), &guts.IV, 0)
}

// sum returns the digest in hexadecimal. It is an error if the bytes are not all of a file of
// size bytes, each of them once.
func (t *hashTree) sum(size int64) (string, error) {
	leaves, rest := size/leafBytes, int(size%leafBytes)
	var nodes []guts.Node // from the end of the file to its beginning
	behind := 0           // number of bytes in the last leaf
	if last := t.parts[leaves]; last != nil {
		behind = last.n
		nodes = append(nodes, compress(leaves, &last.data, behind))
	}
	whole := t.size == size && behind == rest
	for left := leaves; left != 0; left &= left - 1 {
		level := bits.TrailingZeros64(uint64(left))
		node, full := t.nodes[place{level, left>>level - 1}]
		nodes, whole = append(nodes, node), whole && full
	}
	switch {
	case !whole:
		return "", fmt.Errorf("%d bytes were written to a file of %d bytes, some of them twice or none", t.size, size)
	case size == 0:
		nodes = append(nodes, compress(0, new([leafBytes]byte), 0))
	}
	root := nodes[0]
	for _, left := range nodes[1:] {
		root = parent(left, root)
	}
	return rootDigest(root), nil
}

// reset makes the tree ready for other bytes.
func (t *hashTree) reset() {
	for _, l := range t.parts {
		t.free = append(t.free, l)
		l.n = 0
	}
	clear(t.parts)
	clear(t.nodes)
	t.size = 0
}
