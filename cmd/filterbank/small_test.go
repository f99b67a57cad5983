package main

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// smallSide is the largest side of a small sample. The samples have up to 640 pixels.
const smallSide = 64

// smallPictures are the samples that are PNG or JPEG by name, each with at most smallSide pixels in
// both directions around its middle. Runs of them write as many files as runs of the samples.
var smallPictures = sync.OnceValues(func() (map[string][]byte, error) {
	files, err := filepath.Glob("../../samples/*.[pj][np]g")
	if err == nil && len(files) != 14 {
		err = fmt.Errorf("found %d samples, want 14", len(files))
	}
	small := map[string][]byte{}
	for _, file := range files {
		if err == nil {
			small[filepath.Base(file)], err = cutPicture(file, smallSide, smallSide)
		}
	}
	return small, err
})

// cutPicture keeps a part of a picture around its middle, of at most so many pixels. The result has
// its format and its kind of pixels.
func cutPicture(file string, width, height int) ([]byte, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	m, format, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	middle := m.Bounds().Min.Add(m.Bounds().Max).Div(2)
	half := image.Pt(width/2, height/2)
	m = m.(interface {
		SubImage(image.Rectangle) image.Image
	}).SubImage(image.Rectangle{middle.Sub(half), middle.Add(half)})
	var b bytes.Buffer
	if format == "jpeg" {
		err = jpeg.Encode(&b, m, nil)
	} else {
		err = png.Encode(&b, m)
	}
	return b.Bytes(), err
}

// smallSamples writes the small samples into a folder.
func smallSamples(t *testing.T, dir string) {
	t.Helper()
	small, err := smallPictures()
	if err == nil {
		err = os.MkdirAll(dir, 0o777)
	}
	for name, data := range small {
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), data, 0o666)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}
