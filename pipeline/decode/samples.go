package decode

// Samples identifies the decoded pixels of a file, before orientation, background and
// resizing. Equal Samples are equal pictures, even of different files. The Samples of one
// file change if another version of the codec gives other pixels.
type Samples struct {
	// Kind is the order of the samples: gray8, gray16, palette, rgba8 or rgba16. A JPEG in
	// colour has ycbcr, rgb, cmyk or ycck and its subsampling, as in ycbcr420, or its
	// components' factors, as in cmyk-2x2-1x1-1x1-2x2. Without subsampling ycbcr has 444
	// and the others have nothing. A matrix has float32 and its channels, as in float32-c3.
	Kind          string
	Width, Height int // in pixels, as the file stores them
	// XXH64 is the 64-bit xxHash of the samples, of seed 0, in 16 hexadecimal digits. Rows
	// are hashed from the top, each from the left. A pixel's channels stand side by side.
	// 16 bits are two bytes, the higher first. RGB has an alpha of all ones. A palette's
	// indexes come first and then its colours as RGBA. The planes of a JPEG follow one
	// another, each as large as the file stores it and with the stored values. Samples of
	// its blocks beyond the picture do not count. The numbers of a matrix are little-endian
	// float32 after scaling, channel by channel. A change of any sample changes the hash.
	// The hash does not protect against forgery; the file's SHA-256 does.
	XXH64 string
}
