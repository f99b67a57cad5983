package store

import (
	"slices"
	"sync"
	"time"
)

// RecordSuffix ends the name of a picture's record in a pack, and ClassSuffix the name of the
// file with the number of its label.
const (
	RecordSuffix = ".json"
	ClassSuffix  = ".cls"
)

// Batch is the files of a picture, which appear together. It has one owner at a time, and
// so has each of its files: several goroutines may write to files of one batch.
type Batch struct {
	home   home
	folder *Folder // of temporary files
	stem   string
	turn   int    // of a pack
	temps  string // the folder of temporary files; empty: beside each file's name
	sends  bool   // each file is an object of a bucket, and is sent with its CRC
	hold   *hold  // of contents; nil: there is none
	files  []*File
	notes  []note
	waited time.Duration
	sealed bool
	sample []member    // of a pack: the files once they are sealed
	dirs   directories // of Commit

	making sync.Mutex
	made   []string // folders that this batch made
}

// note is a text about a picture.
type note struct {
	suffix  string
	content func([]Written) ([]byte, error)
}

// home is the store of a batch.
type home interface {
	late(b *Batch) bool
	seal(b *Batch) ([]Written, error)
	commit(b *Batch) ([]Written, error)
	aborted(b *Batch)
}

func newBatch(home home, folder *Folder, stem string) *Batch {
	return &Batch{home: home, folder: folder, stem: stem, dirs: directories{folder: folder}}
}

// Note adds a text about the picture. A pack keeps it beside the picture's files, under the key
// and the suffix. A folder does not keep it. Commit asks for the content, with the value that
// Commit returns.
func (b *Batch) Note(suffix string, content func([]Written) ([]byte, error)) {
	b.notes = append(b.notes, note{suffix, content})
}

// Commit gives every file its final name, in place of an earlier file of that name, and
// describes the files in the order of their creation. In a pack it waits for the picture's
// turn. If a file cannot be written, nothing has changed. If a file cannot be renamed, none
// of the batch's files is left, and the earlier files that they replaced are lost.
func (b *Batch) Commit() ([]Written, error) {
	written, err := b.home.commit(b)
	b.dirs.close()
	b.sealed = false
	if err != nil {
		b.Abort()
		return nil, err
	}
	return written, nil
}

// Late says whether Commit would take long and little work: it sends the files elsewhere, or it
// would have to wait for the turn of an earlier picture.
func (b *Batch) Late() bool { return b.home.late(b) }

// Seal ends the writing and describes the files as Commit will. In a pack Commit may name another
// shard.
func (b *Batch) Seal() ([]Written, error) {
	written, err := b.home.seal(b)
	b.dirs.close()
	b.sealed = err == nil
	return written, err
}

// Sealed says whether Seal has been called and Commit or Abort has not.
func (b *Batch) Sealed() bool { return b.sealed }

// Held returns the bytes that the batch has of the memory that its store holds contents in.
func (b *Batch) Held() (bytes int64) {
	for _, f := range b.files {
		bytes += int64(len(f.held.pieces)) * BufferBytes
	}
	return bytes
}

// Buffered returns the bytes that a sealed batch holds in memory, besides Held.
func (b *Batch) Buffered() (bytes int64) {
	for _, f := range b.files {
		bytes += int64(cap(f.buffer))
	}
	return bytes
}

// seal seals the files, unless that is done, and describes them.
func (b *Batch) seal() ([]Written, error) {
	written := make([]Written, 0, len(b.files))
	for _, f := range b.files {
		if !b.sealed {
			if err := f.seal(); err != nil {
				return nil, b.folder.explain(f.name, err)
			}
		}
		written = append(written, f.written())
	}
	return written, nil
}

// Waited returns the time that Commit has waited for the picture's turn.
func (b *Batch) Waited() time.Duration { return b.waited }

// Abort removes the batch's files, and the folders that it made if they are empty.
func (b *Batch) Abort() {
	b.sealed = false
	b.clear()
	b.home.aborted(b)
}

func (b *Batch) clear() {
	b.dirs.close()
	for _, f := range b.files {
		f.discard()
	}
	slices.Sort(b.made) // parents first: goroutines may have noted them in another order
	for _, dir := range slices.Backward(b.made) {
		b.folder.removeDir(dir) // fails if another batch has put a file there
	}
	b.files, b.sample, b.made = nil, nil, nil
}

// remember notes a folder that the batch made.
func (b *Batch) remember(dir string) {
	b.making.Lock()
	defer b.making.Unlock()
	b.made = append(b.made, dir)
}

func (t *Folder) late(*Batch) bool { return false }

func (t *Folder) seal(b *Batch) ([]Written, error) { return b.seal() }

func (t *Folder) aborted(*Batch) {}

func (t *Folder) commit(b *Batch) ([]Written, error) {
	written := make([]Written, 0, len(b.files))
	for _, f := range b.files {
		if err := f.finish(); err != nil {
			return nil, t.explain(f.name, err)
		}
		written = append(written, f.written())
	}
	if err := t.gone(); err != nil {
		return nil, err
	}
	for _, f := range b.files {
		in, err := b.dirs.of(f.name)
		if err == nil && !slices.Contains(b.made, in.name) { // a folder of this batch has no links
			err = t.refuseOther(in, f.name)
		}
		if err == nil {
			err = in.root.Rename(base(f.temp), base(f.name))
		}
		if err != nil {
			return nil, t.explain(f.name, err)
		}
		f.temp, f.placed = "", true
	}
	return written, nil
}
