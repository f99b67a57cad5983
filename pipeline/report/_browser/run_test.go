// Package browser opens reports in headless Chromium. It is a module of its own, so that the
// product does not require the packages that drive the browser:
//
//	cd pipeline/report/_browser && go test -count=1 .
//
// It needs a chromium in the path.
package browser

import (
	"context"
	"encoding/binary"
	"image"
	"image/color"
	"image/png"
	"log"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"filterbank/filters/tensor"
)

// run is a folder with pictures, a stack file, and the maps and the report of a run.
type run struct {
	dir  string // working folder of the commands
	maps string // output folder of the run
}

// program is the path of the built program, and browser is the browser of all tests.
var (
	program string
	browser context.Context
)

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "browser")
		if err != nil {
			log.Fatal(err)
		}
		defer os.RemoveAll(dir)
		program = filepath.Join(dir, "filterbank")
		build := exec.Command("go", "build", "-o", program, "./cmd/filterbank")
		build.Dir = "../../.."
		if out, err := build.CombinedOutput(); err != nil {
			log.Fatalf("%v\n%s", err, out)
		}
		allocator, stop := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox)...)
		defer stop()
		var quit context.CancelFunc
		browser, quit = chromedp.NewContext(allocator)
		defer quit()
		if err := chromedp.Do(browser, chromedp.Navigate("about:blank")); err != nil {
			log.Fatal(err)
		}
		return m.Run()
	}())
}

// do runs the program and checks its exit code.
func (r *run) do(t testing.TB, code int, args ...string) {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir = r.dir
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != code {
		t.Fatalf("%v: %v\n%s", args, err, out)
	}
}

// newRun makes a run of all kinds of layers on all kinds of pictures, one of which is broken, and
// its report.
func newRun(t testing.TB, flags ...string) *run {
	t.Helper()
	r := &run{dir: t.TempDir()}
	r.maps = filepath.Join(r.dir, "maps")
	stack, err := os.ReadFile("stacks.yaml")
	if err != nil {
		t.Fatal(err)
	}
	r.write(t, "stacks/stacks.yaml", stack)
	random := rand.New(rand.NewPCG(1, 2))
	r.write(t, "stacks/w3.npy", randomArray(random, 8, 3, 3, 4))
	r.write(t, "stacks/w8.npy", randomArray(random, 8, 8, 3, 3))
	r.write(t, "stacks/w2of6.npy", randomArray(random, 6, 2, 3, 3))
	r.picture(t, "photos/eight.png", image.NewRGBA(image.Rect(0, 0, 60, 44)), random)
	r.picture(t, "photos/sixteen.png", image.NewRGBA64(image.Rect(0, 0, 41, 53)), random)
	r.picture(t, "photos/clear.png", image.NewNRGBA(image.Rect(0, 0, 37, 40)), random)
	r.picture(t, "photos/"+hostile, image.NewRGBA(image.Rect(0, 0, 30, 33)), random)
	r.write(t, "photos/"+broken, []byte("no picture"))
	r.do(t, 1, append([]string{"run", "photos", "-q", "-o", "maps", "-c", "stacks/stacks.yaml", "--layers", "all", "--format", "png", "--format", "npy"}, flags...)...)
	return r
}

// These names break out of attributes, scripts and addresses that do not escape them.
const (
	hostile = "<img src=x onerror=alert(1)> <!-- ' \" % # ? & \\ \n é \xff.png"
	broken  = "zz <img src=x onerror=alert(1)> <!-- \n.png"
)

func (r *run) write(t testing.TB, name string, data []byte) {
	t.Helper()
	file := filepath.Join(r.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o666); err != nil {
		t.Fatal(err)
	}
}

// picture writes noise over a gradient.
func (r *run) picture(t testing.TB, name string, m interface {
	image.Image
	Set(x, y int, c color.Color)
}, random *rand.Rand) {
	t.Helper()
	size := m.Bounds().Size()
	for y := range size.Y {
		for x := range size.X {
			m.Set(x, y, color.NRGBA64{
				uint16(65535 * x / size.X), uint16(65535 * y / size.Y), uint16(random.UintN(65536)),
				uint16(min(65535, 8000+random.UintN(100000))),
			})
		}
	}
	if _, ok := m.(*image.NRGBA); !ok { // only this type is transparent
		for y := range size.Y {
			for x := range size.X {
				r, g, b, _ := m.At(x, y).RGBA()
				m.Set(x, y, color.RGBA64{uint16(r), uint16(g), uint16(b), 65535})
			}
		}
	}
	r.encode(t, name, m)
}

// encode writes a picture.
func (r *run) encode(t testing.TB, name string, m image.Image) {
	t.Helper()
	file := filepath.Join(r.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, m); err != nil {
		t.Fatal(err)
	}
}

// randomArray is a .npy file with values of both signs and many magnitudes, so that sums are hard
// to round.
func randomArray(random *rand.Rand, shape ...int) []byte {
	n := 1
	for _, s := range shape {
		n *= s
	}
	data := tensor.NPYHeader(shape...)
	for range n {
		v := float32(random.NormFloat64()) * float32(math.Exp2(float64(random.IntN(12)-8)))
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
	}
	return data
}
