package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"filterbank/filters/bank"
)

// ForBanks returns the file that --bank flags mean: one layer for each bank, with the bank's
// filters, stride 1 and padding same. One bank makes a file with layers. Several banks make a
// stack each, named like the bank. A bank that is there again with other parameters has -2,
// -3, … at the end of its stack's name. Each of specs is as in ParseBanks, sets are as in
// Parse.
func ForBanks(specs []string, sets ...string) (*File, error) {
	var sections, keys []*node
	given, taken := map[string]bool{}, map[string]int{}
	for _, spec := range specs {
		banks, err := ParseBanks(spec)
		if err != nil {
			return nil, fmt.Errorf("--bank %s: %w", spec, err)
		}
		for _, b := range banks {
			same := fmt.Sprint(b.Name, b.Params) // fmt prints maps in the order of their keys
			if given[same] {
				return nil, fmt.Errorf("--bank %s: %s is there twice with the same parameters: leave one out", spec, b.Name)
			}
			given[same] = true
			name := b.Name
			if taken[name]++; taken[name] > 1 {
				name += "-" + strconv.Itoa(taken[name])
			}
			src := &source{name: "--bank " + spec}
			keys = append(keys, word(src, name))
			sections = append(sections, object(src, "layers", sequence(src, b.layer(src))))
		}
	}
	if len(sections) == 0 {
		return nil, errors.New("no bank was named")
	}
	root := sections[0]
	src := &source{name: "--bank"}
	if len(sections) > 1 {
		root = object(src, "stacks", &node{src: src, kind: mapping, keys: keys, items: sections})
	}
	root.keys = append(root.keys, word(src, "version"))
	root.items = append(root.items, &node{src: src, kind: number, text: "1"})
	return fromTree(root, ".", sets)
}

// layer is the layer of a bank.
func (f Filter) layer(src *source) *node {
	filter := word(src, f.Name)
	if len(f.Params) > 0 {
		params := object(src)
		for _, p := range slices.Sorted(maps.Keys(f.Params)) {
			params.keys = append(params.keys, word(src, p))
			params.items = append(params.items, &node{src: src, kind: number, text: strconv.FormatFloat(f.Params[p], 'g', -1, 64)})
		}
		filter = object(src, f.Name, params)
	}
	return object(src, "conv", object(src,
		"name", word(src, f.Name),
		"filters", sequence(src, filter),
		"padding", word(src, "same")))
}

// ParseBanks reads banks and single filters, separated by commas, with parameters behind a
// colon: "sobel,gabor:orientations=4,wavelength=12,box". A part with = belongs to the bank
// before it. Names and parameters are checked.
func ParseBanks(spec string) ([]Filter, error) {
	var banks []Filter
	for part := range strings.SplitSeq(spec, ",") {
		part = strings.TrimSpace(part)
		name, param, colon := strings.Cut(part, ":")
		switch {
		case colon:
			banks = append(banks, Filter{Name: strings.TrimSpace(name)})
		case strings.Contains(part, "="):
			if param = part; len(banks) == 0 {
				return nil, fmt.Errorf("%s has no bank before it: write it behind one, as in gabor:orientations=4", part)
			}
		case part == "":
			return nil, errors.New("a name is missing: banks are separated by single commas, as in sobel,prewitt")
		default:
			banks = append(banks, Filter{Name: part})
		}
		if param == "" && !colon {
			continue
		}
		if err := banks[len(banks)-1].setParam(param); err != nil {
			return nil, err
		}
	}
	for _, b := range banks {
		if err := bank.Check(b.Name, b.Params); err != nil {
			return nil, err
		}
	}
	return banks, nil
}

// setParam sets a parameter from name=number.
func (f *Filter) setParam(text string) error {
	name, value, _ := strings.Cut(text, "=")
	name, value = strings.TrimSpace(name), strings.TrimSpace(value)
	v, err := strconv.ParseFloat(value, 64)
	if name == "" || err != nil || !isNumber(value) {
		return fmt.Errorf("parameter %q of %s is not name=number, as in gabor:orientations=4", text, f.Name)
	}
	if _, ok := f.Params[name]; ok {
		return fmt.Errorf("parameter %s of %s is there twice", name, f.Name)
	}
	if f.Params == nil {
		f.Params = map[string]float64{}
	}
	f.Params[name] = v
	return nil
}

func word(src *source, s string) *node { return &node{src: src, kind: text, text: s} }

func sequence(src *source, items ...*node) *node {
	return &node{src: src, kind: list, items: items}
}

// object is a mapping; its arguments are keys and values in turn.
func object(src *source, keyValues ...any) *node {
	n := &node{src: src, kind: mapping}
	for i := 0; i < len(keyValues); i += 2 {
		n.keys = append(n.keys, word(src, keyValues[i].(string)))
		n.items = append(n.items, keyValues[i+1].(*node))
	}
	return n
}
