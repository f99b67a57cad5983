package decode

import (
	"fmt"
	"image"
	"slices"
	"strings"
)

// Mode is the way in which a picture is fitted to Resize.Width×Resize.Height.
type Mode string

// The modes. Sizes that do not come out whole are rounded half up, and are at least 1.
const (
	Fit     Mode = "fit"     // the largest size inside, aspect kept; the default
	Fill    Mode = "fill"    // the smallest size that covers, aspect kept, then cut at the centre
	Stretch Mode = "stretch" // exactly
)

// Filter weighs the pixels around a resized pixel.
type Filter string

// The filters are Pillow's LANCZOS, BILINEAR and NEAREST: the first two widen when a
// picture shrinks, so that no pixel is skipped.
const (
	Lanczos Filter = "lanczos" // sinc windowed by sinc, 3 lobes; the default
	Linear  Filter = "linear"  // triangle
	Nearest Filter = "nearest" // the one pixel at the centre; between two, the right or lower one
)

// Resize scales a picture up or down. A width or height of 0, but not both, follows
// from the other and the picture's aspect.
type Resize struct {
	Width, Height int    // pixels
	Mode          Mode   // "" is Fit
	Filter        Filter // "" is Lanczos
}

// Crop cuts a window out of a picture. The picture must be at least as large.
type Crop struct {
	Width, Height int    // pixels
	Anchor        Anchor // "" is Center
}

// Anchor is the place of a crop's window in the picture.
type Anchor string

// The anchors. If the middle lies between two pixels, the window moves up or left.
const (
	Center      Anchor = "center"
	Top         Anchor = "top"
	TopLeft     Anchor = "top-left"
	TopRight    Anchor = "top-right"
	Left        Anchor = "left"
	Right       Anchor = "right"
	Bottom      Anchor = "bottom"
	BottomLeft  Anchor = "bottom-left"
	BottomRight Anchor = "bottom-right"
)

// maxSide keeps products of two sides within 63 bits. PNG has the same bound.
const maxSide = 1<<31 - 1

// checked is a copy of r with its defaults filled in; nil stays nil.
func (r *Resize) checked(pixels int64) (*Resize, error) {
	if r == nil {
		return nil, nil
	}
	c := *r
	if c.Width < 0 || c.Height < 0 || c.Width > maxSide || c.Height > maxSide {
		return nil, fmt.Errorf("width and height must be 0 to %d, got %d×%d", maxSide, c.Width, c.Height)
	}
	if c.Width == 0 && c.Height == 0 {
		return nil, fmt.Errorf("width or height must be at least 1, got 0×0")
	}
	if err := choose(&c.Mode, "mode", Fit, Fill, Stretch); err != nil {
		return nil, err
	}
	if err := choose(&c.Filter, "filter", Lanczos, Linear, Nearest); err != nil {
		return nil, err
	}
	if c.Mode != Fit {
		if err := (Limits{pixels}).Check("resized picture", max(c.Width, 1), max(c.Height, 1), smaller); err != nil {
			return nil, err
		}
	}
	return &c, nil
}

// checked is a copy of c with its defaults filled in; nil stays nil.
func (c *Crop) checked() (*Crop, error) {
	if c == nil {
		return nil, nil
	}
	cut := *c
	if cut.Width < 1 || cut.Height < 1 {
		return nil, fmt.Errorf("width and height must be at least 1, got %d×%d", cut.Width, cut.Height)
	}
	err := choose(&cut.Anchor, "anchor", Center, Top, TopLeft, TopRight, Left, Right, Bottom, BottomLeft, BottomRight)
	return &cut, err
}

// choose sets an empty name to the first of its allowed ones, and refuses any other.
func choose[S ~string](name *S, what string, allowed ...S) error {
	if *name == "" {
		*name = allowed[0]
	}
	if slices.Contains(allowed, *name) {
		return nil
	}
	var list []string
	for _, a := range allowed {
		list = append(list, string(a))
	}
	return fmt.Errorf("%s must be one of %s, got %q", what, strings.Join(list, ", "), string(*name))
}

// Check refuses sizes over the limit with an [*Error] whose code is TooLarge. what names
// the object, as in "picture", and instead says what else would help, as in "use a
// smaller picture". width and height are 1 to 2³¹−1. The limit must not be 0. In
// Decoder.Options it never is.
func (l Limits) Check(what string, width, height int, instead string) error {
	if n := int64(width) * int64(height); n > l.Pixels {
		return refuse(TooLarge, "%s of %d×%d has %d pixels, over the limit of %d; raise it with --limit-pixels or %s",
			what, width, height, n, l.Pixels, instead)
	}
	return nil
}

// smaller is the remedy for a large picture.
const smaller = "use a smaller picture"

// layout is the geometry of preparation. An upright picture is scaled to a size, and a
// window of the result is kept. Nothing outside the window is computed.
type layout struct {
	scaled image.Point
	window image.Rectangle
}

// layout lays out an upright picture of width×height pixels.
func (o *Options) layout(width, height int) (layout, error) {
	l := layout{scaled: image.Pt(width, height)}
	l.window.Max = l.scaled
	if o.Resize != nil {
		var err error
		if l, err = o.Resize.layout(width, height, o.Limits); err != nil {
			return l, err
		}
	}
	if o.Crop == nil {
		return l, nil
	}
	size := l.window.Size()
	if o.Crop.Width > size.X || o.Crop.Height > size.Y {
		return l, refuse(TooSmall, "crop of %d×%d is larger than the picture, which has %d×%d; crop less, or resize to at least that first",
			o.Crop.Width, o.Crop.Height, size.X, size.Y)
	}
	at := o.Crop.Anchor.place(size, image.Pt(o.Crop.Width, o.Crop.Height)).Add(l.window.Min)
	l.window = image.Rectangle{Min: at, Max: at.Add(image.Pt(o.Crop.Width, o.Crop.Height))}
	return l, nil
}

// layout scales width×height by the mode. The part that Fill cuts away is never computed
// and does not count against the limit.
func (r *Resize) layout(width, height int, limit Limits) (layout, error) {
	w, h := int64(r.Width), int64(r.Height)
	atWidth := max(1, (int64(height)*w+int64(width)/2)/int64(width))   // the height that keeps the aspect at width w
	atHeight := max(1, (int64(width)*h+int64(height)/2)/int64(height)) // the width that keeps it at height h
	wider := int64(width)*h >= int64(height)*w                         // the picture is wider than the frame
	window := [2]int64{w, h}
	switch {
	case h == 0, w != 0 && r.Mode == Fit && wider:
		h = atWidth
	case w == 0, r.Mode == Fit:
		w = atHeight
	case r.Mode == Fill && wider:
		w = max(w, atHeight)
	case r.Mode == Fill:
		h = max(h, atWidth)
	}
	if r.Mode != Fill || window[0] == 0 || window[1] == 0 {
		window = [2]int64{w, h}
	}
	if max(w, h) > maxSide {
		return layout{}, refuse(TooLarge, "resized picture would have a side of %d pixels, more than %d; ask for a smaller size", max(w, h), maxSide)
	}
	l := layout{scaled: image.Pt(int(w), int(h))}
	size := image.Pt(int(window[0]), int(window[1]))
	at := Center.place(l.scaled, size)
	l.window = image.Rectangle{Min: at, Max: at.Add(size)}
	return l, limit.Check("resized picture", size.X, size.Y, smaller)
}

// place is the top left corner of a window of size part within whole.
func (a Anchor) place(whole, part image.Point) image.Point {
	free := whole.Sub(part)
	at := free.Div(2)
	switch a {
	case TopLeft, Left, BottomLeft:
		at.X = 0
	case TopRight, Right, BottomRight:
		at.X = free.X
	}
	switch a {
	case TopLeft, Top, TopRight:
		at.Y = 0
	case BottomLeft, Bottom, BottomRight:
		at.Y = free.Y
	}
	return at
}
