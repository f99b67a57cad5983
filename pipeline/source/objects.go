package source

import (
	"context"
	"errors"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"filterbank/pipeline/bucket"
)

// remote adds the pictures of an input in a bucket: of an object, of all objects below a prefix, or
// of those that a pattern matches. An error is of the whole list: the bucket, the login or the
// endpoint is wrong, or the store cannot be reached.
func (l *lister) remote(ctx context.Context, name string, mayBePattern bool) error {
	b, key, err := l.buckets.open(name)
	if err != nil {
		return err
	}
	if l.inOutput(name) {
		l.problem(name, "", CodeInsideOutput, l.outRefusal())
		return nil
	}
	if key == "" || strings.HasSuffix(key, "/") {
		return l.prefix(ctx, b, name)
	}
	info, err := b.Stat(ctx, key)
	switch {
	case err == nil:
		l.remoteFile(name, path.Base(name), &info, b)
	case bucket.OfStore(err), bucket.TryAgain(err), ctx.Err() != nil:
		return err
	case mayBePattern:
		return l.remotePattern(ctx, name)
	default: // a store without the right to list says 403 of an object that is not there
		return l.prefix(ctx, b, name+"/")
	}
	return nil
}

// prefix adds the pictures below a prefix, which ends in a slash.
func (l *lister) prefix(ctx context.Context, b *bucket.Bucket, name string) error {
	name = strings.TrimSuffix(name, "/")
	w, any, err := l.objects(ctx, b, name, everything)
	switch {
	case err != nil:
		return err
	case !any:
		l.problem(name, namedRel(name), CodeMissing, errors.New("there is no object of this name, and none below it: check the name"))
	case !w.met:
		l.problem(name, "", CodeEmptyFolder, errEmptyFolder(l.extensions))
	}
	return nil
}

// remotePattern adds the objects that a pattern matches.
func (l *lister) remotePattern(ctx context.Context, name string) error {
	base, sel, err := parsePattern(name)
	if err != nil {
		l.problem(name, "", CodeBadPattern, err)
		return nil
	}
	base = filepath.ToSlash(base)
	b, _, err := l.buckets.open(base)
	if err != nil {
		return err
	}
	w, _, err := l.objects(ctx, b, base, sel)
	if err == nil && !w.met {
		l.problem(name, "", CodeNoMatch, errNoMatch(l.extensions))
	}
	return err
}

// objects adds the objects of a selection below a base, which has no slash at its end, in the order
// in which a walk of folders with the same names gives them. any says whether there are objects.
func (l *lister) objects(ctx context.Context, b *bucket.Bucket, base string, sel selection) (w *walk, any bool, err error) {
	begin, prefix := len(l.entries), keyOf(base+"/")
	w = &walk{lister: l, sel: sel, prefix: len(base) + 1}
	folders := map[string]bool{"": true} // whether they are entered
	listing := b.List(ctx, prefix, "")
	if !sel.deep && len(sel.lead) == 0 { // nothing in folders is taken
		listing = b.Folder(ctx, prefix)
	}
	for o, err := range listing {
		if err != nil {
			return w, any, err
		}
		any = any || o.Key != prefix
		name := base + "/" + o.Key[len(prefix):]
		if !strings.HasSuffix(o.Key, "/") && !l.inOutput(name) { // a slash ends the name of a folder
			w.object(folders, b, name, &o)
		}
		if err := w.drain(); err != nil {
			return w, any, err
		}
	}
	if l.give != nil {
		return w, any, nil // in the order of the bucket: it differs where names have signs below a slash
	}
	slices.SortStableFunc(l.entries[begin:], func(a, b Entry) int { return comparePaths(a.Path, b.Path) })
	return w, any, nil
}

// comparePaths orders paths as a walk does that enters each folder in the place of its name: a
// slash is less than any other byte.
func comparePaths(a, b string) int {
	for i := range min(len(a), len(b)) {
		switch {
		case a[i] == b[i]:
		case a[i] == '/':
			return -1
		case b[i] == '/':
			return 1
		default:
			return int(a[i]) - int(b[i])
		}
	}
	return len(a) - len(b)
}

// object adds an object if the selection takes it.
func (w *walk) object(folders map[string]bool, b *bucket.Bucket, name string, info *bucket.Info) {
	rel, kind := memberName(name[w.prefix:], regular)
	if kind == unsafe {
		if hasExtension(name, w.extensions) {
			w.met = true
			w.problem(name, "", CodeBadName, errors.New("the object's name has .. in it or is very long: give the object another name"))
		}
		return
	}
	folder := ""
	if at := strings.LastIndexByte(rel, '/'); at >= 0 {
		folder = rel[:at]
	}
	switch {
	case !w.entersAll(folders, folder):
	case w.wants(rel):
		w.remoteFile(name, rel, info, b)
	default:
		w.passOver(name, rel, 0)
	}
}

// entersAll says whether a walk would come into a folder. It notes the answers.
func (w *walk) entersAll(folders map[string]bool, folder string) bool {
	if enters, ok := folders[folder]; ok {
		return enters
	}
	above := ""
	if at := strings.LastIndexByte(folder, '/'); at >= 0 {
		above = folder[:at]
	}
	enters := w.entersAll(folders, above) && w.sel.enters(folder, strings.Count(folder, "/"))
	if enters && w.filter.prunes(folder) {
		enters, w.met = false, true
	}
	folders[folder] = enters
	return enters
}

// remoteFile adds a picture in a bucket. rel is its path below the input, with the extension.
func (l *lister) remoteFile(name, rel string, info *bucket.Info, b *bucket.Bucket) {
	switch err := whyCompressed(name); {
	case err != nil:
		l.problem(name, stem(rel), CodeUnsupported, err)
	case isTar(name):
		l.problem(name, stem(rel), CodeUnsupported, errors.New("images in tar files are read from disks alone: copy it to a disk first, as aws s3 cp does"))
	case !l.filter.keeps(rel):
	default:
		l.entries = append(l.entries, Entry{Job: Job{Path: name, Rel: stem(rel), Label: l.label(rel)}, remote: &remote{bucket: b, size: info.Size, etag: info.ETag}})
	}
}

// named adds an object that a list names. No request is made for it, except for the first one of a
// bucket.
func (l *lister) named(ctx context.Context, name, rel string) error {
	switch {
	case l.inOutput(name):
		l.problem(name, "", CodeInsideOutput, l.outRefusal())
		return nil
	case isTar(name) || whyCompressed(name) != nil || strings.HasSuffix(name, "/"):
		l.problem(name, rel, CodeNotAFile, errors.New("a row of a list names one image: name its images, or give it as an input"))
		return nil
	}
	o, err := l.buckets.entry(ctx, name, -1, "")
	if err == nil {
		l.entries = append(l.entries, Entry{Job: Job{Path: name, Rel: rel}, remote: o})
	}
	return err
}

// inOutput says whether a name is of the output, if that is in a bucket.
func (l *lister) inOutput(name string) bool {
	return l.outURL != "" && (name == strings.TrimSuffix(l.outURL, "/") || strings.HasPrefix(name, l.outURL))
}

func (l *lister) outRefusal() error { return (&output{name: l.outURL}).refusal() }
