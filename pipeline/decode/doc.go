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
package decode
