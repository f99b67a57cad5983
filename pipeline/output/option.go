package output

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// Option is a setting that only some formats use. Each has a flag.
type Option struct {
	Name string // of the flag
	Word string // stands for the value in help texts; FILE is the name of a file; empty for a switch
	Help string // of the flag
	// Offers are values that shells offer, or the extensions of files.
	Offers []string
	// Set reads the flag's value.
	Set func(s *Settings, value string) error
	// Text returns the value as keys have it.
	Text func(s *Settings) string
}

// Options returns the options of all formats, in the order of the table.
func Options() (options []*Option) {
	for _, f := range All() {
		for _, o := range f.Options {
			if !slices.Contains(options, o) {
				options = append(options, o)
			}
		}
	}
	return options
}

// Default is the value of a flag that is not given.
func (o *Option) Default() string { return o.Text(&Settings{}) }

// SetOption sets an option to its flag's value. Unless that is the default, it is an error if
// none of the formats uses the option.
func (s *Settings) SetOption(o *Option, value string) error {
	if value == o.Default() {
		return nil
	}
	uses := func(f *Format) bool { return slices.Contains(f.Options, o) }
	if slices.ContainsFunc(s.Formats, uses) {
		return o.Set(s, value)
	}
	var names, flags, values []string
	for _, f := range All() {
		switch {
		case !uses(f):
			continue
		case f.Flag != "":
			flags = append(flags, "--"+f.Name)
		default:
			values = append(values, f.Name)
		}
		names = append(names, f.Name)
	}
	if len(values) > 0 {
		flags = append(flags, "--format "+enumerated(values, "or"))
	}
	formats := "formats"
	if len(names) == 1 {
		formats = "format"
	}
	return fmt.Errorf("--%s is an option of the %s %s: add %s", o.Name, formats, enumerated(names, "and"), enumerated(flags, "or"))
}

// enumerated joins words, with another word before the last one.
func enumerated(words []string, joint string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " " + joint + " " + words[last]
}

// key writes the option unless it has its default, so that keys of earlier versions, which
// did not have the option, stay.
func (o *Option) key(w io.Writer, s *Settings) {
	if text := o.Text(s); text != o.Default() {
		fmt.Fprintf(w, "%s %s\n", o.Name, text)
	}
}
