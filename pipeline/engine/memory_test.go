package engine

import (
	"context"
	"errors"
	"testing"
)

// TestMemoryHasRoomForTheProgram admits what a budget leaves for pictures, and a byte more, with and
// without weights of layers.
func TestMemoryHasRoomForTheProgram(t *testing.T) {
	for _, c := range []struct{ need, total int64 }{
		{1, 1}, {3, 3}, {4, 5}, {3 << 20, 4<<20 - 1}, {48 << 20, 64<<20 - 1}, {48<<20 + 1, 64<<20 + 1}, {1 << 30, 1<<30 + 16<<20},
	} {
		if got := Budget(c.need); got != c.total {
			t.Errorf("%d bytes need a budget of %d, want %d", c.need, got, c.total)
		}
		for _, weights := range []int64{0, 46 << 20} {
			total := c.total + weights
			m := NewMemory(total, 0, weights)
			release, err := m.Admit(context.Background(), c.need)
			if err != nil {
				t.Fatalf("%d of %d bytes: %v", c.need, total, err)
			}
			release()
			left := c.total - Own(c.total)
			if _, err := m.Admit(context.Background(), left+1); err == nil || left < c.need {
				t.Errorf("a budget of %d has %d bytes for pictures: %v", total, left, err)
			} else if e, ok := errors.AsType[*MemoryError](err); !ok || e.Total != total || e.Need <= total {
				t.Errorf("a budget of %d: %v", total, err)
			}
		}
	}
	m := NewMemory(10<<20, 1<<20, 46<<20) // less than the weights
	_, err := m.Admit(context.Background(), 1<<20)
	if e, ok := errors.AsType[*MemoryError](err); !ok || e.Total != 10<<20 || e.Need < 48<<20 || e.Need > 60<<20 {
		t.Errorf("without room for the weights: %v", err)
	}
}

// TestShortage writes megabytes as --max-memory reads them.
func TestShortage(t *testing.T) {
	for _, c := range []struct {
		need, total int64
		want        string
	}{
		{40_000_001, 40_000_000, "about 41 MB of memory and the run may have 40 MB"},
		{64 << 20, 64<<20 - 1, "about 68 MB of memory and the run may have 67 MB"},
	} {
		if got := Shortage(c.need, c.total); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}
