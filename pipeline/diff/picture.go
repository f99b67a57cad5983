package diff

import (
	"context"
	"fmt"
	"math"
	"path"
	"strings"

	"filterbank/filters/volume"
	"filterbank/pipeline/manifest"
)

// maxMaps bounds the maps of a layer that a manifest can make this package list.
const maxMaps = 1 << 20

// comparison is one picture's part of a report.
type comparison struct {
	Report
	name  manifest.Path
	order []mapKey
	maps  map[mapKey]*Map
}

// mapKey is what a Map is about.
type mapKey struct {
	stack, layer, format string
	index                int
}

// compare compares a picture's files.
func compare(ctx context.Context, runs [2]*run, place string) (*comparison, error) {
	var recs [2]*manifest.Record
	for i, r := range runs {
		var err error
		if recs[i], err = r.manifest.Record(place); err != nil {
			return nil, err
		}
	}
	c := &comparison{maps: map[mapKey]*Map{}}
	if states := [2]string{state(recs[0]), state(recs[1])}; states != [2]string{string(manifest.OK), string(manifest.OK)} {
		if states != [2]string{string(manifest.Failed), string(manifest.Failed)} {
			c.unmatched(recs, states)
		}
		return c, nil
	}
	a, b := recs[0], recs[1]
	c.name, c.Pictures = a.Input, 1
	others := make(map[manifest.Path]*manifest.File, len(b.Files))
	for i := range b.Files {
		if about(&b.Files[i]) {
			continue
		}
		others[b.Files[i].Path] = &b.Files[i]
	}
	for i := range a.Files {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		fa := &a.Files[i]
		if about(fa) {
			continue
		}
		fb, ok := others[fa.Path]
		if !ok {
			c.OnlyA.add(fa.Path)
			continue
		}
		delete(others, fa.Path)
		if err := c.file(runs, recs, fa, fb); err != nil {
			c.Unreadable.add(Problem{fa.Path, err.Error()})
		}
	}
	for _, f := range b.Files {
		if _, left := others[f.Path]; left {
			c.OnlyB.add(f.Path)
		}
	}
	return c, nil
}

// state is a record's status, or missing.
func state(r *manifest.Record) string {
	if r == nil {
		return "missing"
	}
	return string(r.Status)
}

func (c *comparison) unmatched(recs [2]*manifest.Record, states [2]string) {
	u := Unmatched{A: states[0], B: states[1]}
	for _, r := range recs {
		if r == nil {
			continue
		}
		if u.Picture == "" {
			u.Picture = r.Input
		}
		if r.Error != "" {
			u.Error = r.Error
		}
	}
	c.Unmatched.add(u)
}

// file compares a file that both runs have.
func (c *comparison) file(runs [2]*run, recs [2]*manifest.Record, fa, fb *manifest.File) error {
	c.Files++
	shape, err := shapeOf(recs[0], fa)
	if fa.SHA256 == fb.SHA256 && fa.SHA256 != "" && sameScale(fa, fb) {
		c.Same++
		if err == nil { // otherwise the values are equal and their number is not known
			c.same(fa, shape)
		}
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", runs[0].dir, err)
	}
	other, err := shapeOf(recs[1], fb)
	if err != nil {
		return fmt.Errorf("%s: %w", runs[1].dir, err)
	}
	if shape != other {
		c.Shapes.add(Shapes{fa.Path, shape, other})
		return nil
	}
	a, err := runs[0].maps(fa, shape)
	if err != nil {
		return fmt.Errorf("%s: %w", runs[0].dir, err)
	}
	b, err := runs[1].maps(fb, shape)
	if err != nil {
		return fmt.Errorf("%s: %w", runs[1].dir, err)
	}
	size := shape.H * shape.W
	for k := range shape.C {
		m := c.at(fa, k)
		for i := k * size; i < (k+1)*size; i++ {
			m.add(a.at(i), b.at(i))
		}
	}
	return nil
}

// sameScale says whether pixels that are equal stand for values that are.
func sameScale(a, b *manifest.File) bool {
	return a.Scale == nil && b.Scale == nil || a.Scale != nil && b.Scale != nil && *a.Scale == *b.Scale
}

// about says whether a file is a picture about maps, from which their values cannot be had.
func about(f *manifest.File) bool { return f.Format == "sheet" || f.Format == "overlay" }

// shapeOf is the shape of a file's maps according to its record.
func shapeOf(r *manifest.Record, f *manifest.File) (volume.Shape, error) {
	for _, l := range r.Layers {
		if l.Stack != f.Stack || l.Layer != f.Layer {
			continue
		}
		shape := l.Out
		if format(f) != "npy" {
			shape.C = 1
		}
		if _, err := shape.Len(); err != nil || shape.C > maxMaps {
			return shape, fmt.Errorf("the manifest gives its layer the shape %v", l.Out)
		}
		return shape, nil
	}
	return volume.Shape{}, fmt.Errorf("the manifest does not tell the shape of its layer, %q", f.Layer)
}

// format is png or npy, or what else a file's name ends with.
func format(f *manifest.File) string {
	return strings.TrimPrefix(path.Ext(string(f.Path)), ".")
}

// same notes maps without a difference.
func (c *comparison) same(f *manifest.File, shape volume.Shape) {
	if f.Index == nil && format(f) != "npy" {
		return // no map
	}
	for k := range shape.C {
		c.at(f, k).Values += int64(shape.H) * int64(shape.W)
	}
}

// at is the k-th map of a file.
func (c *comparison) at(f *manifest.File, k int) *Map {
	if f.Index != nil {
		k = *f.Index
	}
	key := mapKey{f.Stack, f.Layer, format(f), k}
	m, ok := c.maps[key]
	if !ok {
		m = &Map{Stack: f.Stack, Layer: f.Layer, Format: key.format, Index: k, Filter: f.Filter}
		c.maps[key] = m
		c.order = append(c.order, key)
	}
	return m
}

// add compares a value of either run.
func (m *Map) add(a, b float64) {
	m.Values++
	if a == b || a != a && b != b {
		return
	}
	d := math.Abs(a - b)
	if d-d != 0 {
		m.NotFinite++
		return
	}
	m.sum += d
	m.Largest = max(m.Largest, d)
}

// rank orders maps by how much they differ.
func (m *Map) rank() float64 {
	if m.NotFinite > 0 {
		return math.Inf(1)
	}
	return m.Largest
}
