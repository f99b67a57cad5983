package bucket

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/minio/minio-go/v7"
)

// TestPrivate tells connections on which nobody else can change a content.
func TestPrivate(t *testing.T) {
	for endpoint, want := range map[string]bool{
		"https://minio.example.com": true, "http://127.0.0.1:9000": true, "http://127.8.0.1": true, "http://[::1]:9000": true, "http://[::1]": true, "http://localhost:9000": true,
		"http://minio.example.com:9000": false, "http://10.0.0.1:9000": false, "http://localhost.example.com": false, "http://127.0.0.1.example.com": false,
	} {
		var c config
		if err := c.setEndpoint(endpoint); err != nil || c.isPrivate() != want {
			t.Errorf("%s: %v, %v", endpoint, c.isPrivate(), err)
		}
	}
}

// TestSums compares sums with a published one and with another computation, for files and for
// content in pieces.
func TestSums(t *testing.T) {
	text := []byte("123456789") // its CRC-32C is e3069283: https://reveng.sourceforge.io/crc-catalogue/17plus.htm
	want := sha256.Sum256(text)
	for _, in := range []io.ReaderAt{bytes.NewReader(text), Pieces{text}, Pieces{text[:1], nil, text[1:8], text[8:]}} {
		content := io.NewSectionReader(in, 0, 9)
		if s, err := sumOf(content, true); s != (sum{crc: "4waSgw=="}) || err != nil {
			t.Errorf("%T: %+v, %v", in, s, err)
		}
		if s, err := sumOf(content, false); s != (sum{sha256: hex.EncodeToString(want[:])}) || err != nil {
			t.Errorf("%T: %+v, %v", in, s, err)
		}
	}
}

// TestPieces reads every part of a content in pieces.
func TestPieces(t *testing.T) {
	text := "0123456789"
	p := Pieces{[]byte(text[:3]), nil, []byte(text[3:4]), []byte(text[4:])}
	for from := 0; from <= 12; from++ {
		for n := range 14 {
			got := make([]byte, n)
			read, err := p.ReadAt(got, int64(from))
			want := text[min(from, 10):min(from+n, 10)]
			if string(got[:read]) != want || (err == io.EOF) != (len(want) < n) {
				t.Errorf("%d bytes at %d: %q, %v", n, from, got[:read], err)
			}
		}
	}
}

// TestRefusedSums tells stores that know no checksums.
func TestRefusedSums(t *testing.T) {
	b := open(t, login1)
	for i, c := range []struct {
		status  int
		message string
		want    bool
	}{
		{501, "Header 'x-amz-checksum-algorithm' with value 'CRC32C' not implemented", true},
		{400, "Unsupported header 'x-amz-checksum-crc32c' received for this API call.", true},
		{400, "The Content-MD5 you specified did not match what we received.", false},
		{403, "x-amz-checksum-crc32c", false},
	} {
		err := fmt.Errorf("put: %w", minio.ErrorResponse{StatusCode: c.status, Message: c.message})
		if got := b.client.refusesSums(err); got != c.want || strings.HasPrefix(c.message, "Header") && !b.client.signs.Load() {
			t.Errorf("%d: %v, want %v", i, got, c.want)
		}
	}
}
