package main

import (
	"math/rand/v2"
	"testing"
)

// TestLessons: every pattern and hue is asked for, borders have fields that differ on both sides,
// and colours have the hue that they are drawn for.
func TestLessons(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 2))
	var patterns [border + 1]int
	hues := map[byte]int{}
	for range 200 {
		fields := layOut(dice)
		for y := 0.5; y < lessonSide; y += 3 {
			for x := 0.5; x < lessonSide; x += 3 {
				pattern, hue := answer(fields, x, y)
				first, second, distance := owner(fields, x, y)
				if pattern == border && (distance >= 1 || first == second) {
					t.Fatalf("%v, %v is a border, %v from the next field", x, y, distance)
				}
				if pattern != untold {
					patterns[pattern]++
				}
				hues[hue]++
			}
		}
	}
	for pattern, n := range patterns {
		if n == 0 {
			t.Errorf("pattern %d is never asked for", pattern)
		}
	}
	if len(hues) != 8 {
		t.Errorf("%d hues are asked for, want 7 and untold", len(hues)-1)
	}
	for range 1000 {
		red, blue := shade(dice, 1), shade(dice, 5)
		if red.r <= max(red.g, red.b) || blue.b <= max(blue.r, blue.g) {
			t.Fatalf("red is %v, blue is %v", red, blue)
		}
	}
}
