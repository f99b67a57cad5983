// Package manifest owns what a run says of itself: a record for each picture, the codes of
// failures, run.json, and the schema that scripts read them by. It never looks into
// pictures or maps.
package manifest

import (
	"strings"

	"filterbank/filters"
	"filterbank/filters/volume"
	"filterbank/pipeline/store"
)

// Name is the name of the manifest, at the top of the output folder.
const Name = store.ManifestName

// Version is the version of the manifest and of run.json. Records without a version are of version
// 1: their files have SHA-256 digests, which are not read.
const Version = 2

// Status says how a picture fared.
type Status string

// A picture is done, has failed, or is kept: its files were there before, and no record tells
// what made them.
const (
	OK     Status = "ok"
	Kept   Status = "kept"
	Failed Status = "failed"
)

// Record is a picture's line in the manifest.
type Record struct {
	// The input as it was opened. Bytes that are not UTF-8 are lone surrogates, U+DC80 to U+DCFF.
	Input Path `json:"input"`
	// The picture's folder below the output folder; an input that is not a picture has none.
	Output Path `json:"output,omitempty"`
	// The picture's class in words, if the run was asked for labels. run.json has its number under "classes".
	Label string `json:"label,omitempty"`
	// The version of the manifest. Records without one are of version 1.
	Version int `json:"version"`
	// SHA-256 of the input file, in hexadecimal.
	SHA256 string `json:"sha256,omitempty" jsonschema:"pattern=^[0-9a-f]{64}$"`
	// The ETag of an input in a bucket, which changes with its content. Other inputs have none.
	ETag string `json:"etag,omitempty"`
	// For each format that was asked for, a hash of sha256 and of all else that its files depend on: equal keys, equal files.
	Keys map[string]string `json:"keys,omitempty"`
	// A hash of the stacks and of how pictures are prepared for them: all that the maps' values depend on besides the input.
	Stack string `json:"stack,omitempty" jsonschema:"pattern=^[0-9a-f]{64}$"`
	// What became of the picture: ok, it is done; failed; or kept, its files were there before and no record tells what made them.
	Status Status `json:"status" jsonschema:"enum=ok,enum=kept,enum=failed"`
	// What is wrong, for scripts.
	Code string `json:"code,omitempty"`
	// What is wrong and what would be right, in words.
	Error string `json:"error,omitempty"`
	// Seconds of work on the picture, without waiting for memory or for its turn in a pack. No other field differs from run to run. A reproducible run leaves it out.
	Seconds float64 `json:"seconds,omitempty" jsonschema:"minimum=0"`
	// Width in pixels, upright, before resizing and cropping.
	Width int `json:"width,omitempty" jsonschema:"minimum=1"`
	// Height in pixels, upright, before resizing and cropping.
	Height int `json:"height,omitempty" jsonschema:"minimum=1"`
	// The orientation of EXIF, or of XMP if EXIF has none, that was applied; 1 is upright already.
	Orientation int `json:"orientation,omitempty" jsonschema:"minimum=1,maximum=8"`
	// What the decoder made of the file's pixels.
	Decoded *Decoded `json:"decoded,omitempty"`
	// The layers' shapes on this picture, in order, whether their maps are written or not.
	Layers []Layer `json:"layers,omitempty"`
	// The picture's files: first the files in the formats that were asked for, then files of earlier runs that are still right.
	Files []File `json:"files,omitempty"`
	// What the file says of its colours and is not applied, such as an ICC profile or gamma.
	Ignored []string `json:"ignored,omitempty"`
	// What was wrong and passed over, such as malformed EXIF.
	Warnings []string `json:"warnings,omitempty"`
	// BLAKE3 over the digests, as text, of the files in the formats that were asked for, in order. Files kept from earlier runs count too.
	Digest string `json:"digest,omitempty" jsonschema:"pattern=^[0-9a-f]{64}$"`
}

// Decoded is what the decoder made of the file's pixels, before orientation, background
// and resizing: it tells pictures that are the same in other files, and decoders apart.
type Decoded struct {
	// How the samples lie: gray8, gray16, palette, rgba8, rgba16, cmyk, ycck, or ycbcr with its subsampling, as in ycbcr420.
	Kind string `json:"kind" jsonschema:"pattern=^(gray8|gray16|palette|rgba8|rgba16|cmyk|ycck|ycbcr(444|422|420|440|411|410))$"`
	// Width in pixels, as the file stores them.
	Width int `json:"width" jsonschema:"minimum=1"`
	// Height in pixels, as the file stores them.
	Height int `json:"height" jsonschema:"minimum=1"`
	// XXH64 of the samples, of seed 0, in hexadecimal.
	XXH64 string `json:"xxh64" jsonschema:"pattern=^[0-9a-f]{16}$"`
}

// Layer is a layer's shapes on one picture.
type Layer struct {
	// The stack's name; a stack file's only stack has none.
	Stack string `json:"stack,omitempty"`
	// The layer's name.
	Layer string `json:"layer"`
	// The shape of what goes in.
	In volume.Shape `json:"in"`
	// The shape of what comes out: a feature map for each channel.
	Out volume.Shape `json:"out"`
	// Rows at the bottom that no output covers.
	UncoveredRows int `json:"uncovered_rows,omitempty" jsonschema:"minimum=1"`
	// Columns at the right that no output covers.
	UncoveredCols int `json:"uncovered_cols,omitempty" jsonschema:"minimum=1"`

	Uncovered string `json:"-"` // the same in words, for the log
}

// File is a file that was written for a picture. Only files of a single map have Filter,
// Index and Scale.
type File struct {
	// The file below the output folder, with slashes.
	Path Path `json:"path"`
	// The name of the file in the tar file of the path, if the run wrote a pack.
	Member Path `json:"member,omitempty"`
	// What the file holds: a map as png or png16, a layer's maps as npy, all maps as npz or safetensors, a contact sheet of a layer, or a map as an overlay on the picture.
	Format string `json:"format,omitempty"`
	// The stack's name; a stack file's only stack has none.
	Stack string `json:"stack,omitempty"`
	// The layer's name; a file of the whole picture has none.
	Layer string `json:"layer,omitempty"`
	// The filter's name.
	Filter string `json:"filter,omitempty"`
	// The filter's place in the layer, from 0.
	Index *int `json:"index,omitempty" jsonschema:"minimum=0"`
	// The values that the pixel 0 and the largest pixel, 255 or 65535, stand for.
	Scale *[2]float64 `json:"scale,omitempty"`
	// The colormap of a PNG with a palette; others are gray.
	Colormap string `json:"colormap,omitempty"`
	// How many finite values of the maps are beyond the largest float16, 65504, and became infinite in the file.
	Overflowed int64 `json:"overflowed,omitempty" jsonschema:"minimum=1"`
	// The file's size in bytes.
	Bytes int64 `json:"bytes" jsonschema:"minimum=0"`
	// BLAKE3 of the file, in hexadecimal.
	BLAKE3 string `json:"blake3" jsonschema:"pattern=^[0-9a-f]{64}$"`
}

// LayersOf returns the shapes of all layers of plans.
func LayersOf(plans []*filters.Plan) []Layer {
	var layers []Layer
	for _, plan := range plans {
		for _, lp := range plan.Layers {
			layers = append(layers, Layer{
				Stack: plan.Stack.Name(), Layer: lp.Layer.Name(), In: lp.In, Out: lp.Out,
				UncoveredRows: lp.UncoveredRows, UncoveredCols: lp.UncoveredCols, Uncovered: lp.Uncovered(),
			})
		}
	}
	return layers
}

// DigestOf is the BLAKE3 digest over the digests of files.
func DigestOf(files []File) string {
	var all strings.Builder
	for _, f := range files {
		all.WriteString(f.BLAKE3)
	}
	return store.DigestOf([]byte(all.String()))
}

// Name returns the file's name below the output folder, or in the tar files of a pack.
func (f *File) Name() Path {
	if f.Member != "" {
		return f.Member
	}
	return f.Path
}
