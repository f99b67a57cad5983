package main

import (
	"encoding/binary"
	"image"
	"image/draw"
)

// orientationRight is the EXIF orientation of a picture taken with a turned camera. The
// picture's rows are the scene's columns, and a quarter turn clockwise sets it upright (CIPA
// DC-008, tag 0x0112, value 6).
const orientationRight = 6

// encodeTurned stores a picture like such a camera: turned counterclockwise, in a JPEG with
// that orientation.
func encodeTurned(img image.Image) ([]byte, error) {
	b := img.Bounds()
	stored := image.NewRGBA(image.Rect(0, 0, b.Dy(), b.Dx()))
	for y := range b.Dy() {
		for x := range b.Dx() {
			draw.Draw(stored, image.Rect(y, b.Dx()-1-x, y+1, b.Dx()-x), img, image.Pt(b.Min.X+x, b.Min.Y+y), draw.Src)
		}
	}
	data, err := encodeJPEG(stored)
	if err != nil {
		return nil, err
	}
	return append(append(data[:2:2], exif(orientationRight)...), data[2:]...), nil
}

// exif is an APP1 segment with only an orientation: a big-endian TIFF header and a directory
// of one entry.
func exif(orientation uint16) []byte {
	tiff := []byte("MM\x00*\x00\x00\x00\x08")
	tiff = binary.BigEndian.AppendUint16(tiff, 1)      // one entry:
	tiff = binary.BigEndian.AppendUint16(tiff, 0x0112) // orientation,
	tiff = binary.BigEndian.AppendUint16(tiff, 3)      // a 16-bit number,
	tiff = binary.BigEndian.AppendUint32(tiff, 1)      // one of them,
	tiff = binary.BigEndian.AppendUint16(tiff, orientation)
	tiff = binary.BigEndian.AppendUint16(tiff, 0) // left in its field of four bytes,
	tiff = binary.BigEndian.AppendUint32(tiff, 0) // and no further directory
	body := append([]byte("Exif\x00\x00"), tiff...)
	segment := binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(2+len(body)))
	return append(segment, body...)
}
