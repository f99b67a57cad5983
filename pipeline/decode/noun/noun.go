// Package noun writes numbers with their nouns in the messages of the decoders. It knows
// regular plurals only.
package noun

import "fmt"

// Count is a number with its noun: 1 byte, 2 bytes.
func Count[T int | int64 | uint32](n T, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}
