package jpeg

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"filterbank/filters/simd"
)

// FuzzDecode checks that every file is decoded or refused with an Error, that all sets of
// instructions, all teams and the careful decoder agree, and that rows can be read. With
// FILTERBANK_LONG it compares verdict and pixels with djpeg's, which takes 3 ms a file.
func FuzzDecode(f *testing.F) {
	for i, c := range corpus(f) {
		if i%20 == 0 {
			f.Add(c.data)
		}
	}
	cases, err := filepath.Glob("testdata/cases/*.jpg")
	if err != nil || len(cases) == 0 {
		f.Fatal(cases, err)
	}
	for _, name := range cases {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	_, noTool := exec.LookPath("djpeg")
	oracle := noTool == nil && os.Getenv("FILTERBANK_LONG") != ""
	fast, plain, ds := new(Decoder), New(Options{SIMD: simd.Generic}), teams()
	f.Fuzz(func(t *testing.T, data []byte) {
		if h, err := ReadHeader(data); err == nil && h.Width*h.Height > 1<<16 {
			return
		}
		checkTeams(t, ds, "file", data)
		m, err := fast.Decode(context.Background(), data)
		careful, carefulErr := plain.decode(context.Background(), data, true)
		if err != nil {
			if _, ok := errors.AsType[*Error](err); !ok || carefulErr == nil || carefulErr.Error() != err.Error() {
				t.Fatalf("refused: %v; bit by bit: %v", err, carefulErr)
			}
		} else if carefulErr != nil {
			t.Fatalf("decoded, but bit by bit: %v", carefulErr)
		}
		if oracle {
			checkMutant(t, fast, "file", data)
		}
		if err != nil {
			return
		}
		if !bytes.Equal(pnm(m), pnm(careful)) {
			t.Fatal("other pixels than bit by bit")
		}
		fast.Recycle(m)
		plain.Recycle(careful)
	})
}
