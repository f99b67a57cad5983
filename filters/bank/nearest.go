package bank

import "strings"

// nearest is the known name with the smallest edit distance to name; of equals, the name
// that shares the longest beginning, then the first. It is not ok if more than half of
// the letters would have to change.
func nearest(name string, known []string) (best string, ok bool) {
	name = strings.ToLower(name)
	distance, shared := 0, 0
	for i, k := range known {
		d, s := editDistance(name, k), commonPrefix(name, k)
		if i == 0 || d < distance || d == distance && s > shared {
			best, distance, shared = k, d, s
		}
	}
	return best, 2*distance <= max(len(name), len(best)) && best != ""
}

// editDistance is Levenshtein's: insertions, deletions and substitutions of
// bytes, each counted as one.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			substitute := diagonal
			if a[i] != b[j] {
				substitute++
			}
			diagonal = row[j+1]
			row[j+1] = min(substitute, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}

func commonPrefix(a, b string) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}
