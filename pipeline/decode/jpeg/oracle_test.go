package jpeg

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// djpeg is libjpeg-turbo's verdict on a file: the PNM that it writes, and whether it does
// so without a warning.
func djpeg(t testing.TB, data []byte) (pnm []byte, strict bool) {
	t.Helper()
	tool, err := exec.LookPath("djpeg")
	if err != nil {
		t.Skip("djpeg of libjpeg-turbo is not installed")
	}
	name := filepath.Join(t.TempDir(), "file.jpg")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(flags ...string) ([]byte, error) {
		cmd := exec.Command(tool, append(flags, "-dct", "int", "-pnm", name)...)
		return cmd.Output()
	}
	if pnm, err = run("-strict"); err == nil {
		return pnm, true
	}
	pnm, _ = run()
	return pnm, false
}

// pnm is a picture as djpeg -pnm writes it.
func pnm(m *Image) []byte {
	kind := 6
	if m.Colour == Gray {
		kind = 5
	}
	out := fmt.Appendf(nil, "P%d\n%d %d\n255\n", kind, m.Width, m.Height)
	px := make([]uint8, 4*m.Width)
	var s Scratch
	for y := range m.Height {
		m.Row(px, y, &s)
		for x := range m.Width {
			p := px[4*x:]
			if p[3] != 255 {
				panic("a pixel is not opaque")
			}
			if kind == 5 {
				out = append(out, p[0])
			} else {
				out = append(out, p[:3]...)
			}
		}
	}
	return out
}

// check decodes a file and compares it with what djpeg makes of it.
func check(t testing.TB, d *Decoder, name string, data []byte) (*Image, error) {
	t.Helper()
	m, err := d.Decode(context.Background(), data)
	want, strict := djpeg(t, data)
	switch {
	case err != nil && strict:
		t.Errorf("%s: refused, but djpeg -strict decodes it: %v", name, err)
	case err == nil && !strict && len(m.Warnings) == 0:
		t.Errorf("%s: decoded without a warning, but djpeg -strict refuses it", name)
	case err == nil && !bytes.Equal(pnm(m), want):
		t.Errorf("%s: other pixels than djpeg's (%d×%d %v %v, %v)", name, m.Width, m.Height, m.Colour, m.Factors, m.Warnings)
	}
	return m, err
}

func TestCases(t *testing.T) {
	files, _ := filepath.Glob("testdata/cases/*.jpg")
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		m, err := check(t, new(Decoder), file, data)
		if err != nil {
			t.Log(file, err)
		} else {
			t.Log(file, m.Colour, m.Factors, m.Warnings)
		}
	}
}
