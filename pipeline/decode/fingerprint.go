package decode

import (
	"fmt"
	"strconv"
	"strings"
)

// preparationVersion is the version of this package's work on the samples of a codec: chroma
// upsampling, colour conversion, orientation, resizing and normalisation. Raise it when the
// same options and samples come to give other rows.
const preparationVersion = 1

// Beginning is the number of a file's first bytes that Fingerprint needs.
const Beginning = 64

// Fingerprint is a text that differs whenever the rows of a file may differ: it names the
// codec that reads files with this beginning, the codec's version, and the preparation.
// Codecs of other formats do not change it. If no codec reads the file, it has only the
// preparation.
func (d *Decoder) Fingerprint(beginning []byte) string {
	if c := find(d.codecs, beginning); c != nil {
		return fmt.Sprintf("codec %s version %q\n%s", string(c.format), c.version, d.Preparation())
	}
	return d.Preparation()
}

// Preparation is a text that differs for options that give different rows of the same
// samples. The pixel limit and the loops are not among them.
func (d *Decoder) Preparation() string {
	var b strings.Builder
	o := &d.opts
	fmt.Fprintf(&b, "preparation %d\n", preparationVersion)
	fmt.Fprintf(&b, "background %d %d %d\n", o.Background[0], o.Background[1], o.Background[2])
	if r := o.Resize; r != nil {
		fmt.Fprintf(&b, "resize width %d height %d mode %s filter %s\n", r.Width, r.Height, r.Mode, r.Filter)
	}
	if c := o.Crop; c != nil {
		fmt.Fprintf(&b, "crop width %d height %d anchor %s\n", c.Width, c.Height, c.Anchor)
	}
	fmt.Fprintf(&b, "mean%s\nstd%s\n", floats(o.Mean), floats(o.Std))
	if o.Matrix != (Matrix{}) {
		fmt.Fprintf(&b, "matrix channels last %t scale %s\n", o.Matrix.ChannelsLast, strconv.FormatFloat(float64(o.Matrix.Scale), 'g', -1, 32))
	}
	return b.String()
}

// floats writes values so that equal texts are equal values.
func floats(values [3]float32) string {
	var b strings.Builder
	for _, v := range values {
		b.WriteString(" " + strconv.FormatFloat(float64(v), 'g', -1, 32))
	}
	return b.String()
}
