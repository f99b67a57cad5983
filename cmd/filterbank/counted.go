package main

import "fmt"

// verb is a verb's form for a number.
func verb(n int, one, several string) string {
	if n == 1 {
		return one
	}
	return several
}

// counted is a number with its noun: 1 image, 2 images.
func counted[T int | int64](n T, noun string) string {
	if n == 1 {
		return fmt.Sprintf("1 %s", noun)
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
