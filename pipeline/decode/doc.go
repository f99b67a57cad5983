// # Decisions
//
// Resizing is computed here, and equals Pillow's Image.resize bit for bit at 8 bits.
// github.com/disintegration/imaging sums in float64, which Go fuses into multiply-adds on
// arm64, so its results differ between machines; and it keeps 8 bits only, while 16-bit
// pictures keep 16 bits here. imaging turns and mirrors 8-bit pictures, where it moves
// pixels and computes nothing.
//
// Chroma of JPEGs is upsampled here, by libjpeg-turbo's triangle filter. image/jpeg's own
// conversion repeats the nearest sample, which differs visibly from every other tool.
package decode
