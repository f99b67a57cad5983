package bank

import "math"

// freiChen is the orthonormal basis of 3×3 windows by edges, lines and mean.
func freiChen() []Bank {
	return []Bank{{
		Name:  "frei-chen",
		Title: "Frei-Chen basis",
		About: "Nine orthonormal masks, signs as published: 1 to 4 span edges (1 is positive where the picture " +
			"is brighter above, 2 to the left), 5 to 8 lines, 9 is the mean times 3.",
		Source: "Frei and Chen, Fast boundary detection: a generalization and a new algorithm, " +
			"IEEE Transactions on Computers C-26(10), 1977",
		build: fixed(func() []Kernel {
			const r = math.Sqrt2
			return []Kernel{
				scaled("frei-chen-1", 2*r, 1, r, 1, 0, 0, 0, -1, -r, -1),
				scaled("frei-chen-2", 2*r, 1, 0, -1, r, 0, -r, 1, 0, -1),
				scaled("frei-chen-3", 2*r, 0, -1, r, 1, 0, -1, -r, 1, 0),
				scaled("frei-chen-4", 2*r, r, -1, 0, -1, 0, 1, 0, 1, -r),
				scaled("frei-chen-5", 2, 0, 1, 0, -1, 0, -1, 0, 1, 0),
				scaled("frei-chen-6", 2, -1, 0, 1, 0, 0, 0, 1, 0, -1),
				scaled("frei-chen-7", 6, 1, -2, 1, -2, 4, -2, 1, -2, 1),
				scaled("frei-chen-8", 6, -2, 1, -2, 1, 4, 1, -2, 1, -2),
				scaled("frei-chen-9", 3, 1, 1, 1, 1, 1, 1, 1, 1, 1),
			}
		}),
	}}
}

// scaled is a 3×3 mask divided by a number.
func scaled(name string, divisor float64, weights ...float64) Kernel {
	w := make([]float32, len(weights))
	for i, x := range weights {
		w[i] = float32(x / divisor)
	}
	return mask(name, 3, w...)
}
