package jpeg

import (
	"fmt"

	"filterbank/pipeline/decode/noun"
)

// Markers, ITU T.81 table B.1.
const (
	markerTEM   = 0x01
	markerSOF0  = 0xc0
	markerSOF1  = 0xc1
	markerSOF2  = 0xc2
	markerDHT   = 0xc4
	markerJPG   = 0xc8
	markerSOF9  = 0xc9
	markerSOF10 = 0xca
	markerDAC   = 0xcc
	markerSOF15 = 0xcf
	markerRST0  = 0xd0
	markerRST7  = 0xd7
	markerSOI   = 0xd8
	markerEOI   = 0xd9
	markerSOS   = 0xda
	markerDQT   = 0xdb
	markerDNL   = 0xdc
	markerDRI   = 0xdd
	markerAPP0  = 0xe0
	markerAPP1  = 0xe1
	markerAPP2  = 0xe2
	markerAPP14 = 0xee
	markerAPP15 = 0xef
	markerCOM   = 0xfe
)

// parser reads the segments of a file one after the other (ITU T.81, B.1.1), and takes
// and refuses the same ones as libjpeg-turbo (jdmarker.c, jdinput.c).
type parser struct {
	data  []byte
	pos   int
	ended bool // something past the end of data was asked for

	unread  byte // a marker that has been read with the data before it, or 0
	carried int  // bytes before it that the count before the next marker has to include

	frame   frame
	quant   [4]quantTable
	huffman [2][4]huffman
	conditioning
	defined   [2][4]bool // which tables the file has defined
	interval  int        // MCUs between restart markers, or 0
	jfif      bool
	adobe     bool
	transform uint8 // of Adobe's segment
	scans     int   // scan headers so far
	segments  []Segment
	warnings  []string
}

// quantTable is a quantisation table in natural order.
type quantTable struct {
	defined bool
	values  [blockSize]uint16
}

// event is where the parser stops.
type event uint8

const (
	eventScan event = iota + 1 // behind a scan header
	eventEnd                   // behind the end-of-image marker
	eventCut                   // at the end of data, without that marker
)

// maxWarnings bounds the warnings of a file.
const maxWarnings = 16

func (p *parser) warn(at int, format string, args ...any) {
	if len(p.warnings) < maxWarnings {
		p.warnings = append(p.warnings, fmt.Sprintf(format, args...)+fmt.Sprintf(", at byte %d", at))
	}
}

// start checks that data begins as a JPEG does.
func (p *parser) start() error {
	if len(p.data) < 2 {
		return truncated(len(p.data), "before its first marker")
	}
	if p.data[0] != 0xff || p.data[1] != markerSOI {
		return corrupt(0, "the file does not begin with a start-of-image marker")
	}
	p.pos = 2
	p.conditioning.reset()
	return nil
}

// next reads segments up to and with the next scan header, or to the end of the image.
func (p *parser) next(s *scan) (event, error) {
	for {
		at := p.pos
		marker, discarded := p.marker()
		if discarded > 0 {
			if p.scans > 0 {
				return 0, corrupt(at, "%s behind the data of scan %d", noun.Count(discarded, "extraneous byte"), p.scans)
			}
			if !p.ended {
				p.warn(at, "%s passed over", noun.Count(discarded, "extraneous byte"))
			}
		}
		if p.ended {
			return eventCut, nil
		}
		if marker == markerEOI {
			return eventEnd, nil
		}
		err := p.segment(marker, s)
		if p.ended && (marker == markerCOM || marker >= markerAPP0 && marker <= markerAPP15) {
			return eventCut, nil
		}
		if p.ended {
			return 0, truncated(len(p.data), "in the middle of a segment")
		}
		if err != nil {
			return 0, err
		}
		if marker == markerSOS {
			return eventScan, nil
		}
	}
}

// marker reads the next marker and counts what stands before it, without fill bytes.
func (p *parser) marker() (marker byte, discarded int) {
	if p.unread != 0 {
		marker, p.unread = p.unread, 0
		return marker, 0
	}
	discarded, p.carried = p.carried, 0
	for {
		for p.byte() != 0xff && !p.ended {
			discarded++
		}
		marker = 0xff
		for marker == 0xff && !p.ended {
			marker = p.byte()
		}
		if marker != 0 || p.ended {
			return marker, discarded
		}
		discarded += 2
	}
}

// segment reads what belongs to a marker.
func (p *parser) segment(marker byte, s *scan) error {
	at := p.pos - 2
	switch {
	case marker == markerSOI:
		return corrupt(at, "a second start-of-image marker")
	case marker == markerSOF0, marker == markerSOF1, marker == markerSOF2, marker == markerSOF9, marker == markerSOF10:
		return p.readFrame(marker)
	case marker == markerDHT:
		return p.readHuffman()
	case marker == markerDAC:
		return p.readConditioning()
	case marker == markerDQT:
		return p.readQuant()
	case marker == markerDRI:
		if p.word() != 4 {
			return corrupt(at, "a restart interval of the wrong length")
		}
		p.interval = p.word()
		return nil
	case marker == markerSOS:
		return p.readScan(s)
	case marker >= markerSOF0 && marker <= markerSOF15:
		return unsupported(at, "%s", process(marker))
	case marker >= markerAPP0 && marker <= markerAPP15, marker == markerCOM, marker == markerDNL:
		p.readApplication(marker)
		return nil
	case marker >= markerRST0 && marker <= markerRST7, marker == markerTEM:
		return nil
	}
	return corrupt(at, "an unknown marker 0x%02x", marker)
}

// process names the kinds of coding that are not decoded.
func process(marker byte) string {
	switch marker {
	case 0xc3, 0xcb:
		return "lossless coding"
	case markerJPG:
		return "an extension of JPEG"
	}
	return "hierarchical coding"
}

// byte reads one byte. Past the end of data come end-of-image markers.
func (p *parser) byte() byte {
	at := p.pos
	p.pos++
	if at < len(p.data) {
		return p.data[at]
	}
	p.ended = true
	if (at-len(p.data))%2 == 0 {
		return 0xff
	}
	return markerEOI
}

// word reads 16 bits.
func (p *parser) word() int {
	high := int(p.byte())
	return high<<8 | int(p.byte())
}

// bytes reads n bytes, fewer at the end of data.
func (p *parser) bytes(n int) []byte {
	from := min(p.pos, len(p.data))
	to := from + n
	if to > len(p.data) {
		to, p.ended = len(p.data), true
	}
	p.pos += n
	return p.data[from:to:to]
}
