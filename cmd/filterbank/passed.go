package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"filterbank/pipeline/decode"
	"filterbank/pipeline/source"
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

// tarWords are the words for what tar files hold, and folders hold beside pictures, by kind.
var tarWords = []struct{ kind, one, several string }{
	{source.PassedTar, "archive in a folder: tar files are read if they are named", "archives in folders: tar files are read if they are named"},
	{source.PassedLink, "link in tar files", "links in tar files"},
	{source.PassedSpecial, "device or pipe in tar files", "devices and pipes in tar files"},
	{source.PassedReplaced, "member of tar files that a later one of the same name replaces", "members of tar files that later ones of the same name replace"},
	{source.PassedMember, "other member of tar files", "other members of tar files"},
}

// passedLine says how many pictures of each kind the inputs do not give, and how much else tar
// files hold, or nothing.
func passedLine(kinds map[string]int) string {
	kinds = maps.Clone(kinds)
	var rest, unread []string
	for _, w := range tarWords {
		if n := kinds[w.kind]; n > 0 {
			rest = append(rest, fmt.Sprintf("%d %s", n, verb(n, w.one, w.several)))
		}
		delete(kinds, w.kind)
	}
	for _, name := range slices.Sorted(maps.Keys(kinds)) {
		unread = append(unread, fmt.Sprintf("%d %s", kinds[name], name))
	}
	switch {
	case len(unread) == 0 && len(rest) == 0:
		return ""
	case len(unread) == 0:
		return "passed over: " + strings.Join(rest, ", ")
	}
	return strings.Join(append([]string{"passed over, of kinds that are not read: " + strings.Join(unread, ", ")}, rest...), "; ")
}
