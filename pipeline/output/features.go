package output

import (
	"fmt"
	"io"
	"strings"
	"unsafe"

	"filterbank/filters/volume"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/moments"
	"filterbank/pipeline/store"
)

// features takes the statistics of every map, which [Workspace.Features] returns. It writes no
// files: the rows of all pictures make a table of the whole run. So it is not among All.
var features = Format{
	Name:  "features",
	Files: func(*View) []Planned { return nil },
	Key:   func(io.Writer, *View) {},
	Open: func(v *View, ws *Workspace, _ *store.Batch) (Writer, error) {
		ws.features = ws.features[:0]
		return &featuresWriter{view: v, ws: ws}, nil
	},
}

// Features is the format that takes the statistics of maps for a table of features.
func Features() *Format { return &features }

// statistics are the ends of the names of a map's columns, in order.
var statistics = [...]string{"mean", "std", "max", "energy", "active"}

// FeatureColumns returns the names of the columns that a table of features has for the wanted
// maps: [<stack>.]<layer>.<filter>.mean and so on, map by map in the order of the values of
// [Workspace.Features]. Two columns of the same name are an error.
func (v *View) FeatureColumns() ([]string, error) {
	var columns []string
	owner := map[string]string{} // the maps by their columns' names
	var err error
	v.eachLayer(func(s, l int) {
		for k, filter := range v.layer(s, l).Filters() {
			name := strings.Join([]string{v.layer(s, l).Name(), filter}, ".")
			if stack := v.Stacks[s].Stack.Name(); stack != "" {
				name = stack + "." + name
			}
			this := fmt.Sprintf("filter %d of layer %s", k, v.folder(s, l))
			if other, taken := owner[name]; taken && err == nil {
				err = fmt.Errorf("features: %s and %s would both have the columns %s.%s and so on: rename one in the stack file", other, this, name, statistics[0])
			}
			owner[name] = this
			for _, end := range statistics {
				columns = append(columns, name+"."+end)
			}
		}
	})
	return columns, err
}

// featuresWriter gathers the sums of one stack's maps after another's.
type featuresWriter struct {
	view *View
	ws   *Workspace
	sums [][]moments.Sums // of the current stack, by layer and map
}

func (w *featuresWriter) Begin(stack int) error {
	plan := w.view.Plans[stack]
	w.sums = make([][]moments.Sums, len(plan.Layers))
	for l, wanted := range w.view.Stacks[stack].Layers {
		if wanted {
			w.sums[l] = make([]moments.Sums, plan.Layers[l].Out.C)
		}
	}
	return nil
}

func (w *featuresWriter) Write(goroutines, _, layer int, rows volume.Rows) error {
	for len(w.ws.bins) < goroutines {
		w.ws.bins = append(w.ws.bins, new(moments.Bins))
	}
	e := w.ws.Engine
	return e.Lanes.Each(goroutines, rows.C, func(l *engine.Lane, i, k int) error {
		defer l.Clock.Mark(&l.Stages.Render)
		w.sums[layer][k].AddRows(e.Kernel, w.ws.bins[i], rows, k)
		return nil
	})
}

func (w *featuresWriter) End(int) error {
	c := engine.Start()
	defer c.Mark(&w.ws.Engine.Stages.Render)
	for _, maps := range w.sums {
		for k := range maps {
			s := maps[k].Statistics()
			w.ws.features = append(w.ws.features, s.Mean, s.Std, s.Max, s.Energy, s.Active)
		}
	}
	return nil
}

func (w *featuresWriter) Close() error { return nil }

// Features returns the statistics of the last picture's wanted maps, of which features was in
// Todo: five of each map, in the order of [View.FeatureColumns]. They are valid until the next
// picture.
func (ws *Workspace) Features() []float32 { return ws.features }

// featuresBytes is the memory that taking the statistics of a number of maps takes.
func featuresBytes(maps int) int64 {
	return int64(maps) * int64(unsafe.Sizeof(moments.Sums{})+uintptr(4*len(statistics)))
}
