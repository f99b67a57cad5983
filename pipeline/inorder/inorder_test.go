package inorder

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
)

func numbers(n int) func(func(int) bool) {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

func TestDoKeepsTheOrder(t *testing.T) {
	for _, goroutines := range []int{1, 2, 7} {
		var states atomic.Int64
		var got []int
		err := Do(t.Context(), goroutines, numbers(500), func() int64 { return states.Add(1) },
			func(_ context.Context, state int64, i int) (int, error) {
				if state < 1 || state > int64(goroutines) {
					t.Errorf("state %d of %d goroutines", state, goroutines)
				}
				for range i % 13 * 1000 { // items take different times
				}
				return i * i, nil
			},
			func(square int) error {
				got = append(got, square)
				return nil
			})
		if err != nil || len(got) != 500 || !slices.IsSorted(got) {
			t.Errorf("%d goroutines: %d results, sorted %t, error %v", goroutines, len(got), slices.IsSorted(got), err)
		}
	}
}

func TestDoEndsAtAnError(t *testing.T) {
	wrong := errors.New("wrong")
	for _, where := range []string{"do", "each"} {
		begun, taken := new(atomic.Int64), 0
		err := Do(t.Context(), 3, numbers(1_000_000), func() any { return nil },
			func(_ context.Context, _ any, i int) (int, error) {
				begun.Add(1)
				if where == "do" && i == 5 {
					return 0, wrong
				}
				return i, nil
			},
			func(i int) error {
				if where == "each" && i == 5 {
					return wrong
				}
				taken++
				return nil
			})
		if err != wrong || taken > 5 || begun.Load() > 1000 {
			t.Errorf("%s: error %v, %d results taken, %d items begun", where, err, taken, begun.Load())
		}
	}
}

func TestDoEndsWithItsContext(t *testing.T) {
	ctx, stop := context.WithCancelCause(t.Context())
	wrong := errors.New("the user is gone")
	err := Do(ctx, 2, numbers(1_000_000), func() any { return nil },
		func(_ context.Context, _ any, i int) (int, error) {
			if i == 10 {
				stop(wrong)
			}
			return i, nil
		},
		func(int) error { return nil })
	if err != wrong {
		t.Errorf("got %v, want the context's cause", err)
	}
}
