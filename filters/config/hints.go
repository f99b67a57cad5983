package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// otherNames are names that other programs give to keys and layers, and the names here.
var otherNames = map[string][]string{
	"pad": {"padding"}, "pads": {"padding"}, "pad_mode": {"padding_mode"}, "border": {"padding_mode"},
	"kernel": {"kernel_size", "kernels"}, "size": {"kernel_size"}, "ksize": {"kernel_size"}, "pool_size": {"kernel_size"}, "window": {"kernel_size"},
	"filter": {"filters"}, "bank": {"filters"}, "banks": {"filters"}, "weight": {"weights"}, "step": {"stride"}, "group": {"groups"},
	"nonlinearity": {"activation"}, "bn": {"batch_norm"}, "var": {"running_var"}, "epsilon": {"eps"},
	"conv2d": {"conv"}, "convolution": {"conv"}, "maxpool": {"max_pool"}, "maxpool2d": {"max_pool"}, "avgpool": {"avg_pool"}, "avgpool2d": {"avg_pool"},
	"pool": {"max_pool"}, "pooling": {"max_pool"}, "lrn": {"local_response_norm"},
}

// otherWords are values of other programs and the values here.
var otherWords = map[string]string{
	"identity": "none", "linear": "none", "no": "none", "off": "none", "lrelu": "leaky_relu", "squared": "square", "absolute": "abs",
	"constant": "zeros", "edge": "replicate", "nearest": "replicate", "mirror": "reflect", "symmetric": "reflect", "wrap": "circular", "periodic": "circular",
	"contain": "fit", "cover": "fill", "bilinear": "linear", "bicubic": "lanczos", "lanczos3": "lanczos", "centre": "center", "middle": "center",
	"same_up": "same_upper", "none": "valid", "average": "mean", "gray": "luma", "grey": "luma", "luminance": "luma", "add": "sum", "depthwise": "each",
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
	if a, ok := otherWords[strings.ToLower(word)]; ok && slices.Contains(allowed, a) {
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

// strangers are the errors of the keys that a part does not have. Keys of a part below that
// stands empty beside them are told together, since one indentation mends them all.
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
				return key.errorf("unknown key %q, it is an activation: write activation: %s in a conv", key.text, a)
			}
		}
	}
	if bare, dash := strings.CutPrefix(key.text, "-"); dash {
		return key.errorf("unknown key %q: write a space behind the dash, - %s", key.text, bare)
	}
	if name, _, brace := strings.Cut(key.text, " {"); brace && slices.Contains(keysOf(fields), name) {
		return key.errorf("unknown key %q: write a colon behind %s, %s: {…}", key.text, name, name)
	}
	right, ok := rightName(key.text, keysOf(fields))
	if part == reflect.TypeFor[Conv]() && right == "kernel_size" && len(otherNames[strings.ToLower(key.text)]) > 0 {
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
	for _, right := range otherNames[strings.ToLower(word)] {
		if slices.Contains(keys, right) {
			return right, true
		}
	}
	return Nearest(word, keys)
}
