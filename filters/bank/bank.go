package bank

import (
	"fmt"
	"slices"
	"strings"
)

// Kernel is one 2-D filter in cross-correlation orientation.
type Kernel struct {
	Name    string
	H, W    int
	Weights []float32 // H×W, row after row; finite
}

// Bank is a named set of filters.
type Bank struct {
	Name   string  // lower case, fit for a file name
	Title  string  // a few words for a listing
	About  string  // one or two sentences on its answers, signs and norm
	Source string  // author, title and year of the publication
	Params []Param // in the order of the source; empty for fixed masks

	build func(values) ([]Kernel, error)
}

// Banks lists the built-in banks, sorted by name. The caller owns the list.
func Banks() []Bank {
	banks := slices.Concat(point(), smoothing(), laplacians(), gradients(), compasses(),
		gabors(), steerables(), textures(), laws(), freiChen(), haar(), dcts())
	slices.SortFunc(banks, func(a, b Bank) int { return strings.Compare(a.Name, b.Name) })
	return banks
}

// Names lists every bank and every filter of the banks at their defaults, sorted: the
// names that Kernels takes without parameters.
func Names() []string {
	var names []string
	for _, b := range Banks() {
		names = append(names, b.Name)
		names = append(names, b.Filters()...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Filters lists the names of the bank's filters at its defaults, in the order of Kernels.
func (b Bank) Filters() []string {
	kernels, err := b.Kernels(nil)
	if err != nil {
		return nil // every bank works with its defaults, which a test checks
	}
	names := make([]string, len(kernels))
	for i, k := range kernels {
		names[i] = k.Name
	}
	return names
}

// Kernels computes the bank's filters, all of one size, with the given parameters; nil
// means the defaults. It fails with a *ParamError if a parameter is unknown, out of its
// range, or in contradiction to another.
func (b Bank) Kernels(params map[string]float64) ([]Kernel, error) {
	if err := b.check(params); err != nil {
		return nil, err
	}
	return b.build(values{bank: b, given: params})
}

// Kernels computes the filters of a name: all of a bank ("sobel") or a single one
// ("sobel-x"), with its bank's parameters ("gabor-030" with orientations 6). nil means
// the defaults. The error for an unknown name has the nearest known one; parameters fail
// as in Bank.Kernels. The caller owns the weights.
func Kernels(name string, params map[string]float64) ([]Kernel, error) {
	b, ok := Of(name)
	if !ok {
		return nil, unknownName(name)
	}
	kernels, err := b.Kernels(params)
	if err != nil || name == b.Name {
		return kernels, err
	}
	for _, k := range kernels {
		if k.Name == name {
			return []Kernel{k}, nil
		}
	}
	return nil, unknownFilter(b, name, kernels)
}

// Of finds the bank of a name: the longest bank name that is the name itself or stands
// before a hyphen in it. The bank's parameters decide whether it has a filter of that
// name.
func Of(name string) (best Bank, ok bool) {
	for _, b := range Banks() {
		if (name == b.Name || strings.HasPrefix(name, b.Name+"-")) && len(b.Name) >= len(best.Name) {
			best, ok = b, true
		}
	}
	return best, ok
}

func unknownName(name string) error {
	if near, ok := nearest(name, Names()); ok {
		return fmt.Errorf("unknown filter or bank %q: did you mean %q?", name, near)
	}
	var banks []string
	for _, b := range Banks() {
		banks = append(banks, b.Name)
	}
	return fmt.Errorf("unknown filter or bank %q: the banks are %s", name, strings.Join(banks, ", "))
}

func unknownFilter(b Bank, name string, kernels []Kernel) error {
	if len(kernels) == 1 && kernels[0].Name == b.Name {
		return fmt.Errorf("unknown filter %q: %s is a single filter", name, b.Name)
	}
	known := make([]string, len(kernels))
	for i, k := range kernels {
		known[i] = k.Name
	}
	with := ""
	if len(b.Params) > 0 {
		with = " with these parameters"
	}
	if len(known) > 9 { // too many for a line
		near, _ := nearest(name, known)
		return fmt.Errorf("unknown filter %q: %s%s has %d, from %s to %s: did you mean %q?",
			name, b.Name, with, len(known), known[0], known[len(known)-1], near)
	}
	return fmt.Errorf("unknown filter %q: %s%s has %s", name, b.Name, with, strings.Join(known, ", "))
}

// Check refuses unknown names and parameters as Kernels does, without computing a filter. It
// does not see that a bank has no filter of that name, or that parameters contradict each
// other.
func Check(name string, params map[string]float64) error {
	b, ok := Of(name)
	if !ok {
		return unknownName(name)
	}
	return b.check(params)
}
