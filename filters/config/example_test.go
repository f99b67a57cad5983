package config_test

import (
	"fmt"

	"filterbank/filters"
	"filterbank/filters/config"
)

func ExampleParse() {
	f, err := config.Parse("edges.yaml", []byte(`
version: 1
layers:
  - conv: {name: edges, filters: [sobel-x, sobel-y], channels: luma, padding: same}
  - conv:
      name: corners
      kernels:
        - {name: both, weights: [[[1]], [[1]]]}
      stride: 2
`), "layers.0.conv.padding_mode=replicate")
	if err != nil {
		fmt.Println(err)
		return
	}
	m, err := f.Build()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, l := range m.Stacks[0].Layers() {
		s := l.(*filters.Conv).Spec()
		fmt.Println(s.Name, s.InChannels, s.Filters, s.KernelSize, s.Stride, s.Padding.Mode)
	}
	// Output:
	// edges 3 [sobel-x sobel-y] [3 3] [1 1] replicate
	// corners 2 [both] [1 1] [2 2] zeros
}

func ExampleError() {
	_, err := config.Parse("edges.yaml", []byte(`version: 1
layers:
  - conv:
      filters: [sobel]
      strid: 2
`))
	fmt.Println(err)
	// Output:
	// edges.yaml:5:7: unknown key "strid", did you mean "stride"?
	//    2 | layers:
	//    3 |   - conv:
	//    4 |       filters: [sobel]
	// >  5 |       strid: 2
	//              ^
}
