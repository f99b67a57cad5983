package gateway

import (
	"fmt"
	"path/filepath"
	"testing"
)

// TestRequests counts what a run costs in requests: reading a picture takes one and writing a file
// takes one, and the others do not depend on the number of pictures. A list of a prefix takes a
// request for every thousand objects.
func TestRequests(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	dir := t.TempDir()
	const some, files = 6, 8 // kirsch has 8 filters
	// requests returns the numbers of requests that read and that write, of a run of n pictures.
	requests := func(n int, form string, args ...string) (gets, puts int) {
		in := fmt.Sprintf("in%d", n)
		photos(t, filepath.Join(s.bucket(t, "photos"), in), n, 64, 64)
		p := newProxy(t, s, nil)
		all := []string{"run", "-q", "s3://photos/" + in, "--bank", "kirsch", "-o", fmt.Sprintf("s3://photos/%s%d", form, n)}
		s.ok(t, p.here(), dir, append(all, args...)...)
		return p.seen("GET") + p.seen("HEAD"), p.seen("PUT") + p.seen("POST") + p.seen("DELETE")
	}
	for _, c := range []struct {
		form            string
		args            []string
		reading, writes int // of each picture
		aside           int // requests besides, at most
	}{
		{"png", nil, 1, files, 30},
		{"npy", []string{"--format", "npy"}, 1, 1, 30},
		{"pack", []string{"--format", "npy", "--pack", "webdataset"}, 1, 0, 40},
		{"shard", []string{"--format", "npy", "--shards", "1", "--shard", "1/1"}, 1, 1, 40},
	} {
		gets, puts := requests(some, c.form, c.args...)
		more, written := requests(2*some, c.form, c.args...)
		if more-gets != some*c.reading || written-puts != some*c.writes {
			t.Errorf("%s: %d pictures more take %d requests that read and %d that write", c.form, some, more-gets, written-puts)
		}
		aside := gets - some*c.reading + puts - some*c.writes
		t.Logf("%s: besides %d", c.form, aside)
		if aside > c.aside {
			t.Errorf("%s: %d requests besides, want at most %d", c.form, aside, c.aside)
		}
	}
}
