package decode

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"io"
	"math"
)

// pngHeader is what image/png keeps to itself of a PNG's chunks.
type pngHeader struct {
	exif        []byte   // the first eXIf chunk, or nil
	ignored     []string // the names of what changes colours and is not applied
	transparent bool     // a colour is transparent, so that image/png makes RGBA of gray
	complete    bool     // the pixels' first chunk has come
}

// readPNGHeader walks over the chunks of a PNG (PNG 3rd edition, 5.3) as far as data goes.
func readPNGHeader(data []byte) (h pngHeader) {
	const frame = 12 // length, type and CRC around a chunk's content
	rest := data[len(pngSignature):]
	for len(rest) >= 8 {
		length, kind := int64(binary.BigEndian.Uint32(rest)), string(rest[4:8])
		h.complete = h.complete || kind == "IDAT"
		if int64(len(rest)) < length+frame {
			break
		}
		switch content := rest[8 : 8+length]; kind {
		case "eXIf":
			if h.exif == nil {
				h.exif = content
			}
		case "tRNS":
			h.transparent = true
		case "iCCP":
			h.ignored = append(h.ignored, "ICC profile")
		case "cICP":
			h.ignored = append(h.ignored, "coding-independent code points")
		case "cHRM":
			h.ignored = append(h.ignored, "chromaticities")
		case "gAMA":
			const sRGB = 45455 // what gamma says in files that are sRGB (PNG, 11.3.2.5)
			if len(content) == 4 && binary.BigEndian.Uint32(content) != sRGB {
				h.ignored = append(h.ignored, "gamma")
			}
		}
		rest = rest[length+frame:]
	}
	return h
}

// lateEXIF seeks from chunk to chunk of a PNG for an eXIf chunk behind the pixels and
// gives its content, or nil. Where the file is damaged it stops looking: that is for the
// decoder to say. Larger blocks than a JPEG segment holds are passed over.
func lateEXIF(r io.ReadSeeker) ([]byte, error) {
	const most = 1 << 16 // chunks, of which 64 KiB of pixels each is usual
	at, pixels := int64(len(pngSignature)), false
	for range most {
		if _, err := r.Seek(at, io.SeekStart); err != nil {
			return nil, err
		}
		var head [8]byte
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return nil, atEnd(err)
		}
		length := int64(binary.BigEndian.Uint32(head[:]))
		switch kind := string(head[4:]); {
		case kind == "IDAT":
			pixels = true
		case kind == "eXIf" && !pixels, kind == "IEND", length > math.MaxInt32:
			return nil, nil
		case kind == "eXIf" && length <= math.MaxUint16:
			exif := make([]byte, length)
			if _, err := io.ReadFull(r, exif); err != nil {
				return nil, atEnd(err)
			}
			return exif, nil
		}
		at += 12 + length
	}
	return nil, nil
}

// scans counts the scans of a JPEG. Within a scan's data 0xff is followed by 0, by
// another 0xff or by a restart marker.
func scans(data []byte) int {
	n := 0
	for at := len(jpegSignature); at+3 < len(data); {
		skip := bytes.IndexByte(data[at:], 0xff)
		if skip < 0 || at+skip+3 >= len(data) {
			break
		}
		at += skip + 1
		marker := data[at]
		switch {
		case marker == 0xff:
			continue
		case marker == 0 || marker >= markerRST0 && marker <= markerRST7:
			at++
			continue
		case marker == markerEOI:
			return n
		case marker == markerSOS:
			n++
		}
		at += 1 + int(binary.BigEndian.Uint16(data[at+1:]))
	}
	return n
}

// atEnd is err unless it says that the file ends.
func atEnd(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

// pngInterlace is where a PNG says whether it is interlaced, in IHDR behind the
// signature, length, type, width, height, depth, colour, compression and filter.
const pngInterlace = len(pngSignature) + 8 + 12

// JPEG markers, ITU T.81 table B.1.
const (
	markerSOF0  = 0xc0
	markerSOF2  = 0xc2
	markerRST0  = 0xd0
	markerRST7  = 0xd7
	markerEOI   = 0xd9
	markerSOS   = 0xda
	markerAPP1  = 0xe1
	markerAPP2  = 0xe2
	markerAPP14 = 0xee
)

// Exif 2.32, 4.7.2.1: what APP1 begins with when it holds EXIF.
const exifPrefix = "Exif\x00\x00"

// ICC.1:2022, B.4: what APP2 begins with when it holds a part of a profile.
const iccPrefix = "ICC_PROFILE\x00"

// jpegHeader is what image/jpeg keeps to itself of the segments before the pixels.
type jpegHeader struct {
	exif      []byte      // the TIFF block of the first EXIF segment, or nil
	channels  int         // of the frame header
	ratio     image.Point // how many samples of the first channel there are to one of the second, at least 1
	transform int         // where the file has the transform byte of Adobe's APP14, or 0
	ycck      bool        // four channels hold YCbCr and K, not CMYK
	profile   bool        // there is an ICC profile

	progressive bool
	complete    bool // the first scan has come
}

// readJPEGHeader walks over the segments of a JPEG (ITU T.81, B.1.1) up to the first
// scan, or as far as data goes. Like image/jpeg it skips what stands between segments.
func readJPEGHeader(data []byte) jpegHeader {
	h := jpegHeader{ratio: image.Pt(1, 1)}
	for at := len(jpegSignature); ; {
		skip := bytes.IndexByte(data[at:], 0xff)
		if skip < 0 {
			return h
		}
		at += skip
		for at < len(data) && data[at] == 0xff { // any number of fill bytes
			at++
		}
		if at+3 > len(data) {
			return h
		}
		marker := data[at]
		at++
		if marker == 0 || (marker >= markerRST0 && marker <= markerRST7) {
			continue // these stand alone
		}
		if marker == markerEOI || marker == markerSOS {
			h.complete = true
			return h
		}
		length := int(binary.BigEndian.Uint16(data[at:]))
		if length < 2 {
			h.complete = true // malformed: the decoder will say so
			return h
		}
		if at+length > len(data) {
			return h
		}
		h.segment(marker, data[at+2:at+length], at+2)
		at += length
	}
}

// segment notes what one segment, whose content begins at offset at, has to say.
func (h *jpegHeader) segment(marker byte, content []byte, at int) {
	const transformAt = 11 // in Adobe's APP14: name 5, version 2, flags 2+2, transform 1
	switch {
	case marker == markerAPP1 && h.exif == nil && bytes.HasPrefix(content, []byte(exifPrefix)):
		h.exif = content[len(exifPrefix):]
	case marker == markerAPP2 && bytes.HasPrefix(content, []byte(iccPrefix)):
		h.profile = true
	case marker == markerAPP14 && len(content) > transformAt && bytes.HasPrefix(content, []byte("Adobe")):
		h.transform = at + transformAt
		h.ycck = content[transformAt] != 0
	case marker >= markerSOF0 && marker <= markerSOF2 && len(content) >= 6:
		h.channels, h.progressive = int(content[5]), marker == markerSOF2
		if len(content) < 12 {
			return
		}
		first, second := int(content[7]), int(content[10])
		h.ratio = image.Pt(max(1, first>>4/max(1, second>>4)), max(1, first&15/max(1, second&15)))
	}
}

// rawFourChannels reads data as image/jpeg should see it. A picture of four
// channels is passed off as plain Adobe CMYK, whose channels image/jpeg hands out
// as they are stored, but inverted: its own conversion of YCCK repeats chroma
// samples where libjpeg-turbo interpolates, and without Adobe's segment it decodes
// no four channels at all, where other readers take them for Adobe's CMYK.
func (h *jpegHeader) rawFourChannels(data []byte) io.Reader {
	const plainCMYK = "\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00" // version 100, transform 0
	all := bytes.NewReader(data)
	switch {
	case h.channels != 4:
		return all
	case h.transform == 0:
		soi := len(jpegSignature)
		return io.MultiReader(bytes.NewReader(data[:soi]), bytes.NewReader([]byte(plainCMYK)), bytes.NewReader(data[soi:]))
	case h.ycck:
		return io.MultiReader(bytes.NewReader(data[:h.transform]), bytes.NewReader([]byte{0}), bytes.NewReader(data[h.transform+1:]))
	}
	return all
}
