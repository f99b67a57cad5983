package pipeline

import (
	"sync"
	"testing"
)

// TestPackLater holds the first picture until the third one is in work. The worker of the second
// one has gone on to it, though the second one's turn has not come. The first picture fills a
// shard, so that the second one comes into another shard than it was sealed for.
func TestPackLater(t *testing.T) {
	entries, opts := packed(t, 8, 6)
	opts.PackCount, opts.Workers = 1, 1
	want := packOf(t, entries, opts)
	opts.Workers = 2
	third := make(chan bool)
	var once sync.Once
	opts.Moved = func(turn int, _ float64) {
		switch turn {
		case 0:
			<-third
		case 2:
			once.Do(func() { close(third) })
		}
	}
	sameFiles(t, packOf(t, entries, opts), want)
}
