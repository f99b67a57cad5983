package engine

import (
	"context"
	"reflect"
	"testing"

	"filterbank/filters"
	"filterbank/filters/volume"
)

// TestBorrow borrows workers up to the number of free ones, the number asked for and the
// memory, and gives them back.
func TestBorrow(t *testing.T) {
	for _, c := range []struct {
		free, most         int
		memory, held, each int64 // bytes for pictures
		want               int
	}{
		{free: 0, most: 3, want: 0},
		{free: 2, most: 3, each: 10, want: 2},
		{free: 5, most: 3, each: 10, want: 3},
		{free: 5, most: 0, each: 10, want: 0},
		{free: 5, most: 5, memory: 100, held: 65, each: 10, want: 3},
	} {
		s := &Shared{Memory: NewMemory(Budget(c.memory), 0, 0)}
		s.Give(c.free)
		if _, err := s.Memory.Admit(context.Background(), c.held); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			n, giveBack := s.Borrow(c.most, c.each)
			if left := s.free.Load(); n != c.want || left != int64(c.free-n) {
				t.Errorf("%+v: took %d and left %d", c, n, left)
			}
			giveBack()
		}
	}
}

// TestBorrowForTeams counts the memory of the borrower, who is a member of the team.
func TestBorrowForTeams(t *testing.T) {
	plan := smallPlan(t)
	each := int64(plan.MemberBytes())
	for _, c := range []struct {
		free   int
		memory int64 // bytes for the team
		want   int
	}{
		{free: 0, memory: 9 * each, want: 0},
		{free: 3, memory: 2*each - 1, want: 0},
		{free: 3, memory: 2 * each, want: 1},
		{free: 3, memory: 4*each - 1, want: 2},
		{free: 3, memory: 9 * each, want: 3},
	} {
		s := &Shared{Memory: NewMemory(Budget(c.memory), 0, 0)}
		s.Give(c.free)
		for range 2 {
			n, giveBack := s.borrow(plan)
			if left := s.free.Load(); n != c.want || left != int64(c.free-n) {
				t.Errorf("%d free, %d bytes of which each needs %d: took %d and left %d", c.free, c.memory, each, n, left)
			}
			giveBack()
		}
		if !s.Memory.try(c.memory) {
			t.Errorf("%d free, %d bytes: not all were given back", c.free, c.memory)
		}
	}
}

// smallPlan is a layer that copies a picture of 100×100.
func smallPlan(t *testing.T) *filters.Plan {
	t.Helper()
	conv, err := filters.NewConv(filters.ConvSpec{InChannels: 1, KernelSize: [2]int{1, 1}, Weights: []float32{1}})
	if err != nil {
		t.Fatal(err)
	}
	stack, err := filters.NewStack("", 1, conv)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := stack.Plan(volume.Shape{C: 1, H: 100, W: 100})
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// TestOneTeamHasBuffers runs teams of two stacks in turn.
func TestOneTeamHasBuffers(t *testing.T) {
	plan := smallPlan(t)
	in, err := volume.New(plan.Input)
	if err != nil {
		t.Fatal(err)
	}
	s := &Shared{Memory: NewMemory(0, 0, 0)}
	s.Give(1)
	one := Selected{Layers: []bool{true}}
	e := New([]Selected{one, one}, s)
	e.Plans = []*filters.Plan{plan, plan}
	for stack := range e.Stacks {
		if err := e.Run(t.Context(), stack, in, func(int, int, volume.Rows) error { return nil }); err != nil {
			t.Fatal(err)
		}
		for i := range e.runners {
			if has := !reflect.DeepEqual(e.runners[i].team, filters.Team{}); has != (i == stack) {
				t.Errorf("after stack %d the team of stack %d has buffers: %v", stack, i, has)
			}
		}
	}
}
