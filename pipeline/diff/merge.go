package diff

// merger adds up the comparisons of the pictures, in the order of the pictures.
type merger struct {
	total Report
	maps  map[mapKey]*Map
	order []mapKey
}

func (m *merger) merge(c *comparison) {
	m.total.Pictures += c.Pictures
	m.total.Files += c.Files
	m.total.Same += c.Same
	m.total.Unmatched.join(c.Unmatched)
	m.total.OnlyA.join(c.OnlyA)
	m.total.OnlyB.join(c.OnlyB)
	m.total.Shapes.join(c.Shapes)
	m.total.Unreadable.join(c.Unreadable)
	for _, key := range c.order {
		part := c.maps[key]
		all, ok := m.maps[key]
		if !ok {
			all = &Map{Stack: part.Stack, Layer: part.Layer, Format: part.Format, Index: part.Index, Filter: part.Filter}
			m.maps[key] = all
			m.order = append(m.order, key)
		}
		if part.rank() > all.rank() {
			all.Worst = c.name
		}
		all.Values += part.Values
		all.NotFinite += part.NotFinite
		all.Largest = max(all.Largest, part.Largest)
		all.sum += part.sum
	}
}

func (m *merger) report() *Report {
	r := m.total
	r.Maps = make([]Map, 0, len(m.order))
	for _, key := range m.order {
		all := *m.maps[key]
		if compared := all.Values - all.NotFinite; compared > 0 {
			all.Mean = all.sum / float64(compared)
		}
		r.Maps = append(r.Maps, all)
	}
	return &r
}
