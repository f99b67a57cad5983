package pipeline

import (
	"errors"
	"fmt"

	"filterbank/filters"
	"filterbank/filters/volume"
	"filterbank/pipeline/decode"
	"filterbank/pipeline/manifest"
)

// sizeError is a stack that does not fit a picture.
type sizeError struct{ error }

// Unwrap is what the stack says.
func (e *sizeError) Unwrap() error { return e.error }

func (e *sizeError) code() string {
	_, large := errors.AsType[*largeError](e.error)
	switch {
	case large, errors.Is(e, volume.ErrTooLarge):
		return string(decode.TooLarge)
	case errors.Is(e, filters.ErrStrictSize):
		return manifest.CodeUncovered
	}
	return string(decode.TooSmall)
}

// largeError is a sheet that has more pixels than it may have.
type largeError struct{ error }

// plan works out a stack for pictures of a size. It refuses maps with more pixels than a
// picture may have, since padding makes them of any size, and sheets that are too large.
func (o *Options) plan(stack int, name string, in volume.Shape) (*filters.Plan, error) {
	p, err := o.Stacks[stack].Stack.Plan(in)
	if err == nil {
		err = o.checkMaps(p)
	}
	if err == nil {
		err = o.checkSheets(p, stack)
	}
	if err != nil {
		return nil, &sizeError{fmt.Errorf("plan %s: %w", name, err)}
	}
	return p, nil
}

func (o *Options) checkMaps(p *filters.Plan) error {
	limits := o.Decoder.Options().Limits
	for _, l := range p.Layers {
		if err := limits.Check("layer "+l.Layer.Name()+": map", l.Out.W, l.Out.H, "use less padding"); err != nil {
			return err
		}
	}
	return nil
}
