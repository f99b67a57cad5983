package store

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPackPlan plans samples with their true sizes: short, long and foreign names, with and
// without a bound on the samples of a shard.
func TestPackPlan(t *testing.T) {
	list := pictures(9)
	for i, stem := range []string{
		"plain", strings.Repeat("a", 97), strings.Repeat("b", 120), strings.Repeat("folder/", 20) + "c", "größe/ä", strings.Repeat("ж", 200), "a.b%",
	} {
		list[i].stem = stem
	}
	for _, o := range []PackOptions{
		{Bytes: 1 << 40}, {Bytes: 1}, {Bytes: 20_000}, {Bytes: BufferBytes}, {Bytes: 1 << 40, Samples: 1}, {Bytes: 1 << 40, Samples: 3}, {Bytes: 1 << 40, Samples: 9}, {Bytes: BufferBytes, Samples: 2},
	} {
		plan := NewPackPlan(o)
		folder, err := Open(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		pack, err := NewPack(folder, o)
		if err != nil {
			t.Fatal(err)
		}
		for turn, p := range list {
			b, record := pack.Begin(turn, p.stem), []byte(strings.Repeat("r", 500*turn))
			var members []PlannedMember
			for _, f := range p.files {
				file := b.Create(f.suffix)
				if _, err := file.Write(f.data); err != nil {
					t.Fatal(err)
				}
				members = append(members, PlannedMember{MemberName(p.stem, Name{f.suffix, filepath.Ext(f.suffix)}), int64(len(f.data))})
			}
			b.Note(RecordSuffix, func([]Written) ([]byte, error) { return record, nil })
			members = append(members, PlannedMember{MemberName(p.stem, Name{RecordSuffix, RecordSuffix}), int64(len(record))})
			if _, err := b.Commit(); err != nil {
				t.Fatal(err)
			}
			if err := plan.Add(members); err != nil {
				t.Fatal(err)
			}
		}
		if err := pack.Close(true); err != nil {
			t.Fatal(err)
		}
		shards, err := filepath.Glob(filepath.Join(folder.path(ShardsName), "*.tar"))
		if err != nil {
			t.Fatal(err)
		}
		var bytes int64
		for _, s := range shards {
			info, err := os.Stat(s)
			if err != nil {
				t.Fatal(err)
			}
			bytes += info.Size()
		}
		if plan.Shards != len(shards) || plan.Bytes != bytes {
			t.Errorf("%d bytes, %d samples a shard: planned %d shards of %d bytes, written %d of %d", o.Bytes, o.Samples, plan.Shards, plan.Bytes, len(shards), bytes)
		}
		if err := folder.Release(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestPackPlanOfLargeFiles has a member whose size needs a header of its own.
func TestPackPlanOfLargeFiles(t *testing.T) {
	for size, want := range map[int64]int64{1<<33 - 1: tarBlock, 1 << 33: 3 * tarBlock} {
		plan := NewPackPlan(PackOptions{Bytes: ShardBytes})
		if err := plan.Add([]PlannedMember{{"a.npy", size}}); err != nil {
			t.Fatal(err)
		}
		if got := plan.Bytes - 1<<33 - tarEnd; got != want || plan.Shards != 1 {
			t.Errorf("%d bytes: a header of %d bytes, want %d", size, got, want)
		}
	}
}
