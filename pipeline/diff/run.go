package diff

import (
	"context"
	"runtime"

	"filterbank/pipeline/bucket"
	"filterbank/pipeline/inorder"
)

// Run compares the runs in the output folders a and b. A name such as s3://bucket/prefix is of a run
// in a bucket, which opts.Client reaches. Errors are ctx's own and errors of the
// folders and manifests. Problems with single files are in the report.
func Run(ctx context.Context, a, b string, opts Options) (*Report, error) {
	var runs [2]*run
	for i, dir := range []string{a, b} {
		var r *run
		var err error
		if bucket.IsURL(dir) {
			r, err = openIn(ctx, opts.Client, dir)
		} else {
			r, err = open(dir)
		}
		if err != nil {
			return nil, err
		}
		defer r.close()
		runs[i] = r
	}
	jobs := opts.Jobs
	if jobs <= 0 {
		jobs = runtime.GOMAXPROCS(0)
		if opts.Client != nil { // most of the time is spent waiting for the store
			jobs = max(jobs, 16)
		}
	}
	m := merger{maps: map[mapKey]*Map{}}
	err := inorder.Do(ctx, jobs, places(runs), func() [2]*run { return runs }, compare, func(c *comparison) error {
		m.merge(c)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return m.report(), nil
}
