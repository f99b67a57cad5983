package config

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// distinct are names that become folders. File systems of macOS and Windows ignore upper
// and lower case.
type distinct map[string]string

func (d distinct) add(what, name string) error {
	check := checkName
	if what == "layer" {
		check = checkLayerName
	}
	if err := check(what, name); err != nil {
		return err
	}
	folded := strings.ToLower(name)
	if other, ok := d[folded]; ok {
		if other == name {
			return fmt.Errorf("%s name %q is there twice", what, name)
		}
		return fmt.Errorf("%s names %q and %q differ only in case, which some file systems ignore", what, other, name)
	}
	d[folded] = name
	return nil
}

// checkLayerName refuses names that --layers could not ask for, and the names that
// checkName refuses.
func checkLayerName(what, name string) error {
	if name == "all" || name == "last" || strings.Contains(name, ",") {
		return fmt.Errorf("%s name %q cannot be asked for with --layers, where all and last have meanings and commas separate names", what, name)
	}
	return checkName(what, name)
}

// checkName refuses names that cannot be a file's on Linux, macOS and Windows
// (learn.microsoft.com/windows/win32/fileio/naming-a-file).
func checkName(what, name string) error {
	if err := fileName(name); err != nil {
		return fmt.Errorf("%s name %q cannot be a file name: %w", what, name, err)
	}
	return nil
}

func fileName(name string) error {
	switch {
	case name == "":
		return errors.New("it is empty")
	case len(name) > maxName:
		return fmt.Errorf("it has %d bytes, at most %d are possible", len(name), maxName)
	case !utf8.ValidString(name):
		return errors.New("it is not UTF-8")
	case name == "." || name == "..":
		return errors.New("it is a folder's")
	}
	for _, r := range name {
		if strings.ContainsRune(`/\<>:"|?*`, r) || unicode.IsControl(r) {
			return fmt.Errorf("it contains %q", r)
		}
	}
	if last := name[len(name)-1]; last == '.' || last == ' ' {
		return fmt.Errorf("it ends in %q", last)
	}
	if base, _, _ := strings.Cut(name, "."); reserved(strings.TrimRight(strings.ToLower(base), " ")) {
		return errors.New("it names a device on Windows")
	}
	return nil
}

func reserved(base string) bool {
	switch base {
	case "con", "prn", "aux", "nul", "conin$", "conout$":
		return true
	}
	for _, port := range []string{"com", "lpt"} {
		if digit, ok := strings.CutPrefix(base, port); ok {
			switch digit {
			case "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "¹", "²", "³":
				return true
			}
		}
	}
	return false
}
