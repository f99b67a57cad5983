package engine

import (
	"context"
	"testing"
)

// TestBorrow borrows workers up to the number of free ones, the number asked for and the
// memory, and gives them back.
func TestBorrow(t *testing.T) {
	for _, c := range []struct {
		free, most         int
		memory, held, each int64 // bytes for pictures
		want               int
	}{
		{free: 0, most: 3, want: 0},
		{free: 2, most: 3, each: 10, want: 2},
		{free: 5, most: 3, each: 10, want: 3},
		{free: 5, most: 0, each: 10, want: 0},
		{free: 5, most: 5, memory: 100, held: 65, each: 10, want: 3},
	} {
		s := &Shared{Memory: NewMemory(Budget(c.memory), 0)}
		s.Give(c.free)
		if _, err := s.Memory.Admit(context.Background(), c.held); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			n, giveBack := s.Borrow(c.most, c.each)
			if left := s.free.Load(); n != c.want || left != int64(c.free-n) {
				t.Errorf("%+v: took %d and left %d", c, n, left)
			}
			giveBack()
		}
	}
}
