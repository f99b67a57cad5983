package bank_test

import (
	"fmt"

	"filterbank/filters/bank"
)

func ExampleKernels() {
	kernels, err := bank.Kernels("sobel", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, k := range kernels {
		fmt.Println(k.Name)
		for y := range k.H {
			fmt.Println(k.Weights[y*k.W : (y+1)*k.W])
		}
	}
	// Output:
	// sobel-x
	// [-1 0 1]
	// [-2 0 2]
	// [-1 0 1]
	// sobel-y
	// [-1 -2 -1]
	// [0 0 0]
	// [1 2 1]
}

func ExampleKernels_parameters() {
	kernels, err := bank.Kernels("gabor", map[string]float64{"wavelength": 8, "orientations": 4})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, k := range kernels {
		fmt.Printf("%s %d×%d\n", k.Name, k.H, k.W)
	}

	_, err = bank.Kernels("gabor", map[string]float64{"wavelenght": 8})
	fmt.Println(err)
	// Output:
	// gabor-000 27×27
	// gabor-045 27×27
	// gabor-090 27×27
	// gabor-135 27×27
	// gabor: unknown parameter "wavelenght": did you mean "wavelength"?
}

func ExampleBanks() {
	for _, b := range bank.Banks() {
		if len(b.Params) == 1 {
			p := b.Params[0]
			fmt.Printf("%s (%s: %s): %s\n", b.Name, p.Name, p.Range(), b.Title)
		}
	}
	// Output:
	// box (size: an integer between 1 and 255): moving average
	// dct (size: an integer between 2 and 32): discrete cosine transform
	// haar (level: an integer between 1 and 7): Haar wavelet
	// schmid (size: an odd integer between 3 and 255): Schmid rings
	// sharpen (amount: between 0 and 100): sharpening with the Laplacian
}
