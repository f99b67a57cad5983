package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/image/font/gofont/goregular"

	"filterbank/filters/tensor"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"filterbank": withTwins(filterbank), "careless": withTwins(careless)})
}

// TestScripts runs commands like a user, and checks their files, messages and exit codes. Twins
// of the commands meet links that lead out of their folder.
func TestScripts(t *testing.T) {
	all := t.TempDir()
	samples, err := filepath.Abs("../../samples")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, text := range findings(t, all) {
			t.Error(text)
		}
	})
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("GORACE", "atexit_sleep_ms=10") // by default each of hundreds of commands sleeps a second
			home, err := twins(all, env.WorkDir)
			env.Setenv(twinVariable, home)
			env.Setenv("FILTERBANK_LONG", os.Getenv("FILTERBANK_LONG"))
			env.Setenv("SAMPLES", samples)
			return err
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"picture":  makePicture,
			"kinds":    copyKinds,
			"weights":  copyWeights,
			"arrays":   makeArrays,
			"chunk":    addChunk,
			"cut":      cutFile,
			"zip":      zipFiles,
			"font":     writeFont,
			"exits":    exits,
			"files":    listFiles,
			"members":  listMembers,
			"tar":      makeTar,
			"pixel":    checkPixel,
			"rgb":      checkRGB,
			"records":  sameRecords,
			"change":   changeFile,
			"replace":  replaceText,
			"append":   appendZeros,
			"version1": makeVersion1,
			"manifest": checkManifest,
			"indexed":  checkIndexed,
		},
	})
}

// makePicture is "picture FILE WIDTH HEIGHT [VALUE]". It writes a PNG or JPEG, as the name says:
// a gradient in three colours, or one gray value.
func makePicture(ts *testscript.TestScript, _ bool, args []string) {
	w, h := number(ts, args[1]), number(ts, args[2])
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.RGBA{byte(255 * x / w), byte(255 * y / h), byte(x * y), 255}
			if len(args) > 3 {
				v := byte(number(ts, args[3]))
				c = color.RGBA{v, v, v, 255}
			}
			m.SetRGBA(x, y, c)
		}
	}
	var b bytes.Buffer
	if strings.HasSuffix(args[0], ".png") {
		ts.Check(png.Encode(&b, m))
	} else {
		ts.Check(jpeg.Encode(&b, m, nil))
	}
	file := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(filepath.Dir(file), 0o777))
	ts.Check(os.WriteFile(file, b.Bytes(), 0o666))
}

// copyWeights is "weights DIR": files of weights that PyTorch, safetensors and the onnx package wrote.
func copyWeights(ts *testscript.TestScript, _ bool, args []string) {
	for _, pattern := range []string{"tensor/torch/testdata/*.pth", "weights/testdata/*.safetensors", "onnx/testdata/*.onnx", "onnx/testdata/*.data"} {
		files, err := filepath.Glob(filepath.Join("../../filters", pattern))
		ts.Check(err)
		for _, file := range files {
			data, err := os.ReadFile(file)
			ts.Check(err)
			ts.Check(os.WriteFile(filepath.Join(ts.MkAbs(args[0]), filepath.Base(file)), data, 0o666))
		}
	}
}

// makeArrays is "arrays FILE.safetensors NAME=SIDES...". The sides of an array are separated by
// commas; its values are small and differ.
func makeArrays(ts *testscript.TestScript, _ bool, args []string) {
	var entries []tensor.Entry
	var values []float32
	for _, arg := range args[1:] {
		name, sides, _ := strings.Cut(arg, "=")
		e := tensor.Entry{Name: name, Type: tensor.Float32}
		n := 1
		for side := range strings.SplitSeq(sides, ",") {
			e.Shape = append(e.Shape, number(ts, side))
			n *= e.Shape[len(e.Shape)-1]
		}
		for k := range n {
			values = append(values, float32((k*37+n)%17-8)/32)
		}
		entries = append(entries, e)
	}
	header, _, err := tensor.SafetensorsHeader(nil, entries)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), tensor.AppendFloats(header, values), 0o666))
}

// copyKinds is "kinds DIR": pictures that are neither PNG nor JPEG.
func copyKinds(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(os.MkdirAll(ts.MkAbs(args[0]), 0o777))
	for to, from := range map[string]string{
		"lossy.webp": "lossy-37x29.webp", "lossless.webp": "lossless-alpha.webp", "wide.tif": "wide-3-2-0-little.tif",
		"turned.tif": "turned.tif", "down.bmp": "down.bmp", "animated.gif": "animated.gif",
	} {
		data, err := os.ReadFile(filepath.Join(kindsFolder, from))
		ts.Check(err)
		ts.Check(os.WriteFile(filepath.Join(ts.MkAbs(args[0]), to), data, 0o666))
	}
}

// kindsFolder holds the pictures of package decode's tests.
const kindsFolder = "../../pipeline/decode/testdata/kinds"

// cutFile is "cut FILE BYTES". It keeps the first bytes of a file.
func cutFile(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(os.Truncate(ts.MkAbs(args[0]), int64(number(ts, args[1]))))
}

// zipFiles is "zip ZIP FILE...". It puts files into a ZIP file, as .npz files are.
func zipFiles(ts *testscript.TestScript, _ bool, args []string) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, name := range args[1:] {
		data, err := os.ReadFile(ts.MkAbs(name))
		ts.Check(err)
		w, err := z.Create(name)
		ts.Check(err)
		_, err = w.Write(data)
		ts.Check(err)
	}
	ts.Check(z.Close())
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), out.Bytes(), 0o666))
}

// writeFont is "font FILE". It writes a TrueType font.
func writeFont(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), goregular.TTF, 0o666))
}

// addChunk is "chunk FILE TYPE HEX". It inserts a chunk after the header of a PNG.
func addChunk(ts *testscript.TestScript, _ bool, args []string) {
	data, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	content, err := hex.DecodeString(args[2])
	ts.Check(err)
	const header = 8 + 12 + 13 // signature and IHDR
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(content)))
	chunk = append(append(chunk, args[1]...), content...)
	chunk = binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(chunk[4:]))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), slices.Insert(data, header, chunk...), 0o666))
}

func number(ts *testscript.TestScript, s string) int {
	n, err := strconv.Atoi(s)
	ts.Check(err)
	return n
}

// exits is "exits CODE COMMAND...". The command must exit with this code. stdout and stderr can
// then be compared.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	got := "0"
	if err != nil {
		got = strings.TrimPrefix(err.Error(), "exit status ")
	}
	if got != args[0] {
		ts.Fatalf("exit %s, want %s", got, args[0])
	}
}

// listFiles is "files DIR [NAME...]". The folder must hold exactly these files, at any depth.
func listFiles(ts *testscript.TestScript, _ bool, args []string) {
	root := ts.MkAbs(args[0])
	var got []string
	ts.Check(filepath.WalkDir(root, func(p string, d os.DirEntry, err error) error {
		if err == nil && (!d.IsDir() || isEmpty(p)) && p != root {
			rel, _ := filepath.Rel(root, p)
			got = append(got, filepath.ToSlash(rel))
		}
		return err
	}))
	if fmt.Sprint(got) != fmt.Sprint(args[1:]) {
		ts.Fatalf("%s holds\n%s\nwant\n%s", args[0], strings.Join(got, "\n"), strings.Join(args[1:], "\n"))
	}
}

// listMembers is "members TAR NAME...". A tar file must have exactly these members, in this order.
func listMembers(ts *testscript.TestScript, _ bool, args []string) {
	file, err := os.Open(ts.MkAbs(args[0]))
	ts.Check(err)
	defer file.Close()
	var got []string
	in := tar.NewReader(file)
	for {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		ts.Check(err)
		got = append(got, h.Name)
	}
	if !slices.Equal(got, args[1:]) {
		ts.Fatalf("%s has the members\n%s\nwant\n%s", args[0], strings.Join(got, "\n"), strings.Join(args[1:], "\n"))
	}
}

// makeTar is "tar TAR FILE...". It writes a tar file of the files, by their names.
func makeTar(ts *testscript.TestScript, _ bool, args []string) {
	file, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	out := tar.NewWriter(file)
	for _, name := range args[1:] {
		data, err := os.ReadFile(ts.MkAbs(name))
		ts.Check(err)
		ts.Check(out.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(data))}))
		_, err = out.Write(data)
		ts.Check(err)
	}
	ts.Check(out.Close())
	ts.Check(file.Close())
}

// changeFile is "change FILE". A bit in the middle of the file changes.
func changeFile(ts *testscript.TestScript, _ bool, args []string) {
	data, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	data[len(data)/2] ^= 1
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), data, 0o666))
}

// replaceText is "replace FILE OLD NEW". The first OLD in the file becomes NEW.
func replaceText(ts *testscript.TestScript, _ bool, args []string) {
	text := ts.ReadFile(args[0])
	if !strings.Contains(text, args[1]) {
		ts.Fatalf("%s has no %q", args[0], args[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Replace(text, args[1], args[2], 1)), 0o666))
}

// appendZeros is "append FILE". The file has a block of zeros more.
func appendZeros(ts *testscript.TestScript, _ bool, args []string) {
	text := ts.ReadFile(args[0])
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), append([]byte(text), make([]byte, 512)...), 0o666))
}

// makeVersion1 is "version1 DIR". The manifest and run.json become what 0.1.0 wrote: files
// have SHA-256 digests, pictures have one key each, and stacks have another hash.
func makeVersion1(ts *testscript.TestScript, _ bool, args []string) {
	for name, changes := range map[string][][2]string{
		"manifest.jsonl": {{`"version":2,`, ``}, {`"blake3":`, `"sha256":`}, {`"keys":{[^}]*}`, `"key":"00"`}, {`"stack":"[0-9a-f]{64}"`, `"stack":"00"`}},
		"run.json":       {{`"version": 2,\s*"filterbank":`, `"version":`}},
	} {
		file := filepath.Join(ts.MkAbs(args[0]), name)
		data, err := os.ReadFile(file)
		ts.Check(err)
		for _, c := range changes {
			changed := regexp.MustCompile(c[0]).ReplaceAll(data, []byte(c[1]))
			if bytes.Equal(changed, data) {
				ts.Fatalf("%s has no %s", name, c[0])
			}
			data = changed
		}
		ts.Check(os.WriteFile(file, data, 0o666))
	}
}

// sameRecords is "records FILE1 FILE2". The manifests must be the same except for the seconds.
func sameRecords(ts *testscript.TestScript, neg bool, args []string) {
	var texts [2]string
	for i := range texts {
		data, err := os.ReadFile(ts.MkAbs(args[i]))
		ts.Check(err)
		texts[i] = withoutSeconds(string(data))
	}
	if same := texts[0] == texts[1]; same == neg {
		ts.Fatalf("%s and %s: same records is %t\n%s\n%s", args[0], args[1], same, texts[0], texts[1])
	}
}

// withoutSeconds removes from a manifest what differs from run to run.
func withoutSeconds(manifest string) string {
	return regexp.MustCompile(`,"seconds":[0-9.e-]+`).ReplaceAllString(manifest, "")
}

func isEmpty(dir string) bool {
	entries, err := os.ReadDir(dir)
	return err == nil && len(entries) == 0
}

// checkIndexed is "indexed FILE X Y INDEX RRGGBB". The PNG must have a palette of 256 colours, and
// at that place that index with that colour.
func checkIndexed(ts *testscript.TestScript, _ bool, args []string) {
	f, err := os.Open(ts.MkAbs(args[0]))
	ts.Check(err)
	defer f.Close()
	m, err := png.Decode(f)
	ts.Check(err)
	p, ok := m.(*image.Paletted)
	if !ok || len(p.Palette) != 256 {
		ts.Fatalf("%s is %T, want a palette of 256 colours", args[0], m)
	}
	x, y := number(ts, args[1]), number(ts, args[2])
	r, g, b, _ := p.At(x, y).RGBA()
	got := fmt.Sprintf("%d %02x%02x%02x", p.ColorIndexAt(x, y), r>>8, g>>8, b>>8)
	if want := args[3] + " " + args[4]; got != want {
		ts.Fatalf("%s at (%d, %d) is %s, want %s", args[0], x, y, got, want)
	}
}

// checkPixel is "pixel FILE X Y VALUE [BITS]". The PNG must be gray with that value there.
func checkPixel(ts *testscript.TestScript, _ bool, args []string) {
	f, err := os.Open(ts.MkAbs(args[0]))
	ts.Check(err)
	defer f.Close()
	m, err := png.Decode(f)
	ts.Check(err)
	x, y, want := number(ts, args[1]), number(ts, args[2]), number(ts, args[3])
	var got int
	switch m := m.(type) {
	case *image.Gray:
		got = int(m.GrayAt(x, y).Y)
	case *image.Gray16:
		got = int(m.Gray16At(x, y).Y)
	default:
		ts.Fatalf("%s is %T, want gray", args[0], m)
	}
	if got != want {
		ts.Fatalf("%s at (%d, %d) is %d, want %d", args[0], x, y, got, want)
	}
}

// checkRGB is "rgb FILE WIDTH HEIGHT". The PNG must be RGB and have that size.
func checkRGB(ts *testscript.TestScript, _ bool, args []string) {
	f, err := os.Open(ts.MkAbs(args[0]))
	ts.Check(err)
	defer f.Close()
	m, err := png.Decode(f)
	ts.Check(err)
	if _, ok := m.(*image.RGBA); !ok {
		ts.Fatalf("%s is %T, want true colour", args[0], m)
	}
	if want := image.Pt(number(ts, args[1]), number(ts, args[2])); m.Bounds().Size() != want {
		ts.Fatalf("%s is of %v pixels, want %v", args[0], m.Bounds().Size(), want)
	}
}
