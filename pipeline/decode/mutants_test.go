package decode

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// seed is a good file to make bad ones of.
type seed struct {
	name string
	data []byte
}

// seeds are PNGs of every kind, JPEGs of every kind, turned ones of both, and the samples
// that are small.
func seeds(t *testing.T) []seed {
	t.Helper()
	var all []seed
	kinds := pngKinds()
	for _, name := range slices.Sorted(maps.Keys(kinds)) {
		for _, interlaced := range []bool{false, true} {
			s := kinds[name]
			s.w, s.h, s.interlaced = 13, 11, interlaced
			all = append(all, seed{fmt.Sprintf("%s, interlaced %t", name, interlaced), s.encode()})
		}
	}
	for _, pattern := range []string{"testdata/*.jpg", "../../samples/*.png", "../../samples/*.jpg"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatal(pattern, err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if len(data) <= 22<<10 {
				all = append(all, seed{file, data})
			}
		}
	}
	turned := small(t)
	for _, name := range slices.Sorted(maps.Keys(turned)) {
		all = append(all, seed{"small " + name, turned[name]})
	}
	return all
}

// mutant damages a file in one to three ways. It is the same for the same n.
func mutant(all []seed, n int) (name string, data []byte) {
	r := rand.New(rand.NewPCG(5, uint64(n)))
	s := all[n%len(all)]
	data = bytes.Clone(s.data)
	for range 1 + r.IntN(3) {
		if len(data) < 2 {
			break
		}
		from := r.IntN(len(data))
		to := from + 1 + r.IntN(min(len(data)-from, 1<<r.IntN(12)))
		switch r.IntN(7) {
		case 0, 1: // bits flipped
			for range 1 + r.IntN(8) {
				data[r.IntN(len(data))] ^= 1 << r.IntN(8)
			}
		case 2: // cut
			data = data[:from]
		case 3: // a part is missing, or there twice
			data = slices.Delete(data, from, to)
		case 4:
			data = slices.Insert(data, to, bytes.Clone(data[from:to])...)
		case 5: // spliced with another file, from the same place or any
			other := all[r.IntN(len(all))].data
			at := min(from, len(other))
			if r.IntN(2) == 0 {
				at = r.IntN(len(other))
			}
			data = append(data[:from:from], other[at:]...)
		case 6: // zeros, as of a block that the disk has lost, or ones
			fill := byte(-r.IntN(2))
			for i := range data[from:to] {
				data[from+i] = fill
			}
		}
	}
	if r.IntN(2) == 0 { // so that the damage is found where it is and not by the checksum
		mendPNG(data)
	}
	return fmt.Sprintf("mutant %d of %s", n, s.name), data
}

// mendPNG corrects the checksums of a PNG's chunks as far as it has any.
func mendPNG(data []byte) {
	if !bytes.HasPrefix(data, []byte(pngSignature)) {
		return
	}
	for rest := data[len(pngSignature):]; len(rest) >= 12; {
		length := int64(binary.BigEndian.Uint32(rest))
		if length > int64(len(rest)-12) {
			return
		}
		binary.BigEndian.PutUint32(rest[8+length:], crc32.ChecksumIEEE(rest[4:8+length]))
		rest = rest[12+length:]
	}
}

// TestMutants decodes damaged files as a run does. Whatever is refused has a code, and no
// header makes the decoder take more memory than it says. Packages jpeg and png hold
// verdicts against libjpeg-turbo's and OpenCV's.
func TestMutants(t *testing.T) {
	count := 2000
	if os.Getenv("FILTERBANK_LONG") != "" {
		count = 20000
	}
	all := seeds(t)
	d := newDecoder(t, Options{Limits: Limits{1 << 20}})
	verdicts := map[Code]int{}
	for n := range count {
		name, data := mutant(all, n)
		hang := time.AfterFunc(time.Minute, func() { panic(name + " takes longer than a minute") })
		verdicts[checkMutant(t, d, name, data)]++
		hang.Stop()
	}
	t.Logf("%d files of %d seeds: %v", count, len(all), verdicts)
	for _, code := range []Code{"", NotPicture, Unsupported, Truncated, Corrupt, TooLarge} {
		if verdicts[code] == 0 {
			t.Errorf("no file got the verdict %q, the test has not tried it", code)
		}
	}
}

// checkMutant decodes a file and gives the verdict, empty where it is accepted.
func checkMutant(t *testing.T, d *Decoder, name string, data []byte) Code {
	t.Helper()
	info, infoErr := d.ReadInfo(bytes.NewReader(data))
	before := allocated()
	p, err := d.Decode(context.Background(), data)
	used := allocated() - before
	if infoErr != nil && err == nil {
		t.Errorf("%s: decoded, but its header was refused: %v", name, infoErr)
	}
	// Besides the pixels there are the tables of a stream.
	if most := info.Memory() + 1<<20; int64(used) > most {
		t.Errorf("%s: took %d bytes, by its header at most %d", name, used, most)
	}
	if err == nil {
		checkFinite(t, p)
		return ""
	}
	refused, ok := errors.AsType[*Error](err)
	if !ok {
		t.Errorf("%s: %v has no code", name, err)
		return ""
	}
	if strings.ContainsAny(refused.Text, "\n\x00") || len(refused.Text) > 300 {
		t.Errorf("%s: %q is not one short line", name, refused.Text)
	}
	return refused.Code
}

// TestMemory holds what the header says of memory against what decoding allocates, for
// PNGs of every kind, turned and not. The pictures are large enough for tables not to
// count.
func TestMemory(t *testing.T) {
	d := newDecoder(t, Options{})
	kinds := pngKinds()
	for _, name := range slices.Sorted(maps.Keys(kinds)) {
		for _, interlaced := range []bool{false, true} {
			for _, chunk := range [][]byte{nil, pngChunk("eXIf", exifBlock(binary.LittleEndian, 3, 6))} {
				s := kinds[name]
				s.w, s.h, s.interlaced, s.before = 300, 250, interlaced, chunk
				data := s.encode()
				info, err := d.ReadInfo(bytes.NewReader(data))
				if err != nil {
					t.Fatal(err)
				}
				before := allocated()
				if _, err := d.Decode(context.Background(), data); err != nil {
					t.Fatal(err)
				}
				if used := int64(allocated() - before); used > info.Memory()+100<<10 {
					t.Errorf("%s, interlaced %t, turned %t: took %d bytes, by its header %d", name, interlaced, chunk != nil, used, info.Memory())
				}
			}
		}
	}
}

// allocated is how many bytes the process has taken from the heap so far.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}
