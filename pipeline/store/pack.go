package store

import (
	"math"
	"path"
	"slices"
	"sync"
	"time"
)

// ShardBytes is the size in bytes of a shard if the user names none, a multiple of a million.
const ShardBytes = 512_000_000

// Pack puts the files of pictures into tar files, as webdataset reads them: shards/000000.tar
// and so on in an output folder. A picture is a sample: members whose names begin with the
// same key, sorted, beside each other. Samples stand in the order of the input, so that the
// same files give the same bytes for any number of workers. A shard appears whole or not at
// all. An earlier run's shards stay as far as they are the same, picture for picture. Before
// one of them is replaced, the later ones are removed: a reader never meets a picture twice.
type Pack struct {
	bounds
	folder *Folder
	shelf  *shelf   // in a bucket; nil otherwise
	below  string   // of PackOptions
	merged []string // paths of the shards of a merged run; nil of any other
	redone func(first string, shards int)
	there  []int // numbers of the earlier run's shards

	mu       sync.Mutex // held for the fields below
	turns    turns
	written  sync.Cond  // a sample has been written
	kept     int        // the last turn whose sample is kept
	number   int        // of the shard at hand
	path     string     // of the shard at hand, below the output folder
	same     bool       // all shards so far are the earlier run's
	old      *oldShard  // the earlier run's shard at hand; nil once it differs
	open     *openShard // the shard at hand; nil until it differs
	differs  int        // the number of the first shard that differs
	replaced bool       // the shard with that number is this run's, or about to be
	complete bool       // all shards are this run's, or the same
	first    int        // the first turn that was committed to the open shard
	index    *indexer
	err      error // what has broken the open shard
}

// PackOptions describe a pack. Bytes is needed.
type PackOptions struct {
	// Bytes is the size of a shard: it ends with the sample that makes it so large or larger.
	Bytes int64
	// Samples is the most samples that a shard has; 0 is no bound.
	Samples int
	// Below is the slash-separated path of the pack's folder below the output folder, to which
	// the paths of written files are relative. It is empty if the two are the same.
	Below string
	// Names are all names that a picture's files may have.
	Names []Name
	// Known returns the paths of the shards that earlier runs have recorded. Any other shard
	// is somebody else's, and the pack is refused. If Known is nil, all shards are taken for
	// an earlier run's, as after a crash, which may come between a shard and its records.
	Known func() (map[string]bool, error)
	// Redone is called once, when the first sample differs from the earlier run's: the shard
	// with that sample and all later ones are made again or removed. It gets the shard's path
	// and the number of such shards, if there are any. It must not call the Store, and may be
	// nil.
	Redone func(first string, shards int)
}

// NewPack opens a pack in a folder. It is refused if two files of a picture would have the
// same name, as CheckNames says, and if somebody else's files have the names of shards.
func NewPack(folder *Folder, o PackOptions) (*Pack, error) { return newPack(folder, nil, o) }

// NewBucketPack opens a pack in a bucket. The prefix is of the run's own files; it is empty or has
// a slash at its end. The shards that the bucket has are known by the lists of their members.
func NewBucketPack(t *Bucket, prefix string, o PackOptions) (*Pack, error) {
	s, err := newShelf(t, prefix)
	if err != nil {
		return nil, err
	}
	if part, parts := windowOf(o.Bytes, t.hold); parts >= 2 {
		s.window = t.objects.NewWindow(t.ctx, part, parts)
	}
	return newPack(t.scratch, s, o)
}

func newPack(folder *Folder, s *shelf, o PackOptions) (*Pack, error) {
	if err := CheckNames(o.Names); err != nil {
		return nil, err
	}
	p := &Pack{folder: folder, shelf: s, below: o.Below, bounds: bounds{o.Bytes, o.Samples}, redone: o.Redone, first: math.MaxInt, kept: math.MaxInt, same: true}
	p.turns.init(&p.mu)
	p.written.L = &p.mu
	var err error
	if p.there, err = checkShards(folder, o.Below, o.Known); err != nil {
		return nil, err
	}
	p.index = newIndexer(folder, o.Below, o.Known != nil)
	p.index.shelf = s
	p.merged = mergedShards(folder)
	p.path = p.pathOf(0)
	p.old, err = p.openOld(0)
	return p, err
}

// Whole is true: a sample is made as a whole.
func (p *Pack) Whole() bool { return true }

// Begin starts the files of a picture.
func (p *Pack) Begin(turn int, stem string) *Batch {
	b := newBatch(p, p.folder, stem)
	b.turn, b.temps = turn, ShardsName
	if p.shelf != nil {
		b.hold = p.shelf.hold
	}
	return b
}

// Skip ends a turn that has not ended and stores nothing.
func (p *Pack) Skip(turn int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.turns.end(turn)
}

// Stop keeps nothing of the turns after the given one.
func (p *Pack) Stop(turn int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.kept = min(p.kept, turn)
}

func (p *Pack) late(b *Batch) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.turns.lowest < b.turn && p.err == nil
}

func (p *Pack) aborted(b *Batch) { p.Skip(b.turn) }

// Reuse waits for the turn, unless an earlier picture's files differ: then all later ones
// are made anew. The turn ends if the files stay.
func (p *Pack) Reuse(turn int, files []Written) (stay []bool, waited time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	begun := time.Now()
	p.turns.await(turn, func() bool { return p.same })
	waited = time.Since(begun)
	stay = make([]bool, len(files))
	if turn > p.kept || !p.reuse(files) {
		return stay, waited
	}
	p.turns.end(turn)
	for i := range stay {
		stay[i] = true
	}
	return stay, waited
}

// fileOf returns the name of a shard in the pack's folder.
func (p *Pack) fileOf(number int) string {
	if number < len(p.merged) {
		return p.merged[number]
	}
	return shardFile(p.below, number)
}

// pathOf returns the path of a shard below the output folder.
func (p *Pack) pathOf(number int) string { return path.Join(p.below, p.fileOf(number)) }

// numberOf reads such a path.
func (p *Pack) numberOf(file string) (number int, ok bool) {
	if p.merged != nil {
		number = slices.Index(p.merged, file)
		return number, number >= 0
	}
	part, number, ok := parseShard(file)
	return number, ok && part == p.below
}

// Placed says whether the shard with the turn's files is in place. Otherwise placed is called
// with it.
func (p *Pack) Placed(turn int, hold, placed func()) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if turn < p.first {
		return true
	}
	if p.open != nil {
		hold()
		p.open.placed = placed
	}
	return false
}

// Has says whether the shards of the files are still the ones that the earlier run wrote.
// After a complete run all samples are this run's.
func (p *Pack) Has(files []Written) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.complete && !slices.ContainsFunc(files, func(f Written) bool {
		number, ok := p.numberOf(f.Path)
		return !ok || f.Member == "" || p.replaced && number >= p.differs
	})
}

// Exists is false: a sample takes the place of no file.
func (p *Pack) Exists(string) bool { return false }

// Remove does nothing: a sample goes with its shard.
func (p *Pack) Remove(string) error { return nil }

// Close places the last shard if the work is complete, and removes the earlier run's shards
// after it. Otherwise the last shard's pictures are left for the next run, and the earlier
// run's shards stay. The index has the shards that are there. Without any, the folder of the shards
// goes.
func (p *Pack) Close(complete bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer func() {
		p.closeOld()
		if p.open != nil {
			p.open.discard()
			p.open = nil
		}
		p.folder.removeDir(ShardsName) // fails unless it is empty
	}()
	switch {
	case !complete && (p.err != nil || !p.replaced):
		return nil // the index is gone, or still true
	case complete && p.err == nil:
		p.err = p.last()
	}
	if p.err == nil {
		p.err = p.index.write()
	}
	if p.err != nil {
		return p.failed()
	}
	p.complete = complete
	return nil
}
