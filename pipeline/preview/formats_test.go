package preview

import (
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"filterbank/filters/tensor"
	"filterbank/pipeline"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/output"
	"filterbank/pipeline/source"
	"filterbank/pipeline/store"
)

// formatCase has formats and settings.
type formatCase struct {
	formats  []string
	numbers  tensor.Type
	tables   []*output.Table
	features bool
	exact    bool // otherwise the planned bytes are a bound
}

// withFiles are jobs that write files of pictures.
var withFiles = []formatCase{
	{formats: []string{"npy"}, numbers: tensor.Float16, features: true, exact: true},
	{formats: []string{"npy"}, exact: true},
	{formats: []string{"npy"}, numbers: tensor.Float16, exact: true},
	{formats: []string{"npz"}, exact: true},
	{formats: []string{"npz"}, numbers: tensor.Float16, exact: true},
	{formats: []string{"safetensors"}, exact: true},
	{formats: []string{"safetensors"}, numbers: tensor.Float16, exact: true},
	{formats: []string{"npy", "npz", "safetensors"}, numbers: tensor.Float16, exact: true},
	{formats: []string{"png"}, tables: output.Tables()},
	{formats: []string{"png16", "npy"}, tables: output.Tables()},
	{formats: []string{"png", "npy", "npz", "safetensors", "sheet", "overlay"}},
}

// TestPreviewOfFormats compares plans with the bytes of runs in folders.
func TestPreviewOfFormats(t *testing.T) {
	entries := noise(t)
	for _, c := range append(withFiles[:len(withFiles):len(withFiles)], formatCase{features: true, exact: true}) {
		t.Run(fmt.Sprint(c.formats, c.numbers, len(c.tables)), func(t *testing.T) {
			job := formatsJob(t, c.formats, c.numbers, c.features)
			job.Output.Tables = c.tables
			p, s, out := both(t, entries, job, pipeline.RunOptions{})
			written := bytesBelow(t, out)
			maps := s.Maps
			if s.Files == 0 {
				maps = 3 * s.Pictures // features are of maps that are not written
			}
			if p.Files != s.Files || p.Maps != maps || p.Pictures != s.Pictures || s.Pictures != len(entries) || p.Shards != 0 {
				t.Errorf("planned %d files in %d shards, %d maps of %d pictures; written %+v", p.Files, p.Shards, p.Maps, p.Pictures, s)
			}
			if written != s.Bytes || p.Bytes < written || c.exact && p.Bytes != written {
				t.Errorf("planned %d bytes, written %d, summed up as %d", p.Bytes, written, s.Bytes)
			}
		})
	}
}

// TestPreviewOfPacks compares plans with the shards of runs. Arrays have exact sizes, so that
// the plan exceeds the shards by the room for texts in the records.
func TestPreviewOfPacks(t *testing.T) {
	entries := noise(t)
	bounds := []struct {
		bytes  int64
		count  int
		shards int // 0: as many as the sizes give
	}{
		{store.ShardBytes, 0, 1}, {store.ShardBytes, 1, len(entries)}, {store.ShardBytes, 2, (len(entries) + 1) / 2}, {1, 0, len(entries)}, {30_000, 0, 0},
	}
	for _, c := range withFiles {
		for _, bound := range bounds {
			t.Run(fmt.Sprint(c.formats, c.numbers, bound), func(t *testing.T) {
				p, s, out := both(t, entries, formatsJob(t, c.formats, c.numbers, c.features), pipeline.RunOptions{Pack: bound.bytes, PackCount: bound.count})
				shards, err := filepath.Glob(filepath.Join(out, store.ShardsName, "*.tar"))
				if err != nil {
					t.Fatal(err)
				}
				var written int64
				for _, name := range shards {
					written += bytesOf(t, filepath.Dir(name), filepath.Base(name))
				}
				if p.Files != s.Files || p.Shards < len(shards) || bound.shards > 0 && (p.Shards != bound.shards || len(shards) != bound.shards) {
					t.Errorf("planned %d files in %d shards, written %d in %d, want %d shards", p.Files, p.Shards, s.Files, len(shards), bound.shards)
				}
				const digits = 20 // of the number of values that overflow
				room := int64(textBytes*len(entries) + digits*s.Files + 512*len(entries))
				room += 1024 * int64(p.Shards-len(shards))
				if written == 0 || p.Bytes < written || c.exact && p.Bytes > written+room {
					t.Errorf("planned %d bytes, written %d, want at most %d more", p.Bytes, written, room)
				}
			})
		}
	}
}

// TestPlannedMembers compares the members that are planned with the members of a shard.
func TestPlannedMembers(t *testing.T) {
	entries := noise(t)
	for _, c := range withFiles {
		job := formatsJob(t, c.formats, c.numbers, c.features)
		p, _, out := both(t, entries, job, pipeline.RunOptions{Pack: store.ShardBytes})
		file, err := os.Open(filepath.Join(out, store.ShardName(0)))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		written, err := store.Members(file)
		if err != nil {
			t.Fatal(err)
		}
		planned := newPack(Options{Pack: 1})
		n := 0
		for i := range entries {
			info, _, err := readInfo(t.Context(), &entries[i], &job)
			if err != nil {
				t.Fatal(err)
			}
			size := &p.Sizes[slices.IndexFunc(p.Sizes, func(s SizePlan) bool { return s.Input == info.Prepared })]
			members, err := planned.members(&entries[i], info, size)
			if err != nil {
				t.Fatal(err)
			}
			n += len(members)
			for _, m := range members {
				span, ok := written[m.Name]
				if !ok || m.Bytes < span.Bytes {
					t.Errorf("%v: planned %s with %d bytes, written %t with %d", c.formats, m.Name, m.Bytes, ok, span.Bytes)
				}
				if strings.HasSuffix(m.Name, store.RecordSuffix) {
					record := make([]byte, span.Bytes)
					if _, err := file.ReadAt(record, span.At); err != nil {
						t.Fatal(err)
					}
					sameRecord(t, planned.record(&entries[i], info, size), record)
				}
			}
		}
		if n != len(written) {
			t.Errorf("%v: planned %d members, written %d", c.formats, n, len(written))
		}
	}
}

// sameRecord compares a planned record, without the room for texts, with a record that was
// written. They have the same fields, and only the numbers of files are longer.
func sameRecord(t *testing.T, rec *manifest.Record, written []byte) {
	t.Helper()
	rec.Warnings = nil
	planned, err := rec.Sample()
	if err != nil {
		t.Fatal(err)
	}
	const numbers = 20 + 20 + 2*25 // of a file: bytes, overflowed and scale
	more := len(planned) - len(written)
	if more < 0 || more > numbers*len(rec.Files) || !slices.Equal(fields(t, planned), fields(t, written)) {
		t.Errorf("planned %d bytes, written %d:\n%s%s", len(planned), len(written), planned, written)
	}
}

// fields returns the paths of all fields in JSON, sorted.
func fields(t *testing.T, data []byte) (names []string) {
	t.Helper()
	var visit func(path string, value any)
	visit = func(path string, value any) {
		switch v := value.(type) {
		case map[string]any:
			for name, field := range v {
				visit(path+"."+name, field)
			}
		case []any:
			for i, element := range v {
				visit(fmt.Sprint(path, i), element)
			}
		default:
			names = append(names, path)
		}
	}
	var value any
	if err := json.Unmarshal(data, &value); err != nil {
		t.Fatal(err)
	}
	visit("", value)
	slices.Sort(names)
	return names
}

// TestPreviewOfPackWithoutPictures has a picture that is gone: it has no sample.
func TestPreviewOfPackWithoutPictures(t *testing.T) {
	gone := []source.Entry{{Job: source.Job{Path: filepath.Join(t.TempDir(), "gone.png"), Rel: "gone"}}}
	p, err := New(t.Context(), gone, formatsJob(t, nil, tensor.Float32, false), pipeline.Resources{}, Options{Pack: store.ShardBytes})
	if err != nil || p.Shards != 0 || p.Bytes != 0 || len(p.Failures) != 1 {
		t.Errorf("got %+v, %v", p, err)
	}
}

// formatsJob writes all layers in some formats.
func formatsJob(t *testing.T, formats []string, numbers tensor.Type, features bool) pipeline.Job {
	t.Helper()
	job := testJob(t, stackOf("copy", "f0", "f1"))
	var err error
	if job.Output.Formats, err = output.Parse(formats); err != nil {
		t.Fatal(err)
	}
	job.Output.Numbers = numbers
	if features {
		job.Output.Features = filepath.Join(t.TempDir(), "features.csv")
	}
	return job
}

// noise returns pictures with labels, whose pixels do not compress. Their names are of one
// length, which is part of .safetensors files, and two have keys that need long tar headers.
func noise(t *testing.T) (entries []source.Entry) {
	t.Helper()
	const length = 120
	dir, rnd := t.TempDir(), rand.NewChaCha8([32]byte{})
	for i, name := range []string{"a", "b.c", "wide", "größe", "s/" + strings.Repeat("x", 90)} {
		img := image.NewNRGBA(image.Rect(0, 0, 40+10*i, 30))
		rnd.Read(img.Pix)
		file := filepath.Join(dir, fmt.Sprintf("%d.png", i))
		f, err := os.Create(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := png.Encode(f, img); err != nil || f.Close() != nil {
			t.Fatal(err)
		}
		e := source.Entry{Job: source.Job{Path: file, Rel: name + "/" + strings.Repeat("_", length-len(name))}}
		e.Label, e.Class = fmt.Sprint("class \"", i%2, "\""), i%2
		entries = append(entries, e)
	}
	return entries
}

// both returns the plan of a run, and the run with its output folder.
func both(t *testing.T, entries []source.Entry, job pipeline.Job, o pipeline.RunOptions) (*Preview, pipeline.Summary, string) {
	t.Helper()
	p, err := New(t.Context(), entries, job, pipeline.Resources{}, Options{Pack: o.Pack, PackCount: o.PackCount})
	if err != nil {
		t.Fatal(err)
	}
	o.Out = filepath.Join(t.TempDir(), "out")
	s, err := pipeline.Run(t.Context(), entries, job, pipeline.Resources{}, o)
	if err != nil {
		t.Fatal(err)
	}
	return p, s, o.Out
}

func bytesOf(t *testing.T, dir, name string) int64 {
	t.Helper()
	info, err := os.Stat(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// bytesBelow is the size of the files in the folders of an output folder. The files at its top
// are the run's own.
func bytesBelow(t *testing.T, out string) (sum int64) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(out), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.Contains(name, "/") {
			sum += bytesOf(t, out, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return sum
}
