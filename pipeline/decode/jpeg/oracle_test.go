package jpeg

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"filterbank/filters/simd"
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

// cases are rare files: the digest of what djpeg writes, and a part of the warning.
var cases = []struct{ name, digest, warning string }{
	{"arith", "7e05593b62f1f1cf", ""},
	{"cmyk_adobe2_2", "0dfffb5af3233696", ""},
	{"cmyk_noadobe_2", "adcfec1796f8dd68", ""},
	{"dnl_height_given", "635c18d77deae910", ""},
	{"extra_before_marker", "635c18d77deae910", "3 extraneous bytes passed over"},
	{"ids_123_adobe2_420", "635c18d77deae910", "unknown colour transform 2, taken for YCbCr"},
	{"ids_RGB_adobe1_420", "635c18d77deae910", ""},
	{"ids_RGB_adobe1_444", "2f4e4e2041a96ed3", ""},
	{"ids_dup_111", "635c18d77deae910", ""},
	{"mjpeg_no_dht", "635c18d77deae910", ""},
	{"no_eoi", "635c18d77deae910", "end-of-image marker is missing"},
	{"nonint_420odd", "c17ca0fa3ad77c5e", ""},
	{"prog_scans03", "da2573af774c14b4", "without the scans that it lacks"},
	{"prog_scans06", "157211c0cebfd8da", "without the scans that it lacks"},
	{"q1_16bitq", "0b268c86798d1511", ""},
	{"s_1x1_1x2_1x1", "83951d1b4695208b", ""},
	{"s_1x1_1x3_1x3_progressive", "414bbc9749d0e210", ""},
	{"s_1x3_2x1_1x1_rgb", "88162c399a127aed", ""},
	{"s_2x1_1x1_2x1", "ee9edcd1f9e30fbd", ""},
	{"s_2x4_1x1_1x1_progressive", "068e48618faeba0d", ""},
	{"s_3x1_1x1_1x1", "359d152320f263c2", ""},
	{"xmp6", "635c18d77deae910", ""},
}

func TestCases(t *testing.T) {
	d := new(Decoder)
	for _, c := range cases {
		data, err := os.ReadFile("testdata/cases/" + c.name + ".jpg")
		if err != nil {
			t.Fatal(err)
		}
		m, err := d.Decode(context.Background(), data)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := fmt.Sprintf("%x", sha256.Sum256(pnm(m)))[:16]; got != c.digest {
			t.Errorf("%s: digest %s, want %s", c.name, got, c.digest)
		}
		warnings := strings.Join(m.Warnings, "; ")
		if !strings.Contains(warnings, c.warning) || c.warning == "" && warnings != "" {
			t.Errorf("%s: warnings %q, want %q", c.name, warnings, c.warning)
		}
	}
}

// TestPhotos compares photos of the folder that FILTERBANK_PHOTOS names with what djpeg
// makes of them.
func TestPhotos(t *testing.T) {
	names, err := filepath.Glob(filepath.Join(os.Getenv("FILTERBANK_PHOTOS"), "*.jpg"))
	if err != nil || os.Getenv("FILTERBANK_PHOTOS") == "" {
		t.Skip("FILTERBANK_PHOTOS names no folder")
	}
	samples := 0
	for _, set := range simd.Sets() {
		d := New(Options{SIMD: set})
		for _, name := range names {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			m, err := d.Decode(context.Background(), data)
			want, strict := djpeg(t, data)
			if err != nil || !strict {
				t.Errorf("%s: %v, djpeg -strict takes it: %t", name, err, strict)
				continue
			}
			if !bytes.Equal(pnm(m), want) {
				t.Errorf("%v, %s: other pixels than djpeg's", set, name)
			}
			samples += len(want)
			d.Recycle(m)
		}
	}
	t.Logf("%d photos, %d samples", len(names), samples)
}
