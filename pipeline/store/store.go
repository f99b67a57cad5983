package store

// Store is where the files of pictures go: a [Folder] gives each file its place, a [Pack]
// puts a picture's files together into tar shards. A turn is a picture's place in the
// input, from 0. Turns begin in order and may overlap. Each turn ends once: by the Commit
// or Abort of its batch, by a Reuse that is true, or by Skip. A Store is safe for
// concurrent use.
type Store interface {
	// Begin starts the files of a picture. Their names begin with stem, a slash-separated
	// name that no other picture has. Nothing is written before the first file outgrows its
	// buffer or the batch is committed.
	Begin(turn int, stem string) *Batch
	// Reuse says whether an earlier run's files of the turn's picture are in place and stay.
	// If a file's digest is not empty, its content must have it. Otherwise names and sizes
	// are compared.
	Reuse(turn int, files []Written) bool
	// Skip ends a turn that has not ended and stores nothing.
	Skip(turn int)
	// Placed has do called once the files that the turn committed or reused have their final
	// names. If they are thrown away, do is never called. It must not call the Store.
	Placed(turn int, do func())
	// Holds says whether the file of an earlier run, as it was then, belongs to the store's
	// content. It is called after Close.
	Holds(file Written) bool
	// Close ends the work. Complete says that every picture of the input had its turn. The
	// folder stays open.
	Close(complete bool) error
}

var (
	_ Store = (*Folder)(nil)
	_ Store = (*Pack)(nil)
)

// Written describes a stored file.
type Written struct {
	Name   string // the batch's stem and the file's suffix
	Path   string // slash-separated, relative to the output folder
	Member string // the name in the tar file at Path; empty for a file by itself
	Bytes  int64
	BLAKE3 string // hexadecimal
}

// Begin starts the files of a picture. A folder gives them their names in any order, so
// that turn has no meaning.
func (t *Folder) Begin(_ int, stem string) *Batch { return newBatch(t, t, stem) }

// BeginOwn starts a batch of files that belong to the run and not to a picture. They are
// created with their names in the folder.
func (t *Folder) BeginOwn() *Batch { return newBatch(t, t, "") }

// Reuse says whether the folder has all the files, as Has does.
func (t *Folder) Reuse(_ int, files []Written) bool { return t.HasAll(files) }

// Skip does nothing.
func (t *Folder) Skip(int) {}

// Placed calls do at once: files have their names when they are committed.
func (t *Folder) Placed(_ int, do func()) { do() }

// Holds is always true: a file of a folder depends on no other.
func (t *Folder) Holds(Written) bool { return true }
