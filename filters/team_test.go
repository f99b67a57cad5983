package filters

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"filterbank/filters/kernel"
	"filterbank/filters/simd"
	"filterbank/filters/volume"
)

// newTeam is a team whose members aim at a working set of so many bytes, bound small maps and
// share all work.
func newTeam(workers, budget int) *Team {
	t := &Team{Workers: workers, members: make([]member, workers), fewest: 1}
	for i := range t.members {
		t.members[i].budget, t.members[i].tiles = budget, 1
	}
	return t
}

func TestTeamEqualsReference(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 9))
	var teams []*Team
	for _, set := range simd.Sets() {
		k := kernel.New(set)
		for i, team := range []*Team{newTeam(1, 1), newTeam(2, 1), newTeam(3, 2<<10), newTeam(4, 1), newTeam(2, 0), newTeam(3, 8<<10)} {
			team.Kernel, team.way = k, []way{faster, parts, together, staged}[i%4]
			teams = append(teams, team)
		}
	}
	var every Runner
	for i := range 1200 {
		p, in := randomStack(random)
		selected := randomSelection(random, p)
		team := teams[i%len(teams)]
		checkAgainstReference(t, func(emit Emit) error {
			return team.Run(context.Background(), p, selected, in, emit)
		}, p, in, selected)
		checkScan(t, team, p, in, selected)
		got, err := team.Extremes(context.Background(), p, selected, in)
		if err != nil {
			t.Fatal(err)
		}
		checkExtremes(t, p, "team", got, everyValue(t, &every, p, in, selected))
	}
}

// FuzzStacks draws a stack and a picture from a seed. It compares a runner and a team
// with the reference, with bands of one row and with the whole picture in a band.
func FuzzStacks(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		random := rand.New(rand.NewPCG(seed, 0))
		p, in := randomStack(random)
		selected := randomSelection(random, p)
		for _, budget := range []int{1, 0} {
			runner, team := &Runner{budget: budget}, newTeam(3, budget)
			checkAgainstReference(t, func(emit Emit) error {
				return runner.Run(context.Background(), p, selected, in, emit)
			}, p, in, selected)
			checkAgainstReference(t, func(emit Emit) error {
				return team.Run(context.Background(), p, selected, in, emit)
			}, p, in, selected)
			checkScan(t, team, p, in, selected)
			for _, team.way = range []way{together, staged} {
				checkAgainstReference(t, func(emit Emit) error {
					return team.Run(context.Background(), p, selected, in, emit)
				}, p, in, selected)
			}
		}
	})
}

// checkScan checks a scan's values, that every row comes once, and that calls with one
// worker do not overlap.
func checkScan(t *testing.T, team *Team, p *Plan, in *volume.Volume, selected []bool) {
	t.Helper()
	got := newCollect(t, p)
	busy := make([]sync.Mutex, team.Workers)
	var mu sync.Mutex
	seen := make(map[[2]int]bool)
	err := team.Scan(context.Background(), p, selected, in, func(worker, layer int, rows volume.Rows) error {
		if !busy[worker].TryLock() {
			return errors.New("a worker is called twice at once")
		}
		defer busy[worker].Unlock()
		got.outs[layer].Rows(rows.Y, rows.Y+rows.N).CopyFrom(rows)
		mu.Lock()
		defer mu.Unlock()
		for i := range rows.N {
			at := [2]int{layer, rows.Y + i}
			if seen[at] {
				return errors.New("a row came twice")
			}
			seen[at] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	checkBits(t, p, got.outs, reference(p, in), selected)
}

// TestStaggered: parts follow each other from the first row to the last and are no higher than a
// job's rows. Those of few members are low at both ends.
func TestStaggered(t *testing.T) {
	for members := 1; members <= 6; members++ {
		for rows := 1; rows <= 20; rows++ {
			for height := 1; height <= 5*members*rows; height++ {
				j, at, first := job{staging: new(staging), height: height, rows: rows}, 0, 0
				for y0, y1 := range j.staggered(members) {
					if y0 != at || y1 <= y0 || y1-y0 > rows {
						t.Fatalf("%d members, %d rows in parts of %d: a part of rows %d to %d after row %d", members, height, rows, y0, y1, at)
					}
					if at = y1; y0 == 0 {
						first = y1
					}
				}
				if at != height {
					t.Fatalf("%d members, %d rows in parts of %d: they end at row %d", members, height, rows, at)
				}
				if low := members > 1 && members <= 4 && rows >= 2*members && height >= rows*members; low && first > (rows+members-1)/members {
					t.Fatalf("%d members, %d rows in parts of %d: the first has %d", members, height, rows, first)
				}
			}
		}
	}
}

// tallPlan is a layer on a picture that is divided into many parts.
func tallPlan(t *testing.T) (*Plan, *volume.Volume) {
	s, err := NewStack("", 3, mustConv(t, square(4, 3, 1, 1)))
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.Plan(volume.Shape{C: 3, H: 1000, W: 10})
	if err != nil {
		t.Fatal(err)
	}
	v, err := volume.New(p.Input)
	if err != nil {
		t.Fatal(err)
	}
	return p, v
}

func TestTeamStops(t *testing.T) {
	p, v := tallPlan(t)
	team := newTeam(3, 1)
	broken := errors.New("broken")
	fail := func(_ int, rows volume.Rows) error {
		if rows.Y > 200 {
			return broken
		}
		return nil
	}
	if err := team.Run(context.Background(), p, []bool{true}, v, fail); !errors.Is(err, broken) {
		t.Errorf("Run: got %v, want the error of emit", err)
	}
	err := team.Scan(context.Background(), p, []bool{true}, v, func(_, layer int, rows volume.Rows) error { return fail(layer, rows) })
	if !errors.Is(err, broken) {
		t.Errorf("Scan: got %v, want the error of emit", err)
	}
	if _, err := team.Extremes(context.Background(), p, []bool{true}, brokenReader{v, broken}); !errors.Is(err, broken) {
		t.Errorf("Extremes: got %v, want the error of the reader", err)
	}
	if _, err := (&Runner{tiles: 1}).Extremes(context.Background(), p, []bool{true}, brokenReader{v, broken}); !errors.Is(err, broken) {
		t.Errorf("Extremes of a Runner: got %v, want the error of the reader", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	err = team.Run(ctx, p, []bool{true}, v, func(int, volume.Rows) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	if err := team.Run(context.Background(), p, []bool{true}, v, func(int, volume.Rows) error { return nil }); err != nil {
		t.Errorf("after errors: %v", err)
	}
}

type brokenReader struct {
	*volume.Volume
	err error
}

func (r brokenReader) ReadRows(rows volume.Rows) error {
	if rows.Y > 200 {
		return r.err
	}
	return r.Volume.ReadRows(rows)
}

// TestCrewPanicsInTheCaller: a panic in a crew's goroutines is the owner's.
func TestCrewPanicsInTheCaller(t *testing.T) {
	c := newCrew(make([]kernel.Rows, 3), fewest)
	var helpers sync.WaitGroup
	for worker := 1; worker < 3; worker++ {
		helpers.Go(func() { c.help(worker) })
	}
	defer helpers.Wait()
	defer c.dismiss()
	defer func() {
		if text := fmt.Sprint(recover()); !strings.HasPrefix(text, "a bug") {
			t.Errorf("recovered %q", text)
		}
	}()
	var all sync.WaitGroup // the helpers must take part
	all.Add(3)
	c.share(3, func(worker, i int) {
		all.Done()
		all.Wait()
		if worker == 2 {
			panic("a bug")
		}
	})
}

func TestTeamPanicsInTheCaller(t *testing.T) {
	p, v := tallPlan(t)
	defer func() {
		text, ok := recover().(string)
		if !ok || !strings.HasPrefix(text, "a bug\n") || !strings.Contains(text, "team_test.go") {
			t.Errorf("recovered %q, want the member's panic and its stack", text)
		}
	}()
	newTeam(2, 1).Run(context.Background(), p, []bool{true}, v, func(int, volume.Rows) error { panic("a bug") })
}
