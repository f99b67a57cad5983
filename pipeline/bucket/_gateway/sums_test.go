package gateway

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"filterbank/pipeline/bucket"
)

// damagedBody is a body whose first byte is another.
type damagedBody struct {
	io.ReadCloser
	begun bool
}

func (b *damagedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if n > 0 && !b.begun {
		p[0], b.begun = p[0]^1, true
	}
	return n, err
}

// TestDamaged damages the first content of each request on its way to the store, which must refuse
// it. The second one comes through. Stores that know no checksums get signed contents.
func TestDamaged(t *testing.T) {
	s := newServer(t)
	for _, sums := range []bool{true, false} {
		var once sync.Map
		p := newProxy(t, s, func(r *http.Request) fault {
			hasSum := strings.Contains(strings.ToLower(fmt.Sprint(r.Header)), "x-amz-checksum-")
			switch _, again := once.LoadOrStore(r.URL.String(), true); {
			case hasSum && !sums:
				once.Delete(r.URL.String())
				return unknown
			case hasSum == sums && r.Method == http.MethodPut && !again:
				return damaged
			}
			return none
		})
		b := s.open(t, p.here(), "photos")
		for _, size := range []int{1, 100_000, 6 << 20} {
			data, key := noise(size), fmt.Sprintf("%v-%d", sums, size)
			if _, err := b.PutBytes(t.Context(), key, data, bucket.Put{}); err != nil {
				t.Fatal(err)
			}
			u := b.Upload(t.Context(), key+"-up", bucket.Put{PartSize: 5 << 20})
			_, _ = u.Write(data)
			if _, err := u.Commit(); err != nil {
				t.Fatal(err)
			}
			for _, key := range []string{key, key + "-up"} {
				if got, _, err := b.ReadAll(t.Context(), key, 1<<30); err != nil || !bytes.Equal(got, data) {
					t.Errorf("%s: %d bytes, %v, want others, %d", key, len(got), err, size)
				}
			}
		}
		if n := p.seen(http.MethodPut); n < 2*(3+2+2) {
			t.Errorf("%d requests to put, want each one twice", n)
		}
	}
}
