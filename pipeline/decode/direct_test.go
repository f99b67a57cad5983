package decode

import (
	"testing"

	"filterbank/filters/simd"
	"filterbank/filters/volume"
	"filterbank/pipeline/decode/jpeg"
)

// TestFloatsEqualRows reads pictures with and without rows of RGBA on the way, whole and
// cropped.
func TestFloatsEqualRows(t *testing.T) {
	const w, h = 83, 41
	random := noise(8)
	photo := jpegImage(w, h, jpeg.Factors{H: 2, V: 2}, jpeg.Factors{H: 1, V: 1})
	for c := range photo.Planes {
		pix := photo.Planes[c].Pix
		for i := range pix {
			pix[i] = uint8(random(i, 0, c))
		}
	}
	grey := jpegImage(w, h, jpeg.Factors{H: 1, V: 1}, jpeg.Factors{H: 1, V: 1})
	grey.Colour, grey.Planes = jpeg.Gray, photo.Planes[:1]
	kinds := map[string]*pixels{"JPEG": jpegPixels(photo), "gray JPEG": jpegPixels(grey)}
	for name, colour := range map[string]int{"gray PNG": 0, "RGB PNG": 2} {
		s := pngSpec{w: w, h: h, colour: colour, depth: 8, sample: random}
		kinds[name] = pngPixels(t, s.encode())
	}
	for name, px := range kinds {
		for i, o := range normalisations() {
			for _, crop := range []*Crop{nil, {Width: 37, Height: 11, Anchor: BottomRight}, {Width: 3, Height: 2}} {
				for _, set := range []simd.Set{simd.Fastest, simd.Generic} {
					o.Crop, o.SIMD = crop, set
					short := *px
					if short.floats == nil {
						t.Fatalf("%s has no way without rows of RGBA", name)
					}
					long := short
					long.floats = nil
					if err := sameBits(wholePicture(t, o, &short), wholePicture(t, o, &long)); err != nil {
						t.Errorf("%s, normalisation %d, crop %v, %v: %v", name, i, crop, set, err)
					}
				}
			}
		}
	}
}

// wholePicture has all values of a picture.
func wholePicture(t *testing.T, o Options, px *pixels) (planes [3][]float32) {
	t.Helper()
	p := opened(t, newDecoder(t, o), px)
	v, err := volume.New(p.Size())
	if err != nil {
		t.Fatal(err)
	}
	if err := p.ReadRows(v.Rows(0, v.H)); err != nil {
		t.Fatal(err)
	}
	for c := range planes {
		planes[c] = v.Data[c*v.H*v.W:][:v.H*v.W]
	}
	return planes
}
