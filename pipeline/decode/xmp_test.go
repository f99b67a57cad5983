package decode

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	stdjpeg "image/jpeg"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"filterbank/pipeline/decode/jpeg"
)

// xmpPacket returns XMP with the orientation in an attribute.
func xmpPacket(orientation string) string {
	return xmpAround(`<rdf:Description rdf:about="" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Make="a" tiff:Orientation="` + orientation + `"/>`)
}

// xmpAround returns a packet with the given descriptions.
func xmpAround(descriptions string) string {
	return `<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="XMP Core 5.1">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` + descriptions + `</rdf:RDF></x:xmpmeta>` + strings.Repeat(" ", 100) + `<?xpacket end="w"?>`
}

// TestXMPOrientation reads packets as programs write them, and others.
func TestXMPOrientation(t *testing.T) {
	const described = `<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/"`
	for _, c := range []struct {
		name, packet string
		want         int
		fault        string
	}{
		{"attribute", xmpPacket("6"), 6, ""},
		{"element", xmpAround(described + `><tiff:Make>a &amp; b</tiff:Make><tiff:Orientation>8</tiff:Orientation></rdf:Description>`), 8, ""},
		{"element with spaces", xmpAround(described + "><tiff:Orientation>\n 3 </tiff:Orientation></rdf:Description>"), 3, ""},
		{"second description", xmpAround(described + `/>` + described + ` tiff:Orientation="2"/>`), 2, ""},
		{"another prefix", xmpAround(`<rdf:Description xmlns:t="http://ns.adobe.com/tiff/1.0/" t:Orientation="7"/>`), 7, ""},
		{"without xmpmeta", `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` + described + ` tiff:Orientation="4"/></rdf:RDF>`, 4, ""},
		{"named before", xmpAround(described + ` xmpMM:Changed="tiff:Orientation=3" tiff:Orientation="6"/>`), 6, ""},
		{"of another picture", xmpAround(described + `><xmpMM:Pantry><rdf:Bag><rdf:li>` + described + ` tiff:Orientation="3"/></rdf:li></rdf:Bag></xmpMM:Pantry></rdf:Description>`), 0, ""},
		{"of another picture, before its own", xmpAround(described + `><xmpMM:Pantry><rdf:Description tiff:Orientation="3"/></xmpMM:Pantry><tiff:Orientation>5</tiff:Orientation></rdf:Description>`), 5, ""},
		{"another namespace", xmpAround(`<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/2.0/" tiff:Orientation="6"/>`), 0, ""},
		{"none", xmpAround(described + ` tiff:Make="6"/>`), 0, ""},
		{"no RDF", "tiff:Orientation=\"6\" http://ns.adobe.com/tiff/1.0/", 0, ""},
		{"malformed before", strings.Replace(xmpPacket("6"), "<x:xmpmeta", "<<x:xmpmeta", 1), 0, ""},
		{"cut behind", xmpPacket("6")[:400], 6, ""},
		{"empty", "", 0, ""},
		{"zero", xmpPacket("0"), 0, `its orientation is "0", where 1 to 8 is needed`},
		{"twelve", xmpPacket("12"), 0, `its orientation is "12", where 1 to 8 is needed`},
		{"element without", xmpAround(described + `><tiff:Orientation/></rdf:Description>`), 0, `its orientation is ""`},
	} {
		got, err := xmpOrientation([]byte(c.packet))
		if got != c.want || (err == nil) != (c.fault == "") || err != nil && !strings.Contains(err.Error(), c.fault) {
			t.Errorf("%s: orientation %d, %v; want %d, %s", c.name, got, err, c.want, c.fault)
		}
	}
}

// TestTurnedByXMP decodes pictures that have their orientation only in XMP. They are turned,
// and ReadInfo returns the same sizes.
func TestTurnedByXMP(t *testing.T) {
	var photo bytes.Buffer
	blocks := image.NewGray(image.Rect(0, 0, 24, 16))
	for i := range blocks.Pix {
		blocks.Pix[i] = uint8(10 * (1 + i%24/8 + 3*(i/24/8)))
	}
	if err := stdjpeg.Encode(&photo, blocks, &stdjpeg.Options{Quality: 100}); err != nil {
		t.Fatal(err)
	}
	for o := 1; o <= 8; o++ {
		packet := xmpPacket(fmt.Sprint(o))
		text := pngChunk("iTXt", []byte("XML:com.adobe.xmp\x00\x00\x00\x00\x00"+packet))
		s := pngSpec{w: 3, h: 2, depth: 8, sample: func(x, y, _ int) uint16 { return uint16(10 * (1 + x + 3*y)) }}
		before, after := s, s
		before.before, after.after = text, text
		app1 := binary.BigEndian.AppendUint16([]byte{0xff, jpeg.APP1}, uint16(2+len(xmpPrefix)+len(packet)))
		files := map[string][]byte{
			"jpeg":        []byte(photo.String()[:2] + string(app1) + xmpPrefix + packet + photo.String()[2:]),
			"png":         before.encode(),
			"png, behind": after.encode(),
		}
		for name, data := range files {
			p, v := decodeBytes(t, data, Options{})
			step := 1
			if name == "jpeg" {
				step = 8
			}
			if got := letters(v, step); got != upright[o] || p.Orientation != o || len(p.Ignored)+len(p.Warnings) > 0 {
				t.Errorf("%s, orientation %d: %d is %s, want %s; ignored %q, warnings %q", name, o, p.Orientation, got, upright[o], p.Ignored, p.Warnings)
			}
			info, err := p.decoder.ReadInfo(bytes.NewReader(data))
			if err != nil || info != p.Info || o >= 5 && info.Width > info.Height {
				t.Errorf("%s, orientation %d: ReadInfo is %+v, %v, want %+v", name, o, info, err, p.Info)
			}
		}
	}
}

// TestLateXMP has the packet behind so many pixels that the header is read without it.
func TestLateXMP(t *testing.T) {
	noise := rand.New(rand.NewPCG(1, 2))
	s := pngSpec{w: 400, h: 300, depth: 8, sample: func(int, int, int) uint16 { return uint16(noise.Uint32() & 0xff) }}
	s.before = pngChunk("eXIf", exifBlock(binary.BigEndian, 3, 6)[:8]) // malformed
	s.after = pngChunk("iTXt", []byte("XML:com.adobe.xmp\x00\x00\x00\x00\x00"+xmpPacket("6")))
	chunk := func(id, content string) string {
		return string(binary.LittleEndian.AppendUint32([]byte(id), uint32(len(content)))) + content + strings.Repeat("\x00", len(content)&1)
	}
	picture := string(readFile(t, "kinds/alpha-1-best.webp")[12:])
	riff := []byte(chunk("RIFF", "WEBP"+picture+chunk("JUNK", strings.Repeat("x", 100_000))+chunk("XMP ", xmpPacket("6"))))
	for name, data := range map[string][]byte{"png": s.encode(), "webp": riff} {
		if len(data) < 100_000 {
			t.Fatalf("%s: %d bytes are read at once, the test shows nothing", name, len(data))
		}
		p, _ := decodeBytes(t, data, Options{})
		info, err := p.decoder.ReadInfo(bytes.NewReader(data))
		if err != nil || info != p.Info || info.Orientation != 6 {
			t.Errorf("%s: ReadInfo is %+v, %v, want %+v", name, info, err, p.Info)
		}
	}
}

// TestXMPCase is a file that has its orientation in XMP alone.
func TestXMPCase(t *testing.T) {
	data, err := os.ReadFile("jpeg/testdata/cases/xmp6.jpg")
	if err != nil {
		t.Fatal(err)
	}
	p, _ := decodeBytes(t, data, Options{})
	stored, err := jpeg.ReadHeader(data)
	if err != nil || p.Orientation != 6 || p.Width != stored.Height || p.Height != stored.Width || len(p.Ignored) > 0 {
		t.Errorf("%+v, ignored %q, of a picture of %d×%d, %v", p.Info, p.Ignored, stored.Width, stored.Height, err)
	}
}
