package decode

// Unread is a kind of picture that is not read, although people keep it beside the kinds that
// are read. The refusal of such a file names its kind.
type Unread struct {
	Name       string
	Extensions []string // in lower case with their dots; may be none
	magics     []string // as codec has them; may be none
	with       string   // what converts it; "" says nothing
	raw        bool     // it is a camera's raw file
}

// develop is the remedy for a camera's raw file.
const develop = "develop it to TIFF or PNG, as darktable and dcraw do"

// refusal returns the error for such a file.
func (u *Unread) refusal() *Error {
	switch {
	case u.raw:
		return refuse(Unsupported, "%s is not read: it is a camera's raw file; %s", u.Name, develop)
	case u.with != "":
		return refuse(Unsupported, "%s is not read: convert it to PNG, as %s does", u.Name, u.with)
	}
	return refuse(Unsupported, "%s is not read: convert it to PNG", u.Name)
}

// UnreadKinds lists the kinds of pictures that are known and not read.
func UnreadKinds() []Unread {
	return []Unread{
		{Name: "AVIF", Extensions: []string{".avif", ".avifs"}, magics: []string{"\x00\x00\x00?ftypavif", "\x00\x00\x00?ftypavis"}, with: "avifdec"},
		{Name: "HEIC", Extensions: []string{".heic", ".heics", ".hif"}, magics: []string{"\x00\x00\x00?ftyphei", "\x00\x00\x00?ftyphev"}, with: "heif-convert"},
		{Name: "HEIF", Extensions: []string{".heif", ".heifs"}, magics: []string{"\x00\x00\x00?ftypmif1", "\x00\x00\x00?ftypmsf1"}, with: "heif-convert"},
		{Name: "JPEG XL", Extensions: []string{".jxl"}, magics: []string{"\xff\x0a", "\x00\x00\x00\x0cJXL "}, with: "djxl"},
		{Name: "JPEG 2000", Extensions: []string{".jp2", ".j2k", ".j2c", ".jpx", ".jpf"}, magics: []string{"\x00\x00\x00\x0cjP  ", "\xff\x4f\xff\x51"}, with: "opj_decompress"},
		{Name: "JPEG XR", Extensions: []string{".jxr", ".wdp", ".hdp"}, magics: []string{"II\xbc"}},
		{Name: "BigTIFF", magics: []string{"II+\x00", "MM\x00+"}, with: "vips copy"},
		{Name: "Photoshop", Extensions: []string{".psd", ".psb"}, magics: []string{"8BPS"}},
		{Name: "XCF", Extensions: []string{".xcf"}, magics: []string{"gimp xcf"}, with: "GIMP"},
		{Name: "SVG", Extensions: []string{".svg", ".svgz"}, magics: []string{"<svg"}, with: "rsvg-convert"},
		{Name: "ICO", Extensions: []string{".ico", ".cur"}, magics: []string{"\x00\x00\x01\x00"}},
		{Name: "OpenEXR", Extensions: []string{".exr"}, magics: []string{"v/1\x01"}},
		{Name: "Radiance HDR", Extensions: []string{".hdr"}, magics: []string{"#?RADIANCE"}},
		{Name: "Netpbm", Extensions: []string{".ppm", ".pgm", ".pbm", ".pnm", ".pam"}, magics: []string{"P4\n", "P5\n", "P6\n", "P7\n"}, with: "pnmtopng"},
		{Name: "TGA", Extensions: []string{".tga"}},
		{Name: "QOI", Extensions: []string{".qoi"}, magics: []string{"qoif"}},
		{Name: "PDF", magics: []string{"%PDF"}, with: "pdftoppm"},
		{Name: "CR2", Extensions: []string{".cr2"}, raw: true}, // as other raw kinds without magics it begins as a TIFF does
		{Name: "CR3", Extensions: []string{".cr3"}, magics: []string{"\x00\x00\x00?ftypcrx "}, raw: true},
		{Name: "CRW", Extensions: []string{".crw"}, magics: []string{"II\x1a\x00\x00\x00HEAPCCDR"}, raw: true},
		{Name: "NEF", Extensions: []string{".nef", ".nrw"}, raw: true},
		{Name: "ARW", Extensions: []string{".arw", ".sr2"}, raw: true},
		{Name: "DNG", Extensions: []string{".dng"}, raw: true},
		{Name: "PEF", Extensions: []string{".pef"}, raw: true},
		{Name: "SRW", Extensions: []string{".srw"}, raw: true},
		{Name: "ORF", Extensions: []string{".orf"}, magics: []string{"IIRO", "IIRS", "MMOR"}, raw: true},
		{Name: "RW2", Extensions: []string{".rw2"}, magics: []string{"IIU\x00"}, raw: true},
		{Name: "RAF", Extensions: []string{".raf"}, magics: []string{"FUJIFILMCCD-RAW"}, raw: true},
		{Name: "X3F", Extensions: []string{".x3f"}, magics: []string{"FOVb"}, raw: true},
	}
}
