package source

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"
)

// tarFile is a tar file at the time when its members were listed.
type tarFile struct {
	path     string
	size     int64
	modified time.Time
	info     os.FileInfo // nil if the tar file is in a frozen list
}

// member is a regular file in a tar file: its bytes lie there in one piece.
type member struct {
	tar    *tarFile
	name   string // slash-separated, without ".", ".." and empty parts
	offset int64
	size   int64
	kind   memberKind
}

// memberKind says what a member is.
type memberKind int

const (
	regular memberKind = iota
	unsafe             // a regular file with a name that leads out of the tar file, or a very long one
	sparse             // a regular file that lies in several pieces
	link
	special // a device or a pipe
	folder  // or a header for the members behind it
	other
)

// maxMemberName bounds names of members in bytes. No path that is written can be longer on
// Linux.
const maxMemberName = 4096

// isTar says whether a name is that of a tar file.
func isTar(name string) bool { return strings.EqualFold(filepath.Ext(name), ".tar") }

// compressed are the endings of archives that are not read, with the program that unpacks or
// decompresses each.
var compressed = [...]struct{ ending, program string }{
	{".tar.gz", "gunzip -k"}, {".tgz", "gunzip -k"}, {".tar.bz2", "bunzip2 -k"}, {".tbz2", "bunzip2 -k"},
	{".tar.xz", "unxz -k"}, {".txz", "unxz -k"}, {".tar.zst", "unzstd"}, {".tzst", "unzstd"}, {".zip", "unzip"},
}

// whyCompressed is why a compressed archive is not read, or nil for another name.
func whyCompressed(name string) error {
	for _, c := range compressed {
		if strings.HasSuffix(strings.ToLower(name), c.ending) {
			return errCompressed(c.program + " " + shellWord(name))
		}
	}
	return nil
}

func errCompressed(command string) error {
	return fmt.Errorf("it is a compressed archive, and images are read in uncompressed tar files alone: decompress it first, as in %s", command)
}

// openTar opens a tar file. The caller closes the file.
func openTar(name string) (*tarFile, *os.File, error) {
	info, err := os.Stat(name)
	if err == nil && !info.Mode().IsRegular() { // opening a pipe would wait for its writer
		err = errNotAFile
	}
	if err != nil {
		return nil, nil, err
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, nil, err
	}
	if info, err = file.Stat(); err != nil {
		file.Close()
		return nil, nil, err
	}
	return &tarFile{name, info.Size(), info.ModTime(), info}, file, nil
}

// damage is a fault of a tar file. The members before it are whole.
type damage struct{ error }

// members gives the members in order. Only their headers are read. The error is ctx's, of
// reading, or a damage, and is the last.
func (t *tarFile) members(ctx context.Context, file *os.File) iter.Seq2[member, error] {
	return func(yield func(member, error) bool) {
		in := &placed{file: file, size: t.size}
		headers := tar.NewReader(in)
		last := "" // the name of the last member
		for {
			if err := ctx.Err(); err != nil {
				yield(member{}, err)
				return
			}
			h, err := headers.Next()
			if err != nil && !errors.Is(err, tar.ErrInsecurePath) {
				if err = t.ended(err, in, last); err != nil {
					yield(member{}, err)
				}
				return
			}
			m := member{tar: t, offset: in.at, size: h.Size, kind: kindOfMember(h)}
			m.name, m.kind = memberName(h.Name, m.kind)
			if m.kind != sparse && m.size > in.size-m.offset {
				yield(member{}, damage{fmt.Errorf("it ends before its member %s does, which has %d bytes: fetch it or make it again", Display(m.name), m.size)})
				return
			}
			last = m.name
			if !yield(m, nil) {
				return
			}
		}
	}
}

// blockSize is the size of the blocks of tar files.
const blockSize = 512

// ended returns the fault of a tar file in which no header follows the last member, or nil. An
// empty name stands for no member.
func (t *tarFile) ended(err error, in *placed, last string) error {
	var begin [6]byte
	in.file.ReadAt(begin[:], 0)
	isEnd := errors.Is(err, io.EOF)
	switch {
	case isEnd && in.size == 0:
		return damage{errors.New("the file has no bytes")}
	case isEnd && !in.zeros && last != "":
		return damage{fmt.Errorf("it has no end mark behind its member %s, so members may be missing: fetch it or make it again", Display(last))}
	case isEnd:
		return nil
	case last == "" && isCompressed(begin[:]):
		return damage{errCompressed("gunzip, bunzip2, unxz or unzstd")}
	case last == "":
		return damage{errors.New("it is no tar file")}
	case errors.Is(err, io.ErrUnexpectedEOF):
		return damage{fmt.Errorf("it ends in the middle, behind its member %s: fetch it or make it again", Display(last))}
	case errors.Is(err, tar.ErrHeader), errors.Is(err, tar.ErrFieldTooLong):
		return damage{fmt.Errorf("it is damaged behind its member %s: fetch it or make it again", Display(last))}
	}
	return fmt.Errorf("read: %w", Shown(err))
}

// isCompressed says whether a file begins as gzip, bzip2, xz or Zstandard do.
func isCompressed(begin []byte) bool {
	for _, magic := range []string{"\x1f\x8b", "BZh", "\xfd7zXZ\x00", "\x28\xb5\x2f\xfd"} {
		if bytes.HasPrefix(begin, []byte(magic)) {
			return true
		}
	}
	return false
}

// kindOfMember is the kind that a header tells.
func kindOfMember(h *tar.Header) memberKind {
	switch h.Typeflag {
	case tar.TypeReg:
		for key := range h.PAXRecords {
			if strings.HasPrefix(key, "GNU.sparse.") {
				return sparse
			}
		}
		return regular
	case tar.TypeGNUSparse:
		return sparse
	case tar.TypeLink, tar.TypeSymlink:
		if h.Typeflag == tar.TypeLink && path.Clean(h.Linkname) == path.Clean(h.Name) {
			return other // GNU tar adds it where a file is named twice, and unpacking passes it over
		}
		return link
	case tar.TypeChar, tar.TypeBlock, tar.TypeFifo:
		return special
	case tar.TypeDir, tar.TypeXGlobalHeader:
		return folder
	}
	return other
}

// memberName is the name of a regular or sparse file without needless parts. A file whose name is
// absolute, has ".." or is very long is unsafe, and the name is then cut.
func memberName(name string, kind memberKind) (string, memberKind) {
	if kind != regular && kind != sparse {
		return name, kind
	}
	long := len(name) > maxMemberName
	up := false
	for part := range strings.SplitSeq(name, "/") {
		up = up || part == ".."
	}
	if clean := path.Clean(name); !long && !up && filepath.IsLocal(filepath.FromSlash(clean)) && clean != "." {
		return clean, kind
	}
	if long {
		name = name[:64] + "…" + path.Ext(name[len(name)-8:])
	}
	return name, unsafe
}

// placed reads a file and knows its place. It goes at most to the end of the file.
type placed struct {
	file     *os.File
	at, size int64
	// zeros says that the last read gave a block of zeros, as the end mark is. The last bytes of
	// a member are never read as a block.
	zeros bool
}

// Read reads on.
func (p *placed) Read(to []byte) (int, error) {
	n, err := p.file.ReadAt(to[:max(0, min(int64(len(to)), p.size-p.at))], p.at)
	p.at += int64(n)
	if n > 0 {
		p.zeros = n == blockSize && [blockSize]byte(to) == [blockSize]byte{}
	}
	if n == 0 && err == nil && len(to) > 0 {
		err = io.EOF
	}
	return n, err
}

// Seek goes on by an offset. It knows no other whence.
func (p *placed) Seek(offset int64, whence int) (int64, error) {
	if whence != io.SeekCurrent || offset < 0 {
		return 0, errors.ErrUnsupported
	}
	p.at += min(offset, p.size-p.at)
	return p.at, nil
}

// open opens the member's bytes.
func (m *member) open(ctx context.Context, name string) (*Input, error) {
	now, file, err := openTar(m.tar.path)
	if err != nil {
		return nil, fmt.Errorf("read: %w", Shown(err))
	}
	if then := m.tar; !now.modified.Equal(then.modified) || now.size != then.size {
		file.Close()
		return nil, &Problem{Path: name, Code: CodeDamagedTar, Err: errors.New("the tar file has changed since its members were listed: run again")}
	}
	in := NewInput(ctx, Display(name), io.NewSectionReader(file, m.offset, m.size), m.size)
	in.file = file
	return in, nil
}
