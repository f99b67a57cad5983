package kernel

import (
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func TestSelect(t *testing.T) {
	names := Names()
	if names[len(names)-1] != "generic" {
		t.Errorf("kernels %v do not end with generic", names)
	}
	for _, name := range names {
		if k, err := Select(name); err != nil || k.String() != name {
			t.Errorf("Select(%q) = %v, %v", name, k, err)
		}
	}
	if k, err := Select(""); err != nil || k != Best() || k.String() != names[0] {
		t.Errorf("the default is %v (%v), want the first of %v", k, err, names)
	}
	_, err := Select("sse9")
	if want := `no kernel "sse9", it has ` + strings.Join(names, ", "); err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("got %v, want …%s", err, want)
	}
}

// TestExpectedKernel asks the operating system what the processor has, so that a
// detection that fails does not pass for a slow machine.
func TestExpectedKernel(t *testing.T) {
	var want []string
	switch {
	case pureGo:
	case runtime.GOARCH == "arm64":
		want = []string{"neon"}
	case runtime.GOARCH == "amd64":
		info, err := os.ReadFile("/proc/cpuinfo")
		if err != nil {
			t.Skip(err)
		}
		flags := strings.Fields(string(info))
		if slices.Contains(flags, "avx512f") {
			want = append(want, "avx512")
		}
		if slices.Contains(flags, "avx2") && slices.Contains(flags, "fma") {
			want = append(want, "avx2")
		}
	}
	if want = append(want, "generic"); !slices.Equal(Names(), want) {
		t.Fatalf("kernels %v, want %v", Names(), want)
	}
	for _, name := range want[:len(want)-1] {
		k, err := Select(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range []Size{{1, 9, 100, 1, 100}, {64, 576, 100, 1, 100}, {64, 576, 10, 3, 100}} {
			if k.Layout(s) == Scalar {
				t.Errorf("%s leaves %+v to plain Go", name, s)
			}
		}
	}
}
