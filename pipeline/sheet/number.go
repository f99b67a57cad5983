package sheet

import (
	"strconv"
	"strings"
)

// Number writes a value with four digits, or with three and its power of ten.
func Number(v float64) string {
	if s := Digits(v, 4); !strings.Contains(s, "e") {
		return s
	}
	return Digits(v, 3)
}

// Digits writes a value with so many digits.
func Digits(v float64, n int) string {
	return strings.ReplaceAll(strconv.FormatFloat(v, 'g', n, 64), "-", "−")
}
