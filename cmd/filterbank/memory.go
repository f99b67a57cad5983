package main

import (
	"fmt"
	"math"
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
