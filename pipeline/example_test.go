package pipeline_test

import (
	"context"
	"fmt"
	"os"

	"filterbank/filters/config"
	"filterbank/pipeline"
	"filterbank/pipeline/decode"
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
	opts, err := options(out)
	if err != nil {
		fmt.Println(err)
		return
	}
	entries, err := source.List(context.Background(), []string{"testdata/pictures"}, source.Options{Out: out, Extensions: decode.Extensions()})
	if err != nil {
		fmt.Println(err)
		return
	}
	summary, err := pipeline.Run(context.Background(), entries, opts)
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

func options(out string) (pipeline.Options, error) {
	file, err := config.ForBanks([]string{"sobel"})
	if err != nil {
		return pipeline.Options{}, err
	}
	model, err := file.Build()
	if err != nil {
		return pipeline.Options{}, err
	}
	decoder, err := decode.New(decode.Options{})
	if err != nil {
		return pipeline.Options{}, err
	}
	selected, err := pipeline.Select(model.Stacks, "last")
	return pipeline.Options{
		Stacks:  selected,
		Decoder: decoder,
		Out:     out,
		Each: func(r *manifest.Record) {
			for _, f := range r.Files {
				fmt.Printf("%s: %s\n", r.Input, f.Path)
			}
		},
	}, err
}
