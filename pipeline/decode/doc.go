// # Decisions
//
// Resizing is computed here, and equals Pillow's Image.resize bit for bit at 8 bits.
// github.com/disintegration/imaging sums in float64, which Go fuses into multiply-adds on
// arm64, so its results differ between machines; and it keeps 8 bits only, while 16-bit
// pictures keep 16 bits here. imaging turns and mirrors 8-bit pictures, where it moves
// pixels and computes nothing.
//
// JPEG is decoded here, in package jpeg, because datasets are compared with what Pillow,
// OpenCV and torchvision read, which is libjpeg-turbo's. image/jpeg rounds its inverse DCT
// differently in 1.5% of a photo's values, repeats chroma where libjpeg-turbo interpolates,
// lacks most samplings, and takes five times as long.
//
// golang.org/x/image decodes WebP and BMP, and image/gif decodes GIF. Chunks and headers are
// read here first, so that sizes and memory are known and rare forms are refused in words.
// The libraries of WebP and BMP then get a file of the one picture alone. Lossy WebP is
// upsampled and converted here as libwebp does it. golang.org/x/image gives planes, and the
// conversion of image/color takes them for JPEG's full range.
//
// TIFF's directory and samples are read here, and golang.org/x/image only decompresses.
// Its own reader takes no notice of separate planes, the number of samples and the options
// of fax, and a small file can make it hold 8 bytes for each pixel of a strip. Here each row
// is decompressed into one buffer.
package decode
