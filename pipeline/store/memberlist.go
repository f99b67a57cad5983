package store

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
)

// memberList is the list of a shard's members, which is made while the shard is. It has one owner at
// a time.
type memberList struct {
	text bytes.Buffer // compressed
	zip  *gzip.Writer
	out  *json.Encoder
}

func newMemberList() *memberList {
	l := &memberList{}
	l.zip = gzip.NewWriter(&l.text)
	l.out = json.NewEncoder(l.zip)
	return l
}

// add adds a member of a name and a size in bytes. Its content is asked for if it is short.
func (l *memberList) add(name string, size int64, content func(io.Writer) error) error {
	m := listedMember{Name: name, Size: size}
	if size <= shortContent {
		var b bytes.Buffer
		if err := content(&b); err != nil {
			return err
		}
		m.Data = b.Bytes()
	}
	return l.out.Encode(m)
}

// read adds the members of a part of a shard, which it reads to its end.
func (l *memberList) read(in io.Reader) error {
	for members := tar.NewReader(in); ; {
		h, err := members.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = l.add(h.Name, h.Size, func(out io.Writer) error {
				_, err := io.Copy(out, members)
				return err
			})
		}
		if err != nil {
			return err
		}
	}
}

// end returns the list of a shard, compressed in two pieces: what describes the shard, which is known
// last, comes first.
func (l *memberList) end(about listHead) ([]byte, error) {
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	err := errors.Join(json.NewEncoder(zip).Encode(about), zip.Close(), l.zip.Close())
	return append(b.Bytes(), l.text.Bytes()...), err
}
