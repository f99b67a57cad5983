package tensor

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"

	"filterbank/filters/volume"
)

// maxSafetensorsHeader is the longest header that the safetensors library reads, in bytes.
const maxSafetensorsHeader = 100_000_000

// metadataName is the name in a header that no array can have.
const metadataName = "__metadata__"

// Safetensors is the format of https://github.com/huggingface/safetensors: the length of a
// header, the header in JSON, and the arrays' values without gaps.
func Safetensors() *Format {
	return &Format{Name: "safetensors", begins: isSafetensors, each: eachSafetensors}
}

// isSafetensors wants a length that is possible, and the beginning of an object.
func isSafetensors(beginning []byte) bool {
	return len(beginning) > 8 && beginning[8] == '{' && binary.LittleEndian.Uint64(beginning) <= maxSafetensorsHeader
}

// Entry is an array of a safetensors file that is to be written.
type Entry struct {
	Name  string
	Type  Type
	Shape []int
}

// SafetensorsHeader returns the first bytes of a file, up to the arrays' values, and the size
// of these. The values follow in the order of the entries, in C order, the lowest byte of
// each first. The header is filled up with spaces to a multiple of 8 bytes. It is an error
// if two arrays have the same name or one has the metadata's, or if the header is longer
// than readers accept.
func SafetensorsHeader(metadata map[string]string, entries []Entry) (header []byte, values int64, err error) {
	return safetensorsHeader(metadata, entries, maxSafetensorsHeader)
}

func safetensorsHeader(metadata map[string]string, entries []Entry, most int) (header []byte, values int64, err error) {
	b := bytes.NewBuffer(make([]byte, 8))
	b.WriteByte('{')
	if len(metadata) > 0 {
		b.WriteString(quoted(metadataName) + ":{")
		for i, key := range slices.Sorted(maps.Keys(metadata)) {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(quoted(key) + ":" + quoted(metadata[key]))
		}
		b.WriteByte('}')
	}
	seen := map[string]bool{}
	for _, e := range entries {
		if seen[e.Name] || e.Name == metadataName {
			return nil, 0, fmt.Errorf("array %q: another entry of a safetensors file has this name; rename the layer", e.Name)
		}
		seen[e.Name] = true
		n, ok := volume.Product(e.Shape...)
		if size := int64(e.Type.Bytes()); !ok || int64(n) > (math.MaxInt64-values)/size {
			return nil, 0, fmt.Errorf("array %q: shape %v is too large for a file", e.Name, e.Shape)
		}
		end := values + int64(n*e.Type.Bytes())
		if b.Len() > 9 {
			b.WriteByte(',')
		}
		shape, err := json.Marshal(append([]int{}, e.Shape...))
		if err != nil {
			return nil, 0, err
		}
		fmt.Fprintf(b, `%s:{"dtype":"%s","shape":%s,"data_offsets":[%d,%d]}`, quoted(e.Name), e.Type.safetensors(), shape, values, end)
		values = end
	}
	b.WriteByte('}')
	for b.Len()%8 > 0 {
		b.WriteByte(' ')
	}
	length := b.Len() - 8
	if length > most {
		return nil, 0, fmt.Errorf("the header of %d arrays has %d bytes, and readers of safetensors accept %d: write fewer layers", len(entries), length, most)
	}
	binary.LittleEndian.PutUint64(b.Bytes(), uint64(length))
	return b.Bytes(), values, nil
}

// quoted returns a string in JSON. Bytes that are not UTF-8 become U+FFFD.
func quoted(s string) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		panic(err) // strings have a form in JSON
	}
	return string(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}

// openSafetensors reads a header, which it believes only as far as the file goes. It returns
// where the values begin, and the arrays in the order of their values. size is the file's, or
// −1 for a stream.
func openSafetensors(in io.Reader, size int64) (begin int64, all []stored, err error) {
	var prefix [8]byte
	if _, err := io.ReadFull(in, prefix[:]); err != nil {
		return 0, nil, safetensorsCut(err)
	}
	length := binary.LittleEndian.Uint64(prefix[:])
	if length > maxSafetensorsHeader {
		return 0, nil, fmt.Errorf("read safetensors: a header of %d bytes, and at most %d are read", length, maxSafetensorsHeader)
	}
	var text bytes.Buffer // grows with what is there
	if n, err := io.Copy(&text, io.LimitReader(in, int64(length))); err != nil || n < int64(length) {
		return 0, nil, safetensorsCut(cmp.Or(err, io.ErrUnexpectedEOF))
	}
	if all, err = parseSafetensors(text.Bytes()); err != nil {
		return 0, nil, fmt.Errorf("read safetensors header: %w", err)
	}
	begin = int64(len(prefix)) + int64(length)
	end := begin
	if len(all) > 0 {
		end += all[len(all)-1].end
	}
	if size >= 0 && size != end {
		return 0, nil, fmt.Errorf("read safetensors: the file has %d bytes, and %d by its header: it is cut short, or something follows it", size, end)
	}
	return begin, all, nil
}

// eachSafetensors reads the arrays in the order of their values. It reads file from its start,
// or in if file is nil.
func eachSafetensors(in io.Reader, file *io.SectionReader, take func(name string, r io.Reader) error) error {
	size := int64(-1)
	if file != nil {
		size = file.Size()
		in = io.NewSectionReader(file, 0, size) // an earlier call may have read from in
	}
	begin, all, err := openSafetensors(in, size)
	if err != nil {
		return err
	}
	for _, s := range all {
		values := io.Reader(&io.LimitedReader{R: in, N: s.end - s.begin})
		if file != nil {
			values = io.NewSectionReader(file, begin+s.begin, s.end-s.begin)
		}
		if err := take(s.name, io.MultiReader(bytes.NewReader(npyHeader(s.kind.descr, s.shape)), s.kind.reader(values))); err != nil {
			return err
		}
		if file == nil { // take may have left some of it
			if n, err := io.Copy(io.Discard, values); err != nil || n > 0 && values.(*io.LimitedReader).N > 0 {
				return safetensorsCut(cmp.Or(err, io.ErrUnexpectedEOF))
			}
		}
	}
	return nil
}

func safetensorsCut(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("read safetensors: the file is cut short")
	}
	return fmt.Errorf("read safetensors: %w", err)
}

// safetensorsKind is a type of values in a safetensors file.
type safetensorsKind struct {
	descr string // of the .npy file that the values become
	size  int64  // in bytes, of a value in the file
	brain bool   // bfloat16, which .npy does not have
}

func safetensorsKinds() map[string]safetensorsKind {
	return map[string]safetensorsKind{
		"F64": {"<f8", 8, false}, "F32": {"<f4", 4, false}, "F16": {"<f2", 2, false}, "BF16": {"<f4", 2, true},
		"I64": {"<i8", 8, false}, "I32": {"<i4", 4, false}, "I16": {"<i2", 2, false}, "I8": {"|i1", 1, false},
		"U64": {"<u8", 8, false}, "U32": {"<u4", 4, false}, "U16": {"<u2", 2, false}, "U8": {"|u1", 1, false}, "BOOL": {"|b1", 1, false},
	}
}

// reader turns the values in a file into the values of the .npy file.
func (k safetensorsKind) reader(values io.Reader) io.Reader {
	if k.brain {
		return &brainReader{in: values}
	}
	return values
}

// brainReader widens bfloat16 to float32: the two upper bytes of each value are there.
type brainReader struct {
	in    io.Reader
	chunk [4 << 10]byte
	wide  []byte // what is to be read
	back  [8 << 10]byte
}

func (b *brainReader) Read(p []byte) (int, error) {
	if len(b.wide) == 0 {
		n, err := io.ReadFull(b.in, b.chunk[:])
		if n == 0 {
			return 0, err
		}
		if n%2 > 0 { // it ends inside a value, and so will what is read
			n--
		}
		for i := 0; i < n; i += 2 {
			copy(b.back[2*i:], []byte{0, 0, b.chunk[i], b.chunk[i+1]})
		}
		b.wide = b.back[:2*n]
		if n == 0 {
			return 0, io.ErrUnexpectedEOF
		}
	}
	n := copy(p, b.wide)
	b.wide = b.wide[n:]
	return n, nil
}
