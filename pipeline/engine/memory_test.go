package engine

import (
	"context"
	"errors"
	"testing"
)

// TestMemoryHasRoomForTheProgram admits what a budget leaves for pictures, and a byte more.
func TestMemoryHasRoomForTheProgram(t *testing.T) {
	for _, c := range []struct{ need, total int64 }{
		{1, 1}, {3, 3}, {4, 5}, {3 << 20, 4<<20 - 1}, {48 << 20, 64<<20 - 1}, {48<<20 + 1, 64<<20 + 1}, {1 << 30, 1<<30 + 16<<20},
	} {
		if got := Budget(c.need); got != c.total {
			t.Errorf("%d bytes need a budget of %d, want %d", c.need, got, c.total)
		}
		m := NewMemory(c.total, 0)
		release, err := m.Admit(context.Background(), c.need)
		if err != nil {
			t.Fatalf("%d of %d bytes: %v", c.need, c.total, err)
		}
		release()
		left := c.total - Own(c.total)
		if _, err := m.Admit(context.Background(), left+1); err == nil || left < c.need {
			t.Errorf("a budget of %d has %d bytes for pictures: %v", c.total, left, err)
		} else if e, ok := errors.AsType[*MemoryError](err); !ok || e.Total != c.total || e.Need <= c.total {
			t.Errorf("a budget of %d: %v", c.total, err)
		}
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
