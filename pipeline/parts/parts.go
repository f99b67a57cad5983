// Package parts owns a run in several parts, which tasks of a scheduler do on several machines:
// how the inputs are dealt, the settings that the tasks agree on, the account of a part that is
// done, how far the run is, and the merging of its parts. It never works on a picture.
package parts

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path"

	"filterbank/pipeline/store"
)

// Most is the largest number of parts.
const Most = 1_000_000

// The largest sizes in bytes of files of JSON: most of those that are read one at a time, such as
// run-config.json, where the names of 65,000 columns have a few MB, and mostAccount of the accounts,
// of which merge holds one a part.
const (
	most        = 64 << 20
	mostAccount = 64 << 10
)

// Range returns the part of n inputs that belongs to part index of count, 0 ≤ index < count, as
// the first one and the one behind the last. The parts are in the order of the inputs, and their
// sizes differ by at most 1.
func Range(index, count, n int) (from, to int) {
	at := func(i int) int { return int(int64(i) * int64(n) / int64(count)) }
	return at(index), at(index + 1)
}

// Indexes returns the parts that a task does: task, task+tasks and so on.
func Indexes(task, tasks, count int) []int {
	var indexes []int
	for i := task; i < count; i += tasks {
		indexes = append(indexes, i)
	}
	return indexes
}

// encode returns the content of a file of JSON that tasks share.
func encode(name string, v any) ([]byte, error) {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return append(data, '\n'), nil
}

// isSum says whether a text can be a hash of 32 bytes in hexadecimal.
func isSum(text string) bool {
	sum, err := hex.DecodeString(text)
	return err == nil && len(sum) == 32
}

// nameIn returns the name of a file in the folder of a part.
func nameIn(index, count int, file string) string {
	return path.Join(store.PartName(index, count), file)
}
