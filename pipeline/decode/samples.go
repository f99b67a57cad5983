package decode

// Samples identifies the decoded pixels of a file, before orientation, background and
// resizing. Equal Samples are equal pictures, even of different files. The Samples of one
// file change if another version of the codec gives other pixels.
type Samples struct {
	// Kind is the order of the samples: gray8, gray16, palette, rgba8, rgba16, cmyk, ycck, or
	// ycbcr with the subsampling, as in ycbcr420.
	Kind          string
	Width, Height int // in pixels, as the file stores them
	// XXH64 is the 64-bit xxHash of the samples, of seed 0, in 16 hexadecimal digits. Rows
	// are hashed from the top, each from the left. A pixel's channels stand side by side.
	// 16 bits are two bytes, the higher first. RGB has an alpha of all ones. A palette's
	// indexes come first and then its colours as RGBA. The three planes of YCbCr follow one
	// another. CMYK and YCCK are 255 minus the stored values, and subsampled channels are
	// repeated. A change of any sample changes the hash. It does not protect against
	// forgery; the file's SHA-256 does.
	XXH64 string
}
