package filters

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
)

// usualCache is the size in bytes of a second-level cache that the system does not tell.
const usualCache = 1 << 20

// secondLevel is the size in bytes of the second-level cache that a goroutine has: the first
// processor's as Linux describes it in /sys, or usualCache.
var secondLevel = sync.OnceValue(func() int {
	if n := cacheIn("/sys/devices/system/cpu/cpu0"); n > 0 {
		return n
	}
	return usualCache
})

// cacheIn is the second-level cache of the processor that a folder of Linux' /sys describes,
// divided by the number of cores that share it. It is 0 if the folder does not say.
func cacheIn(cpu string) int {
	found, err := filepath.Glob(filepath.Join(cpu, "cache", "index*"))
	if err != nil {
		return 0
	}
	threads := max(1, listed(filepath.Join(cpu, "topology", "thread_siblings_list")))
	for _, dir := range found {
		if word(dir, "level") != "2" || word(dir, "type") == "Instruction" {
			continue
		}
		kib, ok := strings.CutSuffix(word(dir, "size"), "K")
		n, err := strconv.Atoi(kib)
		if !ok || err != nil || n < 1 || n > 1<<20 {
			return 0
		}
		cores := max(1, listed(filepath.Join(dir, "shared_cpu_list"))/threads)
		return n << 10 / cores
	}
	return 0
}

// word is the content of a file of one word, empty if it cannot be read.
func word(elem ...string) string {
	data, err := os.ReadFile(filepath.Join(elem...))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(data))
}

// listed counts the processors of a file with a list such as 0-3,8. It is 0 if there is none.
func listed(path string) int {
	n := 0
	for part := range strings.SplitSeq(word(path), ",") {
		first, last, ranged := strings.Cut(part, "-")
		a, err := strconv.Atoi(first)
		b := a
		if ranged && err == nil {
			b, err = strconv.Atoi(last)
		}
		if err != nil || b < a {
			return 0
		}
		n += b - a + 1
	}
	return n
}
