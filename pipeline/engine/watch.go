package engine

// watch follows the runs of stacks on one picture.
type watch struct {
	moved      func(share float64) // nil if nobody watches
	runs, done int
}

// Watch has moved called while stacks run on the current picture, with the share of the given
// number of runs that is done, from 0 to 1. Several goroutines call moved, and the shares may
// come out of order. It may be nil.
func (e *Engine) Watch(runs int, moved func(share float64)) {
	e.watch = watch{moved: moved, runs: runs}
}

// read notes that rows of a picture of the given height have been read in the current run.
// A team reads some rows twice.
func (w *watch) read(rows int64, height int) {
	if w.moved != nil {
		w.tell(float64(w.done) + min(1, float64(rows)/float64(max(1, height))))
	}
}

// ran notes the end of a run.
func (w *watch) ran() {
	if w.moved != nil {
		w.done++
		w.tell(float64(w.done))
	}
}

// tell calls moved. There may be more runs than were expected.
func (w *watch) tell(done float64) { w.moved(min(1, done/float64(max(1, w.runs)))) }
