package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"

	"filterbank/filters/bank"
	"filterbank/pipeline/sheet"
)

const (
	widestInNumbers = 9   // columns; wider kernels are drawn with letters
	mostRows        = 300 // rows of all kernels together; more rows give a list instead
)

// printKernels shows kernels of one size: their weights, or a drawing of each if the weights
// are too many to read, or a list if the drawings are too many.
func printKernels(s *strings.Builder, kernels []bank.Kernel) {
	if len(kernels) > 1 && len(kernels)*kernels[0].H > mostRows {
		listKernels(s, kernels)
		return
	}
	for _, k := range kernels {
		fmt.Fprintf(s, "\n%s, %d×%d\n", k.Name, k.H, k.W)
		printKernel(s, k)
	}
}

// listKernels prints a line for each kernel.
func listKernels(s *strings.Builder, kernels []bank.Kernel) {
	fmt.Fprintf(s, "\n%s of %d×%d; name one of them to see it\n", counted(len(kernels), "filter"), kernels[0].H, kernels[0].W)
	t := tabwriter.NewWriter(s, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "index\tfilter\tsum\tmagnitudes\tlargest")
	for i, k := range kernels {
		var sum, magnitudes, largest float64
		for _, w := range k.Weights {
			sum += float64(w)
			magnitudes += math.Abs(float64(w))
			largest = max(largest, math.Abs(float64(w)))
		}
		fmt.Fprintf(t, "%d\t%s\t%.4g\t%.4g\t%.4g\n", i, k.Name, sum, magnitudes, largest)
	}
	t.Flush()
}

// printKernel prints a kernel's weights, or, if they are too many to read, letters for their
// signs and sizes.
func printKernel(s *strings.Builder, k bank.Kernel) {
	if k.W > widestInNumbers {
		shadeKernel(s, k)
		return
	}
	t := tabwriter.NewWriter(s, 0, 0, 2, ' ', tabwriter.AlignRight)
	for y := range k.H {
		for _, w := range k.Weights[y*k.W:][:k.W] {
			fmt.Fprintf(t, "%s\t", strconv.FormatFloat(float64(w), 'g', 4, 32))
		}
		fmt.Fprintln(t)
	}
	t.Flush()
}

func shadeKernel(s *strings.Builder, k bank.Kernel) {
	largest := sheet.Largest(k.Weights)
	fmt.Fprintf(s, "largest weight %.4g; half of it or more: # above zero, = below zero; a tenth or more: + and -\n", largest)
	for y := range k.H {
		s.WriteString("  ")
		for _, w := range k.Weights[y*k.W:][:k.W] {
			share := float64(w) / largest
			mark := " ·"
			switch {
			case share >= 0.5:
				mark = " #"
			case share >= 0.1:
				mark = " +"
			case share <= -0.5:
				mark = " ="
			case share <= -0.1:
				mark = " -"
			}
			s.WriteString(mark)
		}
		s.WriteByte('\n')
	}
}
