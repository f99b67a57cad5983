package sheet

import (
	"strconv"
	"strings"
)

// Number writes a value with four digits, or with three and a power of ten, and with a real
// minus sign.
func Number(v float64) string {
	if s := Digits(v, 4); !strings.Contains(s, "e") {
		return s
	}
	return Digits(v, 3)
}

// Digits writes a value with n significant digits and a real minus sign.
func Digits(v float64, n int) string {
	return strings.ReplaceAll(strconv.FormatFloat(v, 'g', n, 64), "-", "−")
}
