package noun

import "testing"

func TestCount(t *testing.T) {
	for n, want := range []string{"0 bytes", "1 byte", "2 bytes"} {
		if got := Count(n, "byte"); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}
