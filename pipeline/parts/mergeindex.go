package parts

import (
	"context"
	"errors"
	"io"
	"iter"

	"filterbank/pipeline/store"
)

// index writes the index of all packs. A run whose parts have no shard has none.
func (m *merger) index(ctx context.Context, done *Merged) error {
	if !m.config.Pack {
		return nil
	}
	err := m.place.Replace(ctx, store.IndexName, m.size(store.IndexName), func(w io.Writer) (err error) {
		if done.Packs, err = store.WriteIndex(w, m.shards(ctx)); err == nil && done.Packs == 0 {
			err = errNoShard
		}
		return err
	})
	if errors.Is(err, errNoShard) {
		return m.place.Remove(ctx, store.IndexName)
	}
	return err
}

var errNoShard = errors.New("no part has a shard")

// shards gives the shards of all packs, in the order of the inputs. An error ends them.
func (m *merger) shards(ctx context.Context) iter.Seq2[store.Shard, error] {
	return func(yield func(store.Shard, error) bool) {
		for _, c := range m.parts {
			if _, ok := c.Own[store.IndexName]; !ok {
				continue // none of the part's pictures has a file
			}
			shards, err := m.shardsOf(ctx, c)
			if err != nil {
				yield(store.Shard{}, err)
				return
			}
			for _, s := range shards {
				if !yield(s.In(c.Shard, c.Shards), nil) {
					return
				}
			}
		}
	}
}

func (m *merger) shardsOf(ctx context.Context, c *Complete) ([]store.Shard, error) {
	in, err := m.open(ctx, c, store.IndexName)
	if err != nil {
		return nil, err
	}
	defer in.file.Close()
	data, err := io.ReadAll(io.LimitReader(in, most))
	if err == nil {
		err = in.end()
	}
	if err != nil {
		return nil, err
	}
	shards, err := store.DecodeIndex(data, store.PartName(c.Shard, c.Shards))
	if err != nil {
		return nil, &DamagedError{in.name, err.Error()}
	}
	return shards, nil
}
