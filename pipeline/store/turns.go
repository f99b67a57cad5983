package store

import "sync"

// turns are the turns of a pack. They are not inorder.Turns: a turn here can be waited for and
// given up, and Reuse and then Commit may wait for the same one. The pack holds its lock for
// each call.
type turns struct {
	lock    sync.Locker
	lowest  int                // that has not ended
	ended   map[int]bool       // turns above it that have
	waiting map[int]*sync.Cond // turns that are waited for
}

// init sets the pack's lock.
func (t *turns) init(lock sync.Locker) {
	t.lock, t.ended, t.waiting = lock, map[int]bool{}, map[int]*sync.Cond{}
}

// await waits for a turn, or until the condition no longer holds. One goroutine waits for a turn
// at a time.
func (t *turns) await(turn int, while func() bool) {
	if t.lowest >= turn || !while() {
		return
	}
	begun := sync.NewCond(t.lock)
	t.waiting[turn] = begun
	for t.lowest < turn && while() {
		begun.Wait()
	}
	delete(t.waiting, turn)
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
	if begun := t.waiting[t.lowest]; begun != nil {
		begun.Signal()
	}
}

// wake makes all waiting goroutines test their conditions again.
func (t *turns) wake() {
	for _, begun := range t.waiting {
		begun.Signal()
	}
}
