package render

import (
	"encoding/hex"
	"math"
	"strings"
	"testing"

	"filterbank/filters/simd"
)

func palette(t *testing.T, name string) [][3]uint8 {
	t.Helper()
	c, err := ParseColormap(name)
	if err != nil {
		t.Fatal(err)
	}
	p := c.Palette()
	if len(p) != 256 {
		t.Fatalf("%s has %d colours, want 256", name, len(p))
	}
	return p
}

// TestColormapsAreMatplotlibs compares the colours of levels 0, 64, 128, 192 and 255 with
// matplotlib 3.6.3. Its coolwarm interpolates between 33 of Moreland's colours, so some of its
// channels differ by one.
func TestColormapsAreMatplotlibs(t *testing.T) {
	for name, want := range map[string][5]string{
		"gray":          {"000000", "404040", "808080", "c0c0c0", "ffffff"},
		"gray-inverted": {"ffffff", "bfbfbf", "7f7f7f", "3f3f3f", "000000"},
		"viridis":       {"440154", "3b528b", "21918c", "5ec962", "fde725"},
		"magma":         {"000004", "51127c", "b73779", "fc8961", "fcfdbf"},
		"inferno":       {"000004", "57106e", "bc3754", "f98e09", "fcffa4"},
		"plasma":        {"0d0887", "7e03a8", "cc4778", "f89540", "f0f921"},
		"cividis":       {"00224e", "434e6c", "7d7c78", "bcae6c", "fee838"},
		"turbo":         {"30123b", "28bceb", "a4fc3c", "fb7e21", "7a0403"},
		"coolwarm":      {"3b4cc0", "8db0fe", "dddcdc", "f4987a", "b40426"},
	} {
		p := palette(t, name)
		for i, level := range []int{0, 64, 128, 192, 255} {
			rgb, err := hex.DecodeString(want[i])
			if err != nil {
				t.Fatal(err)
			}
			for c, v := range rgb {
				d := int(p[level][c]) - int(v)
				if d != 0 && (name != "coolwarm" || d < -1 || d > 1) {
					t.Errorf("%s: level %d is %x, want %s", name, level, p[level], want[i])
				}
			}
		}
	}
}

// lightness is L* of CIELAB of a colour of sRGB (IEC 61966-2-1).
func lightness(c [3]uint8) float64 {
	y := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		v := float64(c[i]) / 255
		if v > 0.04045 {
			v = math.Pow((v+0.055)/1.055, 2.4)
		} else {
			v /= 12.92
		}
		y += weight * v
	}
	if y > 216./24389 {
		return 116*math.Cbrt(y) - 16
	}
	return 24389. / 27 * y
}

// TestLightness checks that lightness rises with the level in the colormaps made for it, and
// that coolwarm's rises to the middle and falls symmetrically. Colours are rounded by up to half
// a level, which in all three channels is 0.2 of L*.
func TestLightness(t *testing.T) {
	const rounding = 0.2
	for _, name := range []string{"gray", "viridis", "magma", "inferno", "plasma", "cividis"} {
		p := palette(t, name)
		for i := 1; i < len(p); i++ {
			if lightness(p[i]) < lightness(p[i-1])-rounding {
				t.Errorf("%s: level %d is darker than the one before", name, i)
			}
		}
		if rise := lightness(p[255]) - lightness(p[0]); rise < 75 {
			t.Errorf("%s: lightness rises by %.1f, want 75 or more", name, rise)
		}
	}
	p := palette(t, "coolwarm")
	for i := range 128 {
		a, b := lightness(p[i]), lightness(p[255-i])
		if math.Abs(a-b) > 2*rounding {
			t.Errorf("coolwarm: levels %d and %d have lightness %.2f and %.2f", i, 255-i, a, b)
		}
		if i > 0 && a < lightness(p[i-1])-rounding {
			t.Errorf("coolwarm: level %d is darker than the one before", i)
		}
	}
	for _, level := range []int{127, 128} {
		if c := p[level]; max(c[0], c[1], c[2])-min(c[0], c[1], c[2]) > 2 {
			t.Errorf("coolwarm: level %d is %v, want a gray", level, c)
		}
	}
}

func TestColormapNames(t *testing.T) {
	for _, name := range Colormaps() {
		c, err := ParseColormap(name)
		if err != nil || c.Name() != name {
			t.Errorf("%s: got %s, %v", name, c.Name(), err)
		}
		isGray, diverges := name == "auto" || name == "gray", name == "coolwarm"
		if c.Gray() != isGray || c.Diverging() != diverges {
			t.Errorf("%s: gray %v, diverging %v", name, c.Gray(), c.Diverging())
		}
		for diverging, want := range map[bool]string{false: "gray", true: "coolwarm"} {
			if name != "auto" {
				want = name
			}
			if got := c.For(diverging).Name(); got != want {
				t.Errorf("%s for maps that call for a diverging one (%v) is %s, want %s", name, diverging, got, want)
			}
		}
	}
	if c, err := ParseColormap("auto"); err != nil || c != (Colormap{}) {
		t.Errorf("auto is %+v, %v, want the zero value", c, err)
	}
	if _, err := ParseColormap("jet"); err == nil || !strings.HasSuffix(err.Error(), "turbo or coolwarm") {
		t.Errorf("jet: got %v, want an error that names all", err)
	}
}

func TestCentred(t *testing.T) {
	for r, want := range map[Range]string{
		{-2, 3}: "-3 3", {-3, 2}: "-3 3", {0, 3}: "-3 3", {-3, 0}: "-3 3", {-3, -1}: "-3 3", {5, 5}: "-5 5", {0, 0}: "0 0",
	} {
		got := r.Centred()
		if got.String() != want {
			t.Errorf("%v: got %v, want %s", r, got, want)
		}
		var pixels [3]byte
		gray := Centred8(got, simd.Fastest)
		gray.Row(pixels[:], []float32{0, negZero, 0})
		if pixels != [3]byte{128, 128, 128} {
			t.Errorf("0 on %v is %v, want level 128", got, pixels)
		}
	}
}
