package store

import (
	"archive/tar"
	"bytes"
	"strings"
	"time"
)

// header returns the header of a member. Without a name of the owner and with a fixed time, the
// same content gives the same bytes. Long names, names that are not ASCII and large sizes need
// more than one block.
func header(name string, size int64) ([]byte, error) {
	if plain(name, size) {
		return plainHeader(name, size), nil
	}
	var b bytes.Buffer
	err := tar.NewWriter(&b).WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o644, ModTime: time.Unix(0, 0)})
	return b.Bytes(), err
}

// plain says whether a single block has room for a name and a size, without a prefix.
func plain(name string, size int64) bool {
	notASCII := func(r rune) bool { return r == 0 || r >= 0x80 }
	return name != "" && len(name) <= nameBytes && !strings.HasSuffix(name, "/") && !strings.ContainsFunc(name, notASCII) &&
		size >= 0 && size < 1<<33
}

// nameBytes is the size of the field for a name.
const nameBytes = 100

// plainHeader returns the same bytes as package archive/tar, in a tenth of the time. The block
// is the one of ustar, IEEE Std 1003.1, "ustar Interchange Format".
func plainHeader(name string, size int64) []byte {
	block := make([]byte, tarBlock)
	copy(block, name)
	copy(block[nameBytes:], "0000644\x000000000\x000000000\x00") // mode, owner and group
	octal(block[124:135], size)
	octal(block[136:147], 0) // time
	checksum := block[148:156]
	copy(checksum, "        ") // counts as spaces
	block[156] = tar.TypeReg
	copy(block[257:], "ustar\x0000")
	copy(block[329:], "0000000\x000000000\x00") // numbers of a device
	sum := int64(0)
	for _, c := range block {
		sum += int64(c)
	}
	octal(checksum[:6], sum)
	checksum[6] = 0
	return block
}

// octal fills a field with the digits of a number.
func octal(field []byte, n int64) {
	for i := range field {
		field[len(field)-1-i] = '0' + byte(n>>(3*i)&7)
	}
}
