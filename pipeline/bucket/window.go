package bucket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
)

// Window writes objects whose bytes come in any order, if not far from each other: it holds a number
// of parts in memory, from the first one that is not sent. A part is sent once it is whole, while
// others are filled. There is no object before Commit. A Window writes one object at a time. Several
// goroutines may call WriteAt.
type Window struct {
	ctx   context.Context
	b     *Bucket
	part  int64
	parts int

	mu      sync.Mutex
	moved   sync.Cond // first, sending or err has changed
	u       *Upload
	first   int               // number of parts that have been sent
	open    map[int]*openPart // by number, from 0
	free    [][]byte          // buffers of parts
	sending bool
	err     error
}

// openPart is a part that is being filled.
type openPart struct {
	data    []byte
	written int64 // number of bytes
}

// NewWindow returns a window of at least two parts of a size in bytes, which is at least 5 MiB. All
// requests end with ctx.
func (b *Bucket) NewWindow(ctx context.Context, part int64, parts int) *Window {
	w := &Window{ctx: ctx, b: b, part: part, parts: parts, open: map[int]*openPart{}}
	w.moved.L = &w.mu
	return w
}

// Begin begins an object. The caller ends it with Commit or Abort before the next one.
func (w *Window) Begin(key string, p Put) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p.PartSize = w.part
	w.u, w.first, w.err = w.b.Upload(w.ctx, key, p), 0, nil
}

// WriteAt writes at an offset. Every byte is written once. It waits for the parts before if the
// offset is not in the window yet, so that writers must not wait for each other. An error may be of
// another part.
func (w *Window) WriteAt(p []byte, at int64) (n int, err error) {
	for n < len(p) {
		number, from := int(at/w.part), at%w.part
		o, err := w.at(number)
		if err != nil {
			return n, err
		}
		written := copy(o.data[from:], p[n:])
		n, at = n+written, at+int64(written)
		w.filled(o, number, int64(written))
	}
	return n, nil
}

// at returns a part once it is in the window.
func (w *Window) at(number int) (*openPart, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for number >= w.first+w.parts && w.err == nil {
		w.moved.Wait()
	}
	if w.err != nil {
		return nil, w.err
	}
	o := w.open[number]
	if o == nil {
		o = &openPart{}
		if n := len(w.free); n > 0 {
			o.data, w.free = w.free[n-1], w.free[:n-1]
		} else {
			o.data = make([]byte, w.part)
		}
		w.open[number] = o
	}
	return o, nil
}

// filled notes that bytes of a part have been written.
func (w *Window) filled(o *openPart, number int, bytes int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if o.written += bytes; o.written == w.part && number == w.first && !w.sending && w.err == nil {
		w.sending = true
		go w.send()
	}
}

// send sends all parts that are whole, in their order.
func (w *Window) send() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for o := w.open[w.first]; w.err == nil && o != nil && o.written == w.part; o = w.open[w.first] {
		w.mu.Unlock()
		err := w.u.send(io.NewSectionReader(Pieces{o.data}, 0, w.part))
		w.mu.Lock()
		if err != nil {
			w.stop(err)
			break
		}
		w.drop(w.first)
		w.first++
		w.moved.Broadcast()
	}
	w.sending = false
	w.moved.Broadcast()
}

// drop hands the buffer of a part on.
func (w *Window) drop(number int) {
	w.free = append(w.free, w.open[number].data)
	delete(w.open, number)
}

// Stop has all writers end with an error.
func (w *Window) Stop(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stop(err)
}

func (w *Window) stop(err error) {
	if w.err == nil {
		w.err = err
	}
	w.moved.Broadcast()
}

// await waits until no part is being sent.
func (w *Window) await() {
	for w.sending {
		w.moved.Wait()
	}
}

// Commit makes the object, of a size in bytes. After an error there is none, and the caller calls
// Abort.
func (w *Window) Commit(size int64) (Info, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.await()
	rest := size - int64(w.first)*w.part
	o, whole := w.open[w.first], rest == 0
	if o != nil {
		whole = len(w.open) == 1 && o.written == rest
	}
	if w.err == nil && !whole {
		w.err = fmt.Errorf("put %s: some of its %d bytes were not written", show(w.u.b.URL(w.u.key)), size)
	}
	if w.err != nil {
		return Info{}, w.err
	}
	if o != nil {
		defer w.drop(w.first)
		last := Pieces{o.data[:rest]}
		if w.first == 0 {
			return w.b.putOne(w.ctx, w.u.key, last, rest, w.u.put)
		}
		if w.err = w.u.send(io.NewSectionReader(last, 0, rest)); w.err != nil {
			return Info{}, w.err
		}
	}
	return w.u.Commit()
}

// errAborted ends the writers of an object that is given up.
var errAborted = errors.New("the object has been given up")

// Abort drops what was sent. It is no error if nothing was.
func (w *Window) Abort() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stop(errAborted)
	w.await()
	for number := range w.open {
		w.drop(number)
	}
	if w.u == nil {
		return nil
	}
	return w.u.Abort()
}
