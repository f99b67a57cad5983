package pipeline_test

import (
	"context"
	"fmt"
	"os"

	"filterbank/filters/config"
	"filterbank/pipeline"
	"filterbank/pipeline/decode"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/source"
)

// A built-in bank over a folder of pictures.
func ExampleRun() {
	out, err := os.MkdirTemp("", "maps")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(out)
	job, err := newJob()
	if err != nil {
		fmt.Println(err)
		return
	}
	entries, err := source.List(context.Background(), []string{"testdata/pictures"}, source.Options{Out: out, Extensions: decode.Extensions()})
	if err != nil {
		fmt.Println(err)
		return
	}
	summary, err := pipeline.Run(context.Background(), entries, job, pipeline.Resources{}, pipeline.RunOptions{
		Out: out,
		Policy: pipeline.Policy{Each: func(r *manifest.Record) {
			for _, f := range r.Files {
				fmt.Printf("%s: %s\n", r.Input, f.Path)
			}
		}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(summary.Pictures, "pictures,", summary.Maps, "maps")
	// Output:
	// testdata/pictures/dot.png: dot/sobel/000-sobel-x.png
	// testdata/pictures/dot.png: dot/sobel/001-sobel-y.png
	// 1 pictures, 2 maps
}

func newJob() (pipeline.Job, error) {
	file, err := config.ForBanks([]string{"sobel"})
	if err != nil {
		return pipeline.Job{}, err
	}
	model, err := file.Build()
	if err != nil {
		return pipeline.Job{}, err
	}
	decoder, err := decode.New(decode.Options{})
	if err != nil {
		return pipeline.Job{}, err
	}
	selected, err := engine.Select(model.Stacks, "last")
	return pipeline.Job{Stacks: selected, Decoder: decoder}, err
}
