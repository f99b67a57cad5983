package arithmetic

import (
	"math"
	"strconv"
	"strings"
)

// Number writes a value with six significant digits and a real minus sign. A half is rounded
// away from 0. The notation is JavaScript's: plain digits from 1e-6 to below 1e21.
func Number(v float64) string { return Digits(v, 6) }

// Exact writes a float32 in the fewest digits that give the same float32 back, with a real
// minus sign.
func Exact(v float32) string {
	sign := ""
	if math.Signbit(float64(v)) {
		sign = "−"
	}
	switch {
	case v != v:
		return "NaN"
	case v == 0:
		return sign + "0"
	case v-v != 0:
		return sign + "∞"
	}
	const enough = 9 // digits tell any two float32 apart
	for digits := 1; ; digits++ {
		text := rounded(float64(v), digits)
		if back, _ := strconv.ParseFloat(text, 64); float32(back) == v || digits == enough {
			return minus(notation(text))
		}
	}
}

// short writes a value with so many digits, or with two fewer and a power of ten if that would
// be long.
func short(v float32, digits int) string {
	if v == 0 || v-v != 0 {
		return Exact(v)
	}
	text := notation(rounded(float64(v), digits))
	if len(text) > digits+5 {
		text = power(rounded(float64(v), digits-1))
	}
	return minus(text)
}

// minus replaces the sign of a number by the sign of typography. The sign of an exponent stays.
func minus(text string) string {
	if rest, ok := strings.CutPrefix(text, "-"); ok {
		return "−" + rest
	}
	return text
}

// inner is a number inside a sum or a product: negative ones are in parentheses.
func inner(text string) string {
	if strings.HasPrefix(text, "−") {
		return "(" + text + ")"
	}
	return text
}

// rounded writes a finite value with so many significant digits and a power of ten. A half is
// rounded away from 0, where strconv rounds to even.
func rounded(v float64, digits int) string {
	const exactly = 60 // digits after which no sum of few digits and 53 bits can be near a half
	if d := strconv.FormatFloat(v, 'e', digits, 64); mantissa(d)[digits] == '5' {
		long := mantissa(strconv.FormatFloat(v, 'e', exactly, 64))
		if long[digits] == '5' && strings.Trim(long[digits+1:], "0") == "" {
			v = math.Nextafter(v, math.Copysign(math.Inf(1), v))
		}
	}
	return strconv.FormatFloat(v, 'e', digits-1, 64)
}

// mantissa is the digits of a number with a power of ten.
func mantissa(text string) string {
	digits, _, _ := strings.Cut(strings.TrimPrefix(text, "-"), "e")
	return strings.Replace(digits, ".", "", 1)
}

// parts are the sign, the digits without zeros at the end, and the exponent of a number with a
// power of ten.
func parts(text string) (sign, digits string, exponent int) {
	if strings.HasPrefix(text, "-") {
		sign = "-"
	}
	_, e, _ := strings.Cut(text, "e")
	exponent, _ = strconv.Atoi(e)
	digits = strings.TrimRight(mantissa(text), "0")
	return sign, digits, exponent
}

// notation writes a number with a power of ten as JavaScript does (ECMA-262, Number::toString).
func notation(text string) string {
	sign, digits, e := parts(text)
	switch n := len(digits); {
	case e >= 21 || e < -6:
		return power(text)
	case e < 0:
		return sign + "0." + strings.Repeat("0", -e-1) + digits
	case e+1 >= n:
		return sign + digits + strings.Repeat("0", e+1-n)
	default:
		return sign + digits[:e+1] + "." + digits[e+1:]
	}
}

// power writes a number with a power of ten as JavaScript does.
func power(text string) string {
	sign, digits, e := parts(text)
	if len(digits) > 1 {
		digits = digits[:1] + "." + digits[1:]
	}
	by := "e+"
	if e < 0 {
		by = "e"
	}
	return sign + digits + by + strconv.Itoa(e)
}

// Digits writes a value with so many significant digits, as Number does.
func Digits(v float64, digits int) string {
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return Exact(float32(v))
	}
	return minus(notation(rounded(v, digits)))
}
