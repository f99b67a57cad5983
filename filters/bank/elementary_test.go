package bank

import (
	"math"
	"testing"
)

func TestExp(t *testing.T) {
	for i := range 20001 {
		x := float64(i-17000) / 24.7 // −688 … 121
		got, want := exp(x), math.Exp(x)
		// Both round, and x/ulp(k·ln 2) costs exp up to two units more: 1e-15 is 4.5 units.
		if math.Abs(got-want) > 1e-15*want {
			t.Errorf("exp(%v) = %v, math.Exp gives %v", x, got, want)
		}
	}
	for x, want := range map[float64]float64{0: 1, -1e9: 0, math.Inf(-1): 0} {
		if got := exp(x); got != want {
			t.Errorf("exp(%v) = %v, want %v", x, got, want)
		}
	}
}

func TestTurn(t *testing.T) {
	for i := range 20001 {
		x := float64(i-10000) / 9973
		sin, cos := turn(x)
		wantSin, wantCos := math.Sincos(2 * math.Pi * x)
		// 2πx itself is rounded before Sincos sees it, by half a unit of up to 2π.
		if math.Abs(sin-wantSin) > 1e-15 || math.Abs(cos-wantCos) > 1e-15 {
			t.Errorf("turn(%v) = %v, %v, math.Sincos gives %v, %v", x, sin, cos, wantSin, wantCos)
		}
		if s, c := turn(-x); s != -sin || c != cos {
			t.Errorf("turn(%v) = %v, %v does not mirror turn(%v) = %v, %v", -x, s, c, x, sin, cos)
		}
		if s, c := turn(x - 8); math.Abs(s-sin) > 1e-14 || math.Abs(c-cos) > 1e-14 { // x − 8 is rounded
			t.Errorf("turn(%v − 8) = %v, %v, want %v, %v", x, s, c, sin, cos)
		}
	}
}

func TestTurnIsExactAtQuarters(t *testing.T) {
	sines := []float64{0, 1, 0, -1}
	for q := range 17 {
		n := q - 8
		sin, cos := turn(float64(n) / 4)
		if sin != sines[(n+8)%4] || cos != sines[(n+9)%4] {
			t.Errorf("turn(%d/4) = %v, %v, want %v, %v", n, sin, cos, sines[(n+8)%4], sines[(n+9)%4])
		}
	}
}
