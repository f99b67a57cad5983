package output

import (
	"fmt"
	"io"
	"math"

	"filterbank/filters"
	"filterbank/filters/volume"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/mapng"
	"filterbank/pipeline/render"
	"filterbank/pipeline/sheet"
)

// contactSheet is one picture of all maps of a layer.
var contactSheet = Format{
	Name: "sheet", Version: 3, Ranged: true, ForEye: true,
	Flag:    "also write a contact sheet of each layer; --format sheet writes only these",
	Options: []*Option{&sheetTile, &sheetColumns, &sheetFont},
	Files:   sheetFiles,
	Check:   checkSheets,
	Key: func(w io.Writer, v *View) {
		v.keyRanges(w)
		v.keyColours(w, v.ColormapOf)
	},
	Open: openLayers(sheetFiles, newSheetWriter),
}

func sheetFiles(v *View) []Planned {
	files := v.ofLayers(".sheet.png", func(*Planned, *filters.LayerPlan) {})
	for i := range files {
		if p := &files[i]; v.Plans != nil {
			f := v.layerFigure(v.Plans[p.stack], p.layer, nil)
			size, _ := f.Size() // checkSheets reports the error
			p.Bytes, p.Held, p.Working = pngBytes(size.X, size.Y, 3), f.held(), encoderBytes
		}
	}
	return files
}

// checkSheets refuses sheets that are too large.
func checkSheets(v *View) (err error) {
	v.eachLayer(func(s, l int) {
		if _, sizeErr := v.layerFigure(v.Plans[s], l, nil).Size(); sizeErr != nil && err == nil {
			err = fmt.Errorf("sheet of layer %s: %w", v.folder(s, l), sizeErr)
		}
	})
	return err
}

// sheetWriter makes a layer's contact sheet. It keeps only the reduced tile of each map.
type sheetWriter struct {
	*target
	figure *layerFigure
	grays  []render.Gray
	maps   []*sheet.Reduction
	values [][]float32 // of each map, its values, if the map is so small that they can be read
}

func newSheetWriter(t *target) (layerWriter, error) {
	s := &sheetWriter{target: t, figure: t.layerFigure(t.plan, t.index, t.ranges)}
	reduction := sheet.NewReduction(s.figure.from, s.figure.to, 1)
	for k := range s.figure.Cells {
		s.grays = append(s.grays, t.levels(k))
		s.maps = append(s.maps, reduction.Again())
	}
	if s.figure.labelled() {
		s.values = make([][]float32, len(s.maps))
	}
	return s, nil
}

func (s *sheetWriter) write(goroutines int, rows volume.Rows) error {
	return s.ws.each(goroutines, rows, func(l *engine.Lane, _ *mapng.Workspace, k int) error {
		defer l.Clock.Mark(&l.Stages.Render)
		levels := l.Scratch(rows.W)
		for i := range rows.N {
			s.grays[k].Row(levels, rows.Row(k, i))
			s.maps[k].Row(levels)
			if s.values != nil {
				s.values[k] = append(s.values[k], rows.Row(k, i)...)
			}
		}
		return nil
	})
}

// close draws and writes the sheet.
func (s *sheetWriter) close() error {
	c := engine.Start()
	defer c.Mark(&s.ws.Engine.Stages.Render)
	if err := s.gather(); err != nil {
		return err
	}
	s.ws.drawer.Font = s.Sheet.Font
	return s.ws.drawer.Write(s.files[0], &s.figure.Figure)
}

// gather puts the pictures into the figure.
func (s *sheetWriter) gather() error {
	f := s.figure
	var magnitudes *volume.Volume
	if s.values != nil {
		var err error
		if magnitudes, err = s.magnitudes(); err != nil {
			return err
		}
	}
	for k := range f.Cells {
		f.Cells[k].Picture = s.maps[k].Raster(f.zoom, f.Bar.Palette)
		if s.values != nil {
			f.Cells[k].Picture.Labels = labels(s.values[k], k, magnitudes)
		}
	}
	input := sheet.NewReduction(f.lead, f.leadRaster, 3)
	rgb := make([]byte, 3*f.lead.X)
	for y := range f.lead.Y {
		if err := s.Picture.ReadRGB(rgb, y); err != nil {
			return err
		}
		input.Row(rgb)
	}
	f.Lead.Raster = input.Raster(f.leadZoom, nil)
	return s.labelInput()
}

// labelInput writes the numbers of a small input of one channel on its cells.
func (s *sheetWriter) labelInput() error {
	const most = 16 // rows and columns
	size := s.Picture.Size()
	if size.C != 1 || size.H > most || size.W > most || s.figure.leadRaster != s.figure.lead {
		return nil
	}
	v, err := volume.New(size)
	if err == nil {
		err = s.Picture.ReadRows(v.Rows(0, size.H))
	}
	if err == nil {
		s.figure.Lead.Labels = labels(v.Data, 0, nil)
	}
	return err
}

// labels writes the values of a map. What rounding leaves of 0 is called that.
func labels(values []float32, k int, magnitudes *volume.Volume) []string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = sheet.Digits(float64(v), 3)
		if v != 0 && magnitudes != nil && math.Abs(float64(v)) <= roundingShare*float64(magnitudes.Data[k*len(values)+i]) {
			texts[i] = "≈ 0\n(rounding)"
		}
	}
	return texts
}

// held estimates the bytes that a layer's contact sheet holds until it is written.
func (f *layerFigure) held() int64 {
	tile := int64(f.to.X) * int64(f.to.Y)
	sums := int64(16 * f.to.X)
	if f.labelled() {
		const label = 32 // bytes of a label's text and place
		tile *= 1 + label
	}
	lead := 3 * int64(f.leadRaster.X) * int64(f.leadRaster.Y)
	return int64(len(f.Cells))*(tile+sums) + lead + f.summing + f.Bytes()
}
