package filters

import (
	"bytes"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func fingerprintOf(l Layer) string {
	var b bytes.Buffer
	l.Fingerprint(&b)
	return b.String()
}

// Finished runs and calibrations rest on these texts. If one changes, users compute
// everything again. A field added to a spec must leave them as they are.
func TestFingerprintsStay(t *testing.T) {
	two := [2]int{2, 2}
	small := ConvSpec{Name: "edge", InChannels: 1, KernelSize: [2]int{1, 2}, Weights: []float32{-1, 1}}
	full := ConvSpec{
		Name: "a \"b\"\n", InChannels: 2, Filters: []string{"f", "g h"}, KernelSize: [2]int{1, 2}, Weights: []float32{1, 2, 3, 4},
		Bias: []float32{0, 0.5}, Stride: [2]int{2, 3}, Padding: Padding{SameLower, 1, 2, 3, 4, Reflect}, Dilation: [2]int{3, 2},
		Groups: 2, Activation: LeakyReLU, NegativeSlope: 0.1, StrictSize: true,
	}
	const (
		plain = "layer conv 1\nname \"edge\"\nin_channels 1\nfilters \"f0\"\nkernel_size 1 2\n" +
			"weights 2\n\x00\x00\x80\xbf\x00\x00\x80\x3f\nbias 1\n\x00\x00\x00\x00\n"
		window = "kernel_size 2 2\nstride 2 2\n"
	)
	for _, c := range []struct {
		layer Layer
		want  string
	}{
		{mustConv(t, small), plain + "end\n"},
		{mustConv(t, full), "layer conv 1\nname \"a \\\"b\\\"\\n\"\nin_channels 2\nfilters \"f\" \"g h\"\nkernel_size 1 2\n" +
			"weights 4\n\x00\x00\x80\x3f\x00\x00\x00\x40\x00\x00\x40\x40\x00\x00\x80\x40\nbias 2\n\x00\x00\x00\x00\x00\x00\x00\x3f\n" +
			"stride 2 3\npadding same_lower\namounts 1 2 3 4\npadding_mode reflect\ndilation 3 2\ngroups 2\n" +
			"activation leaky_relu\nnegative_slope 0.1\nstrict_size true\nend\n"},
		{mustPool(t, PoolSpec{Name: "p", KernelSize: two}), "layer max_pool 1\nname \"p\"\n" + window + "end\n"},
		{mustPool(t, PoolSpec{Name: "p", KernelSize: two, Padding: [4]int{1, 0, 1, 0}, Dilation: [2]int{1, 2}, CeilMode: true, StrictSize: true}),
			"layer max_pool 1\nname \"p\"\n" + window + "padding 1 0\ndilation 1 2\nceil_mode true\nstrict_size true\nend\n"},
		{mustPool(t, PoolSpec{Name: "p", Kind: AvgPool, KernelSize: two, ExcludePadding: true}),
			"layer avg_pool 1\nname \"p\"\n" + window + "count_include_pad false\nend\n"},
		{mustNorm(t, NormSpec{Name: "n", Size: 5, Alpha: 1e-4, Beta: 0.75, K: 2}),
			"layer local_response_norm 1\nname \"n\"\nsize 5\nalpha 0.0001\nbeta 0.75\nk 2\nend\n"},
		{mustPool(t, PoolSpec{Name: "p", KernelSize: two, Padding: [4]int{0, 0, 1, 1}}), "layer max_pool 1\nname \"p\"\n" + window + "padding 0 0 1 1\nend\n"},
		{must[*Activate](t)(NewActivation(ActivationSpec{Name: "a", Function: ELU, Alpha: 0.5})), "layer activation 1\nname \"a\"\nfunction elu\nalpha 0.5\nend\n"},
		{must[*Activate](t)(NewActivation(ActivationSpec{Name: "a", Function: PReLU, Slopes: []float32{1}})),
			"layer activation 1\nname \"a\"\nfunction prelu\nslopes 1\n\x00\x00\x80\x3f\nend\n"},
		{must[*Scale](t)(NewScale(ScaleSpec{Name: "s", Factor: []float32{1}})),
			"layer scale 1\nname \"s\"\nfactor 1\n\x00\x00\x80\x3f\nshift 1\n\x00\x00\x00\x00\nend\n"},
	} {
		if got := fingerprintOf(c.layer); got != c.want {
			t.Errorf("\ngot  %q\nwant %q", got, c.want)
		}
	}
}

// TestFingerprintsSeeEveryField changes each field of each spec, one after the other, so
// that a field added without a line in its layer's fingerprint fails.
func TestFingerprintsSeeEveryField(t *testing.T) {
	conv := ConvSpec{InChannels: 1, Filters: []string{"f"}, Weights: []float32{1, -1}, Bias: []float32{0}, Activation: LeakyReLU}
	for _, c := range []struct {
		spec  any // a pointer
		layer func() string
	}{
		{&conv, func() string { return fingerprintOf(&Conv{spec: conv}) }},
		layerOf(PoolSpec{}, func(s PoolSpec) Layer { return &Pool{spec: s} }),
		layerOf(PoolSpec{Kind: AvgPool}, func(s PoolSpec) Layer { return &Pool{spec: s} }),
		layerOf(NormSpec{}, func(s NormSpec) Layer { return &Norm{spec: s} }),
		layerOf(JoinSpec{}, func(s JoinSpec) Layer { return &Join{spec: s} }),
		layerOf(UpsampleSpec{}, func(s UpsampleSpec) Layer { return &Upsample{spec: s} }),
		layerOf(ActivationSpec{Function: PReLU, Slopes: []float32{1}}, func(s ActivationSpec) Layer { return &Activate{spec: s} }),
		layerOf(ScaleSpec{Factor: []float32{1}, Shift: []float32{0}}, func(s ScaleSpec) Layer { return &Scale{spec: s} }),
	} {
		spec := reflect.ValueOf(c.spec).Elem()
		seen := map[string]string{c.layer(): "the spec itself"}
		for _, v := range changes(t, spec, spec.Type().Name()) {
			v.change()
			text := c.layer()
			v.restore()
			if other, ok := seen[text]; ok {
				t.Errorf("changing %s gives the fingerprint of %s:\n%q", v.path, other, text)
			}
			seen[text] = v.path
		}
	}
}

func layerOf[S any](spec S, layer func(S) Layer) struct {
	spec  any
	layer func() string
} {
	return struct {
		spec  any
		layer func() string
	}{&spec, func() string { return fingerprintOf(layer(spec)) }}
}

// change alters one value of a spec.
type change struct {
	path            string
	change, restore func()
}

// changes has one change for each value in v, and one for the length of each slice.
func changes(t *testing.T, v reflect.Value, path string) []change {
	t.Helper()
	set := func(next any) []change {
		before := reflect.New(v.Type()).Elem()
		before.Set(v)
		return []change{{path, func() { v.Set(reflect.ValueOf(next).Convert(v.Type())) }, func() { v.Set(before) }}}
	}
	var all []change
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			all = append(all, changes(t, v.Field(i), path+"."+v.Type().Field(i).Name)...)
		}
	case reflect.Array, reflect.Slice:
		for i := range v.Len() {
			all = append(all, changes(t, v.Index(i), fmt.Sprintf("%s[%d]", path, i))...)
		}
		if v.Kind() == reflect.Slice {
			longer := reflect.Append(v, reflect.Zero(v.Type().Elem()))
			all = append(all, change{path + "'s length", func() { v.Set(longer) }, func() { v.Set(longer.Slice(0, longer.Len()-1)) }})
		}
	case reflect.String:
		all = set(v.String() + "+")
	case reflect.Int:
		all = set(v.Int() + 1)
	case reflect.Bool:
		all = set(!v.Bool())
	case reflect.Float32, reflect.Float64:
		all = append(set(v.Float()+0.25), set(math.Copysign(0, -1))...)
		all[1].path += " as −0"
	default:
		t.Fatalf("%s is a %s: teach this test to change one", path, v.Type())
	}
	return all
}

// Neighbouring values cannot be confused, and nor can the layers of a stack.
func TestFingerprintsAreUnambiguous(t *testing.T) {
	of := func(names ...string) string {
		return fingerprintOf(&Conv{spec: ConvSpec{Filters: names}})
	}
	texts := []string{of("a", "b"), of("a b"), of("a\" \"b"), of("a\nend\nlayer conv 1"), of("ab"), of("a", "b", "")}
	for i, text := range texts {
		if j := slices.Index(texts, text); j != i {
			t.Errorf("names %d and %d have the same text %q", j, i, text)
		}
		if n := strings.Count(text, "\nend\n"); n != 1 {
			t.Errorf("%q ends %d times", text, n)
		}
	}
}
