package decode

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"slices"
	"strings"

	"filterbank/filters/simd"
	"filterbank/pipeline/decode/noun"
)

// codecs is the table of the formats that are read, in the order in which messages name them:
// pictures, then matrices. A new format is a row here and a file with its codec. The rest of the
// package is derived from the table: sniffing, limits before decoding, memory, orientation,
// errors from panics, names of files.
func codecs() []codec {
	return []codec{pngCodec(), jpegCodec(), webpCodec(), tiffCodec(), bmpCodec(), gifCodec(), npyCodec(), csvCodec()}
}

// codec reads one format.
type codec struct {
	format     Format
	title      string   // the format as people write it
	about      string   // what is read of it, for people: one phrase
	extensions []string // of files that folders give, in lower case with their dots
	// magics are the ways in which a file can begin. A '?' stands for any byte. No file
	// fits the magics of two codecs.
	magics []string
	// begins tells the format of files without a magic by their first bytes, at most Beginning
	// of them. It is asked if no magic fits, not even of a kind that is not read. It is nil for
	// other formats.
	begins func(beginning []byte) bool
	// matrix says that files are arrays of numbers. Folders do not give them, and messages about
	// pictures do not name them.
	matrix bool
	// spoilt is the part of a magic that still tells the format if a transfer as text has
	// damaged the rest. It may be empty.
	spoilt string
	// version differs between codecs that may give other pixels for a file. It is part of
	// every key. A codec of the standard library has Go's version; one of this module has
	// a number that is raised whenever pixels change.
	version string
	// header reads everything before the pixels. If the file ends within that, the header's
	// complete is false or the error's code is Truncated.
	header func(f *file) (*header, error)
	// explain turns a decoder's error into words, without a prefix that names the format.
	// If the file is not damaged but of a rare form, it returns a refusal of its own.
	explain func(err error) (why string, refused *Error)
	// late finds metadata behind the pixels of a file. It is nil for formats without metadata
	// there.
	late func(r io.ReadSeeker) (metadata, error)
	// condense makes a file with nothing but the header, for formats whose header may stand
	// behind the pixels. It is nil for formats that begin with their headers.
	condense func(r io.ReadSeeker) ([]byte, error)
}

// header describes a file before its pixels are read. The codec fills in the marked fields. The
// others are derived.
type header struct {
	Info              // the codec: Kind and Depth
	layout   layout   // derived
	warnings []string // both

	stored   image.Point // the codec: size in the file, before orientation
	metadata             // the codec
	channels int         // the codec: C of a matrix; 0 for pictures
	complete bool        // the codec: everything before the pixels was there
	ignored  []string    // the codec: colour information that is not applied
	copied   bool        // the codec: decoding holds a copy of the file's bytes
	// decode decodes the pixels of the whole file. It is the codec's. A panic in it is
	// taken for a corrupt file.
	decode func(f *file) (*pixels, error)
}

// metadata are the parts of a file that can have the picture's orientation.
type metadata struct {
	exif []byte // a TIFF block, or nil
	xmp  []byte // an XMP packet, or nil
}

// file is a picture file for a codec to read: its bytes, and a reader for decoders that want
// one. It counts the bytes that were read.
type file struct {
	ctx        context.Context // reading ends early when it is done
	set        simd.Set        // the loops to use
	matrix     Matrix          // how matrices are read
	goroutines int             // that may decode
	data       []byte          // the whole file, or its beginning
	size       int64           // bytes of the whole file, or of its beginning if the whole is not known
	r          io.Reader
	at         int  // bytes that were read
	end        bool // more was asked for than there is
}

func newFile(ctx context.Context, set simd.Set, data []byte) *file {
	return &file{ctx: ctx, set: set, data: data, size: int64(len(data))}
}

// reader reads the file from its start, or other bytes that a codec puts in its place.
func (f *file) reader(instead ...io.Reader) io.Reader {
	f.r, f.at, f.end = io.MultiReader(instead...), 0, false
	if len(instead) == 0 {
		f.r = bytes.NewReader(f.data)
	}
	return f
}

// Read reads on.
func (f *file) Read(p []byte) (int, error) {
	if err := f.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := f.r.Read(p)
	f.at += n
	f.end = f.end || errors.Is(err, io.EOF)
	return n, err
}

// begins reports whether data agrees with a magic as far as both go, and whether it has the
// whole magic.
func begins(data []byte, magic string) (fits, whole bool) {
	for i, b := range data[:min(len(data), len(magic))] {
		if m := magic[i]; m != '?' && m != b {
			return false, false
		}
	}
	return true, len(data) >= len(magic)
}

// find returns the codec of a file by its first bytes, or nil.
func find(table []codec, data []byte) *codec {
	for i := range table {
		for _, magic := range table[i].magics {
			if fits, whole := begins(data, magic); fits && whole {
				return &table[i]
			}
		}
	}
	for i := range table {
		if c := &table[i]; c.begins != nil && !isUnread(data) && c.begins(data[:min(len(data), Beginning)]) {
			return c
		}
	}
	return nil
}

// isUnread reports whether data begins as a picture of a kind that is not read.
func isUnread(data []byte) bool {
	return slices.ContainsFunc(UnreadKinds(), func(u Unread) bool {
		return slices.ContainsFunc(u.magics, func(magic string) bool {
			fits, whole := begins(data, magic)
			return fits && whole
		})
	})
}

// titles lists the table's formats of pictures as in "PNG or JPEG".
func titles(table []codec) string {
	var all []string
	for _, c := range table {
		if !c.matrix {
			all = append(all, c.title)
		}
	}
	last := len(all) - 1
	if last == 0 {
		return all[0]
	}
	return strings.Join(all[:last], ", ") + " or " + all[last]
}

// Format is the kind of a picture file.
type Format string

// String is the format's name as people write it.
func (f Format) String() string {
	table := codecs()
	if i := slices.IndexFunc(table, func(c codec) bool { return c.format == f }); i >= 0 {
		return table[i].title
	}
	return string(f)
}

// FormatInfo describes a format that is read.
type FormatInfo struct {
	Format     Format
	About      string   // what is read of it
	Extensions []string // of its files, in lower case with their dots
	Matrix     bool     // its files are arrays of numbers, which folders do not give
}

// Formats describes the formats that are read.
func Formats() []FormatInfo {
	var all []FormatInfo
	for _, c := range codecs() {
		all = append(all, FormatInfo{c.format, c.about, c.extensions, c.matrix})
	}
	return all
}

// IsMatrix says whether files of the format are arrays of numbers.
func (f Format) IsMatrix() bool {
	return slices.ContainsFunc(codecs(), func(c codec) bool { return c.format == f && c.matrix })
}

// Extensions are the extensions of the pictures that are read, in lower case with their dots.
func Extensions() []string { return extensions(false) }

// MatrixExtensions are the extensions of the matrices that are read, in lower case with their
// dots.
func MatrixExtensions() []string { return extensions(true) }

func extensions(matrix bool) []string {
	var all []string
	for _, c := range codecs() {
		if c.matrix == matrix {
			all = append(all, c.extensions...)
		}
	}
	return all
}

// open reads the header of a file of this format.
func (c *codec) open(f *file) (*header, error) {
	h, err := guard(c, f, func() (*header, error) { return c.header(f) })
	if err != nil {
		return nil, err
	}
	h.Format, h.Orientation = c.format, 1
	if h.stored.X < 1 || h.stored.Y < 1 { // JPEG may leave the height to a later DNL marker
		return nil, refuse(Unsupported, "unsupported %s: its header says %d×%d pixels; save it anew", c.title, h.stored.X, h.stored.Y)
	}
	if !h.complete {
		return nil, refuse(Truncated, "truncated %s: the file ends after %s, before its first pixel; fetch the file again", c.title, noun.Count(len(f.data), "byte"))
	}
	return h, nil
}

// decode decodes the pixels that a header announces.
func (c *codec) decode(f *file, h *header) (*pixels, error) {
	return guard(c, f, func() (*pixels, error) {
		px, err := h.decode(f)
		if err == nil && px.size != h.stored {
			err = fmt.Errorf("%d×%d pixels where the header says %d×%d", px.size.X, px.size.Y, h.stored.X, h.stored.Y)
		}
		return px, err
	})
}

// guard runs a part of a codec and turns its errors into errors of this package. A panic
// is an error too: the file is the only thing that differs between calls.
func guard[T any](c *codec, f *file, part func() (*T, error)) (result *T, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("decoder panicked: %v", cause)
		}
		if err != nil {
			result, err = nil, c.failure(err, f)
		}
	}()
	return part()
}
