package pipeline

import (
	"errors"
	"slices"

	"filterbank/pipeline/decode"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/output"
	"filterbank/pipeline/source"
	"filterbank/pipeline/store"
)

// errDone says that an earlier run has done the picture. Its record is to be noted
// again where it has changed, and then has its status.
var errDone = errors.New("done by an earlier run")

// left gives the formats whose files are to be written: an earlier run has not made them,
// made them from something else, or they are no longer there.
func (r *run) left(turn int, in *source.Input, rec, earlier *manifest.Record) (todo []*output.Format, err error) {
	formats := r.job.Output.Formats
	if earlier == nil || earlier.Status != manifest.OK || earlier.Version != manifest.Version || r.opts.Overwrite == Always {
		return formats, nil
	}
	var beginning []byte
	if beginning, rec.SHA256, err = in.Sum(decode.Beginning); err != nil {
		return nil, err
	}
	decoder := r.job.Decoder.Fingerprint(beginning)
	if r.opts.Pack > 0 {
		return r.leftOfPack(turn, decoder, rec, earlier), nil
	}
	there := earlier.Files
	if !r.has(there...) {
		there = slices.DeleteFunc(slices.Clone(there), func(f manifest.File) bool { return !r.has(f) })
	}
	for _, f := range formats {
		if earlier.Keys[f.Name] != r.keys.of(f, decoder, rec.SHA256) || !r.hasAll(f, rec, there) {
			todo = append(todo, f)
		}
	}
	if len(todo) > 0 {
		return todo, nil
	}
	// Files of formats that nobody asks for now may be gone. The record has those that are there.
	if earlier.Input == rec.Input && len(there) == len(earlier.Files) {
		return nil, nil
	}
	input := rec.Input // the same picture perhaps by another path
	*rec = *earlier
	rec.Input, rec.Files = input, there
	return nil, nil
}

// leftOfPack returns all formats or none: a sample is made as a whole, with the record of
// its picture.
func (r *run) leftOfPack(turn int, decoder string, rec, earlier *manifest.Record) []*output.Format {
	formats := r.job.Output.Formats
	same := earlier.Input == rec.Input && len(earlier.Keys) == len(formats) &&
		!slices.ContainsFunc(formats, func(f *output.Format) bool { return earlier.Keys[f.Name] != r.keys.of(f, decoder, rec.SHA256) })
	if !same || !r.store.Reuse(turn, r.stored(earlier.Files)) {
		return formats
	}
	*rec = *earlier // noted again, since the shard's other records may change
	return nil
}

// earlier returns the record that an earlier run left of a picture, or nil. A pack's record
// has nothing to say about files in folders, and the other way round.
func (r *run) earlier(e *source.Entry) (*manifest.Record, error) {
	rec, err := r.journal.Find(e.Path, e.Rel)
	if rec != nil && slices.ContainsFunc(rec.Files, func(f manifest.File) bool { return (f.Member != "") != (r.opts.Pack > 0) }) {
		rec = nil
	}
	return rec, err
}

// hasAll says whether all of a picture's files in a format are among those that are there.
func (r *run) hasAll(f *output.Format, rec *manifest.Record, there []manifest.File) bool {
	return !slices.ContainsFunc(f.Files(r.job.view([]*output.Format{f})), func(p output.Planned) bool {
		return fileAt(there, string(rec.Output)+p.Suffix) < 0
	})
}

// fileAt returns the index of a file by its name, or −1.
func fileAt(files []manifest.File, name string) int {
	return slices.IndexFunc(files, func(f manifest.File) bool { return string(f.Path) == name })
}

// anyFile says whether anything is there that a picture's files would be written over.
func (r *run) anyFile(e *source.Entry) bool {
	return slices.ContainsFunc(r.job.view(r.job.Output.Formats).Files(), func(p output.Planned) bool {
		return r.folder.Exists(e.Rel + p.Suffix)
	})
}

// settle completes the record of a picture, of which the formats of todo have just been
// written, by the files of earlier runs that are still right, and removes those that are
// not:
//
//   - If the picture has changed, all of them are of another one.
//   - If the stacks have changed, files of layers that still exist are stale.
//   - Files of a layer and format that this run was asked for, under names that it does not
//     write, are of filters that the layer has no more.
//
// Files of other formats and of other stacks stay. Versions hash stacks in their own ways:
// stale files of an earlier version may be right, and stay without being in the record.
func (r *run) settle(earlier, rec *manifest.Record) error {
	if earlier == nil {
		return nil
	}
	asked, now := map[kind]bool{}, map[manifest.Path]bool{}
	var files []manifest.File
	for _, p := range r.job.view(r.job.Output.Formats).Files() {
		name := string(rec.Output) + p.Suffix
		from := rec
		if fileAt(rec.Files, name) < 0 {
			from = earlier // which has it, or it would have been written
		}
		f := from.Files[fileAt(from.Files, name)]
		files = append(files, f)
		now[f.Path], asked[kindOf(&f)] = true, true
	}
	rec.Digest = digest(files)
	lost := map[string]bool{} // formats of which files are gone
	for i := range earlier.Files {
		f := &earlier.Files[i]
		stale := earlier.Stack != rec.Stack && (f.Layer == "" || engine.Has(r.job.Stacks, f.Stack, f.Layer))
		switch {
		case now[f.Path]:
			lost[f.Format] = true // if another format has written it
		case earlier.SHA256 != rec.SHA256, asked[kindOf(f)], stale && earlier.Version == manifest.Version:
			lost[f.Format] = true
			if err := r.folder.Remove(string(f.Path)); err != nil {
				return err
			}
		case !stale && r.stays(f):
			files = append(files, *f)
		default:
			lost[f.Format] = true
		}
	}
	for name, key := range earlier.Keys {
		if rec.Keys[name] == "" && !lost[name] && earlier.Stack == rec.Stack {
			rec.Keys[name] = key
		}
	}
	rec.Files = files
	return nil
}

// stays says whether a file of an earlier run is there. A file of version 1 gets its digest
// from its bytes.
func (r *run) stays(f *manifest.File) bool {
	if !r.has(*f) {
		return false
	}
	if f.BLAKE3 != "" {
		return true
	}
	var err error
	f.BLAKE3, err = r.folder.Digest(string(f.Path))
	return err == nil
}

// kind is files that one run writes together: a later one for the same layer replaces them.
type kind struct{ stack, layer, family string }

func kindOf(f *manifest.File) kind { return kind{f.Stack, f.Layer, output.Family(f)} }

// keepOrRemove decides on the files that an earlier run has made of a picture that now
// fails. If the picture's file has changed, they are of another picture and are removed;
// otherwise they stay, and in the record.
func (r *run) keepOrRemove(earlier, rec *manifest.Record) error {
	if earlier == nil || r.opts.Pack > 0 {
		return nil
	}
	if rec.SHA256 == "" || rec.SHA256 == earlier.SHA256 {
		r.keep(earlier, rec)
		return nil
	}
	for _, f := range earlier.Files {
		err := r.folder.Remove(string(f.Path))
		if output, ok := errors.AsType[*store.Error](err); ok && output.OfOne() {
			continue // somebody has put something else in the file's place
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// keep notes the files of an earlier record in one that has made none, and what they are
// made of. Files of version 1 are noted if they are there.
func (r *run) keep(earlier, rec *manifest.Record) {
	if earlier == nil {
		return
	}
	rec.Files, rec.Stack, rec.SHA256, rec.Decoded = earlier.Files, earlier.Stack, earlier.SHA256, earlier.Decoded
	if earlier.Version != manifest.Version {
		rec.Files = nil
		for _, f := range earlier.Files {
			if r.stays(&f) {
				rec.Files = append(rec.Files, f)
			}
		}
	}
}
