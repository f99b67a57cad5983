package store

import "sync"

// turns are the turns of a pack. They are not inorder.Turns: a turn here can be waited for and
// given up, and Reuse and then Commit may wait for the same one. The pack holds its lock for
// each call.
type turns struct {
	changed sync.Cond
	lowest  int          // that has not ended
	ended   map[int]bool // turns above it that have
}

// init sets the pack's lock.
func (t *turns) init(lock sync.Locker) {
	t.changed.L, t.ended = lock, map[int]bool{}
}

// await waits for a turn, or until the condition no longer holds.
func (t *turns) await(turn int, while func() bool) {
	for t.lowest < turn && while() {
		t.changed.Wait()
	}
}

// end ends a turn.
func (t *turns) end(turn int) {
	if turn < t.lowest {
		return
	}
	t.ended[turn] = true
	for t.ended[t.lowest] {
		delete(t.ended, t.lowest)
		t.lowest++
	}
	t.wake()
}

// wake makes all waiting goroutines test their conditions again.
func (t *turns) wake() { t.changed.Broadcast() }
