package output

import (
	"fmt"
	"slices"

	"filterbank/filters"
	"filterbank/filters/simd"
	"filterbank/filters/tensor"
	"filterbank/pipeline/render"
	"filterbank/pipeline/scale"
)

// Settings say which files are written for every picture, and how they look. The zero value
// is png, with a range of its own for each map.
type Settings struct {
	Formats []*Format // of every picture; an empty list is png
	Tables  []*Table  // of the whole run
	// Features is the name of a file that ends in .parquet or .csv and gets a row for each
	// picture, when all have ended: the statistics of its maps. It adds the format that takes
	// them. Files of pictures are then written only if other Formats are given. If it is empty,
	// there is no such file.
	Features string
	Scale    scale.Scale
	// EyeScale is for formats that are for the eye; nil is Scale.
	EyeScale *scale.Scale
	Sheet    SheetOptions // for contact sheets
	Numbers  tensor.Type  // of arrays

	// Colormap colours 8-bit maps. The zero value chooses coolwarm for signed layers on scales
	// that are centred on 0, and gray for all others.
	Colormap render.Colormap
}

// WithDefaults returns the settings with all defaults filled in.
func (s Settings) WithDefaults() Settings {
	switch {
	case s.Features != "" && !slices.Contains(s.Formats, &features):
		s.Formats = append(slices.Clip(s.Formats), &features)
	case len(s.Formats) == 0:
		s.Formats = []*Format{&png8}
	}
	return s
}

// Of returns the settings as a format sees them. Nothing in them depends on the formats beside
// it, so that adding a format changes no other format's files.
func (s Settings) Of(f *Format) Settings {
	if f.ForEye {
		s = s.ForEye()
	}
	if f.Uncoloured {
		s.Colormap = render.Colormap{}.For(false)
	}
	return s
}

// OfMaps returns the settings as the format sees them that writes a picture of each map. If
// there is none, the format is png.
func (s Settings) OfMaps() Settings {
	if i := slices.IndexFunc(s.Formats, (*Format).mapPictures); i >= 0 {
		return s.Of(s.Formats[i])
	}
	return s.Of(&png8)
}

// ForEye returns the settings with EyeScale in place of Scale.
func (s Settings) ForEye() Settings {
	if s.EyeScale != nil {
		s.Scale, s.EyeScale = *s.EyeScale, nil
	}
	return s
}

// Check refuses formats, colours and sheets that do not go together, and values out of range.
func (s *Settings) Check() error {
	if i := slices.IndexFunc(s.Formats, func(f *Format) bool { return f.Uncoloured }); i >= 0 && !s.Colormap.Gray() {
		return fmt.Errorf("colormap %s needs a palette, and format %s has none: use the format png, or the colormap auto or gray", s.Colormap.Name(), s.Formats[i].Name)
	}
	if err := checkFormats(s.Formats); err != nil {
		return err
	}
	for _, t := range s.Tables {
		if err := t.Check(s.Formats); err != nil {
			return err
		}
	}
	return s.Sheet.check()
}

// ColormapOf returns the colormap of a layer's pictures. It does not depend on their values.
func (s *Settings) ColormapOf(layer filters.Layer) render.Colormap {
	return s.Colormap.For(layer.Signed() && s.Scale.Centred())
}

// overlayColormap returns the colormap of a layer's overlays. Unless the user has named one,
// its colours stand out from a gray picture.
func (s *Settings) overlayColormap(layer filters.Layer) render.Colormap {
	c := s.ColormapOf(layer)
	if s.Colormap == (render.Colormap{}) && !c.Diverging() {
		c, _ = render.ParseColormap("turbo") // this name exists
	}
	return c
}

// RangeOf adapts the range of a layer's map to its colormap. A diverging colormap needs 0 in
// the middle of the range. A fixed range is not changed.
func (s *Settings) RangeOf(layer filters.Layer, r render.Range) render.Range {
	if s.Scale.Per != scale.Fixed && s.ColormapOf(layer).Diverging() {
		return r.Centred()
	}
	return r
}

// RangeFrom is the range of a map of which only the extremes are known: the given one of a
// fixed scale, otherwise the map's own.
func (s *Settings) RangeFrom(layer filters.Layer, e scale.Extremes) render.Range {
	if s.Scale.Per == scale.Fixed {
		return s.Scale.Fixed
	}
	return s.RangeOf(layer, e.Range())
}

// Levels turns a layer's values into 8-bit levels. r is a range from RangeOf.
func (s *Settings) Levels(layer filters.Layer, r render.Range, set simd.Set) render.Gray {
	if s.ColormapOf(layer).Diverging() {
		return render.Centred8(r, set)
	}
	return render.Gray8(r, set)
}
