package report

import (
	"context"
	"slices"

	"filterbank/pipeline/inorder"
	"filterbank/pipeline/manifest"
)

// pictures adds all pictures in the order of the manifest.
func (w *writer) pictures(ctx context.Context) error {
	tasks, err := w.tasks()
	if err != nil {
		return err
	}
	if w.opts.Begin != nil {
		w.opts.Begin(len(tasks))
	}
	if w.opts.Begin != nil {
		w.opts.Begin(len(tasks))
	}
	gallery := make([]entry, 0, len(tasks))
	known := map[[3]int]int{}
	err = inorder.Do(ctx, min(w.opts.Jobs, max(1, len(tasks))), slices.Values(tasks), w.newWorker, w.picture, func(r *result) error {
		w.take(r, len(gallery), known)
		gallery = append(gallery, r.entry)
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

// tasks are the pictures that the report shows: all failed pictures, and as many others as
// Options.Limit allows.
func (w *writer) tasks() ([]task, error) {
	var tasks []task
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
		tasks = append(tasks, task{index: len(tasks), place: place})
	}
	return tasks, nil
}

// take adds a picture's result to the page's statistics.
func (w *writer) take(r *result, index int, known map[[3]int]int) {
	for _, file := range r.sums {
		w.note(file[0], file[1])
	}
	d := r.data
	if d == nil {
		return
	}
	if r.entry.Other {
		w.summary.Others++
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
