package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"filterbank/pipeline/decode"
)

// unread gives the kinds of pictures that are not read by their extensions.
func unread() map[string]string {
	kinds := map[string]string{}
	for _, u := range decode.UnreadKinds() {
		for _, e := range u.Extensions {
			kinds[e] = u.Name
		}
	}
	return kinds
}

// passedLine says how many pictures of each kind folders do not give, or nothing.
func passedLine(kinds map[string]int) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(kinds)) {
		parts = append(parts, fmt.Sprintf("%d %s", kinds[name], name))
	}
	if len(parts) == 0 {
		return ""
	}
	return "passed over, of kinds that are not read: " + strings.Join(parts, ", ")
}
