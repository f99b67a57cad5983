package filters

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"filterbank/filters/tensor"
)

// fingerprint writes the text that identifies a layer's values:
//
//	layer KIND VERSION
//	NAME VALUE
//	…
//	end
//
// Its rules keep the fingerprints of layers that exist:
//   - Every field of a spec has a line, whose text never depends on the order or the
//     names of Go fields.
//   - A field added later is written with unless, and its default is the arithmetic
//     before it. Layers that do not use the field then keep their fingerprint.
//   - The version is raised only if the same lines come to mean other values. Results
//     of that kind of layer are then computed anew.
//
// Errors of the writer are not reported: it is a hash or a buffer.
type fingerprint struct{ w io.Writer }

// beginFingerprint writes the first line. The version is the kind's own.
func beginFingerprint(w io.Writer, kind string, version int) fingerprint {
	fmt.Fprintf(w, "layer %s %d\n", kind, version)
	return fingerprint{w}
}

// always writes a line.
func (f fingerprint) always(name string, value any) {
	fmt.Fprintf(f.w, "%s %s\n", name, exactText(value))
}

// unless writes a line if the value is not the default.
func (f fingerprint) unless(standard any, name string, value any) {
	if exactText(value) != exactText(standard) {
		f.always(name, value)
	}
}

// floats writes the number of values and, on the next line, their bytes.
func (f fingerprint) floats(name string, values []float32) {
	f.always(name, len(values))
	var b [4096]byte
	for len(values) > 0 {
		n := min(len(values), len(b)/4)
		tensor.PutFloats(b[:], values[:n])
		f.w.Write(b[:4*n])
		values = values[n:]
	}
	io.WriteString(f.w, "\n")
}

// inputs writes the names of the layers that are read, unless it is the layer before.
func (f fingerprint) inputs(names []string) {
	if len(names) > 0 {
		f.always("inputs", names)
	}
}

func (f fingerprint) end() { io.WriteString(f.w, "end\n") }

// exactText writes a value so that different values have different texts; −0 is not 0.
func exactText(value any) string {
	switch v := value.(type) {
	case string:
		return strconv.Quote(v)
	case []string:
		quoted := make([]string, len(v))
		for i, s := range v {
			quoted[i] = strconv.Quote(s)
		}
		return strings.Join(quoted, " ")
	case int:
		return strconv.Itoa(v)
	case [2]int:
		return fmt.Sprintf("%d %d", v[0], v[1])
	case [4]int:
		return fmt.Sprintf("%d %d %d %d", v[0], v[1], v[2], v[3])
	case bool:
		return strconv.FormatBool(v)
	case float32:
		return strconv.FormatFloat(float64(v), 'g', -1, 32)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case fmt.Stringer: // an enumeration
		return v.String()
	}
	panic(fmt.Sprintf("fingerprint: a %T has no text", value))
}
