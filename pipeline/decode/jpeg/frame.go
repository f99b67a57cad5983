package jpeg

import "filterbank/pipeline/decode/noun"

// Limits of libjpeg-turbo (jmorecfg.h, jpeglib.h).
const (
	maxSize       = 65500 // columns and rows
	maxFactor     = 4
	maxInterleave = 10 // blocks of an MCU
	maxInScan     = 4  // components of a scan
)

// frame is what a frame header says (ITU T.81, B.2.2), and the sizes that follow.
type frame struct {
	defined       bool
	at            int // its marker's offset
	progressive   bool
	arithmetic    bool
	precision     int
	width, height int
	comps         []component
	maxH, maxV    int
	mcusX, mcusY  int  // of interleaved scans
	multiScan     bool // its scans are brought together as coefficients
	colour        Colour
}

// component is a channel of a frame.
type component struct {
	id           byte
	index        int
	h, v         int // sampling factors
	quantSlot    int
	width        int // in samples that belong to the picture
	height       int
	blocksX      int // that hold samples of the picture
	blocksY      int
	paddedX      int // that interleaved scans have
	paddedY      int
	dcSlot       int // Huffman tables of the scan
	acSlot       int
	quant        *[blockSize]uint16 // as it was at the first scan of the component, or nil
	scans        int
	bits         [blockSize]int8 // of each coefficient in the file's order: the lowest bit that is known, −1 for none
	coefficients []int16         // of all blocks, paddedX to a row, in natural order
	nonzero      []uint64        // of progressive pictures: a bit for each coefficient, in the file's order
}

// readFrame reads a frame header.
func (p *parser) readFrame(marker byte) error {
	at := p.pos - 2
	length := p.word()
	f := frame{defined: true, at: at, progressive: marker == markerSOF2 || marker == markerSOF10,
		arithmetic: marker == markerSOF9 || marker == markerSOF10, precision: int(p.byte())}
	f.height, f.width = p.word(), p.word()
	count := int(p.byte())
	switch {
	case p.frame.defined:
		return corrupt(at, "a second frame header")
	case f.height == 0 && f.width > 0 && count > 0:
		return unsupported(at, "the frame header leaves the height to a later marker")
	case f.width == 0 || f.height == 0 || count == 0:
		return corrupt(at, "a frame header of %d×%d pixels and %s", f.width, f.height, noun.Count(count, "component"))
	case length != 8+3*count:
		return corrupt(at, "a frame header of the wrong length")
	}
	f.comps = make([]component, count)
	for i := range f.comps {
		c := &f.comps[i]
		c.index, c.id = i, p.byte()
		factors := p.byte()
		c.h, c.v = int(factors>>4), int(factors&15)
		c.quantSlot = int(p.byte())
		for k := range c.bits {
			c.bits[k] = -1
		}
	}
	p.frame = f
	return nil
}

// measure checks the frame at its first scan, of so many components, and works out sizes.
func (f *frame) measure(inScan int) error {
	if f.width > maxSize || f.height > maxSize {
		return unsupported(f.at, "%d×%d pixels, where libjpeg-turbo stops at %d", f.width, f.height, maxSize)
	}
	if f.precision != 8 {
		return unsupported(f.at, "samples of %s", noun.Count(f.precision, "bit"))
	}
	if n := len(f.comps); n == 2 || n > 4 {
		return unsupported(f.at, "%d components, which mean no colours", n)
	}
	f.maxH, f.maxV = 1, 1
	for _, c := range f.comps {
		if c.h < 1 || c.h > maxFactor || c.v < 1 || c.v > maxFactor {
			return corrupt(f.at, "a component with the sampling factors %d×%d", c.h, c.v)
		}
		f.maxH, f.maxV = max(f.maxH, c.h), max(f.maxV, c.v)
	}
	f.mcusX, f.mcusY = ceilDiv(f.width, 8*f.maxH), ceilDiv(f.height, 8*f.maxV)
	for i := range f.comps {
		c := &f.comps[i]
		if f.maxH%c.h != 0 || f.maxV%c.v != 0 {
			return unsupported(f.at, "a component sampled %d×%d beside one of %d×%d, which do not divide", c.h, c.v, f.maxH, f.maxV)
		}
		c.width, c.height = ceilDiv(f.width*c.h, f.maxH), ceilDiv(f.height*c.v, f.maxV)
		c.blocksX, c.blocksY = ceilDiv(f.width*c.h, 8*f.maxH), ceilDiv(f.height*c.v, 8*f.maxV)
		c.paddedX, c.paddedY = f.mcusX*c.h, f.mcusY*c.v
	}
	f.multiScan = f.progressive || inScan < len(f.comps)
	return nil
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }

// scan is what a scan header says (ITU T.81, B.2.3).
type scan struct {
	at       int // its marker's offset
	number   int // from 1
	comps    []*component
	from, to int // coefficients in the file's order: Ss and Se
	high     int // Ah
	low      int // Al
}

// readScan reads a scan header.
func (p *parser) readScan(s *scan) error {
	at := p.pos - 2
	if !p.frame.defined {
		return corrupt(at, "a scan before the frame header")
	}
	length, count := p.word(), int(p.byte())
	if length != 6+2*count || count < 1 || count > maxInScan {
		return corrupt(at, "a scan header of the wrong length")
	}
	*s = scan{at: at, comps: s.comps[:0]}
	var taken [maxInScan]bool // by place, as libjpeg-turbo compares identifiers that are there twice
	for i := range count {
		id, slots := p.byte(), p.byte()
		c := p.named(id, &taken)
		if c == nil {
			return corrupt(at, "a scan of a component %d that the frame does not have", id)
		}
		for _, other := range s.comps {
			if other == c {
				return corrupt(at, "a scan that has the component %d twice", id)
			}
		}
		taken[i] = true
		c.dcSlot, c.acSlot = int(slots>>4), int(slots&15)
		s.comps = append(s.comps, c)
	}
	s.from, s.to = int(p.byte()), int(p.byte())
	bits := p.byte()
	s.high, s.low = int(bits>>4), int(bits&15)
	p.scans++
	s.number = p.scans
	if p.scans == 1 && !p.ended {
		if err := p.frame.measure(count); err != nil {
			return err
		}
		p.frame.colour = p.colour()
	}
	return nil
}

// named is the component with an identifier, at a place that is not taken.
func (p *parser) named(id byte, taken *[maxInScan]bool) *component {
	for i := range min(len(p.frame.comps), maxInScan) {
		if c := &p.frame.comps[i]; c.id == id && !taken[i] {
			return c
		}
	}
	return nil
}

// colour guesses what the components mean, as libjpeg-turbo does
// (default_decompress_parms).
func (p *parser) colour() Colour {
	comps := p.frame.comps
	switch len(comps) {
	case 1:
		return Gray
	case 3:
		switch {
		case p.jfif:
		case p.adobe && p.transform == 0:
			return RGB
		case p.adobe && p.transform != 1:
			p.warn(p.frame.at, "Adobe's segment has the unknown colour transform %d, taken for YCbCr", p.transform)
		case p.adobe:
		case comps[0].id == 'R' && comps[1].id == 'G' && comps[2].id == 'B':
			return RGB
		}
		return YCbCr
	}
	if !p.adobe || p.transform == 0 {
		return CMYK
	}
	if p.transform != 2 {
		p.warn(p.frame.at, "Adobe's segment has the unknown colour transform %d, taken for YCCK", p.transform)
	}
	return YCCK
}
