package store

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"filterbank/pipeline/bucket"
)

// shelf is where the shards of a pack in a bucket lie. A shard is sent while it is written or, if there
// is little memory, made in a folder of this machine and sent when it is whole. Behind it goes a list of its members, which a later run reads in its
// place: from the list it makes a file in the folder that has the shard's headers, and holes for
// the contents, so that it finds out at the cost of two small requests what it may keep.
type shelf struct {
	ctx     context.Context
	objects *bucket.Bucket
	prefix  string // of the run's own files
	folder  *Folder
	hold    *hold          // of samples' files
	window  *bucket.Window // of the shard at hand; nil: it is made in the folder
	kept    *Shard         // the shard that was fetched last; nil if its list does not fit
}

// listHead describes the shard of a list of members. It is the list's first line.
type listHead struct {
	ETag string `json:"etag"` // of the shard
	Shard
}

// listedMember is a member of a shard. Data is its content if that is short, such as a class.
type listedMember struct {
	Name string `json:"name"`
	Size int64  `json:"size"`
	Data []byte `json:"data,omitempty"`
}

// shortContent is the size in bytes of the longest content that a list has.
const shortContent = 64

// membersName is the name of the list of a shard's members.
func membersName(file string) string { return strings.TrimSuffix(file, ".tar") + ".members.jsonl.gz" }

// newShelf lists the shards that are in the bucket and makes an empty file of the name of each in
// the folder. The index is fetched.
func newShelf(t *Bucket, prefix string) (*shelf, error) {
	s := &shelf{ctx: t.ctx, objects: t.objects, prefix: prefix, folder: t.scratch, hold: t.hold}
	for o, err := range t.objects.List(t.ctx, prefix+shardsIn, "") {
		if err != nil {
			return nil, s.failed(ShardsName, err)
		}
		name := strings.TrimPrefix(o.Key, prefix)
		if path.Dir(name) != ShardsName || path.Ext(name) != ".tar" {
			continue
		}
		if err := s.folder.WriteFile(name, nil); err != nil {
			return nil, err
		}
	}
	data, _, err := t.objects.ReadAll(t.ctx, prefix+IndexName, maxIndex)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err == nil {
		return s, s.folder.WriteFile(IndexName, data)
	}
	return nil, s.failed(IndexName, err)
}

// failed names an object in an error that concerns the whole pack.
func (s *shelf) failed(name string, err error) error {
	return &Error{Path: s.objects.URL(s.prefix + name), Err: err, shared: true}
}

// place puts a shard that is finished, or what is left of it, and the list of its members.
func (s *shelf) place(o *openShard, described Shard) error {
	put := s.putFile
	if o.window != nil {
		put = s.putRest
	}
	info, err := put(o, described)
	if err != nil {
		return err
	}
	list, err := o.list.end(listHead{info.ETag, described})
	if err != nil {
		return err
	}
	if _, err := s.objects.PutBytes(s.ctx, s.prefix+membersName(o.name), list, bucket.Put{}); err != nil {
		return s.failed(o.name, err)
	}
	return nil
}

// shardPut describes the objects of shards.
var shardPut = bucket.Put{ContentType: "application/x-tar"}

// putRest puts what is left of a shard that has been sent while it was written. An empty file of its
// name is in the folder then.
func (s *shelf) putRest(o *openShard, described Shard) (bucket.Info, error) {
	info, err := o.window.Commit(described.Bytes)
	if err != nil {
		return info, s.failed(o.name, err)
	}
	return info, s.folder.WriteFile(o.name, nil)
}

// putFile puts a shard that lies in the folder, and empties the file.
func (s *shelf) putFile(o *openShard, described Shard) (info bucket.Info, err error) {
	if err := o.place(); err != nil {
		return info, err
	}
	in, err := s.folder.root.OpenFile(filepath.FromSlash(o.name), os.O_RDWR, 0)
	if err != nil {
		return info, err
	}
	defer in.Close()
	if info, err = s.objects.Put(s.ctx, s.prefix+o.name, in, described.Bytes, shardPut); err != nil {
		return info, s.failed(o.name, err)
	}
	return info, in.Truncate(0)
}

// fetch makes a file of the headers of a shard, if there is one whose list fits. Otherwise the file
// is empty.
func (s *shelf) fetch(file string) error {
	s.kept = nil
	info, err := s.objects.Stat(s.ctx, s.prefix+file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return s.failed(file, err)
	}
	in, err := s.objects.Get(s.ctx, s.prefix+membersName(file), bucket.Range{})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return s.failed(membersName(file), err)
	}
	defer in.Close()
	var b headers
	if err := s.folder.root.MkdirAll(filepath.FromSlash(path.Dir(file)), 0o777); err != nil {
		return err
	}
	if b.file, err = s.folder.root.Create(filepath.FromSlash(file)); err != nil {
		return err
	}
	defer b.file.Close()
	about, err := b.make(in, &info)
	if bucket.TryAgain(err) {
		return s.failed(membersName(file), err)
	}
	if err != nil { // the list is damaged or of another shard: the shard is made again
		return b.file.Truncate(0)
	}
	s.kept = &about.Shard
	return nil
}

// drop removes an object of the pack.
func (s *shelf) drop(names ...string) error {
	keys := make([]string, len(names))
	for i, name := range names {
		keys[i] = s.prefix + name
	}
	if err := s.objects.Remove(s.ctx, keys...); err != nil {
		return s.failed(names[0], err)
	}
	return nil
}

// index puts the index, which is in the folder.
func (s *shelf) index() error {
	data, err := indexData(s.folder.root)
	if err != nil {
		return err
	}
	if _, err = s.objects.PutBytes(s.ctx, s.prefix+IndexName, data, bucket.Put{ContentType: "application/json"}); err != nil {
		return s.failed(IndexName, err)
	}
	return nil
}

// head reads the beginning of a shard of the bucket, of a length in bytes.
func (s *shelf) head(file string, length int64) (io.ReadCloser, error) {
	in, err := s.objects.Get(s.ctx, s.prefix+file, bucket.Range{Length: length})
	if err != nil {
		return nil, s.failed(file, err)
	}
	return in, nil
}

// headers is a file with the headers of a shard.
type headers struct {
	file interface {
		io.WriterAt
		Truncate(size int64) error
		Close() error
	}
	at int64
}

// maxListLine bounds a line of a list, in bytes: a name and a short content.
const maxListLine = 64 << 10

// make writes the headers that a list tells. It is an error if the list is not of the object.
func (b *headers) make(list io.Reader, info *bucket.Info) (about listHead, err error) {
	zip, err := gzip.NewReader(list)
	if err != nil {
		return about, err
	}
	lines := bufio.NewScanner(zip)
	lines.Buffer(make([]byte, 0, 4096), maxListLine)
	if !lines.Scan() {
		return about, errors.Join(lines.Err(), io.ErrUnexpectedEOF)
	}
	if err := json.Unmarshal(lines.Bytes(), &about); err != nil {
		return about, err
	}
	if about.ETag != info.ETag || about.Bytes != info.Size {
		return about, errors.New("the list is of another shard")
	}
	for lines.Scan() {
		var m listedMember
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			return about, err
		}
		if err := b.add(&m, info.Size); err != nil {
			return about, err
		}
	}
	if err := lines.Err(); err != nil {
		return about, err
	}
	if b.at+tarEnd != info.Size {
		return about, errors.New("the list is not whole")
	}
	return about, b.file.Truncate(info.Size)
}

// add writes the header of a member in a shard of size bytes.
func (b *headers) add(m *listedMember, size int64) error {
	if m.Size < 0 || m.Size > size || int64(len(m.Data)) > m.Size {
		return fmt.Errorf("%s has %d bytes in a shard of %d bytes", m.Name, m.Size, size)
	}
	h, err := header(m.Name, m.Size)
	if err != nil {
		return err
	}
	if _, err := b.file.WriteAt(h, b.at); err != nil {
		return err
	}
	b.at += int64(len(h))
	if _, err := b.file.WriteAt(m.Data, b.at); err != nil {
		return err
	}
	if b.at += padded(m.Size); b.at > size {
		return errors.New("the list is of a larger shard")
	}
	return nil
}
