package gateway

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"filterbank/pipeline/source"
)

// plant writes files of a folder; a name without data gets its own name as content.
func plant(t *testing.T, dir string, files map[string][]byte) {
	t.Helper()
	for name, data := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if data == nil {
			data = []byte(name)
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// picture is a picture with a pattern that depends on its number: a PNG, or a JPEG for odd numbers.
func picture(t *testing.T, n, width, height int) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			img.Set(x, y, color.RGBA{uint8(x*n + y), uint8(x ^ y*n), uint8((x + y) * (n%7 + 1)), 255})
		}
	}
	var b bytes.Buffer
	err := png.Encode(&b, img)
	if n%2 == 1 {
		b.Reset()
		err = jpeg.Encode(&b, img, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// photos plants a number of pictures in a folder of each of three classes.
func photos(t *testing.T, dir string, n, width, height int) {
	t.Helper()
	files := map[string][]byte{}
	for i := range n {
		files[fmt.Sprintf("%s/img %03d.%s", []string{"cat", "dog", "dog-house"}[i%3], i, []string{"png", "jpg"}[i%2])] = picture(t, i, width, height)
	}
	plant(t, dir, files)
}

// result is the end of a program.
type result struct {
	code     int
	out, err string
}

// runIn runs the program in a folder, on a store at an address.
func (s *server) runIn(t testing.TB, address, dir string, args ...string) result {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Env = dir, s.environment(address)
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	r := result{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
	s.keepsSecrets(t, "output", out.String()+errs.String())
	return r
}

// ok runs the program, which must succeed, and returns what it prints.
func (s *server) ok(t testing.TB, address, dir string, args ...string) string {
	t.Helper()
	r := s.runIn(t, address, dir, args...)
	if r.code != 0 {
		t.Fatalf("%q: exit %d\n%s%s", args, r.code, r.out, r.err)
	}
	return r.out
}

// keepsSecrets checks that credentials are not in a text.
func (s *server) keepsSecrets(t testing.TB, what, text string) {
	t.Helper()
	for _, secret := range []string{s.access, s.secret} {
		if secret != "" && strings.Contains(text, secret) {
			t.Errorf("%s has a credential in it", what)
		}
	}
}

// keepsSecretsBelow checks all files of a folder.
func (s *server) keepsSecretsBelow(t *testing.T, dir string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		files++
		s.keepsSecrets(t, path, string(data))
		return err
	})
	if err != nil || files == 0 {
		t.Errorf("%d files, %v", files, err)
	}
}

// TestListing compares the listing of a prefix with the listing of a folder that has the same names.
func TestListing(t *testing.T) {
	s := newServer(t)
	files := map[string][]byte{}
	for _, name := range []string{
		"a/1.png", "a/2.PNG", "a-b/3.png", "a.png", "a b/4.png", "a+/5.png", "a0.png", "aa/6.jpg", "B/7.png", "Ä/8.png", "ä/9.png", "z/~/!.png",
		"a/deep/er/10.png", "a/deep.png", "a/deep-/11.png", ".hidden.png", ".dir/12.png", "a/.x/13.png", "text.txt", "a/raw.bin", "a/photo.heic", "t.tar",
		"[x]/{y}.png", "q?.png", "star*.png",
	} {
		files[name] = nil
	}
	root := s.bucket(t, "photos")
	plant(t, filepath.Join(root, "p"), files)
	s.open(t, s.address, "photos") // sets the environment
	for _, c := range []struct {
		input string
		o     source.Options
	}{
		{"p", source.Options{}},
		{"p/", source.Options{}},
		{"p/a", source.Options{}},
		{"p/a.png", source.Options{}},
		{"p/star*.png", source.Options{}},
		{"p", source.Options{Include: []string{"*.png"}}},
		{"p", source.Options{Exclude: []string{"a", "*0.png"}}},
		{"p", source.Options{Include: []string{"a/"}, Exclude: []string{"deep/"}}},
		{"p/**", source.Options{}},
		{"p/**/*.png", source.Options{}},
		{"p/*", source.Options{}},
		{"p/*/*.png", source.Options{}},
		{"p/a*/**/*.{png,bin}", source.Options{}},
		{"p/**/.*/*.png", source.Options{}},
		{"p/a/*", source.Options{Exclude: []string{"*"}}},
		{"p/none*", source.Options{}},
		{"p/[", source.Options{}},
		{"p", source.Options{Shard: source.Shard{Index: 2, Count: 3}}},
		{"p/*/*", source.Options{LabelFolders: true}},
	} {
		kinds := [2]map[string]int{}
		var listed [2][]string
		for i, base := range []string{root + "/", "s3://photos/"} {
			o := c.o
			o.Extensions, o.Unread = []string{".png", ".jpg"}, map[string]string{".heic": "HEIC"}
			o.PassedOver = func(k map[string]int) { kinds[i] = k }
			entries, err := source.List(t.Context(), []string{base + c.input}, o)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range entries {
				line := strings.TrimPrefix(e.Path, base) + " > " + e.Rel + " " + e.Label
				if e.Problem != nil {
					line += " ! " + string(e.Problem.Code)
				} else if in, err := e.Open(t.Context()); err != nil {
					t.Error(err)
				} else if data, err := in.ReadAll(); err != nil || string(data) != strings.TrimPrefix(e.Path, base+"p/") || e.Bytes() != int64(len(data)) {
					t.Errorf("%s holds %q, %v", e.Path, data, err)
				}
				listed[i] = append(listed[i], line)
			}
		}
		if a, b := strings.Join(listed[0], "\n"), strings.Join(listed[1], "\n"); a != b || a == "" && c.o.Exclude == nil {
			t.Errorf("%s %+v:\nfolder\n%s\nbucket\n%s", c.input, c.o, a, b)
		}
		if a, b := fmt.Sprint(kinds[0]), fmt.Sprint(kinds[1]); a != b {
			t.Errorf("%s: passed over %s and %s", c.input, a, b)
		}
	}
}

// TestRun compares runs over a bucket with one over a folder: undisturbed, through faults, and with
// the server killed and started again in the middle.
func TestRun(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	photos(t, filepath.Join(s.bucket(t, "photos"), "p"), 200, 96, 64)
	dir := t.TempDir()
	s.ok(t, s.address, dir, "run", filepath.Join(s.root, "photos", "p"), "-o", "folder", "--label", "folder", "--format", "npy", "--format", "png")
	want := s.ok(t, s.address, dir, "digest", "folder")
	for i, c := range []struct {
		name    string
		disturb func(*http.Request) fault
		args    []string
	}{
		{"undisturbed", nil, nil},
		{"one worker, little memory", nil, []string{"-j", "1", "--max-memory", "9MB"}},
		{"faults", some(4, busy, slow, cut, refused, short, throttled, lost, broken), []string{"-j", "3"}},
		{"restart", s.restart(t, 120), nil},
	} {
		p := newProxy(t, s, c.disturb)
		out := fmt.Sprint("out", i)
		s.ok(t, p.here(), dir, append([]string{"run", "s3://photos/p", "-o", out, "--label", "folder", "--format", "npy", "--format", "png", "-v"}, c.args...)...)
		if got := s.ok(t, p.here(), dir, "digest", out); got != want {
			t.Errorf("%s: digest %s, want %s", c.name, got, want)
		}
		before := p.seen("")
		if line := s.ok(t, p.here(), dir, append([]string{"run", "s3://photos/p", "-o", out, "--label", "folder", "--format", "npy", "--format", "png"}, c.args...)...); !strings.Contains(line, "nothing to do: 200 images were done already") {
			t.Errorf("%s: run again: %s", c.name, line)
		}
		if again := p.seen("") - before; c.disturb == nil && again > 203 {
			t.Errorf("%s: run again: %d requests", c.name, again)
		}
	}
	s.keepsSecretsBelow(t, dir)
}

// TestAgain checks that a run reads only the beginnings of objects that an earlier run has read, and
// does an object again that has changed and kept its size.
func TestAgain(t *testing.T) {
	s := newServer(t)
	p := newProxy(t, s, nil)
	b := s.open(t, s.address, "photos")
	dir, size := t.TempDir(), int64(0)
	for i := range 6 {
		data := picture(t, 2*i, 700, 500)
		put(t, b, fmt.Sprintf("p/%d.png", i), data)
		size += int64(len(data))
	}
	run := func() (line string, read int64) {
		before := p.bytes
		line = s.ok(t, p.here(), dir, "run", "s3://photos/p", "-o", "out")
		return line, p.bytes - before
	}
	if line, read := run(); !strings.HasPrefix(line, "6 images, ") || read < size {
		t.Errorf("%d of %d bytes: %s", read, size, line)
	}
	if line, read := run(); !strings.HasPrefix(line, "nothing to do: 6 images were done already") || read > 6*33<<10+10_000 {
		t.Errorf("%d of %d bytes: %s", read, size, line)
	}
	other := picture(t, 2, 700, 500)
	other[len(other)-20] ^= 1 // in the last pixels or their checksum
	put(t, b, "p/1.png", other)
	r := s.runIn(t, p.here(), dir, "run", "s3://photos/p", "-o", "out")
	if r.code != 1 || !strings.Contains(r.err, "s3://photos/p/1.png") || !strings.Contains(r.out, "5 done already") {
		t.Errorf("%+v", r)
	}
	put(t, b, "p/1.png", picture(t, 4, 700, 500))
	if line, _ := run(); !strings.HasPrefix(line, "1 image, ") || !strings.Contains(line, "5 done already") {
		t.Errorf("%s", line)
	}
}

// restart kills the server at a request and starts it again soon after.
func (s *server) restart(t *testing.T, at int32) func(*http.Request) fault {
	var requests atomic.Int32
	return func(*http.Request) fault {
		if requests.Add(1) == at {
			s.kill()
			s.startAfter(t, 500*time.Millisecond)
		}
		return none
	}
}

// TestPlan checks that plan reads the beginnings of pictures alone.
func TestPlan(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	const n = 12
	photos(t, filepath.Join(s.bucket(t, "photos"), "p"), n, 700, 500)
	p := newProxy(t, s, nil)
	dir := t.TempDir()
	got := s.ok(t, p.here(), dir, "plan", "s3://photos/p", "--json")
	want := s.ok(t, p.here(), dir, "plan", filepath.Join(s.root, "photos", "p"), "--json")
	same := func(plan string) string {
		var fields map[string]any
		if err := json.Unmarshal([]byte(plan), &fields); err != nil {
			t.Fatal(err)
		}
		if fields["memory_about"].(float64) <= 0 {
			t.Error("no memory")
		}
		delete(fields, "memory_about") // of a bucket it has a part for fetching ahead
		text, _ := json.Marshal(fields)
		return strings.ReplaceAll(string(text), s.root+"/", "s3://")
	}
	if same(got) != same(want) {
		t.Errorf("bucket %s\nfolder %s", got, want)
	}
	if p.bytes > n*33<<10+20_000 || p.seen("") > n+3 {
		t.Errorf("%d bytes in %d requests", p.bytes, p.seen(""))
	}
	// A run has enough memory with the number that plan gives, with more images than fit in what is
	// for fetching ahead, and too little with less.
	for _, jobs := range []string{"1", "3"} {
		var planned struct {
			Memory int64 `json:"memory_about"`
		}
		if err := json.Unmarshal([]byte(s.ok(t, p.here(), dir, "plan", "s3://photos/p", "--json", "-j", jobs)), &planned); err != nil {
			t.Fatal(err)
		}
		s.ok(t, p.here(), dir, "run", "s3://photos/p", "-o", "out"+jobs, "-j", jobs, "--max-memory", fmt.Sprint(planned.Memory))
		if jobs == "1" {
			r := s.runIn(t, p.here(), dir, "run", "s3://photos/p", "-o", "less", "-j", jobs, "--max-memory", fmt.Sprint(planned.Memory*9/10))
			if r.code != 1 || !strings.Contains(r.err, "raise --max-memory") {
				t.Errorf("%+v", r)
			}
		}
	}
	if a, b := s.ok(t, p.here(), dir, "digest", "out1"), s.ok(t, p.here(), dir, "digest", "out3"); a != b {
		t.Errorf("digests %s and %s", a, b)
	}
}

// TestFailing checks that a picture that cannot be read fails alone.
func TestFailing(t *testing.T) {
	t.Parallel() // with the other tests of the program, since it waits through all attempts
	s := newServer(t)
	photos(t, filepath.Join(s.bucket(t, "photos"), "p"), 6, 96, 64)
	p := newProxy(t, s, func(r *http.Request) fault {
		switch {
		case strings.HasSuffix(r.URL.Path, "img 004.png"):
			return busy
		case strings.HasSuffix(r.URL.Path, "img 001.jpg"):
			return cut
		}
		return none
	})
	dir := t.TempDir()
	r := s.runIn(t, p.here(), dir, "run", "s3://photos/p", "-o", "out")
	if r.code != 1 || !strings.Contains(r.err, "get s3://photos/p/dog/img 004.png: 503 SlowDown: Please reduce your request rate (") || !strings.Contains(r.out, "4 images") {
		t.Errorf("%+v", r)
	}
	records, err := os.ReadFile(filepath.Join(dir, "out", "manifest.jsonl"))
	if err != nil || strings.Count(string(records), `"code":"io"`) != 2 || strings.Count(string(records), `"status":"ok"`) != 4 {
		t.Errorf("%s, %v", records, err)
	}
}

// TestRefused checks inputs that end a run before any work.
func TestRefused(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	photos(t, filepath.Join(s.bucket(t, "photos"), "p"), 3, 96, 64)
	plant(t, s.bucket(t, "photos"), map[string][]byte{"t.tar": nil, "z.zip": nil})
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "list.txt"), []byte("s3://none/a.png\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	wrong, none := *s, *s
	wrong.secret, none.access, none.secret = "wrong", "", ""
	for _, c := range []struct {
		s    *server
		args []string
		code int
		want string
	}{
		{s, []string{"s3://none/p"}, 2, "there is no such bucket"},
		{s, []string{"s3://none/**/*.png"}, 2, "there is no such bucket"},
		{s, []string{"--files-from", "list.txt"}, 2, "there is no such bucket"},
		{s, []string{"s3://NO/p"}, 2, "NO is no name of a bucket"},
		{s, []string{"s3://photos/none/"}, 2, "there is no object of this name, and none below it"},
		{s, []string{"s3://photos/none"}, 2, "there is no object of this name, and none below it"},
		{s, []string{"s3://photos/t.tar"}, 2, "images in tar files are read from disks alone"},
		{s, []string{"s3://photos/z.zip"}, 2, "it is a compressed archive"},
		{&wrong, []string{"s3://photos/p"}, 2, "403 SignatureDoesNotMatch"},
		{&none, []string{"s3://photos/p"}, 2, "no credentials were found"},
		{&none, []string{"--files-from", "list.txt"}, 2, "no credentials were found"},
	} {
		r := c.s.runIn(t, s.address, dir, append([]string{"run", "-o", "out"}, c.args...)...)
		if r.code != c.code || !strings.Contains(r.err, c.want) || strings.Count(r.err, "\n") > 2 {
			t.Errorf("%q: %+v, want %s", c.args, r, c.want)
		}
		if _, err := os.Stat(filepath.Join(dir, "out")); err == nil {
			t.Errorf("%q: there is an output folder", c.args)
		}
	}
}

// TestCommands runs the other commands on buckets, and lists with objects.
func TestCommands(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	photos(t, filepath.Join(s.bucket(t, "photos"), "p"), 9, 96, 64)
	dir := t.TempDir()
	rows, names := "file,id,class\n", ""
	for i := range 9 {
		name := fmt.Sprintf("s3://photos/p/%s/img %03d.%s", []string{"cat", "dog", "dog-house"}[i%3], i, []string{"png", "jpg"}[i%2])
		rows += fmt.Sprintf("%s,x/%d,%d\n", name, i, i%2)
		names += name + "\n"
	}
	plant(t, dir, map[string][]byte{"list.csv": []byte(rows), "list.txt": []byte(names)})
	local := filepath.Join(s.root, "photos", "p")
	for _, in := range []string{"s3://photos/p", local} {
		s.ok(t, s.address, dir, "calibrate", in, "-o", filepath.Base(in)+fmt.Sprint(len(in))+".json")
	}
	stats := func(name string) string {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return strings.ReplaceAll(string(data), local, "s3://photos/p")
	}
	if a, b := stats("p13.json"), stats(fmt.Sprintf("p%d.json", len(local))); a != b {
		t.Error("the statistics differ")
	}
	s.ok(t, s.address, dir, "run", "--files-from", "list.csv", "--column", "file", "--key-column", "id", "--label-column", "class", "-o", "table", "--report")
	s.ok(t, s.address, dir, "run", "--files-from", "list.txt", "-o", "plain")
	s.ok(t, s.address, dir, "run", local+"/cat", local+"/dog", local+"/dog-house", "-o", "folders")
	if a, b := s.ok(t, s.address, dir, "digest", "plain"), s.ok(t, s.address, dir, "digest", "folders"); a != b {
		t.Errorf("digests %s and %s", a, b)
	}
	for _, name := range []string{"table/x/8", "plain/img 008", "table/report.html"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	if out := s.ok(t, s.address, dir, "show", "s3://photos/p/cat/img 000.png"); !strings.Contains(out, "96×64, PNG") {
		t.Errorf("show prints %s", out)
	}
	s.keepsSecretsBelow(t, dir)
}

// TestChangedInput checks that an object that changes after the listing is not taken for the listed
// one.
func TestChangedInput(t *testing.T) {
	s := newServer(t)
	b := s.open(t, s.address, "photos")
	for _, key := range []string{"a.png", "b.png"} {
		put(t, b, key, noise(100_000))
	}
	entries, err := source.List(t.Context(), []string{"s3://photos"}, source.Options{})
	if err != nil || len(entries) != 2 {
		t.Fatal(entries, err)
	}
	put(t, b, "a.png", noise(100_001))
	if err := b.Remove(t.Context(), "b.png"); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"s3://photos/a.png: the object has changed since it was listed: run again", "read: get s3://photos/b.png: there is no such object"} {
		_, err := entries[i].Open(t.Context())
		if err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
		fetched, ok := entries[i].Fetch(t.Context(), func(int64) bool { return true })
		if _, err := fetched.Open(t.Context()); !ok || err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
