package config

import (
	"fmt"

	"filterbank/filters"
)

func (p *MaxPool) nameOr(i int) string { return defaultName(p.n, p.Name, "pool", i) }
func (p *AvgPool) nameOr(i int) string { return defaultName(p.n, p.Name, "pool", i) }

func (n *LocalResponseNorm) nameOr(i int) string { return defaultName(n.n, n.Name, "norm", i) }

// defaultName is a layer's name, by default the kind with the layer's index.
func defaultName(n *node, name, kind string, i int) string {
	if name == "" && n.index("name") < 0 {
		return fmt.Sprintf("%s%d", kind, i)
	}
	return name
}

func (p *MaxPool) check() error { return checkPool(p.place, p.spec(surroundings{})) }
func (p *AvgPool) check() error { return checkPool(p.place, p.spec(surroundings{})) }

func checkPool(at place, spec filters.PoolSpec) error {
	size := spec.KernelSize
	if size == [2]int{} {
		return at.errorf("", "%s needs kernel_size", spec.Kind)
	}
	if max(size[0], size[1]) > MaxKernel {
		return at.errorf("kernel_size", "kernels of %d×%d, at most %d×%d is possible", size[0], size[1], MaxKernel, MaxKernel)
	}
	_, err := filters.NewPool(spec)
	return at.specError(err, nil)
}

// or is the pair, or another one if it is not given.
func (p Pair) or(other Pair) Pair {
	if p == (Pair{}) {
		return other
	}
	return p
}

func (p *MaxPool) spec(in surroundings) filters.PoolSpec {
	return filters.PoolSpec{
		Name: p.nameOr(in.index), Inputs: p.Inputs, Kind: filters.MaxPool, KernelSize: p.KernelSize, Stride: p.Stride, Padding: p.Padding,
		Dilation: p.Dilation, CeilMode: p.CeilMode, StrictSize: valueOr(p.StrictSize, in.strict),
	}
}

func (p *AvgPool) spec(in surroundings) filters.PoolSpec {
	return filters.PoolSpec{
		Name: p.nameOr(in.index), Inputs: p.Inputs, Kind: filters.AvgPool, KernelSize: p.KernelSize, Stride: p.Stride, Padding: p.Padding,
		CeilMode: p.CeilMode, ExcludePadding: !valueOr(p.CountIncludePad, true), StrictSize: valueOr(p.StrictSize, in.strict),
	}
}

func (p *MaxPool) build(in surroundings) ([]filters.Layer, error) {
	return single(filters.NewPool(p.spec(in)))
}
func (p *AvgPool) build(in surroundings) ([]filters.Layer, error) {
	return single(filters.NewPool(p.spec(in)))
}

func (p *MaxPool) resolved(index int, strict bool) *MaxPool {
	if p == nil {
		return nil
	}
	out := *p
	out.place, out.Name = place{}, p.nameOr(index)
	out.Stride = p.Stride.or(p.KernelSize)
	out.Dilation = p.Dilation.orOne()
	out.StrictSize = new(valueOr(p.StrictSize, strict))
	return &out
}

func (p *AvgPool) resolved(index int, strict bool) *AvgPool {
	if p == nil {
		return nil
	}
	out := *p
	out.place, out.Name = place{}, p.nameOr(index)
	out.Stride = p.Stride.or(p.KernelSize)
	out.CountIncludePad = new(valueOr(p.CountIncludePad, true))
	out.StrictSize = new(valueOr(p.StrictSize, strict))
	return &out
}

func (n *LocalResponseNorm) check() error {
	if n.Size == 0 {
		return n.errorf("", "local_response_norm needs size")
	}
	_, err := filters.NewNorm(n.spec(0))
	return n.specError(err, nil)
}

// spec is the filters' spec with PyTorch's defaults.
func (n *LocalResponseNorm) spec(index int) filters.NormSpec {
	return filters.NormSpec{
		Name: n.nameOr(index), Inputs: n.Inputs, Size: n.Size,
		Alpha: valueOr(n.Alpha, 1e-4), Beta: valueOr(n.Beta, 0.75), K: valueOr(n.K, 1),
	}
}

func (n *LocalResponseNorm) build(in surroundings) ([]filters.Layer, error) {
	return single(filters.NewNorm(n.spec(in.index)))
}

func (n *LocalResponseNorm) resolved(index int) *LocalResponseNorm {
	if n == nil {
		return nil
	}
	s := n.spec(index)
	return &LocalResponseNorm{Name: s.Name, Inputs: s.Inputs, Size: s.Size, Alpha: &s.Alpha, Beta: &s.Beta, K: &s.K}
}
