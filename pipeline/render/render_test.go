package render

import "testing"

func TestRangeString(t *testing.T) {
	if got, want := (Range{-0.5, float64(float32(0.1))}).String(), "-0.5 0.10000000149011612"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestZeroLevel(t *testing.T) {
	for r, want := range map[Range]byte{
		{0, 1}: 0, {-1, 1}: 128, {-1, 3}: 64, {-1, 0}: 255, {2, 3}: 0, {-3, -2}: 255, {0, 0}: 0, {5, 5}: 0, {-5, -5}: 0,
	} {
		if got := r.ZeroLevel(); got != want {
			t.Errorf("0 on %v is level %d, want %d", r, got, want)
		}
	}
}
