package store

import (
	"errors"
	"math"
	"time"
)

// This file writes samples to the shard at hand.

// commit appends a sample.
func (p *Pack) commit(b *Batch) ([]Written, error) {
	if !b.sealed {
		if _, err := p.seal(b); err != nil {
			return nil, err
		}
	}
	written, err := p.append(b, b.sample)
	if err == nil {
		b.clear()
	}
	return written, err
}

// seal makes the members of a batch's files and describes them in the shard at hand.
func (p *Pack) seal(b *Batch) (written []Written, err error) {
	if b.sample, err = members(p.folder, b); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.describe(b, b.sample), nil
}

// describe describes the files of a batch in the shard at hand.
func (p *Pack) describe(b *Batch, members []member) []Written {
	written := make([]Written, 0, len(b.files))
	for i, f := range b.files {
		written = append(written, Written{Name: f.name, Path: p.path, Member: members[i].name, Bytes: f.size, BLAKE3: f.digest})
	}
	return written
}

// append waits for the batch's turn and appends its members and its notes. The turn ends when
// the sample has its place in the shard at hand, or else when the shard that it fills is placed.
func (p *Pack) append(b *Batch, members []member) ([]Written, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	begun := time.Now()
	p.turns.await(b.turn, func() bool { return p.err == nil })
	b.waited = time.Since(begun)
	if b.turn > p.kept {
		return nil, ErrLeft
	}
	if p.part(); p.err != nil {
		return nil, p.failed()
	}
	written := p.describe(b, members)
	for _, n := range b.notes {
		data, err := n.content(written)
		if err != nil {
			return nil, err
		}
		note, err := noteMember(b.stem, n.suffix, data)
		if err != nil {
			return nil, err
		}
		members = append(members, note)
	}
	if p.err = p.add(b.turn, members); p.err != nil {
		return nil, p.failed()
	}
	p.turns.end(b.turn)
	return written, nil
}

// add appends the members of a turn to the shard at hand, which is placed if that fills it.
func (p *Pack) add(turn int, members []member) (err error) {
	if p.open == nil {
		if p.open, err = newShard(p.folder, p.shelf, p.fileOf(p.number), nil); err != nil {
			return err
		}
	}
	sortMembers(members)
	at, err := p.open.reserve(members)
	if err != nil {
		return err
	}
	p.first = min(p.first, turn)
	fills := p.full(p.open.size, p.open.count)
	if !fills {
		p.turns.end(turn)
	}
	p.write(p.open, at, members)
	if p.err != nil || !fills {
		return p.err
	}
	for p.open.writing > 0 && p.err == nil {
		p.written.Wait()
	}
	if p.err != nil {
		return p.err
	}
	return p.place()
}

// write writes a sample to its place in a shard, while others write theirs.
func (p *Pack) write(s *openShard, at int64, members []member) {
	err := errPanic
	s.writing++
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		s.writing--
		if err != nil && s.window != nil {
			s.window.Stop(err)
		}
		if p.err == nil {
			p.err = err
		}
		p.written.Signal()
	}()
	err = s.write(at, members)
}

// errPanic takes the place of an error until a sample is written.
var errPanic = errors.New("the writing of a sample has ended in a panic")

// failed returns the error of the shard at hand and wakes all that wait for their turn.
func (p *Pack) failed() error {
	p.turns.wake()
	if failed, ok := errors.AsType[*Error](p.err); ok {
		return failed
	}
	return p.folder.explainShared(p.fileOf(p.number), p.err)
}

// place gives the open shard its name and calls what Placed has noted for it. The first
// shard that is placed is the last that can have samples of the earlier run, whose later
// shards are removed before.
func (p *Pack) place() error {
	described, err := p.open.finish()
	if err == nil {
		err = p.index.drop()
	}
	if err == nil && !p.replaced {
		p.replaced = true
		err = p.removeShards(p.number + 1)
	}
	switch {
	case err != nil:
	case p.shelf != nil:
		err = p.shelf.place(p.open, described)
	default:
		err = p.open.place()
	}
	if err != nil {
		return err
	}
	p.index.shards = append(p.index.shards, described)
	if p.open.placed != nil {
		p.open.placed()
	}
	p.open, p.first = nil, math.MaxInt
	p.nextShard()
	return nil
}
