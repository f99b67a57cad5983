package decode

import (
	"encoding/binary"
	"fmt"

	"filterbank/pipeline/decode/noun"
)

// exifOrientation reads the Orientation tag of IFD 0 of an EXIF block, which is a
// complete TIFF file (Exif 2.32, 4.5 and 4.6.4; TIFF 6.0, section 2). A block without the
// tag has orientation 0. An error names the malformed part.
func exifOrientation(block []byte) (int, error) {
	const (
		entrySize      = 12
		tagOrientation = 0x0112
		typeShort      = 3
		typeLong       = 4
	)
	if len(block) < 8 {
		return 0, fmt.Errorf("it has %s, too few for its header of 8", noun.Count(len(block), "byte"))
	}
	var order binary.ByteOrder
	switch string(block[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return 0, fmt.Errorf("it begins %q where a TIFF header is needed", block[:4])
	}
	// In 64 bits no sum of 32-bit offsets overflows, whatever the machine's int.
	size, at := int64(len(block)), int64(order.Uint32(block[4:]))
	if at < 8 || at+2 > size {
		return 0, fmt.Errorf("its directory at %d lies outside its %d bytes", at, size)
	}
	count := int64(order.Uint16(block[at:]))
	at += 2
	for i := range count {
		if at+entrySize > size {
			return 0, fmt.Errorf("entry %d of %d in its directory lies outside its %d bytes", i+1, count, size)
		}
		entry := block[at : at+entrySize]
		at += entrySize
		if order.Uint16(entry) != tagOrientation {
			continue
		}
		var value uint32
		switch kind := order.Uint16(entry[2:]); kind {
		case typeShort:
			value = uint32(order.Uint16(entry[8:]))
		case typeLong: // against the specification, but written by some
			value = order.Uint32(entry[8:])
		default:
			return 0, fmt.Errorf("its orientation has type %d, where 3 (SHORT) is needed", kind)
		}
		if value < 1 || value > 8 {
			return 0, fmt.Errorf("its orientation is %d, where 1 to 8 is needed", value)
		}
		return int(value), nil
	}
	return 0, nil
}
