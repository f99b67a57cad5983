package decode

// Samples identifies what the decoder made of a file, before orientation, background and
// resizing: equal samples are equal pictures, whatever the files say besides. That of one
// file changes when another version of the decoder gives other pixels.
type Samples struct {
	// Kind is how the samples lie: gray8, gray16, palette, rgba8, rgba16, cmyk, ycck, or
	// ycbcr with the subsampling, as in ycbcr420.
	Kind          string
	Width, Height int // in pixels, as the file stores them
	// XXH64 is the 64-bit xxHash of the samples, of seed 0, in 16 hexadecimal digits. It is
	// over rows from the top, each from the left, of the values of image/png and image/jpeg:
	// a pixel's channels side by side, 16 bits as two bytes, the higher first; RGB has an
	// alpha of all ones; of a palette the indexes and then its colours as RGBA; of YCbCr the
	// three planes one after the other; of CMYK and YCCK 255 less what the file stores, with
	// subsampled channels repeated. Any change of a single sample changes it, but it is no
	// protection against forgery, which the file's own SHA-256 is.
	XXH64 string
}
