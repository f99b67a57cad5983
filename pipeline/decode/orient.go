package decode

import (
	"image"

	"github.com/disintegration/imaging"
)

// orient8 turns a stored picture of the given size upright. The eight values of EXIF's
// Orientation (Exif 2.32, 4.6.4 A) name the sides of its first row and column.
func orient8(r raster[uint8], size image.Point, orientation int) raster[uint8] {
	img := &image.NRGBA{Pix: r.pix, Stride: r.stride, Rect: image.Rectangle{Max: size}}
	switch orientation {
	case 2:
		img = imaging.FlipH(img)
	case 3:
		img = imaging.Rotate180(img)
	case 4:
		img = imaging.FlipV(img)
	case 5:
		img = imaging.Transpose(img)
	case 6:
		img = imaging.Rotate270(img) // counter-clockwise
	case 7:
		img = imaging.Transverse(img)
	case 8:
		img = imaging.Rotate90(img)
	}
	return raster[uint8]{img.Pix, img.Stride}
}

// orient16 is orient8 for 16 bits. imaging would reduce them to 8.
func orient16(r raster[uint16], size image.Point, orientation int) raster[uint16] {
	w, h := size.X, size.Y
	// The upright pixel (x, y) is the stored pixel number first + x·right + y·down.
	var first, right, down int
	switch orientation {
	case 2:
		first, right, down = w-1, -1, w
	case 3:
		first, right, down = w*h-1, -1, -w
	case 4:
		first, right, down = (h-1)*w, 1, -w
	case 5:
		first, right, down = 0, w, 1
	case 6:
		first, right, down = (h-1)*w, -w, 1
	case 7:
		first, right, down = w*h-1, -w, -1
	case 8:
		first, right, down = w-1, w, -1
	default:
		return r
	}
	if orientation >= 5 {
		w, h = h, w
	}
	out := raster[uint16]{pix: make([]uint16, 4*w*h), stride: 4 * w}
	for y := range h {
		from := first + y*down
		for x := range w {
			copy(out.pix[4*(y*w+x):][:4], r.pix[4*from:][:4])
			from += right
		}
	}
	return out
}
