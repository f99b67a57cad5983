package filters_test

import (
	"fmt"

	"filterbank/filters"
	"filterbank/filters/volume"
)

func ExampleStack_Plan() {
	conv1, err := filters.NewConv(filters.ConvSpec{
		Name: "conv1", InChannels: 3, KernelSize: [2]int{11, 11},
		Weights: make([]float32, 96*3*11*11), Stride: [2]int{4, 4},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	stack, err := filters.NewStack("alexnet", 3, conv1)
	if err != nil {
		fmt.Println(err)
		return
	}
	plan, err := stack.Plan(volume.Shape{C: 3, H: 227, W: 227})
	if err != nil {
		fmt.Println(err)
		return
	}
	layer := plan.Layers[0]
	fmt.Println(layer.In, "→", layer.Out, layer.Parameters, "parameters", layer.MACs, "multiply-adds")
	// Output: 3×227×227 → 96×55×55 34944 parameters 1.054152e+08 multiply-adds
}

func ExampleStack_Apply() {
	edge, err := filters.NewConv(filters.ConvSpec{
		Name: "edge", InChannels: 1, KernelSize: [2]int{1, 2},
		Weights: []float32{-1, 1},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	stack, err := filters.NewStack("", 1, edge)
	if err != nil {
		fmt.Println(err)
		return
	}
	row := &volume.Volume{Shape: volume.Shape{C: 1, H: 1, W: 6}, Data: []float32{0, 0, 3, 3, 1, 2}}
	out, err := stack.Apply(row)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(out.Shape, out.Data) // ReLU leaves the rises
	// Output: 1×1×5 [0 3 0 0 1]
}
