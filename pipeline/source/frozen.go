package source

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"

	"lukechampine.com/blake3"
)

// Bounds of what is read of a frozen list, whose file anyone may have made.
const (
	maxIndex       = 16 << 20 // bytes: an index of a billion images has 12 MB
	maxFrozenLines = 4096     // in a member
)

// Frozen is a frozen list, as Freeze writes it. It is safe for concurrent use.
type Frozen struct {
	file  io.ReaderAt
	index frozenIndex
	end   int64 // of the lines
}

var errFrozen = errors.New("make the list again with filterbank list")

// IsFrozen says whether a file begins as frozen lists do, which are gzip files.
func IsFrozen(beginning []byte) bool { return bytes.HasPrefix(beginning, []byte{0x1f, 0x8b}) }

// OpenFrozen opens a frozen list of size bytes. It reads the index alone, at the end of the file.
func OpenFrozen(file io.ReaderAt, size int64) (*Frozen, error) {
	f := &Frozen{file: file}
	if err := f.open(size); err != nil {
		return nil, fmt.Errorf("frozen list: %w", err)
	}
	return f, nil
}

func (f *Frozen) open(size int64) error {
	foot := make([]byte, footerBytes)
	if size < footerBytes {
		return fmt.Errorf("it has %d bytes, and is none or cut off: %w", size, errFrozen)
	}
	if _, err := f.file.ReadAt(foot, size-footerBytes); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read: %w", err)
	}
	const at = 24 // where the place of the index stands
	f.end = int64(binary.LittleEndian.Uint64(foot[at:]))
	if !bytes.Equal(foot, footer(f.end)) || f.end < 0 || f.end >= size-footerBytes {
		return fmt.Errorf("its end is not that of a list that filterbank list has written, or it is cut off: %w", errFrozen)
	}
	line, err := readIndex(io.NewSectionReader(f.file, f.end, size-footerBytes-f.end))
	if err == nil {
		err = json.Unmarshal(line, &f.index)
	}
	if err == nil {
		err = f.index.check(f.end)
	}
	if err != nil {
		return fmt.Errorf("its index: %w; %w", err, errFrozen)
	}
	return nil
}

// readIndex reads the member with the index.
func readIndex(in io.Reader) ([]byte, error) {
	unpacked, err := gzip.NewReader(bufio.NewReader(in))
	if err != nil {
		return nil, err
	}
	line, err := io.ReadAll(io.LimitReader(unpacked, maxIndex+1))
	if err == nil && len(line) > maxIndex {
		err = fmt.Errorf("it has more than %d MiB", maxIndex>>20)
	}
	return line, err
}

// check refuses an index that does not fit a file whose lines end at a place.
func (i *frozenIndex) check(end int64) error {
	switch {
	case i.List != 1:
		return fmt.Errorf("version %d of the form is not read, only 1", i.List)
	case i.Count < 0 || i.Lines < 1 || i.Lines > maxFrozenLines:
		return fmt.Errorf("%d lines, %d in a member", i.Count, i.Lines)
	case len(i.Members) != i.Count/i.Lines+min(1, i.Count%i.Lines):
		return fmt.Errorf("%d members for %d lines", len(i.Members), i.Count)
	case len(i.Members) > 0 && i.Members[0] != 0 || len(i.Members) == 0 && end != 0:
		return errors.New("the lines do not begin at the beginning")
	}
	for k := range i.Members {
		if k > 0 && i.Members[k] <= i.Members[k-1] || i.Members[k] >= end {
			return fmt.Errorf("member %d does not follow the one before it", k)
		}
	}
	for _, digest := range []string{i.BLAKE3, i.SHA256} {
		if sum, err := hex.DecodeString(digest); err != nil || len(sum) != 32 {
			return errors.New("the digest is none")
		}
	}
	taken := make([]bool, len(i.Classes))
	for name, number := range i.Classes {
		if name == "" || number < 0 || number >= len(taken) || taken[number] {
			return fmt.Errorf("the class %s has the number %d", Display(name), number)
		}
		taken[number] = true
	}
	return nil
}

// Count is the number of lines: of images, and of inputs that give none.
func (f *Frozen) Count() int { return f.index.Count }

// Inputs is the number of lines and the Sum of their paths, places and labels. A list that is made
// again after a file has changed has the same.
func (f *Frozen) Inputs() Inputs { return Inputs{f.index.Count, f.index.SHA256} }

// Entries gives the entries of the lines from to to, 0 ≤ from ≤ to ≤ Count, in their order. It reads
// the members with these lines and no more. Reading all lines checks the digest. An error ends the
// entries: of reading, ctx's own, or of a line that no list has.
func (f *Frozen) Entries(ctx context.Context, from, to int) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		if from < 0 || to < from || to > f.index.Count {
			yield(Entry{}, fmt.Errorf("frozen list: lines %d to %d of %d", from, to, f.index.Count))
			return
		}
		t := thaw{labels: words{}}
		digest := blake3.New(32, nil)
		n := from
		for line, err := range f.lines(ctx, from, to) {
			var e Entry
			if err == nil {
				digest.Write(line)
				e, err = t.line(line, f.index.Classes)
			}
			if n++; err != nil && ctx.Err() == nil {
				err = fmt.Errorf("frozen list: line %d: %w", n, err)
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
		if n == to && to-from == f.index.Count && hex.EncodeToString(digest.Sum(nil)) != f.index.BLAKE3 {
			yield(Entry{}, fmt.Errorf("frozen list: its lines do not have the digest of its index: %w", errFrozen))
		}
	}
}

// line is the entry of a line.
func (t *thaw) line(line []byte, classes map[string]int) (Entry, error) {
	l, err := decodeFrozen(line)
	if err != nil {
		return Entry{}, err
	}
	return t.entry(l, classes)
}

// lines gives lines with their ends. They are valid until the next one.
func (f *Frozen) lines(ctx context.Context, from, to int) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		if from == to {
			return
		}
		first, last := from/f.index.Lines, (to-1)/f.index.Lines
		begin, end := f.index.Members[first], f.memberEnd(last)
		const most = 1 << 20 // bytes that are read at a time
		in := &placedBytes{Reader: bufio.NewReaderSize(io.NewSectionReader(f.file, begin, end-begin), int(min(end-begin, most))), at: begin}
		var unpacked gzip.Reader
		lines := bufio.NewReaderSize(nil, maxFrozenLine)
		for number := first; number <= last; number++ {
			err := ctx.Err()
			if err == nil {
				err = unpacked.Reset(in)
			}
			if err != nil {
				yield(nil, unread(err))
				return
			}
			unpacked.Multistream(false)
			lines.Reset(&unpacked)
			at := number * f.index.Lines
			for n := at; n < min(at+f.index.Lines, f.index.Count); n++ {
				line, err := lines.ReadSlice('\n')
				if err == nil && (n < from || n >= to) {
					continue
				}
				if !yield(line, unread(err)) || err != nil {
					return
				}
			}
			if err := atEnd(lines, in.at, f.memberEnd(number)); err != nil {
				yield(nil, err)
				return
			}
		}
	}
}

// unread says why a line cannot be read.
func unread(err error) error {
	switch {
	case err == nil, errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, bufio.ErrBufferFull):
		return fmt.Errorf("it has more than %d bytes: %w", maxFrozenLine, errFrozen)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("it is not there, and the index says that it is: %w", errFrozen)
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader):
		return fmt.Errorf("%w: the list is damaged: %w", err, errFrozen)
	}
	return fmt.Errorf("read: %w", err)
}

// atEnd refuses a member that has further lines, or that does not end where the next one begins.
func atEnd(lines *bufio.Reader, at, want int64) error {
	switch _, err := lines.ReadByte(); {
	case err == nil:
		return fmt.Errorf("its part of the list has more lines than the index says: %w", errFrozen)
	case !errors.Is(err, io.EOF):
		return unread(err)
	case at != want:
		return fmt.Errorf("its part of the list does not end where the index says: %w", errFrozen)
	}
	return nil
}

// memberEnd is where a member ends.
func (f *Frozen) memberEnd(number int) int64 {
	if number+1 < len(f.index.Members) {
		return f.index.Members[number+1]
	}
	return f.end
}

// placedBytes reads bytes one by one or together, and knows its place. With a ReadByte of its own,
// package gzip reads no further than a member.
type placedBytes struct {
	*bufio.Reader
	at int64
}

func (p *placedBytes) Read(to []byte) (int, error) {
	n, err := p.Reader.Read(to)
	p.at += int64(n)
	return n, err
}

func (p *placedBytes) ReadByte() (byte, error) {
	b, err := p.Reader.ReadByte()
	if err == nil {
		p.at++
	}
	return b, err
}

// All lists the entries of the lines from to to, as Entries gives them. Entries with a place that an
// earlier one has, and entries in the output folder opts.Out are refused; opts.Shard takes a part.
// Other options are not for frozen lists.
func (f *Frozen) All(ctx context.Context, from, to int, opts Options) ([]Entry, error) {
	if err := opts.Shard.validate(); err != nil {
		return nil, err
	}
	out, outURL := newOutput(opts.Out), outURL(opts.Out)
	var entries []Entry
	places := newPlaceSet()
	for e, err := range f.Entries(ctx, from, to) {
		if err != nil {
			return nil, err
		}
		if opts.Shard.Count > 1 && len(opts.Shard.take([]Entry{e})) == 0 {
			continue
		}
		key := frozenKey(&e)
		first, known, _ := places.find(key, uint32(len(entries)), func(n uint32) (bool, error) { return frozenKey(&entries[n]) == key, nil })
		if known {
			return nil, fmt.Errorf("frozen list: %w", &CollisionError{Rel: e.Rel, First: entries[first].Path, Second: e.Path})
		}
		switch l := (&lister{out: out, outURL: outURL}); {
		case e.Problem != nil:
		case e.remote != nil && l.inOutput(e.Path):
			e = Entry{Job: Job{Path: e.Path, Label: e.Label, Class: e.Class}, Problem: &Problem{Path: e.Path, Code: CodeInsideOutput, Err: l.outRefusal()}}
		case e.remote == nil && e.at == nil && out.holdsFile(e.Path, false):
			e = Entry{Job: Job{Path: e.Path, Label: e.Label, Class: e.Class}, Problem: &Problem{Path: e.Path, Code: CodeInsideOutput, Err: out.refusal()}}
		}
		entries = append(entries, e)
	}
	if opts.Classes != nil && len(f.index.Classes) > 0 {
		opts.Classes(f.index.Classes)
	}
	return entries, nil
}
