package jpeg

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"sync"
	"testing"
)

// mutant damages a file in one to three ways. It is the same for the same n.
func mutant(seeds []corpusFile, n int) (name string, data []byte) {
	r := rand.New(rand.NewPCG(12, uint64(n)))
	seed := seeds[r.IntN(len(seeds))]
	data = bytes.Clone(seed.data)
	body := max(0, bytes.LastIndex(data, []byte("\xff\xda")))
	for range 1 + r.IntN(2) {
		if len(data) < 4 {
			break
		}
		from := r.IntN(len(data))
		if r.IntN(2) == 0 && body < len(data)-2 { // half of it in the data of the last scan
			from = body + r.IntN(len(data)-body)
		}
		to := from + 1 + r.IntN(min(len(data)-from, 1<<r.IntN(7)))
		switch r.IntN(8) {
		case 0, 1, 2:
			data[from] ^= 1 << r.IntN(8)
		case 3:
			data[from] = byte(r.IntN(256))
		case 4:
			data = data[:from]
		case 5:
			data = slices.Delete(data, from, to)
		case 6:
			data = slices.Insert(data, to, bytes.Clone(data[from:to])...)
		case 7:
			other := seeds[r.IntN(len(seeds))].data
			data = append(data[:from:from], other[min(from, len(other)):]...)
		}
	}
	return fmt.Sprintf("mutant %d of %s", n, seed.name), data
}

// TestMutants decodes damaged files: djpeg -strict takes the same ones, but for the
// exceptions that the package names, and makes the same pixels of them.
func TestMutants(t *testing.T) {
	count := 1000
	if os.Getenv("FILTERBANK_LONG") != "" {
		count = 5000
	}
	seeds := corpus(t)
	verdicts := map[string]int{}
	var mu sync.Mutex
	var team sync.WaitGroup
	for worker := range runtime.GOMAXPROCS(0) {
		team.Go(func() {
			d := new(Decoder)
			for n := worker; n < count; n += runtime.GOMAXPROCS(0) {
				name, data := mutant(seeds, n)
				verdict := checkMutant(t, d, name, data)
				mu.Lock()
				verdicts[verdict]++
				mu.Unlock()
			}
		})
	}
	team.Wait()
	t.Logf("%d files: %v", count, verdicts)
	for _, v := range []string{"decoded", "decoded with a warning", "corrupt", "truncated", "unsupported"} {
		if verdicts[v] == 0 {
			t.Errorf("no file was %s, the test has not tried it", v)
		}
	}
}

func checkMutant(t *testing.T, d *Decoder, name string, data []byte) string {
	if h, err := ReadHeader(data); err == nil && h.Width*h.Height > 1<<20 {
		return "large"
	}
	m, err := d.Decode(context.Background(), data)
	want, strict := djpeg(t, data)
	if err == nil {
		if !bytes.Equal(pnm(m), want) {
			t.Errorf("%s: other pixels than djpeg's; warnings %q, strict %t", name, m.Warnings, strict)
		}
		if !strict && len(m.Warnings) == 0 {
			t.Errorf("%s: decoded without a warning, but djpeg -strict refuses it", name)
		}
		if len(m.Warnings) > 0 {
			return "decoded with a warning"
		}
		return "decoded"
	}
	refused, ok := errors.AsType[*Error](err)
	if !ok {
		t.Errorf("%s: %v is no Error", name, err)
		return ""
	}
	if strict {
		t.Errorf("%s: djpeg -strict decodes it, but: %v", name, err)
	}
	if refused.Offset < 0 || refused.Offset > len(data) {
		t.Errorf("%s: %v is no place in a file of %d bytes", name, err, len(data))
	}
	return [...]string{Corrupt: "corrupt", Truncated: "truncated", Unsupported: "unsupported"}[refused.Kind]
}
