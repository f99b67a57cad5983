package jpeg

import "filterbank/pipeline/decode/noun"

// readQuant reads quantisation tables (ITU T.81, B.2.4.1).
func (p *parser) readQuant() error {
	at := p.pos
	length := p.word() - 2
	for length > 0 && !p.ended {
		head := p.byte()
		length -= 1 + blockSize
		wide, slot := head>>4 != 0, head&15
		if slot > 3 {
			return corrupt(at, "a quantisation table with the number %d", slot)
		}
		t := &p.quant[slot]
		t.defined = true
		for k := range blockSize {
			var v int
			if wide {
				v = p.word()
			} else {
				v = int(p.byte())
			}
			t.values[naturalOrder[k]] = uint16(v)
		}
		if wide {
			length -= blockSize
		}
	}
	if length != 0 {
		return corrupt(at, "quantisation tables of the wrong length")
	}
	return nil
}

// readHuffman reads Huffman tables (ITU T.81, B.2.4.2). What codes they give is looked
// at when a scan uses them.
func (p *parser) readHuffman() error {
	at := p.pos
	length := p.word() - 2
	for length > 16 {
		head := p.byte()
		var t huffman
		count := 0
		for i, c := range p.bytes(16) {
			t.counts[i+1] = c
			count += int(c)
		}
		length -= 17
		if count > len(t.values) || count > length {
			return corrupt(at, "a Huffman table with %s in %s", noun.Count(count, "code"), noun.Count(length, "byte"))
		}
		copy(t.values[:], p.bytes(count))
		length -= count
		class, slot := head>>4, head&15
		if class > classAC || slot > 3 {
			return corrupt(at, "a Huffman table with the number 0x%02x", head)
		}
		p.huffman[class][slot], p.defined[class][slot] = t, true
	}
	if length != 0 {
		return corrupt(at, "Huffman tables of the wrong length")
	}
	return nil
}

// readConditioning reads the parameters of arithmetic coding (ITU T.81, B.2.4.3).
func (p *parser) readConditioning() error {
	const tables = 16
	at := p.pos
	length := p.word() - 2
	for ; length > 0 && !p.ended; length -= 2 {
		index, v := p.byte(), p.byte()
		switch {
		case index >= 2*tables || index < tables && v&15 > v>>4:
			return corrupt(at, "bad parameters of arithmetic coding")
		case index < tables:
			p.low[index], p.high[index] = v&15, v>>4
		default:
			p.most[index-tables] = v
		}
	}
	if length != 0 {
		return corrupt(at, "parameters of arithmetic coding of the wrong length")
	}
	return nil
}

// readApplication reads a segment of an application, or one that means nothing here.
func (p *parser) readApplication(marker byte) {
	at := p.pos - 2
	content := p.bytes(max(0, p.word()-2))
	switch {
	case p.ended:
	case marker == markerAPP0 && len(content) >= 14 && string(content[:5]) == "JFIF\x00":
		p.jfif = true
		if content[5] != 1 {
			p.warn(at, "version %d.%02d of JFIF is unknown", content[5], content[6])
		}
	case marker == markerAPP14 && len(content) >= 12 && string(content[:5]) == "Adobe":
		p.adobe, p.transform = true, content[11]
	case marker == markerAPP1, marker == markerAPP2:
		p.segments = append(p.segments, Segment{marker, content})
	}
}

// The markers of segments that are handed on.
const (
	APP1 = markerAPP1 // EXIF and XMP
	APP2 = markerAPP2 // ICC profiles
)

// Segment is an application's segment.
type Segment struct {
	Marker  byte   // APP1 or APP2
	Content []byte // without marker and length; a part of the data that was given
}
