package store

import (
	"io"
	"slices"
	"sort"
)

// This file decides on the earlier run's shards. They stay as far as they are the same. The
// first shard that differs begins with the samples that are the same.

// reuse says whether the files are the next sample of the earlier run, which then stays.
func (p *Pack) reuse(files []Written) bool {
	if !p.same || p.err != nil {
		return false
	}
	if p.old == nil || slices.ContainsFunc(files, func(f Written) bool { return f.Path != p.path }) || !p.old.has(files) {
		p.part()
		return false
	}
	if p.merged == nil && p.full(p.old.end, p.old.read) || p.merged != nil && p.old.ends() {
		p.endOld()
	}
	return true
}

// mergedShards returns the paths of the shards of a run that parts of a run have been merged to,
// or nil. Each part has ended its last shard before it was full.
func mergedShards(folder *Folder) (paths []string) {
	shards, err := ReadIndex(folder.root)
	if err != nil || len(shards) == 0 || shards[0].Name == base(shards[0].Name) {
		return nil
	}
	for _, s := range shards {
		paths = append(paths, s.Path(""))
	}
	return paths
}

// ErrMerged says that the pack of a merged run would have to change. Its shards belong to the
// parts of the run, which can still be merged again. Nothing has been changed.
var ErrMerged error = &placeError{"it is a shard of a run that merge has put together, and an image or a setting has changed since: choose another folder with -o, or remove the complete.json of the image's shard of the run, run its task again and merge"}

// endOld ends the shard at hand, which is the earlier run's so far.
func (p *Pack) endOld() {
	if p.old.ends() {
		if p.err = p.index.keep(p.old, p.fileOf(p.number)); p.err == nil {
			p.nextShard()
		}
		return
	}
	if p.part(); p.err == nil { // the earlier run had another limit, or something follows its end
		p.err = p.place()
	}
}

// part begins to write the shard at hand with the samples that are the same.
func (p *Pack) part() {
	if !p.same || p.err != nil {
		return
	}
	p.same, p.differs = false, p.number
	p.turns.wake()
	if p.merged != nil {
		p.err = &Error{Path: p.folder.path(p.fileOf(p.number)), Err: ErrMerged, shared: true}
		return
	}
	p.tell()
	if p.old == nil {
		return
	}
	if p.old.end > 0 {
		p.open, p.err = newShard(p.folder, p.shelf, p.fileOf(p.number), p.old)
	}
	p.closeOld()
}

// tell calls redone, once, if the earlier run has the shard at hand or later ones: they go.
func (p *Pack) tell() {
	n := len(p.there) - sort.SearchInts(p.there, p.number)
	if n > 0 && p.redone != nil {
		p.redone(p.path, n)
		p.redone = nil
	}
}

func (p *Pack) closeOld() {
	if p.old != nil {
		p.old.file.Close()
		p.old = nil
	}
}

// nextShard goes on to the next shard.
func (p *Pack) nextShard() {
	p.closeOld()
	p.number++
	p.path = p.pathOf(p.number)
	if p.same {
		p.old, p.err = p.openOld(p.number)
	}
}

// openOld opens the earlier run's shard of a number, or returns nil.
func (p *Pack) openOld(number int) (*oldShard, error) {
	file := p.fileOf(number)
	if p.shelf == nil {
		return openOld(p.folder, file), nil
	}
	if err := p.shelf.fetch(file); err != nil {
		return nil, err
	}
	o := openOld(p.folder, file)
	if o != nil {
		o.described = p.shelf.kept
		o.head = func() (io.ReadCloser, error) { return p.shelf.head(file, o.end) }
	}
	return o, nil
}

// removeShards removes the shards from a number on.
func (p *Pack) removeShards(number int) error {
	if p.shelf != nil {
		there, err := listShards(p.folder, p.below)
		if err != nil {
			return err
		}
		var names []string
		for _, n := range there[sort.SearchInts(there, number):] {
			file := shardFile(p.below, n)
			names = append(names, file, membersName(file))
		}
		if len(names) > 0 {
			if err := p.shelf.drop(names...); err != nil {
				return err
			}
		}
	}
	return removeShards(p.folder, p.below, number)
}

// last ends the last shard and removes the earlier run's shards after it.
func (p *Pack) last() error {
	switch {
	case p.old != nil && !p.old.ends(): // fewer pictures than the earlier run had, or something else
		p.part()
	case p.old != nil:
		p.endOld()
	}
	if p.err == nil && p.open != nil {
		p.err = p.place()
	}
	if p.err != nil {
		return p.err
	}
	p.closeOld() // Windows removes no file that is open
	if n := len(p.there); n > 0 && p.there[n-1] >= p.number {
		p.tell()
		if err := p.index.drop(); err != nil {
			return err
		}
	}
	return p.removeShards(p.number)
}
