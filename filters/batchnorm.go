package filters

import "math"

// BatchNorm is batch normalization at inference (Ioffe and Szegedy, 2015): each filter's
// sum x becomes
//
//	(x − Mean) / √(Variance + Eps) · Weight + Bias
//
// Each slice has one value a filter and is named as in PyTorch's BatchNorm2d.
type BatchNorm struct {
	Weight, Bias   []float32 // nil is 1 and 0
	Mean, Variance []float32 // running_mean and running_var
	Eps            float64
}

// Fold puts batch normalization, which comes before the activation, into the weights and
// biases: with s = Weight / √(Variance + Eps) they become
//
//	weight · s    and    (bias − Mean) · s + Bias
//
// computed in float64 and rounded to float32 once. The spec gets new slices. Errors are
// FieldErrors: a slice must have one finite value a filter, a variance with Eps must be
// above 0, and every result must fit float32.
func (s *ConvSpec) Fold(b BatchNorm) error {
	spec := s.withDefaults()
	if err := checkWindow(spec.KernelSize, spec.Dilation); err != nil {
		return err
	}
	if err := spec.checkArrays(); err != nil {
		return err
	}
	taps, _ := s.tapCount()
	k := s.filterCount()
	if err := b.check(k); err != nil {
		return err
	}
	weights, biases := make([]float32, len(s.Weights)), make([]float32, k)
	for f := range k {
		scale, err := b.scale(f)
		if err != nil {
			return err
		}
		for i, w := range s.Weights[f*taps:][:taps] {
			weights[f*taps+i] = float32(float64(w) * scale)
			if !finite(weights[f*taps+i]) {
				return wrong("batch_norm", ": filter %d: weight %v times %.3g is beyond float32", f, w, scale)
			}
		}
		bias := valueOr(s.Bias, f, 0) - float64(b.Mean[f])
		biases[f] = float32(float64(bias*scale) + valueOr(b.Bias, f, 0))
		if !finite(biases[f]) {
			return wrong("batch_norm", ": filter %d: the bias is beyond float32", f)
		}
	}
	s.Weights, s.Bias = weights, biases
	return nil
}

// check expects values for k filters.
func (b *BatchNorm) check(k int) error {
	for _, v := range []struct {
		field  string
		values []float32
		need   bool
	}{
		{"batch_norm.weight", b.Weight, false}, {"batch_norm.bias", b.Bias, false},
		{"batch_norm.running_mean", b.Mean, true}, {"batch_norm.running_var", b.Variance, true},
	} {
		if len(v.values) != k && (v.need || v.values != nil) {
			return wrong(v.field, " must have %d values, one a filter, got %d", k, len(v.values))
		}
		if err := checkFinite(v.field, v.values); err != nil {
			return err
		}
	}
	return nil
}

// scale is the factor of a filter's weights.
func (b *BatchNorm) scale(filter int) (float64, error) {
	variance := float64(b.Variance[filter]) + b.Eps
	if !(variance > 0) {
		return 0, wrong("batch_norm.running_var", " of filter %d is %v: with eps, %v, it must be above 0", filter, b.Variance[filter], b.Eps)
	}
	return valueOr(b.Weight, filter, 1) / math.Sqrt(variance), nil
}

func valueOr(values []float32, i int, fallback float64) float64 {
	if values == nil {
		return fallback
	}
	return float64(values[i])
}
