package jpeg

import (
	"context"
	"errors"
)

// errUnusual says that entropy-coded data is not as encoders write it. The picture is then
// decoded again bit by bit, as libjpeg-turbo does, to find out what it makes of that.
var errUnusual = errors.New("unusual data")

// picture is a picture that is being decoded.
type picture struct {
	*Decoder
	parser
	ctx     context.Context
	careful bool // bit by bit
	current scan
	tables  *[2][4]table // of the current scan
	first   int          // offset of the first scan's data
	planes  [maxInScan]Plane
	passes  *passes // of scans that are brought together, else nil
	relay   *relay  // at work, or nil
}

// decode decodes data, bit by bit where careful is set.
func (d *Decoder) decode(ctx context.Context, data []byte, careful bool) (*Image, error) {
	p := picture{Decoder: d, parser: parser{data: data}, ctx: ctx, careful: careful, tables: &d.tables}
	if err := p.open(&p.current); err != nil {
		return nil, err
	}
	h := p.header()
	p.allocate()
	p.reserve()
	var err error
	if p.frame.multiScan {
		err = p.inPasses()
	} else {
		err = p.readScans()
	}
	p.keepCoefficients()
	if cap(d.arena) > mostKept {
		d.arena = nil
	}
	if err != nil {
		p.keepPlanes()
		return nil, err
	}
	h.Warnings = p.warnings
	return &Image{Header: *h, Planes: append([]Plane(nil), p.planes[:len(p.frame.comps)]...), set: d.opts.SIMD}, nil
}

// readScans decodes all scans and reads to the end of the image.
func (p *picture) readScans() error {
	for {
		if p.current.number > MaxScans {
			return unsupported(p.current.at, "more than %d scans, each of which costs the work of a whole picture", MaxScans)
		}
		if err := p.readScanData(); err != nil {
			return err
		}
		e, err := p.next(&p.current)
		if err != nil {
			return err
		}
		switch e {
		case eventScan:
			if !p.frame.multiScan {
				return corrupt(p.current.at, "a second scan, where the first has all components")
			}
		case eventEnd:
			p.checkComplete()
			return nil
		case eventCut:
			if p.missing() != "" || p.frame.arithmetic {
				return truncated(len(p.data), "before its picture does")
			}
			p.warn(len(p.data), "the end-of-image marker is missing behind the picture's last scan")
			return nil
		}
	}
}

// checkComplete warns where the scans leave something unknown.
func (p *picture) checkComplete() {
	if what := p.missing(); what != "" {
		p.warn(p.pos-2, "the picture is decoded without the scans that it lacks: %s", what)
	}
}

// missing says what no scan has told, or nothing.
func (p *picture) missing() string {
	for i := range p.frame.comps {
		c := &p.frame.comps[i]
		if c.scans == 0 {
			return "a component has none"
		}
		if !p.frame.progressive {
			continue
		}
		for _, bit := range c.bits {
			if bit != 0 {
				return "some bits of its coefficients are unknown"
			}
		}
	}
	return ""
}

// readScanData decodes the entropy-coded data of the current scan.
func (p *picture) readScanData() error {
	s, f := &p.current, &p.frame
	blocks := 0
	for _, c := range s.comps {
		blocks += c.h * c.v
	}
	if len(s.comps) > 1 && blocks > maxInterleave {
		return corrupt(s.at, "a scan whose MCUs have %d blocks, where %d are allowed", blocks, maxInterleave)
	}
	for _, c := range s.comps {
		if c.quant != nil {
			continue
		}
		if c.quantSlot >= len(p.quant) || !p.quant[c.quantSlot].defined {
			return corrupt(s.at, "a component without a quantisation table")
		}
		values := p.quant[c.quantSlot].values
		c.quant = &values
	}
	var t *pass
	if f.multiScan && !f.arithmetic && !p.careful {
		t = p.passes.free()
		p.tables = &t.tables
	}
	var err error
	if f.progressive {
		err = p.startProgressive()
	} else {
		err = p.startSequential()
	}
	if err != nil {
		return err
	}
	p.planScan()
	switch {
	case t != nil:
		return p.passes.beginScan(t)
	case f.multiScan:
		return p.readBits()
	case f.arithmetic || p.careful:
		return p.relayed(p.readBits)
	}
	return p.onePass()
}

// readBits decodes the data of the current scan bit by bit.
func (p *picture) readBits() error {
	if p.frame.arithmetic {
		return p.readArithmetic()
	}
	return p.readCarefully()
}

// startSequential checks a sequential scan and makes its tables.
func (p *picture) startSequential() error {
	s := &p.current
	if s.from != 0 || s.to != blockSize-1 || s.high != 0 || s.low != 0 {
		p.warn(s.at, "a sequential scan with the parameters of a progressive one, which are ignored")
	}
	for class, tables := range standardTables() {
		for slot, t := range tables {
			if !p.defined[class][slot] {
				p.huffman[class][slot], p.defined[class][slot] = t, true
			}
		}
	}
	for _, c := range s.comps {
		if p.frame.arithmetic {
			c.scans++
			continue
		}
		if c.scans > 0 && !p.careful {
			return errUnusual // a second scan adds to the first
		}
		if err := p.makeTable(classDC, c.dcSlot); err != nil {
			return err
		}
		if err := p.makeTable(classAC, c.acSlot); err != nil {
			return err
		}
		c.scans++
	}
	return nil
}

// makeTable makes a Huffman table ready.
func (p *picture) makeTable(class, slot int) error {
	if slot > 3 || !p.defined[class][slot] {
		return corrupt(p.current.at, "a scan without its Huffman table")
	}
	if !p.tables[class][slot].make(&p.huffman[class][slot], class) {
		return corrupt(p.current.at, "a scan with a Huffman table whose codes contradict each other")
	}
	return nil
}

// startProgressive checks that a progressive scan follows the ones before it (ITU T.81,
// G.1.1.1), and makes its tables.
func (p *picture) startProgressive() error {
	s := &p.current
	dc := s.from == 0
	if dc && s.to != 0 || !dc && (s.from > s.to || s.to >= blockSize || len(s.comps) != 1) ||
		s.high != 0 && s.low != s.high-1 || s.low > 13 {
		return corrupt(s.at, "a progressive scan of coefficients %d to %d, bits %d to %d", s.from, s.to, s.high, s.low)
	}
	for _, c := range s.comps {
		c.scans++
		if !dc && c.bits[0] < 0 {
			return corrupt(s.at, "a progressive scan of a component whose first one is missing")
		}
		for k := s.from; k <= s.to; k++ {
			if s.high != max(0, int(c.bits[k])) {
				return corrupt(s.at, "a progressive scan that does not follow the one before it")
			}
			c.bits[k] = int8(s.low)
		}
		var err error
		switch {
		case p.frame.arithmetic:
		case !dc:
			err = p.makeTable(classAC, c.acSlot)
		case s.high == 0:
			err = p.makeTable(classDC, c.dcSlot)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
