package source

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// selection says what a walk takes. Doublestar's own walk is not used: it keeps
// silent about folders that cannot be read, follows links in circles, cannot be
// kept out of the output folder and refuses names that are not UTF-8.
type selection struct {
	pattern string   // for the path below the walk's base
	lead    []string // patterns of the folders at depth 0, 1, …
	deep    bool     // folders below those of lead may match too
	dotted  []string // the parts of the pattern that begin with a dot
	anyFile bool     // files need no picture's extension
}

// everything is the selection of a folder that was named.
var everything = selection{pattern: "**", deep: true}

// hasMeta is true of a name that is a pattern unless a file is called so.
func hasMeta(name string) bool { return strings.ContainsAny(name, "*?[{") }

// parsePattern splits an input into the folder before its first wildcard and
// what is looked for below it. On Windows a backslash separates; elsewhere it
// takes a wildcard's meaning away.
func parsePattern(input string) (base string, sel selection, err error) {
	slashed := filepath.ToSlash(input)
	base, pattern := doublestar.SplitPattern(slashed)
	if strings.HasPrefix(slashed, base+"/") && filepath.VolumeName(base) == base && base != "" {
		base += "/" // C:/*.png: the root of the drive, not its current folder
	}
	for strings.Contains(pattern, "//") {
		pattern = strings.ReplaceAll(pattern, "//", "/")
	}
	if !doublestar.ValidatePattern(pattern) {
		return "", selection{}, errors.New(`no file has this name, and as a pattern it is malformed: ` +
			`close every [ and {, and put \ before a wildcard that is part of a name`)
	}
	parts := splitParts(pattern)
	if slices.Contains(parts, ".") || slices.Contains(parts, "..") {
		return "", selection{}, errors.New(". and .. are not matched after a wildcard: write them before the first one")
	}
	sel = selection{pattern: pattern, anyFile: namesFile(parts[len(parts)-1])}
	sel.lead, sel.deep = leadingFolders(parts)
	for _, part := range parts {
		if hidden(part) {
			sel.dotted = append(sel.dotted, part)
		}
	}
	return filepath.FromSlash(base), sel, nil
}

// splitParts splits a valid pattern at the slashes outside braces and classes.
func splitParts(pattern string) []string {
	var parts []string
	start, braces, class := 0, 0, false
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '\\':
			i++
		case class:
			class = c != ']'
		case c == '[':
			class = true
		case c == '{':
			braces++
		case c == '}':
			braces--
		case c == '/' && braces == 0:
			parts = append(parts, pattern[start:i])
			start = i + 1
		}
	}
	return append(parts, pattern[start:])
}

// leadingFolders are the parts that stand for one folder each, from the base
// down to the first that may stand for several; deep says that there is one.
func leadingFolders(parts []string) (lead []string, deep bool) {
	for i, part := range parts {
		if strings.Contains(part, "**") || strings.Contains(part, "/") {
			return parts[:i], true
		}
	}
	return parts[:len(parts)-1], false
}

// namesFile is true of the last part of a pattern when it spells out a name or
// an extension, as cover, *.bin and *.{bin,raw} do, and {*.a,*} does not.
func namesFile(part string) bool {
	if !hasMeta(part) {
		return part != ""
	}
	dot := strings.LastIndexByte(part, '.')
	return dot >= 0 && dot+1 < len(part) &&
		!strings.ContainsAny(part[dot:], "*?[") &&
		strings.Count(part[:dot], "{") == strings.Count(part[:dot], "}")
}

// enters is true of a folder, depth folders below the base, that may hold
// something to take.
func (s selection) enters(rel string, depth int) bool {
	name := baseName(rel)
	if !s.sees(name) {
		return false
	}
	if depth < len(s.lead) {
		return doublestar.MatchUnvalidated(s.lead[depth], name)
	}
	return s.deep
}

// leadsThrough is true of a link to a folder that a part of the pattern before
// ** matches.
func (s selection) leadsThrough(rel string, depth int) bool {
	return depth < len(s.lead) && s.enters(rel, depth)
}

// takes is true of a file that is to be read, where folders give those extensions.
func (s selection) takes(rel string, extensions []string) bool {
	name := baseName(rel)
	return (s.anyFile || hasExtension(name, extensions)) && s.sees(name) && doublestar.MatchUnvalidated(s.pattern, rel)
}

// sees is false of a hidden name that no part of the pattern asks for.
func (s selection) sees(name string) bool {
	return !hidden(name) || slices.ContainsFunc(s.dotted, func(part string) bool {
		return doublestar.MatchUnvalidated(part, name)
	})
}

func hidden(name string) bool { return strings.HasPrefix(name, ".") }

func baseName(rel string) string { return rel[strings.LastIndexByte(rel, '/')+1:] }

// hasExtension is true of a name with one of the extensions, in any case, and of every
// name where there are none.
func hasExtension(name string, extensions []string) bool {
	ext := filepath.Ext(name)
	return len(extensions) == 0 || slices.ContainsFunc(extensions, func(known string) bool { return strings.EqualFold(ext, known) })
}
