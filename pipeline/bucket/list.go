package bucket

import (
	"context"
	"iter"

	"github.com/minio/minio-go/v7"
)

// List gives the objects whose keys begin with a prefix, in the order of the keys' bytes, from
// the first one behind the key after, which may be empty. It holds one answer of the store, which
// has at most 1,000 objects. An error is the last; what was given before it is right.
func (b *Bucket) List(ctx context.Context, prefix, after string) iter.Seq2[Info, error] {
	return b.list(ctx, prefix, after, true)
}

// Folder gives the objects whose keys begin with a prefix and have no slash behind it, and the
// beginnings of other keys up to the first slash behind the prefix, as objects whose keys end in a
// slash. Their order is any.
func (b *Bucket) Folder(ctx context.Context, prefix string) iter.Seq2[Info, error] {
	return b.list(ctx, prefix, "", false)
}

func (b *Bucket) list(ctx context.Context, prefix, after string, deep bool) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		t := b.trial("list", prefix)
		stopped, last := false, after
		page := func(ctx context.Context, w *watch) error {
			start := last
			o := minio.ListObjectsOptions{Prefix: prefix, Recursive: deep, StartAfter: start, FetchOwner: new(bool)}
			for object := range b.client.core.ListObjectsIter(ctx, b.name, o) {
				if object.Err != nil {
					return object.Err
				}
				if object.Size < 0 {
					return errSize
				}
				if object.Key <= start && start != "" { // a/ may come again behind a/
					continue
				}
				w.rest()
				if stopped = !yield(infoOf(&object, object.Key), nil); stopped {
					return nil
				}
				last = max(last, object.Key)
				b.client.answered.Store(true)
				t.anew()
				w.moved()
			}
			return ctx.Err()
		}
		if err := t.do(ctx, page); err != nil && !stopped {
			yield(Info{}, err)
		}
	}
}
