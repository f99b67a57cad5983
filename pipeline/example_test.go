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

// The energy of a texture, which is the mean of a map's squares, without any file.
func ExampleMaps() {
	job, err := newJob()
	if err != nil {
		fmt.Println(err)
		return
	}
	entries, err := source.List(context.Background(), []string{"testdata/pictures"}, source.Options{Extensions: decode.Extensions()})
	if err != nil {
		fmt.Println(err)
		return
	}
	energy := func(rec *manifest.Record, maps []pipeline.Map) error {
		for _, m := range maps {
			sum := 0.0
			for _, v := range m.Values {
				sum += float64(v) * float64(v)
			}
			fmt.Printf("%s %s: %.4f\n", rec.Input, m.Filter, sum/float64(len(m.Values)))
		}
		return nil
	}
	// With one worker the pictures come in order. With several, energy needs a lock.
	if _, err := pipeline.Maps(context.Background(), entries, job, pipeline.Resources{Workers: 1}, pipeline.Policy{}, energy); err != nil {
		fmt.Println(err)
	}
	// Output:
	// testdata/pictures/dot.png sobel-x: 0.0741
	// testdata/pictures/dot.png sobel-y: 0.0741
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
