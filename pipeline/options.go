package pipeline

import (
	"errors"
	"fmt"
	"time"

	"filterbank/pipeline/bucket"
	"filterbank/pipeline/manifest"
)

// Overwrite decides about pictures that an earlier run has done.
type Overwrite string

// Changed, the default, writes a format's files again unless they are all there and were
// made from the same bytes by the same settings. Always does every picture. Never leaves a
// picture alone if any of its files is there, whatever made it.
const (
	Changed Overwrite = "changed"
	Always  Overwrite = "always"
	Never   Overwrite = "never"
)

// RunOptions say where a run writes and how it goes on. Out is needed.
type RunOptions struct {
	Out       string // output folder, or s3://bucket/prefix
	Part      Part   // of a run in several parts; the zero value is the whole run
	Overwrite Overwrite
	// Pack is the size in bytes at which a pack of webdataset shards begins a new shard; 0
	// writes folders. A pack holds the pictures of its last run, and Never is not for it.
	Pack int64
	// PackCount is the most pictures that a shard has; 0 is no bound.
	PackCount int
	// Reproducible leaves the seconds out of records. The records of two runs are then the same
	// bytes.
	Reproducible bool
	// Client reaches the store of an output in a bucket. If it is nil, the environment names one.
	Client *bucket.Client
	// Probed says that the store is known to refuse conditional writes: see [bucket.Bucket.Probe]. A
	// run finds that out itself otherwise.
	Probed bool
	// CheckpointEvery is the time between two checkpoints of a run whose output is in a bucket, and
	// so the work that a kill loses; 0 is a minute.
	CheckpointEvery time.Duration
	Policy

	// Outdated is called before the first picture if an earlier version has done pictures of
	// the run, with their number: they are done again. It may be nil.
	Outdated func(pictures int)
	// Redone is called when a pack turns out to differ from the earlier run's. It gets the path
	// of the first shard that is made again or removed, below the output folder, and the number
	// of such shards. It must return soon, and may be nil.
	Redone func(first string, shards int)
	// About gives the content of run.json at the end of a run, while the output folder is
	// still this run's own. If it is nil, there is no run.json.
	About func(Summary) (*manifest.Run, error)
}

// check refuses options that do not go together, or not with the job.
func (o *RunOptions) check(j *Job) error {
	switch {
	case o.Overwrite != "" && o.Overwrite != Changed && o.Overwrite != Always && o.Overwrite != Never:
		return fmt.Errorf("overwrite %q: it must be changed, always or never", o.Overwrite)
	case o.Pack < 0:
		return fmt.Errorf("shards of a pack must have at least 1 byte, got %d", o.Pack)
	case o.PackCount < 0:
		return fmt.Errorf("shards of a pack must have at least 1 picture, got %d", o.PackCount)
	case o.PackCount > 0 && o.Pack == 0:
		return errors.New("a number of pictures a shard is for packs, which have a size")
	case o.Pack > 0 && o.Overwrite == Never:
		return errors.New("overwrite never works on files in folders only, and not on a pack")
	case j.Output.Features != "" && o.Overwrite == Never:
		return errors.New("overwrite never works on files of pictures only, and features need all pictures")
	}
	return nil
}
