package sheet

import (
	"image"
	"math/bits"
)

// Raster is a small picture on a figure. Each of its pixels is drawn as a square of
// Zoom×Zoom pixels.
type Raster struct {
	Width, Height int
	Zoom          int        // 0 means 1
	Pix           []byte     // row after row: RGB, or one level a pixel
	Palette       [][3]uint8 // colours of the 256 levels; nil if Pix is RGB
	Labels        []string   // texts on the pixels' squares, if they fit; nil is none
	Signed        bool       // 0 is level 128, and negative squares without labels get a bar
}

// Size is the width and height of the raster on a figure, in pixels.
func (r *Raster) Size() image.Point {
	return image.Pt(r.Width, r.Height).Mul(max(1, r.Zoom))
}

// colour is the colour of a pixel by its index.
func (r *Raster) colour(pixel int) [3]uint8 {
	if r.Palette != nil {
		return r.Palette[r.Pix[pixel]]
	}
	return [3]uint8(r.Pix[3*pixel:])
}

// Fit returns the size at which a picture is shown in a tile whose longer side has about
// tile pixels. A picture larger by more than a third is reduced to the tile, with its aspect
// kept. Every other picture keeps its pixels, each as a square of zoom×zoom.
func Fit(picture image.Point, tile int) (size image.Point, zoom int) {
	longer := max(picture.X, picture.Y)
	if longer > tile*4/3 {
		return Within(picture, image.Pt(tile, tile))
	}
	return picture, max(1, (2*tile+longer)/(2*longer)) // rounded half up
}

// Within returns the largest size at which a picture fits a box, with its aspect kept. A
// picture that is enlarged keeps its pixels, each as a square of zoom×zoom.
func Within(picture, box image.Point) (size image.Point, zoom int) {
	if picture.X <= box.X && picture.Y <= box.Y {
		return picture, min(box.X/picture.X, box.Y/picture.Y)
	}
	// scaled is v·part/whole, rounded half up. The product may exceed 63 bits.
	scaled := func(v, part, whole int) int {
		hi, lo := bits.Mul64(uint64(v), uint64(part))
		lo, carry := bits.Add64(lo, uint64(whole)/2, 0)
		q, _ := bits.Div64(hi+carry, lo, uint64(whole))
		return max(1, int(q))
	}
	byWidth := image.Pt(box.X, scaled(picture.Y, box.X, picture.X))
	if byWidth.Y <= box.Y {
		return byWidth, 1
	}
	return image.Pt(scaled(picture.X, box.Y, picture.Y), box.Y), 1
}

// Reduction reduces a picture, row by row, to a smaller raster. Each pixel of the raster is
// the mean of the area that it stands for, rounded half up. The arithmetic is in integers.
type Reduction struct {
	from, to image.Point
	samples  int    // per pixel: 1 or 3
	pix      []byte // pixels of the raster
	y        int    // number of rows taken
	spans    []span // one per column of the raster
	rowSums  []uint64
	sum      []uint64
}

// span is the part of a row that a column of the raster covers, in units of 1/to.X of a
// pixel: head of the pixel first, all of each pixel up to last, and tail of the pixel last.
// If first and last are the same pixel, only head counts.
type span struct {
	first, last int
	head, tail  uint64
}

// NewReduction reduces a picture of size from to size to, which is at least 1×1 and no
// larger. samples is the number of samples per pixel, 1 or 3.
func NewReduction(from, to image.Point, samples int) *Reduction {
	r := &Reduction{from: from, to: to, samples: samples}
	for column := range to.X {
		begin, end := column*from.X, (column+1)*from.X
		s := span{first: begin / to.X, last: end / to.X}
		s.head, s.tail = uint64(min((s.first+1)*to.X, end)-begin), uint64(end-s.last*to.X)
		if s.last == s.first || s.last == from.X {
			s.tail = 0
		}
		r.spans = append(r.spans, s)
	}
	return r.Again()
}

// Again begins another reduction between the same sizes and shares the spans of r.
func (r *Reduction) Again() *Reduction {
	a := &Reduction{from: r.from, to: r.to, samples: r.samples, spans: r.spans}
	a.pix = make([]byte, a.to.X*a.to.Y*a.samples)
	if a.from != a.to {
		a.rowSums, a.sum = make([]uint64, a.to.X*a.samples), make([]uint64, a.to.X*a.samples)
	}
	return a
}

// Row takes the next row of the picture.
func (r *Reduction) Row(row []byte) {
	if r.from == r.to {
		copy(r.pix[r.y*len(row):], row)
		r.y++
		return
	}
	r.along(row)
	// In units of 1/to.Y of a row, this row lies from y·to.Y to (y+1)·to.Y. A row of the
	// raster takes from.Y units.
	begin, end := r.y*r.to.Y, (r.y+1)*r.to.Y
	r.y++
	y := begin / r.from.Y
	if edge := (y + 1) * r.from.Y; end >= edge {
		r.add(uint64(edge - begin))
		r.finish(y)
		begin = edge
	}
	r.add(uint64(end - begin))
}

// along sums a row over each column of the raster.
func (r *Reduction) along(row []byte) {
	if r.samples == 3 {
		r.along3(row)
		return
	}
	whole := uint64(r.to.X)
	for i, s := range r.spans {
		sum := uint64(0)
		for _, v := range row[s.first+1 : max(s.first+1, s.last)] {
			sum += uint64(v)
		}
		sum = sum*whole + s.head*uint64(row[s.first])
		if s.tail > 0 {
			sum += s.tail * uint64(row[s.last])
		}
		r.rowSums[i] = sum
	}
}

// along3 does the same for RGB.
func (r *Reduction) along3(row []byte) {
	whole := uint64(r.to.X)
	for i, s := range r.spans {
		var red, green, blue uint64
		for part := row[3*(s.first+1) : 3*max(s.first+1, s.last)]; len(part) >= 3; part = part[3:] {
			red += uint64(part[0])
			green += uint64(part[1])
			blue += uint64(part[2])
		}
		head := row[3*s.first:][:3]
		sums := r.rowSums[3*i:][:3]
		sums[0] = red*whole + s.head*uint64(head[0])
		sums[1] = green*whole + s.head*uint64(head[1])
		sums[2] = blue*whole + s.head*uint64(head[2])
		if s.tail > 0 {
			for c, v := range row[3*s.last:][:3] {
				sums[c] += s.tail * uint64(v)
			}
		}
	}
}

func (r *Reduction) add(weight uint64) {
	if weight == 0 {
		return
	}
	for i, v := range r.rowSums {
		r.sum[i] += weight * v
	}
}

func (r *Reduction) finish(y int) {
	area := uint64(r.from.X) * uint64(r.from.Y)
	for i, v := range r.sum {
		r.pix[y*len(r.sum)+i] = byte((v + area/2) / area)
	}
	clear(r.sum)
}

// Raster returns the reduced picture after the last row.
func (r *Reduction) Raster(zoom int, palette [][3]uint8) Raster {
	return Raster{Width: r.to.X, Height: r.to.Y, Zoom: zoom, Pix: r.pix, Palette: palette}
}
