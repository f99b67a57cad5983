package report

import (
	"context"
	"slices"

	"filterbank/pipeline/inorder"
	"filterbank/pipeline/manifest"
)

// pictures adds all pictures in the order of the manifest.
func (w *writer) pictures(ctx context.Context) error {
	items, err := w.items()
	if err != nil {
		return err
	}
	gallery := make([]entry, 0, len(items))
	known := map[[3]int]int{}
	err = inorder.Do(ctx, min(w.opts.Jobs, max(1, len(items))), slices.Values(items), w.newHand, w.picture, func(s *shot) error {
		w.take(s, len(gallery), known)
		gallery = append(gallery, s.entry)
		if w.opts.Ended != nil {
			w.opts.Ended()
		}
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortStableFunc(w.page.Sizes, func(a, b sizeData) int { return b.Pictures - a.Pictures })
	return w.put("gallery", gallery)
}

// items are the pictures that are shown: all that have failed, and of the others as many
// as the limit has.
func (w *writer) items() ([]item, error) {
	var items []item
	for _, place := range w.manifest.Places() {
		rec, err := w.manifest.Record(place)
		if err != nil {
			return nil, err
		}
		switch {
		case rec.Status == manifest.Failed:
			w.summary.Failed++
		case w.opts.Limit > 0 && w.summary.Pictures == w.opts.Limit:
			w.summary.LeftOut++
			continue
		default:
			w.summary.Pictures++
		}
		items = append(items, item{index: len(items), place: place})
	}
	return items, nil
}

// take notes what a picture has come to.
func (w *writer) take(s *shot, index int, known map[[3]int]int) {
	for _, file := range s.sums {
		w.note(file[0], file[1])
	}
	d := s.data
	if d == nil {
		return
	}
	w.countSize(d.Size, d.Plans, index, known)
	if d.Gone != "" {
		w.summary.Gone++
		return
	}
	for i := range d.Maps {
		for l := range d.Maps[i] {
			for k := range d.Maps[i][l] {
				w.page.Stacks[i].Layers[l].Stats[k].add(index, &d.Maps[i][l][k])
			}
		}
	}
}
