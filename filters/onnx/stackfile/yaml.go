package stackfile

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// YAML is the stack file. model is the model's name for the reader, and weights the name of the
// weights file beside the stack file.
func (n *Network) YAML(model, weights string) []byte {
	var b bytes.Buffer
	for _, line := range n.Summary() {
		fmt.Fprintf(&b, "# %s\n", comment(line))
	}
	b.WriteString("version: 1\n\n")
	n.preparation(&b)
	b.WriteString("layers:\n")
	for k, l := range n.Layers {
		fmt.Fprintf(&b, "  # %s\n", l.comment())
		fmt.Fprintf(&b, "  - %s: {%s}\n", l.Kind, strings.Join(n.keys(k, weights), ", "))
	}
	head := fmt.Sprintf("# Stack file, %s from %s\n%s\n", MadeBy, comment(model), checksum(b.Bytes()))
	return append([]byte(head), b.Bytes()...)
}

// checksum is the second line of a stack file, from the lines below it.
func checksum(below []byte) string {
	return fmt.Sprintf("# Checksum of the lines below, by which import knows a file that was edited: %08x", crc32.ChecksumIEEE(below))
}

// Edited says whether a stack file differs from what an import wrote. The ends of lines may.
func Edited(text []byte) bool {
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	_, rest, _ := bytes.Cut(text, []byte("\n"))
	second, below, _ := bytes.Cut(rest, []byte("\n"))
	return string(second) != checksum(below)
}

// Summary says what is taken and where the import stops, a line each.
func (n *Network) Summary() []string {
	verb := "are"
	if n.Operators == 1 {
		verb = "is"
	}
	lines := []string{fmt.Sprintf("%s %s in %s, %s among them",
		share(n.Taken, n.Operators, "operator"), verb, counted(len(n.Layers), "layer"), share(n.TakenConvolutions, n.Convolutions, "convolution"))}
	for _, s := range n.Stops {
		line := s.String()
		if s.Behind > 0 {
			line += fmt.Sprintf("; %d more behind it", s.Behind)
		}
		lines = append(lines, line)
	}
	if more := n.AllStops - len(n.Stops); more > 0 {
		lines = append(lines, fmt.Sprintf("it stops at %d more nodes", more))
	}
	return lines
}

// counted is a number of things.
func counted(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

func share(n, of int, what string) string { return fmt.Sprintf("%d of %s", n, counted(of, what)) }

// preparation is the input: the one that was exported, or one for the reader to fill in.
func (n *Network) preparation(b *bytes.Buffer) {
	if n.described.input != "" {
		fmt.Fprintf(b, "# As in the stack file that was exported. Its mean and std are layers.\ninput: %s\n\n", n.described.input)
		return
	}
	in, p := n.Input, n.prepared
	shape := Shape{in.Channels, in.Size[0], in.Size[1]}
	if p == nil {
		p = &Preparation{Mean: [3]float32{0.485, 0.456, 0.406}, Std: [3]float32{0.229, 0.224, 0.225}}
		order := ""
		if in.ChannelLast {
			order = ", channels last"
		}
		fmt.Fprintf(b, "# The model's picture is %s: %v of %v%s. A model does not say how a picture is\n", quoted(in.Name), shape, in.Type, order)
		b.WriteString("# prepared. Many networks were trained with the values below; see the model's description, and\n")
		b.WriteString("# take the marks away. Values from 0 to 255 are std: 0.00392157, which is 1/255.\n")
	} else {
		fmt.Fprintf(b, "# %s.\n# Take the marks away if the weights are these, or others that want the same.\n", comment(p.By))
	}
	for _, key := range slices.Sorted(maps.Keys(n.metadata)) {
		if telling.MatchString(key) {
			fmt.Fprintf(b, "# The model's metadata: %s is %s\n", quoted(key), quoted(n.metadata[key]))
		}
	}
	if in.Channels == 1 {
		p = &Preparation{Std: [3]float32{1, 1, 1}, Size: p.Size}
		b.WriteString("# It has one channel: the first layer is the brightness of a picture's red, green and blue. To run it\n")
		b.WriteString("# on matrices of one channel, write input: {channels: 1} and remove that layer.\n")
	}
	if !shape.sized() {
		shape.H, shape.W = p.Size[0], p.Size[1]
	}
	b.WriteString("# input:\n")
	if shape.sized() {
		fmt.Fprintf(b, "#   resize: {width: %d, height: %d, mode: fill}\n", shape.W, shape.H)
	}
	fmt.Fprintf(b, "#   mean: %s\n#   std: %s\n\n", tripleText(p.Mean), tripleText(p.Std))
	if n.prepared == nil && in.Channels == 3 && n.readsPictureOnce() {
		b.WriteString("# Layers read red, green and blue. A model that wants blue first needs this as its first layer:\n")
		b.WriteString("#   - conv: {name: bgr, kernels: [{weights: [[[0]], [[0]], [[1]]]}, {weights: [[[0]], [[1]], [[0]]]}, {weights: [[[1]], [[0]], [[0]]]}], activation: none}\n\n")
	}
}

// tripleText are three numbers in YAML.
func tripleText(v [3]float32) string {
	return fmt.Sprintf("[%s, %s, %s]", floatText(v[0]), floatText(v[1]), floatText(v[2]))
}

// telling are the keys of metadata about a picture's preparation.
var telling = regexp.MustCompile(`(?i)(mean|std|scale|pixel|colou?r|channel|preproc|image)`)

// readsPictureOnce says whether only the first layer reads the picture.
func (n *Network) readsPictureOnce() bool {
	for k, l := range n.Layers {
		if k > 0 && slices.Contains(l.Inputs, -1) {
			return false
		}
	}
	return true
}

// comment is a text on one line.
func comment(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == 0x2028 || r == 0x2029 || r == 0xfeff || r == 0xfffd {
			return '?'
		}
		return r
	}, text)
}

// quoted is a name of the model for a comment, at most 100 letters of it.
func quoted(name string) string { return comment(fmt.Sprintf("%+.100q", name)) }

// comment are the nodes that a layer computes, and its shape.
func (l *Layer) comment() string {
	const most = 8
	var words []string
	for _, node := range l.Nodes[:min(most, len(l.Nodes))] {
		words = append(words, fmt.Sprintf("%s %s", comment(fmt.Sprintf("%.60s", node.Operator)), quoted(node.Name)))
	}
	if more := len(l.Nodes) - most; more > 0 {
		words = append(words, fmt.Sprintf("and %d more", more))
	}
	if len(words) == 0 {
		return "for the layer behind it"
	}
	return strings.Join(words, ", ") + ": " + l.Shape.String()
}

// keys are the k-th layer's keys with their values.
func (n *Network) keys(k int, file string) []string {
	l := n.Layers[k]
	out := []string{"name: " + scalar(l.Name)}
	if reads := n.reads(k); reads != nil {
		out = append(out, "inputs: ["+strings.Join(reads, ", ")+"]")
	}
	value := func(key string, values []float32) string {
		if name, ok := l.references[key]; ok {
			return scalar(file + "#" + name)
		}
		return floatText(values[0])
	}
	if l.weights != nil {
		out = append(out, "weights: "+value("weights", nil))
	}
	if names := n.described.filterNames(l); names != nil {
		var words []string
		for _, name := range names {
			words = append(words, scalar(name))
		}
		out = append(out, "filter_names: ["+strings.Join(words, ", ")+"]")
	}
	if l.bias != nil {
		out = append(out, "bias: "+value("bias", nil))
	}
	for _, s := range l.settings {
		out = append(out, s.key+": "+s.text)
	}
	var norm []string
	for _, p := range l.perChannel() {
		text := value(p.key, p.values)
		if key, ok := strings.CutPrefix(p.key, "batch_norm."); ok {
			norm = append(norm, key+": "+text)
		} else if fallback, isDefault := map[string]string{"factor": "1", "bias": "0"}[p.key]; !isDefault || text != fallback {
			out = append(out, p.key+": "+text)
		}
	}
	if norm != nil {
		out = append(out, fmt.Sprintf("batch_norm: {%s, eps: %s}", strings.Join(norm, ", "), floatText(l.affine.eps)))
	}
	return append(out, l.functionKeys(value)...)
}

// functionKeys are the keys of an activation.
func (l *Layer) functionKeys(value func(string, []float32) string) []string {
	a := l.function
	if a == nil {
		return nil
	}
	out := []string{map[string]string{"conv": "activation", "activation": "function"}[l.Kind] + ": " + a.name}
	switch a.name {
	case "leaky_relu":
		out = append(out, "negative_slope: "+floatText(a.number))
	case "elu":
		out = append(out, "alpha: "+floatText(a.number))
	case "prelu":
		out = append(out, "negative_slope: "+value("negative_slope", a.slopes))
	}
	return out
}

// reads are the names of the layers that the k-th reads. There are none if it is the one before.
func (n *Network) reads(k int) []string {
	l := n.Layers[k]
	if len(l.Inputs) == 1 && l.Inputs[0] == k-1 {
		return nil
	}
	var names []string
	for _, from := range l.Inputs {
		if from < 0 {
			names = append(names, "input")
		} else {
			names = append(names, scalar(n.Layers[from].Name))
		}
	}
	return names
}

// plain are the texts that mean themselves in YAML.
var plain = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.#/-]*$`)

// scalar is a text in YAML.
func scalar(text string) string {
	words := []string{"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
	if plain.MatchString(text) && !slices.Contains(words, strings.ToLower(text)) {
		return text
	}
	return fmt.Sprintf("%q", text)
}
