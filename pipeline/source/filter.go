package source

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// filter is Options.Include and Options.Exclude, compiled.
type filter struct {
	include, exclude []string
}

// compile checks patterns and expands the short forms: x becomes x in any folder, and x/
// becomes everything below any folder x.
func compile(option string, patterns []string) ([]string, error) {
	compiled := make([]string, 0, len(patterns))
	for _, given := range patterns {
		p := strings.TrimPrefix(filepath.ToSlash(given), "./")
		name, below := strings.CutSuffix(p, "/")
		if !doublestar.ValidatePattern(p) || name == "" {
			return nil, fmt.Errorf("%s %q: malformed pattern: close every [ and {, as in %s '*.{jpg,png}'", option, given, option)
		}
		if strings.HasPrefix(p, "/") {
			return nil, fmt.Errorf("%s %q: patterns match paths below the inputs: leave out the first slash", option, given)
		}
		if below {
			p += "**"
		}
		if !strings.Contains(name, "/") {
			p = "**/" + p
		}
		compiled = append(compiled, p)
	}
	return compiled, nil
}

// keeps says whether a file is taken.
func (f filter) keeps(rel string) bool {
	return (len(f.include) == 0 || matchesAny(f.include, rel)) && !matchesAny(f.exclude, rel)
}

// prunes says whether a folder is not entered.
func (f filter) prunes(rel string) bool { return matchesAny(f.exclude, rel) }

func matchesAny(patterns []string, rel string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		return doublestar.MatchUnvalidated(p, rel)
	})
}
