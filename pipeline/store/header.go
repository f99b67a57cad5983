package store

import (
	"archive/tar"
	"bytes"
	"time"
)

// header returns the header of a member. Without a name of the owner and with a fixed time, the
// same content gives the same bytes. Long names, names that are not ASCII and large sizes need
// more than one block.
func header(name string, size int64) ([]byte, error) {
	var b bytes.Buffer
	err := tar.NewWriter(&b).WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o644, ModTime: time.Unix(0, 0)})
	return b.Bytes(), err
}
