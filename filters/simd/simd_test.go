package simd

import (
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func TestSelect(t *testing.T) {
	names := Names()
	for i, s := range Sets() {
		got, err := Select(names[i])
		if err != nil || got != s || got.String() != names[i] {
			t.Errorf("Select(%q) = %v, %v", names[i], got, err)
		}
	}
	if s, err := Select(""); err != nil || s != Fastest || s.String() != names[0] || Best() != Sets()[0] {
		t.Errorf("the default is %v (%v), want the first of %v", s, err, names)
	}
	_, err := Select("sse9")
	if want := `no kernel "sse9", it has ` + strings.Join(names, ", "); err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("got %v, want …%s", err, want)
	}
}

// needed are the features that each set needs, by Linux's names.
var needed = map[Set]string{
	AVX2:   "avx2 fma bmi1 bmi2",
	AVX512: "avx2 fma bmi1 bmi2 avx512f avx512bw avx512dq avx512vl",
}

// flags are the processor's features as the operating system has them.
func flags(t *testing.T) []string {
	t.Helper()
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		t.Skip(err)
	}
	return strings.Fields(string(info))
}

// TestExpectedSets asks the operating system what the processor has, so that a detection
// that fails does not pass for a slow machine.
func TestExpectedSets(t *testing.T) {
	var want []Set
	switch {
	case !assembly:
	case runtime.GOARCH == "arm64":
		want = []Set{NEON}
	case runtime.GOARCH == "amd64":
		has := flags(t)
		for _, s := range []Set{AVX512, AVX2} {
			if !slices.ContainsFunc(strings.Fields(needed[s]), func(f string) bool { return !slices.Contains(has, f) }) {
				want = append(want, s)
			}
		}
		if vnni := slices.Contains(want, AVX512) && slices.Contains(has, "avx512_vnni"); Fastest.VNNI() != vnni {
			t.Errorf("VNNI is %t, want %t", Fastest.VNNI(), vnni)
		}
	}
	if want = append(want, Generic); !slices.Equal(Sets(), want) {
		t.Errorf("sets %v, want %v", Sets(), want)
	}
}

// TestQueries holds that a set allows itself and what lies below it, as far as the
// processor has that, and nothing above.
func TestQueries(t *testing.T) {
	has := func(s Set) bool { return slices.Contains(Sets(), s) }
	for _, c := range []struct {
		set                Set
		avx2, avx512, neon bool
	}{
		{Fastest, has(AVX2), has(AVX512), has(NEON)},
		{Generic, false, false, false},
		{AVX2, has(AVX2), false, false},
		{AVX512, has(AVX2), has(AVX512), false},
		{NEON, false, false, has(NEON)},
	} {
		s := c.set
		if s.AVX2() != c.avx2 || s.AVX512() != c.avx512 || s.NEON() != c.neon || s.VNNI() && !c.avx512 {
			t.Errorf("set %d allows AVX2 %t, AVX-512 %t, VNNI %t, NEON %t; want %t, %t, and %t",
				s, s.AVX2(), s.AVX512(), s.VNNI(), s.NEON(), c.avx2, c.avx512, c.neon)
		}
	}
}

func TestProcessor(t *testing.T) {
	p := Processor()
	if !strings.HasPrefix(p, runtime.GOARCH+" with") {
		t.Errorf("processor is %q, want it to begin with %s", p, runtime.GOARCH)
	}
	if runtime.GOARCH == "amd64" && slices.Contains(flags(t), "avx2") != strings.Contains(p, "AVX2") {
		t.Errorf("processor is %q, which disagrees with /proc/cpuinfo about AVX2", p)
	}
}
