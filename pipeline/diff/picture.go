package diff

import (
	"context"
	"fmt"
	"math"
	"slices"

	"filterbank/pipeline/engine"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/output"
)

// maxMaps bounds the number of maps of a layer, since a manifest may claim any number.
const maxMaps = 1 << 20

// comparison is the part of a report about one picture.
type comparison struct {
	Report
	name  manifest.Path
	order []mapKey
	maps  map[mapKey]*Map
}

// mapKey identifies a Map.
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
		if !onlyForViewing(&b.Files[i]) {
			others[b.Files[i].Name()] = &b.Files[i]
		}
	}
	for i := range a.Files {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		fa := &a.Files[i]
		if onlyForViewing(fa) {
			continue
		}
		fb, ok := others[fa.Name()]
		if !ok {
			c.OnlyA.add(fa.Name())
			continue
		}
		delete(others, fa.Name())
		err := c.file(ctx, runs, recs, fa, fb)
		if ofStore(err) {
			return nil, err
		} else if err != nil {
			c.Unreadable.add(Problem{fa.Name(), err.Error()})
		}
	}
	for _, f := range b.Files {
		if _, left := others[f.Name()]; left {
			c.OnlyB.add(f.Name())
		}
	}
	return c, nil
}

// state is a record's status, or "missing".
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
func (c *comparison) file(ctx context.Context, runs [2]*run, recs [2]*manifest.Record, fa, fb *manifest.File) error {
	c.Files++
	if fa.BLAKE3 == fb.BLAKE3 && fa.BLAKE3 != "" && sameScale(fa, fb) {
		for i, f := range []*manifest.File{fa, fb} {
			if err := runs[i].there(ctx, f); err != nil {
				return fmt.Errorf("%s: %w", runs[i].dir, err)
			}
		}
		c.Same++
		c.same(recs[0], fa)
		return nil
	}
	a, err := runs[0].maps(ctx, recs[0], fa)
	if err != nil {
		return fmt.Errorf("%s: %w", runs[0].dir, err)
	}
	b, err := runs[1].maps(ctx, recs[1], fb)
	if err != nil {
		return fmt.Errorf("%s: %w", runs[1].dir, err)
	}
	c.arrays(fa, fb, a, b)
	return nil
}

// arrays compares the arrays of a file that both runs have.
func (c *comparison) arrays(fa, fb *manifest.File, a, b []output.Maps) {
	of := func(all []output.Maps, m *output.Maps) int {
		return slices.IndexFunc(all, func(o output.Maps) bool { return o.Stack == m.Stack && o.Layer == m.Layer })
	}
	for i := range a {
		if at := of(b, &a[i]); at >= 0 {
			c.compare(fa, &a[i], &b[at])
		} else {
			c.OnlyA.add(arrayName(fa, &a[i]))
		}
	}
	for i := range b {
		if of(a, &b[i]) < 0 {
			c.OnlyB.add(arrayName(fb, &b[i]))
		}
	}
}

// arrayName names an array of a file that may have several.
func arrayName(f *manifest.File, m *output.Maps) manifest.Path {
	if f.Layer != "" {
		return f.Name()
	}
	return f.Name() + manifest.Path(", array "+engine.LayerName(m.Stack, m.Layer))
}

// compare compares the maps of one layer in a file of both runs.
func (c *comparison) compare(f *manifest.File, a, b *output.Maps) {
	if a.Shape != b.Shape {
		c.Shapes.add(Shapes{arrayName(f, a), a.Shape, b.Shape})
		return
	}
	size := a.Shape.H * a.Shape.W
	for k := range a.Shape.C {
		m := c.at(f, a.Stack, a.Layer, a.First+k)
		for i := k * size; i < (k+1)*size; i++ {
			m.add(a.At(i), b.At(i))
		}
	}
}

// sameScale says whether equal pixels stand for equal values.
func sameScale(a, b *manifest.File) bool {
	return a.Scale == nil && b.Scale == nil || a.Scale != nil && b.Scale != nil && *a.Scale == *b.Scale
}

// same counts the values of a file that is the same in both runs. The shapes come from the
// record's layers.
func (c *comparison) same(rec *manifest.Record, f *manifest.File) {
	for _, l := range rec.Layers {
		if l.Stack != f.Stack || l.Layer != f.Layer || l.Out.C > maxMaps {
			continue
		}
		first, maps := 0, l.Out.C
		if f.Index != nil {
			first, maps = *f.Index, 1
		}
		for k := range maps {
			c.at(f, l.Stack, l.Layer, first+k).Values += int64(l.Out.H) * int64(l.Out.W)
		}
	}
}

// at returns the comparison of a map of a file, and makes it if it is new.
func (c *comparison) at(f *manifest.File, stack, layer string, index int) *Map {
	key := mapKey{stack, layer, output.Family(withFormat(f)), index}
	m, ok := c.maps[key]
	if !ok {
		m = &Map{Stack: stack, Layer: layer, Format: key.format, Index: index, Filter: f.Filter}
		c.maps[key] = m
		c.order = append(c.order, key)
	}
	return m
}

// add compares a value of A with the same value of B.
func (m *Map) add(a, b float64) {
	m.Values++
	if a == b || a != a && b != b {
		return
	}
	d := math.Abs(a - b)
	if d-d != 0 { // NaN or infinite
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
