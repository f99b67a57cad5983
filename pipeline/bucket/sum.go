package bucket

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash/crc32"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/minio/minio-go/v7"
)

// sum goes with a content, so that the store refuses one that was damaged on the way. It is the
// CRC-32C in a header of its own, which a core takes in a fiftieth of the time, or the SHA-256 that
// the request is signed with. On a connection that others can write to, only the second one tells
// that somebody has changed the content.
type sum struct {
	crc    string // base64; empty if there is none
	sha256 string // hexadecimal; empty if there is none
}

// Headers of checksums (https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html).
const (
	crcHeader       = "X-Amz-Checksum-Crc32c"
	algorithmHeader = "X-Amz-Checksum-Algorithm" // of an upload in parts
	crcAlgorithm    = "CRC32C"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// isPrivate says whether nobody else can change what is sent: the connection has TLS, or does not
// leave the machine.
func (c *config) isPrivate() bool {
	if c.secure {
		return true
	}
	host, _, err := net.SplitHostPort(c.host)
	if err != nil {
		host = c.host
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// sumOf is a sum of a content: its CRC, or what it is signed with.
func sumOf(content *io.SectionReader, crc bool) (sum, error) {
	if crc {
		h := crc32.New(castagnoli)
		err := copyAll(h, content)
		return crcSum(h.Sum32()), err
	}
	h := sha256.New()
	err := copyAll(h, content)
	return sum{sha256: hex.EncodeToString(h.Sum(nil))}, err
}

// crcSum is the sum with a CRC-32C.
func crcSum(crc uint32) sum {
	return sum{crc: base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, crc))}
}

// copyAll writes all that a section has.
func copyAll(out io.Writer, section *io.SectionReader) error {
	in, from, n := section.Outer()
	if p, ok := in.(Pieces); ok {
		p.each(from, n, func(piece []byte) { _, _ = out.Write(piece) }) // a hash never fails
		return nil
	}
	_, err := io.Copy(out, io.NewSectionReader(in, from, n))
	return err
}

// summing makes a request, which takes checksums or does without. If the store knows none, the
// request is made again.
func (c *Client) summing(request func(sums bool) error) error {
	for {
		sums := c.config.isPrivate() && !c.signs.Load()
		err := request(sums)
		if !sums || !c.refusesSums(err) {
			return err
		}
	}
}

// summed is a content that is sent with a sum.
type summed struct {
	client  *Client
	content *io.SectionReader
	known   bool // sum is the content's, with a CRC if crc
	crc     bool
	sum     sum
}

// send has a request made, which reads content from its beginning.
func (s *summed) send(request func(sum) error) error {
	return s.client.summing(func(crc bool) (err error) {
		if !s.known || s.crc != crc {
			if s.sum, err = sumOf(s.content, crc); err != nil {
				return err
			}
			s.known, s.crc = true, crc
		}
		_, _ = s.content.Seek(0, io.SeekStart)
		return request(s.sum)
	})
}

// header is the header of a request for a content with the sum.
func (s sum) header() http.Header {
	if s.crc == "" {
		return nil
	}
	return http.Header{crcHeader: {s.crc}}
}

// refusesSums says whether a store has refused a request because it knows no header of checksums,
// as Cloudflare's and Backblaze's do in some versions. From then on contents are signed.
func (c *Client) refusesSums(err error) bool {
	answer, ok := errors.AsType[minio.ErrorResponse](err)
	if !ok || answer.StatusCode != http.StatusBadRequest && answer.StatusCode != http.StatusNotImplemented ||
		!strings.Contains(strings.ToLower(answer.Message), "x-amz-checksum-") {
		return false
	}
	c.signs.Store(true)
	return true
}
