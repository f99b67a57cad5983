package main

import (
	"fmt"
	"math"
	"runtime"
	"strconv"
	"strings"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// memoryBudget reads a number of bytes with an optional unit: kB, MB, GB, TB or KiB,
// MiB, GiB, TiB, the B left out or not. Empty is three quarters of what the container
// has or, outside of one, the machine; 0, no bound, where neither can be told.
func memoryBudget(s string) (int64, error) {
	if s == "" {
		have, err := memlimit.FromCgroup()
		if machine, machineErr := memlimit.FromSystem(); machineErr == nil && (err != nil || have == 0 || machine < have) {
			have, err = machine, nil
		}
		if err != nil {
			return 0, nil
		}
		return int64(min(have, math.MaxInt64) / 4 * 3), nil
	}
	digits := strings.TrimRight(s, "kKMGTiB ")
	unit := strings.TrimSuffix(strings.TrimSpace(s[len(digits):]), "B")
	scale, known := map[string]float64{
		"": 1, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12,
		"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30, "Ti": 1 << 40,
	}[unit]
	n, err := strconv.ParseFloat(digits, 64)
	if n *= scale; err != nil || !known || !(n >= 1<<20) || n > math.MaxInt64/2 {
		return 0, fmt.Errorf("max-memory %q: it must be a size of at least 1 MiB, such as 500MB or 2GiB", s)
	}
	return int64(n), nil
}

// raiseHeap makes the garbage collector wait until 16 MB have been allocated, or as much
// as there is in use, until the function that it gives is called. By itself the collector
// begins when the heap has doubled, which photos of a megapixel do every second time, and
// gives back the memory that the next one needs: that is a twentieth of a run's CPU time.
// The memory that the heap is raised by is never touched, so that it takes none; a run
// that is held to little of it goes without.
func raiseHeap(budget int64) (lower func()) {
	const by = 16 << 20
	if budget > 0 && budget < 32*by {
		return func() {}
	}
	untouched := make([]byte, by)
	return func() { runtime.KeepAlive(untouched) }
}
