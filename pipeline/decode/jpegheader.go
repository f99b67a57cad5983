package decode

import (
	"bytes"
	"encoding/binary"
	"image"
	"io"
)

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

// jpegHeader holds facts of the segments before the pixels that image/jpeg does not tell.
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
func readJPEGHeader(data []byte) *jpegHeader {
	h := &jpegHeader{ratio: image.Pt(1, 1)}
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

// segment reads one segment, whose content begins at offset at of the file.
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

// rawFourChannels returns the bytes that image/jpeg is given. A picture of four channels
// is presented as plain Adobe CMYK, for two reasons. image/jpeg returns the channels of
// Adobe CMYK as they are stored, inverted, while its conversion of YCCK repeats chroma
// samples that libjpeg-turbo interpolates. And image/jpeg refuses four channels without
// Adobe's segment, which other readers take for Adobe CMYK.
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
