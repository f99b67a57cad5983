package main

import (
	"fmt"
	"math"
	"runtime"
	"strconv"
	"strings"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// memoryBudget reads a number of bytes with an optional unit: kB, MB, GB, TB, KiB, MiB, GiB or
// TiB, with or without the B. Empty means three quarters of the memory of the container, or
// of the machine if there is none. The result is 0, no bound, if neither is known.
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
	n, ok := parseBytes(s)
	if !ok || n < 1<<20 || n > math.MaxInt64/2 {
		return 0, fmt.Errorf("max-memory %q: it must be a size of at least 1MiB, such as 500MB or 2GiB", s)
	}
	return n, nil
}

// parseBytes reads a number of bytes with an optional unit, as memoryBudget has it.
func parseBytes(s string) (bytes int64, ok bool) {
	digits := strings.TrimRight(s, "kKMGTiB ")
	unit := strings.TrimSuffix(strings.TrimSpace(s[len(digits):]), "B")
	scale, known := map[string]float64{
		"": 1, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12,
		"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30, "Ti": 1 << 40,
	}[unit]
	n, err := strconv.ParseFloat(digits, 64)
	if n *= scale; err != nil || !known || !(n >= 0) || n >= math.MaxInt64 {
		return 0, false
	}
	return int64(n), true
}

// raiseHeap makes the garbage collector wait until 16 MB have been allocated, or as much as
// is in use, until lower is called. By default the collector starts when the heap has
// doubled. Photos of a megapixel double it every second time, and the collector then gives
// back the memory that the next photo needs. That takes a twentieth of a run's CPU time. The
// memory that raises the heap is never touched, so that it takes none. A run with a small
// budget does not raise the heap.
func raiseHeap(budget int64) (lower func()) {
	const by = 16 << 20
	if budget > 0 && budget < 32*by {
		return func() {}
	}
	untouched := make([]byte, by)
	return func() { runtime.KeepAlive(untouched) }
}
