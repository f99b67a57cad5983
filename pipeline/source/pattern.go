package source

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// selection says which files a walk takes. doublestar's own walk is not used: it ignores
// folders that it cannot read, follows links in circles, cannot skip the output folder and
// refuses names that are not UTF-8.
type selection struct {
	pattern string   // for paths below the base of the walk
	lead    []string // patterns of the folders at depth 0, 1, …
	deep    bool     // deeper folders may match too
	dotted  []string // parts of the pattern that begin with a dot
	anyFile bool     // files need no extension of a picture
}

// everything is the selection for a folder that is an input.
var everything = selection{pattern: "**", deep: true}

// hasMeta says whether a name is a pattern, if no file has the name.
func hasMeta(name string) bool { return strings.ContainsAny(name, "*?[{") }

// parsePattern splits an input into the folder before its first wildcard and the selection
// below it. On Windows a backslash is a separator. Elsewhere it makes the next wildcard
// literal.
func parsePattern(input string) (base string, sel selection, err error) {
	slashed := filepath.ToSlash(input)
	base, pattern := doublestar.SplitPattern(slashed)
	if strings.HasPrefix(slashed, base+"/") && filepath.VolumeName(base) == base && base != "" {
		base += "/" // the root of the drive; C: alone is its current folder
	}
	for strings.Contains(pattern, "//") {
		pattern = strings.ReplaceAll(pattern, "//", "/")
	}
	if !doublestar.ValidatePattern(pattern) {
		return "", selection{}, errors.New(`no file has this name, and it is malformed as a pattern: ` +
			`close every [ and {, and put \ before a wildcard that is part of a name`)
	}
	parts := splitParts(pattern)
	if slices.Contains(parts, ".") || slices.Contains(parts, "..") {
		return "", selection{}, errors.New(". and .. match nothing after a wildcard: write them before the first wildcard")
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

// splitParts splits a valid pattern at the slashes that are not inside braces or classes.
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

// leadingFolders returns the parts that match one folder each, from the base down to the
// first part that may match several. deep says whether there is such a part.
func leadingFolders(parts []string) (lead []string, deep bool) {
	for i, part := range parts {
		if strings.Contains(part, "**") || strings.Contains(part, "/") {
			return parts[:i], true
		}
	}
	return parts[:len(parts)-1], false
}

// namesFile says whether the last part of a pattern spells out a name or an extension.
// cover, *.bin and *.{bin,raw} do. {*.a,*} does not.
func namesFile(part string) bool {
	if !hasMeta(part) {
		return part != ""
	}
	dot := strings.LastIndexByte(part, '.')
	return dot >= 0 && dot+1 < len(part) &&
		!strings.ContainsAny(part[dot:], "*?[") &&
		strings.Count(part[:dot], "{") == strings.Count(part[:dot], "}")
}

// enters says whether a folder, depth folders below the base, may hold files that are taken.
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

// leadsThrough says whether a part of the pattern before ** matches a link to a folder.
func (s selection) leadsThrough(rel string, depth int) bool {
	return depth < len(s.lead) && s.enters(rel, depth)
}

// takes says whether a file is taken, given the extensions that folders take.
func (s selection) takes(rel string, extensions []string) bool {
	name := baseName(rel)
	return (s.anyFile || hasExtension(name, extensions)) && s.sees(name) && doublestar.MatchUnvalidated(s.pattern, rel)
}

// sees says whether a name is not hidden, or a part of the pattern asks for it.
func (s selection) sees(name string) bool {
	return !hidden(name) || slices.ContainsFunc(s.dotted, func(part string) bool {
		return doublestar.MatchUnvalidated(part, name)
	})
}

func hidden(name string) bool { return strings.HasPrefix(name, ".") }

func baseName(rel string) string { return rel[strings.LastIndexByte(rel, '/')+1:] }

// hasExtension says whether a name has one of the extensions, in any case. Without
// extensions every name has.
func hasExtension(name string, extensions []string) bool {
	ext := filepath.Ext(name)
	return len(extensions) == 0 || slices.ContainsFunc(extensions, func(known string) bool { return strings.EqualFold(ext, known) })
}
