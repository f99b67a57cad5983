package report

import (
	"fmt"
	"path/filepath"
	"strings"
)

// links builds the addresses of the run's files, relative to the page.
type links struct{ prefix string }

func newLinks(page, run string) (links, error) {
	from, err := filepath.Abs(filepath.Dir(page))
	if err != nil {
		return links{}, fmt.Errorf("report %s: %w", page, err)
	}
	to, err := filepath.Abs(run)
	if err != nil {
		return links{}, fmt.Errorf("report %s: %w", page, err)
	}
	rel, err := filepath.Rel(from, to)
	if err != nil {
		return links{}, fmt.Errorf("report %s: no relative link leads from the page to %s; use --embed, or put the page on the same volume", page, run)
	}
	if rel == "." {
		return links{}, nil
	}
	return links{escapePath(filepath.ToSlash(rel)) + "/"}, nil
}

// to returns the address of a file of the run with a slash-separated path.
func (l links) to(path string) string { return l.prefix + escapePath(path) }

// escapePath writes a slash-separated path of any bytes as a relative reference (RFC 3986).
// It percent-encodes every byte except unreserved characters and slashes.
func escapePath(path string) string {
	const hexadecimal = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(path) {
		c := path[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-._~/", c) >= 0:
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(hexadecimal[c>>4])
			b.WriteByte(hexadecimal[c&15])
		}
	}
	return b.String()
}
