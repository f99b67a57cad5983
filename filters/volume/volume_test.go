package volume

import "testing"

// TestNewOfManyPages: a volume of several large pages, wherever it begins, is of zeros and keeps
// what is written to it.
func TestNewOfManyPages(t *testing.T) {
	for _, width := range []int{1 << 10, 1<<10 + 16, 3 << 10} {
		v, err := New(Shape{C: 3, H: 512, W: width})
		if err != nil {
			t.Fatal(err)
		}
		for i, x := range v.Data {
			if x != 0 {
				t.Fatalf("value %d of a new volume is %v", i, x)
			}
			v.Data[i] = float32(i % 1000)
		}
		for i, x := range v.Data {
			if x != float32(i%1000) {
				t.Fatalf("value %d is %v, want %d", i, x, i%1000)
			}
		}
	}
}
