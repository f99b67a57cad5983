package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"filterbank/filters/config"
)

// flagError says what is wrong with a flag and what would be right.
func flagError(cmd *cobra.Command, err error) error {
	if args := cmd.Flags().Args(); !cmd.HasParent() && len(args) > 0 { // filterbank photos/ --bank sobel
		return unknownCommand(cmd, args)
	}
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		return unknownFlag(cmd, unknown)
	}
	if missing, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		f := missing.GetFlag()
		return fmt.Errorf("--%s needs a value, as in --%s %s: %s", f.Name, f.Name, strings.Join(f.Annotations[valueAnnotation], ""), f.Usage)
	}
	if wrong, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		f := wrong.GetFlag()
		return fmt.Errorf("--%s %q: it must be %s; see %s --help", f.Name, wrong.GetValue(), valueOf(f), cmd.CommandPath())
	}
	return fmt.Errorf("%w; see %s --help", err, cmd.CommandPath())
}

// valueOf describes the values of a flag.
func valueOf(f *pflag.Flag) string {
	switch f.Value.Type() {
	case "int", "int64":
		return "a whole number"
	case "float64":
		return "a number"
	case "duration":
		return "a time with its unit, such as 90s or 5m"
	case "bool":
		return "true or false, or left out"
	}
	return "a " + f.Value.Type()
}

func unknownFlag(cmd *cobra.Command, unknown *pflag.NotExistError) error {
	name := unknown.GetSpecifiedName()
	if short := unknown.GetSpecifiedShortnames(); short != "" {
		return fmt.Errorf("unknown flag -%c in -%s; see %s --help", []rune(name)[0], short, cmd.CommandPath())
	}
	if near, ok := config.Nearest(name, flagNames(cmd)); ok {
		return fmt.Errorf("unknown flag --%s: did you mean --%s?", name, near)
	}
	var owners []string
	for _, c := range cmd.Root().Commands() {
		if c.Flags().Lookup(name) != nil {
			owners = append(owners, c.Name())
		}
	}
	switch {
	case len(owners) > 0 && !cmd.HasParent():
		return fmt.Errorf("--%s needs a command before it: did you mean %s %s --%s ...?", name, cmd.Name(), preferred(owners), name)
	case len(owners) > 0:
		return fmt.Errorf("%s has no flag --%s; it is a flag of %s", cmd.CommandPath(), name, strings.Join(owners, ", "))
	}
	return fmt.Errorf("unknown flag --%s; see %s --help", name, cmd.CommandPath())
}

// preferred is run if it is among the names, else the first one.
func preferred(names []string) string {
	if slices.Contains(names, "run") {
		return "run"
	}
	return names[0]
}

func flagNames(cmd *cobra.Command) []string {
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	})
	return names
}

// checkDashes refuses long flags with one dash. Their letters would be taken as short flags:
// -out maps writes to a folder "ut".
func checkDashes(root *cobra.Command, args []string) error {
	cmd, rest, err := root.Find(args)
	if err != nil || cmd.DisableFlagParsing {
		return nil // what is wrong is told later
	}
	for _, arg := range rest {
		if arg == "--" {
			break
		}
		name, isFlag := strings.CutPrefix(arg, "-")
		name, _, _ = strings.Cut(name, "=")
		if !isFlag || len(name) < 2 || strings.HasPrefix(name, "-") {
			continue
		}
		if name == "help" || cmd.Flags().Lookup(name) != nil {
			return fmt.Errorf("-%s: did you mean --%s? Long flags have two dashes", name, name)
		}
	}
	return nil
}

// exclusive are flags that cannot be given together.
var exclusive = [...]struct{ a, b, why string }{
	{"config", "bank", "-c names a stack file and --bank takes built-in banks in its place: leave one out"},
	{"quiet", "verbose", "-q reports less and -v more: leave one out"},
	{"export", "png", "--export writes numbers and --png draws a picture: use one command for each"},
}

func checkExclusive(cmd *cobra.Command) error {
	for _, e := range exclusive {
		if cmd.Flags().Changed(e.a) && cmd.Flags().Changed(e.b) {
			return errors.New(e.why)
		}
	}
	return nil
}
