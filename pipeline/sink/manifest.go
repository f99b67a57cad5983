package sink

import "filterbank/filters/volume"

// ManifestName and RunName are the run's own files, at the top of the output folder.
const (
	ManifestName = "manifest.jsonl"
	RunName      = "run.json"
)

// Status says how a picture fared.
type Status string

// A picture is done, was found done by an earlier run whose record is lost, or has
// failed.
const (
	OK     Status = "ok"
	Kept   Status = "kept"
	Failed Status = "failed"
)

// Record is a picture's line in the manifest.
type Record struct {
	Input       Path        `json:"input"`            // as it was opened
	Output      Path        `json:"output,omitempty"` // its folder below the output folder
	SHA256      string      `json:"sha256,omitempty"` // of the input file
	Key         string      `json:"key,omitempty"`    // of the input and all that the maps depend on
	Stack       string      `json:"stack,omitempty"`  // hash of the stacks and of how pictures are prepared for them
	Status      Status      `json:"status"`
	Code        string      `json:"code,omitempty"`    // of the error, for scripts
	Error       string      `json:"error,omitempty"`   // what is wrong and what would be right
	Seconds     float64     `json:"seconds,omitempty"` // of work on the picture, without waiting for memory; no other field differs between runs
	Width       int         `json:"width,omitempty"`   // upright, before resizing and cropping
	Height      int         `json:"height,omitempty"`
	Orientation int         `json:"orientation,omitempty"` // of EXIF, 1 to 8
	Decoded     *Decoded    `json:"decoded,omitempty"`
	Layers      []LayerInfo `json:"layers,omitempty"`
	Files       []FileInfo  `json:"files,omitempty"`
	Ignored     []string    `json:"ignored,omitempty"` // what the file says of its colours and is not applied
	Warnings    []string    `json:"warnings,omitempty"`
	Digest      string      `json:"digest,omitempty"` // SHA-256 over the files' digests, in order
}

// Decoded is what the decoder made of the file's pixels, before orientation, background
// and resizing: it tells pictures that are the same in other files, and decoders apart.
type Decoded struct {
	Kind   string `json:"kind"`  // how the samples lie: gray8, gray16, palette, rgba8, rgba16, ycbcr420 and others, cmyk or ycck
	Width  int    `json:"width"` // in pixels, as the file stores them
	Height int    `json:"height"`
	XXH64  string `json:"xxh64"` // xxHash of 64 bits of the samples, row after row, in hexadecimal
}

// LayerInfo is a layer's shapes on one picture.
type LayerInfo struct {
	Stack         string       `json:"stack,omitempty"`
	Layer         string       `json:"layer"`
	In            volume.Shape `json:"in"`
	Out           volume.Shape `json:"out"`
	UncoveredRows int          `json:"uncovered_rows,omitempty"`
	UncoveredCols int          `json:"uncovered_cols,omitempty"`
	Uncovered     string       `json:"-"` // the same in words, for the log
}

// FileInfo is a file that was written for a picture. Filter, Index and Scale are
// those of a map; a .npy file holds a whole layer and has none.
type FileInfo struct {
	Path     Path        `json:"path"` // below the output folder
	Stack    string      `json:"stack,omitempty"`
	Layer    string      `json:"layer"`
	Filter   string      `json:"filter,omitempty"`
	Index    *int        `json:"index,omitempty"`
	Scale    *[2]float64 `json:"scale,omitempty"`    // what pixel 0 and the largest pixel stand for
	Colormap string      `json:"colormap,omitempty"` // of a PNG with a palette; others are gray
	Bytes    int64       `json:"bytes"`
	SHA256   string      `json:"sha256"`
}
