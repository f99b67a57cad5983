package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// otherNames are the names of other programs for keys and layers. A name with two meanings
// is in two rows; the part has only one of the keys.
var otherNames = [...]struct{ here, others string }{
	{"padding", "pad pads"}, {"padding_mode", "pad_mode border"}, {"kernel_size", "kernel size ksize pool_size window"}, {"kernels", "kernel"},
	{"filters", "filter bank banks"}, {"weights", "weight"}, {"stride", "step"}, {"groups", "group"},
	{"activation", "nonlinearity"}, {"batch_norm", "bn"}, {"running_var", "var"}, {"eps", "epsilon"},
	{"conv", "conv2d convolution"}, {"max_pool", "maxpool maxpool2d pool pooling"}, {"avg_pool", "avgpool avgpool2d"}, {"local_response_norm", "lrn"},
	{"scale", "affine batch_norm batchnorm2d"}, {"factor", "gamma"}, {"shift", "beta"}, {"function", "type"},
}

// otherWords are the words of other programs for values.
var otherWords = [...]struct{ here, others string }{
	{"none", "identity linear no off"}, {"leaky_relu", "lrelu"}, {"silu", "swish"}, {"hardswish", "hswish"}, {"hardsigmoid", "hsigmoid"}, {"square", "squared"}, {"abs", "absolute"},
	{"zeros", "constant"}, {"replicate", "edge nearest"}, {"reflect", "mirror symmetric"}, {"circular", "wrap periodic"},
	{"fit", "contain"}, {"fill", "cover"}, {"linear", "bilinear"}, {"lanczos", "bicubic lanczos3"}, {"center", "centre middle"},
	{"valid", "none"}, {"mean", "average"}, {"luma", "gray grey luminance"}, {"sum", "add"}, {"each", "depthwise"},
}

// wholePicture are layers of other programs that need the whole picture before the first row
// of their output.
var wholePicture = strings.Fields("global_avg_pool globalavgpool global_average_pool globalaveragepool global_max_pool globalmaxpool adaptive_avg_pool " +
	"adaptive_avg_pool2d adaptiveavgpool2d adaptive_max_pool adaptivemaxpool2d squeeze_excite squeeze_excitation squeezeexcite squeezeexcitation se " +
	"attention linear fc dense flatten softmax instance_norm instancenorm2d layer_norm layernorm group_norm groupnorm")

// translated is the allowed word that a word of another program means.
func translated(word string, rows []struct{ here, others string }, allowed []string) (string, bool) {
	for _, row := range rows {
		if slices.Contains(strings.Fields(row.others), strings.ToLower(word)) && slices.Contains(allowed, row.here) {
			return row.here, true
		}
	}
	return "", false
}

// folded is a word without the differences between ReLU, relu and re-lu.
func folded(word string) string {
	return strings.NewReplacer("_", "", "-", "", " ", "").Replace(strings.ToLower(word))
}

// hintWord names the word that is probably meant, for the end of a message.
func hintWord(word string, allowed []string) string {
	for _, a := range allowed {
		if folded(a) == folded(word) {
			return fmt.Sprintf(": write %s", a)
		}
	}
	if a, ok := translated(word, otherWords[:], allowed); ok {
		return fmt.Sprintf(", did you mean %q?", a)
	}
	if near, ok := Nearest(word, allowed); ok {
		return fmt.Sprintf(", did you mean %q?", near)
	}
	return ""
}

// hintBool names the boolean that a word means elsewhere.
func hintBool(n *node) string {
	switch strings.ToLower(n.text) {
	case "yes", "on", "true", "1":
		return ": write true"
	case "no", "off", "false", "0":
		return ": write false"
	}
	return ""
}

// hintList shows the form of a list where a single value stands.
func hintList(what string, item reflect.Type, n *node) string {
	switch {
	case n.kind == null && item == reflect.TypeFor[Layer]():
		return ": its entries stand below it, each after a dash and a space, as in - conv: {…}"
	case n.kind == text && item != reflect.TypeFor[Layer]():
		return fmt.Sprintf(": write %s: [%s]", what, n.text)
	case n.kind == mapping && item == reflect.TypeFor[Layer]():
		return ": begin every layer with a dash, as in - conv: {…}"
	case n.kind == mapping && len(n.keys) > 0:
		return fmt.Sprintf(": begin every entry with a dash, as in - %s", n.keys[0].text)
	}
	return ""
}

// hintMapping shows the form of a mapping where another value stands.
func hintMapping(part reflect.Type, n *node) string {
	switch {
	case part == reflect.TypeFor[Layer]() && n.kind == text && slices.ContainsFunc(fieldsOf(part), func(f field) bool { return f.key == n.text }):
		return fmt.Sprintf(": write a colon behind it, %s: {…}", n.text)
	case part == reflect.TypeFor[Resize]() && n.kind == number:
		return fmt.Sprintf(": write {width: %s, height: %s}", n.text, n.text)
	case part == reflect.TypeFor[Crop]() && n.kind == number:
		return fmt.Sprintf(": write {width: %s, height: %s}", n.text, n.text)
	}
	return ""
}

// strangers are the errors of keys that a part does not have. If a key's own part is empty
// beside it, the indentation is wrong. One error names all keys of such a part.
func strangers(n *node, keys []*node, part reflect.Type) error {
	var found problems
	fields := fieldsOf(part)
	for _, f := range fields {
		below, ok := inner(part.Field(f.index).Type)
		if at := n.index(f.key); !ok || at < 0 || n.items[at].kind != null {
			continue
		}
		var lost []string
		var first *node
		keys = slices.DeleteFunc(slices.Clone(keys), func(key *node) bool {
			if !slices.Contains(keysOf(fieldsOf(below)), key.text) && !known(key.text, below) {
				return false
			}
			if lost = append(lost, key.text); first == nil {
				first = key
			}
			return true
		})
		if first != nil {
			found.add(first.errorf("%s is empty, and %s beside it: indent %s under %s, by spaces", f.key, verb(lost), pronoun(lost), f.key))
		}
	}
	for _, key := range keys {
		if found.full() {
			break
		}
		found.add(stranger(key, n.at(key.text), part, fields))
	}
	return found.err()
}

// known says whether a part has a key of that meaning.
func known(key string, part reflect.Type) bool {
	_, ok := rightName(key, keysOf(fieldsOf(part)))
	return ok
}

func verb(names []string) string {
	if len(names) == 1 {
		return names[0] + " stands"
	}
	return strings.Join(names, ", ") + " stand"
}

func pronoun(names []string) string {
	if len(names) == 1 {
		return "it"
	}
	return "them"
}

// inner is the struct that a field points to.
func inner(t reflect.Type) (reflect.Type, bool) {
	if t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.Struct && len(fieldsOf(t.Elem())) > 0 {
		return t.Elem(), true
	}
	return nil, false
}

// stranger is the error of a key that a part does not have.
func stranger(key, value *node, part reflect.Type, fields []field) error {
	for _, f := range fields {
		below, ok := inner(part.Field(f.index).Type)
		if ok && slices.Contains(keysOf(fieldsOf(below)), key.text) {
			return key.errorf("unknown key %q, it belongs to %s: write %s: {%s: …}", key.text, f.key, f.key, key.text)
		}
	}
	if part == reflect.TypeFor[File]() || part == reflect.TypeFor[Section]() {
		if layer := keysOf(fieldsOf(reflect.TypeFor[Layer]())); slices.Contains(layer, key.text) {
			return key.errorf("unknown key %q, it is a layer: write it in the list layers, as - %s: {…}", key.text, key.text)
		}
	}
	if part == reflect.TypeFor[Layer]() || part == reflect.TypeFor[Conv]() {
		f, _ := reflect.TypeFor[Conv]().FieldByName("Activation")
		for _, a := range keywords(f.Tag, "enum") {
			if folded(a) == folded(key.text) {
				if part == reflect.TypeFor[Layer]() {
					return key.errorf("unknown key %q, it is an activation: write activation: %s in a conv, or a layer activation: {function: %s}", key.text, a, a)
				}
				return key.errorf("unknown key %q, it is an activation: write activation: %s in a conv", key.text, a)
			}
		}
	}
	if part == reflect.TypeFor[Layer]() && slices.Contains(wholePicture, strings.ToLower(key.text)) {
		return key.errorf("unknown key %q: it needs the whole picture before its first row, and layers compute a picture band by band: let the stack end before it", key.text)
	}
	if bare, dash := strings.CutPrefix(key.text, "-"); dash {
		return key.errorf("unknown key %q: write a space behind the dash, - %s", key.text, bare)
	}
	if name, _, brace := strings.Cut(key.text, " {"); brace && slices.Contains(keysOf(fields), name) {
		return key.errorf("unknown key %q: write a colon behind %s, %s: {…}", key.text, name, name)
	}
	right, ok := rightName(key.text, keysOf(fields))
	if _, other := translated(key.text, otherNames[:], []string{"kernel_size"}); other && part == reflect.TypeFor[Conv]() {
		if value.kind != list || len(value.items) == 0 || value.items[0].kind != list {
			return key.errorf("unknown key %q: the size of the kernels follows from filters, kernels or weights, leave it out", key.text)
		}
		right = "kernels"
	}
	if ok {
		return key.errorf("unknown key %q, did you mean %q?", key.text, right)
	}
	return key.errorf("unknown key %q, the keys here are %s", key.text, strings.Join(keysOf(fields), ", "))
}

// rightName is the key that is probably meant.
func rightName(word string, keys []string) (string, bool) {
	if right, ok := translated(word, otherNames[:], keys); ok {
		return right, true
	}
	return Nearest(word, keys)
}
