package bank

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// kernels computes a bank or filter and fails the test on an error.
func kernels(t *testing.T, name string, params map[string]float64) []Kernel {
	t.Helper()
	got, err := Kernels(name, params)
	if err != nil {
		t.Fatalf("Kernels(%q, %v): %v", name, params, err)
	}
	return got
}

// kernel is kernels of a name that stands for a single filter.
func kernel(t *testing.T, name string, params map[string]float64) Kernel {
	t.Helper()
	got := kernels(t, name, params)
	if len(got) != 1 {
		t.Fatalf("Kernels(%q, %v) gives %d filters, want 1", name, params, len(got))
	}
	return got[0]
}

// sum adds the weights; in float64 it is exact for the banks' kernels.
func sum(k Kernel) (s float64) {
	for _, w := range k.Weights {
		s += float64(w)
	}
	return s
}

// response correlates a kernel with f, x and y counted from the kernel's middle.
func response(k Kernel, f func(x, y float64) float64) (s float64) {
	for i := range k.H {
		for j := range k.W {
			s += float64(k.Weights[i*k.W+j]) * f(float64(j)-float64(k.W-1)/2, float64(i)-float64(k.H-1)/2)
		}
	}
	return s
}

func TestListing(t *testing.T) {
	want := map[string][]string{
		"box":       {"box"},
		"dct":       numbered("dct-", products(8, 8)...),
		"dog":       {"dog"},
		"emboss":    {"emboss"},
		"frei-chen": numbered("frei-chen-", "1", "2", "3", "4", "5", "6", "7", "8", "9"),
		"gabor":     numbered("gabor-", "000", "023", "045", "068", "090", "113", "135", "158"),
		"gaussian":  {"gaussian"},
		"haar":      numbered("haar-", "ll", "x", "y", "xy"),
		"identity":  {"identity"},
		"kirsch":    numbered("kirsch-", "n", "ne", "e", "se", "s", "sw", "w", "nw"),
		"laplacian": numbered("laplacian-", "4", "8"),
		"laws": numbered("laws-", "l5l5", "l5e5", "l5s5", "l5w5", "l5r5", "e5l5", "e5e5", "e5s5", "e5w5", "e5r5", "s5l5", "s5e5", "s5s5",
			"s5w5", "s5r5", "w5l5", "w5e5", "w5s5", "w5w5", "w5r5", "r5l5", "r5e5", "r5s5", "r5w5", "r5r5"),
		"leung-malik": numbered("leung-malik-", append(edgeAndBarNames(),
			"gaussian-1", "log-1", "log3-1", "gaussian-2", "log-2", "log3-2",
			"gaussian-3", "log-3", "log3-3", "gaussian-4", "log-4", "log3-4")...),
		"log":      {"log"},
		"mr8":      numbered("mr8-", append(edgeAndBarNames(), "gaussian", "log")...),
		"prewitt":  numbered("prewitt-", "x", "y"),
		"roberts":  numbered("roberts-", "045", "135"),
		"robinson": numbered("robinson-", "n", "ne", "e", "se", "s", "sw", "w", "nw"),
		"scharr":   numbered("scharr-", "x", "y"),
		"schmid":   numbered("schmid-", "2-1", "4-1", "4-2", "6-1", "6-2", "6-3", "8-1", "8-2", "8-3", "10-1", "10-2", "10-3", "10-4"),
		"sharpen":  {"sharpen"},
		"sobel":    numbered("sobel-", "x", "y"),
		"steerable": numbered("steerable-", "g1-000", "g1-090", "g2-000", "g2-060", "g2-120",
			"h2-000", "h2-045", "h2-090", "h2-135"),
	}
	var order []string
	for _, b := range Banks() {
		order = append(order, b.Name)
		if got := b.Filters(); !slices.Equal(got, want[b.Name]) {
			t.Errorf("%s has %v, want %v", b.Name, got, want[b.Name])
		}
	}
	if sorted := slices.Sorted(maps.Keys(want)); !slices.Equal(order, sorted) {
		t.Errorf("Banks lists %v, want %v", order, sorted)
	}
}

func numbered(prefix string, endings ...string) (names []string) {
	for _, e := range endings {
		names = append(names, prefix+e)
	}
	return names
}

// products are "a-b" for all a and b below m and n, a the slower.
func products(m, n int) (names []string) {
	for a := range m {
		for b := range n {
			names = append(names, fmt.Sprintf("%d-%d", a, b))
		}
	}
	return names
}

// edgeAndBarNames are in the order of makeLMfilters.m and makeRFSfilters.m.
func edgeAndBarNames() (names []string) {
	for scale := 1; scale <= 3; scale++ {
		names = append(names, numbered(fmt.Sprintf("edge-%d-", scale), "090", "120", "150", "180", "210", "240")...)
	}
	for scale := 1; scale <= 3; scale++ {
		names = append(names, numbered(fmt.Sprintf("bar-%d-", scale), "090", "120", "150", "000", "030", "060")...)
	}
	return names
}

func TestEveryBankIsDescribed(t *testing.T) {
	owner := map[string]string{}
	fits := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	year := regexp.MustCompile(`\b(19|20)\d\d\b`)
	for _, b := range Banks() {
		if b.Title == "" || b.About == "" {
			t.Errorf("%s has no title or no description", b.Name)
		}
		if !year.MatchString(b.Source) && b.Name != "emboss" { // the manual has no year
			t.Errorf("%s: source %q has no year", b.Name, b.Source)
		}
		for _, name := range append(b.Filters(), b.Name) {
			if !fits.MatchString(name) {
				t.Errorf("%s: %q does not fit a file name", b.Name, name)
			}
			if other := owner[name]; other != "" && other != b.Name {
				t.Errorf("%q is in the banks %s and %s", name, other, b.Name)
			}
			owner[name] = b.Name
		}
		for _, p := range b.Params {
			if p.Help == "" || p.Derived == "" && !p.allows(p.Default) || p.Derived != "" && p.Default != 0 {
				t.Errorf("%s: parameter %+v has no help, or a default out of its range", b.Name, p)
			}
		}
	}
}

func TestEveryNameGivesItsFilters(t *testing.T) {
	for _, b := range Banks() {
		all := kernels(t, b.Name, nil)
		for i, k := range all {
			if len(all) > 25 && i%7 != 3 {
				continue // each name computes the whole bank
			}
			one := kernel(t, k.Name, nil)
			if one.Name != k.Name || one.H != k.H || one.W != k.W || !slices.Equal(one.Weights, k.Weights) {
				t.Errorf("Kernels(%q) differs from the filter in bank %s", k.Name, b.Name)
			}
		}
	}
	if names := Names(); !slices.IsSorted(names) || !slices.Contains(names, "sobel") || !slices.Contains(names, "sobel-y") {
		t.Errorf("Names() = %v, want all banks and filters, sorted", names)
	}
}

// TestWeightsAtTheEndsOfEveryRange sets each parameter to both ends of its range. The
// result must be whole kernels or an error that names a parameter, never NaN.
func TestWeightsAtTheEndsOfEveryRange(t *testing.T) {
	for _, b := range Banks() {
		cases := []map[string]float64{nil}
		for _, p := range b.Params {
			least, most := map[string]float64{p.Name: p.Min}, map[string]float64{p.Name: p.Max}
			if _, ok := b.param("size"); ok && p.Name == "orientations" {
				most["size"] = 9 // a thousand large kernels take long
			}
			cases = append(cases, least, most)
		}
		for _, params := range cases {
			got, err := b.Kernels(params)
			if _, isParam := errors.AsType[*ParamError](err); err != nil && !isParam {
				t.Errorf("%s %v: %v is no *ParamError", b.Name, params, err)
			}
			for _, k := range got {
				checkWhole(t, k, got[0])
			}
		}
	}
}

func checkWhole(t *testing.T, k, first Kernel) {
	t.Helper()
	if k.H != first.H || k.W != first.W || len(k.Weights) != k.H*k.W {
		t.Errorf("%s is %d×%d with %d weights, the bank's first filter %d×%d", k.Name, k.H, k.W, len(k.Weights), first.H, first.W)
	}
	for i, w := range k.Weights {
		if v := float64(w); math.IsNaN(v) || math.IsInf(v, 0) || v == 0 && math.Signbit(v) {
			t.Errorf("%s: weight %d is %v", k.Name, i, w)
		}
	}
	if !slices.ContainsFunc(k.Weights, func(w float32) bool { return w != 0 }) {
		t.Errorf("%s is all zero", k.Name)
	}
}

func TestCallersOwnTheWeights(t *testing.T) {
	for _, b := range Banks() {
		before := kernels(t, b.Name, nil)
		for _, k := range kernels(t, b.Name, nil) {
			clear(k.Weights)
		}
		for i, k := range kernels(t, b.Name, nil) {
			if !slices.Equal(k.Weights, before[i].Weights) {
				t.Errorf("%s changed with another caller's copy", k.Name)
			}
		}
	}
}

func TestErrors(t *testing.T) {
	nan := math.NaN()
	tests := []struct {
		name   string
		params map[string]float64
		param  string // of the *ParamError, if it is one
		want   string
	}{
		{"sobl", nil, "", `unknown filter or bank "sobl": did you mean "sobel"?`},
		{"Sobel-X", nil, "", `unknown filter or bank "Sobel-X": did you mean "sobel-x"?`},
		{"gauss", nil, "", `did you mean "gaussian"?`},
		{"laplace", nil, "", `did you mean "laplacian"?`},
		{"", nil, "", `unknown filter or bank "": the banks are box, dct, dog, emboss`},
		{"zzzzzzzz", nil, "", `unknown filter or bank "zzzzzzzz": the banks are box`},
		{"sobel-z", nil, "", `unknown filter "sobel-z": sobel has sobel-x, sobel-y`},
		{"box-3", nil, "", `unknown filter "box-3": box is a single filter`},
		{"gabor-030", nil, "", `unknown filter "gabor-030": gabor with these parameters has gabor-000, gabor-023, gabor-045`},
		{"laws-e5l6", nil, "", `unknown filter "laws-e5l6": laws has 25, from laws-l5l5 to laws-r5r5: did you mean "laws-e5l5"?`},
		{"sobel", map[string]float64{"size": 3}, "size", `sobel: unknown parameter "size": the bank has none`},
		{"gabor", map[string]float64{"wavelenght": 8}, "wavelenght", `gabor: unknown parameter "wavelenght": did you mean "wavelength"?`},
		{"gabor", map[string]float64{"q": 8}, "q", `gabor: unknown parameter "q": the bank has wavelength, orientations, phase`},
		{"gabor-000", map[string]float64{"wavelength": 1}, "wavelength", "gabor: wavelength must be between 2 and 256, got 1"},
		{"gabor", map[string]float64{"wavelength": nan}, "wavelength", "gabor: wavelength must be between 2 and 256, got NaN"},
		{"gabor", map[string]float64{"orientations": 2.5}, "orientations", "orientations must be an integer between 1 and 180, got 2.5"},
		{"gabor", map[string]float64{"orientations": 0}, "orientations", "got 0"},
		{"gabor", map[string]float64{"sigma": 3, "bandwidth": 1}, "sigma", "gabor: sigma and bandwidth set the same width: give one of them"},
		{"gabor", map[string]float64{"wavelength": 2, "phase": 90, "orientations": 1}, "wavelength", "gabor-000-p090 would be 0 at every pixel"},
		{"gabor", map[string]float64{"wavelength": 256}, "size", "gabor: size would be 864 with these parameters"},
		{"gaussian", map[string]float64{"size": 4}, "size", "gaussian: size must be an odd integer between 1 and 255, got 4"},
		{"gaussian", map[string]float64{"sigma": 0}, "sigma", "gaussian: sigma must be between 0.1 and 128, got 0"},
		{"gaussian", map[string]float64{"sigma": math.Inf(1)}, "sigma", "got +Inf"},
		{"gaussian", map[string]float64{"sigma": -1, "size": 4}, "sigma", "got -1"}, // of two, the first by name
	}
	for _, tt := range tests {
		_, err := Kernels(tt.name, tt.params)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("Kernels(%q, %v) fails with %v, want %q in it", tt.name, tt.params, err, tt.want)
			continue
		}
		param := ""
		if pe, ok := errors.AsType[*ParamError](err); ok {
			param = pe.Param
		}
		if param != tt.param {
			t.Errorf("Kernels(%q, %v) blames parameter %q, want %q", tt.name, tt.params, param, tt.param)
		}
	}
}

func TestSizeFollowsFromTheOthers(t *testing.T) {
	tests := []struct {
		name   string
		params map[string]float64
		want   int
	}{
		{"gaussian", nil, 7},
		{"gaussian", map[string]float64{"sigma": 1.5}, 9},
		{"gaussian", map[string]float64{"sigma": 1.5, "size": 5}, 5},
		{"gaussian", map[string]float64{"sigma": 0.1}, 1},
		{"log", nil, 13},
		{"dog", nil, 11},
		{"box", map[string]float64{"size": 4}, 4},
		{"gabor", nil, 27},
		{"gabor", map[string]float64{"aspect": 0.5}, 55},
		{"gabor", map[string]float64{"aspect": 2}, 27},
		{"gabor", map[string]float64{"sigma": 2}, 13},
		{"haar", map[string]float64{"level": 3}, 8},
		{"steerable", nil, 9},
		{"steerable", map[string]float64{"sigma": 2}, 17},
		{"dct", map[string]float64{"size": 5}, 5},
	}
	for _, tt := range tests {
		if k := kernels(t, tt.name, tt.params)[0]; k.H != tt.want || k.W != tt.want {
			t.Errorf("%s %v is %d×%d, want %d", tt.name, tt.params, k.H, k.W, tt.want)
		}
	}
}

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		name   string
		params map[string]float64
		want   string
	}{
		{"gabor", map[string]float64{"wavelength": 8}, ""},
		{"gabor-045", nil, ""},
		{"gabr", nil, `unknown filter or bank "gabr": did you mean "gabor"?`},
		{"gabor", map[string]float64{"size": 2}, "gabor: size must be an odd integer between 3 and 255, got 2"},
		{"sobel", map[string]float64{"size": 3}, `sobel: unknown parameter "size": the bank has none`},
	} {
		got := ""
		if err := Check(c.name, c.params); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s %v: got %q, want %q", c.name, c.params, got, c.want)
		}
	}
}
