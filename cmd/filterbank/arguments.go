package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"filterbank/filters/bank"
	"filterbank/filters/config"
	"filterbank/pipeline/decode"
	"filterbank/pipeline/source"
	"filterbank/samples"
)

// arguments says which arguments a command takes.
type arguments struct {
	least, most int    // most is −1 if there is no limit
	what        string // "the output folder of a run"
	example     string // arguments that work
}

// check is the Args of a command.
func (a arguments) check(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) < a.least:
		return fmt.Errorf("%s needs %s, as in %s %s", cmd.Name(), a.what, cmd.CommandPath(), a.example)
	case a.most == 0 && len(args) > 0:
		return fmt.Errorf("%s takes no arguments, got %s", cmd.Name(), source.Display(args[0]))
	case a.most > 0 && len(args) > a.most:
		return fmt.Errorf("%s takes %s and no more, got %d arguments", cmd.Name(), a.what, len(args))
	}
	return nil
}

// commandNames are the names of the commands below one.
func commandNames(cmd *cobra.Command) []string {
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() || c.Name() == "help" {
			names = append(names, c.Name())
		}
	}
	return names
}

// unknownCommand is the error of arguments whose first word is no command. A file or a folder
// is an input of run.
func unknownCommand(root *cobra.Command, args []string) error {
	word := args[0]
	_, err := os.Stat(word)
	switch names := commandNames(root); {
	case isStackFile(word):
		return fmt.Errorf("%s is no command: did you mean %s run -c %s INPUT...?", source.Display(word), root.Name(), shellWord(word))
	case err == nil || strings.ContainsAny(word, "/*") || isImage(word):
		var words []string
		for _, arg := range args {
			words = append(words, shellWord(arg))
		}
		return fmt.Errorf("%s is no command: did you mean %s run %s?", source.Display(word), root.Name(), strings.Join(words, " "))
	default:
		if near, ok := config.Nearest(word, names); ok {
			return fmt.Errorf("unknown command %q: did you mean %s %s?", word, root.Name(), near)
		}
		if _, known := bank.Of(word); known {
			return fmt.Errorf("unknown command %q: %s run INPUT --bank %s runs that bank, %s banks %s shows it", word, root.Name(), word, root.Name(), word)
		}
		return fmt.Errorf("unknown command %q: the commands are %s", word, strings.Join(names, ", "))
	}
}

// shellWord is a name as a shell takes it.
func shellWord(name string) string {
	if name == "" || strings.ContainsAny(name, " \t\n'\"\\$&|;<>()*?[]{}#~`!") {
		return "'" + strings.ReplaceAll(name, "'", `'\''`) + "'"
	}
	return name
}

func isImage(name string) bool {
	return slices.Contains(decode.Extensions(), strings.ToLower(filepath.Ext(name)))
}

// isStackFile says whether a name is like a stack file's and no folder has it.
func isStackFile(name string) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".yaml", ".yml", ".json":
		info, err := os.Stat(name)
		return err != nil || !info.IsDir()
	}
	return false
}

// checkInputs refuses arguments that are meant for flags.
func (f *flags) checkInputs(inputs []string) error {
	for _, in := range inputs {
		name := source.Display(in)
		_, err := os.Lstat(in)
		switch {
		case isStackFile(in) && f.config != "":
			return fmt.Errorf("%s is a stack file, not an image, and -c names one already: leave one out", name)
		case isStackFile(in):
			return fmt.Errorf("%s is a stack file, not an image: did you mean -c %s?", name, shellWord(in))
		case err != nil && isBank(in):
			return fmt.Errorf("there is no file or folder %s, but a bank or filter: did you mean --bank %s?", name, in)
		}
	}
	return nil
}

// isBank says whether a bank or a filter of a bank at its defaults has the name.
func isBank(name string) bool {
	b, ok := bank.Of(name)
	return ok && (name == b.Name || slices.Contains(b.Filters(), name))
}

// stackFile reads the stack file, or makes it from banks. Values of more come after --set.
func (f *flags) stackFile(more ...string) (*config.File, error) {
	sets := slices.Concat(f.sets, more)
	switch {
	case f.config != "":
		if err := checkStackFile(f.config); err != nil {
			return nil, err
		}
		return config.Load(f.config, sets...)
	case len(f.banks) > 0:
		for _, spec := range f.banks {
			if isStackFile(spec) {
				return nil, fmt.Errorf("--bank takes names of built-in banks: did you mean -c %s?", shellWord(spec))
			}
		}
		return config.ForBanks(f.banks, sets...)
	}
	return config.Parse("starter.yaml", samples.Starter(), sets...)
}

// checkStackFile refuses a name for -c that is meant for something else.
func checkStackFile(name string) error {
	info, err := os.Stat(name)
	sample := strings.TrimSuffix(filepath.Base(name), ".yaml")
	switch {
	case err == nil && info.IsDir():
		return fmt.Errorf("-c %s: it is a folder; -c wants a stack file, and images are named without a flag", source.Display(name))
	case isImage(name):
		return fmt.Errorf("-c %s: it is an image; -c wants a stack file, and images are named without a flag", source.Display(name))
	case !errors.Is(err, os.ErrNotExist):
		return nil // Load says more
	case isBank(name):
		return fmt.Errorf("-c %s: there is no such file, but a bank or filter: did you mean --bank %s?", name, name)
	case slices.Contains(samples.Names(), sample):
		return fmt.Errorf("-c %s: there is no such file; filterbank init %s -o DIR writes the sample of this name", source.Display(name), sample)
	}
	return nil
}

// commas splits values at commas, as --layers does.
func commas(values []string) []string {
	var all []string
	for _, v := range values {
		for part := range strings.SplitSeq(v, ",") {
			all = append(all, strings.TrimSpace(part))
		}
	}
	return all
}

// remark logs warnings about the stack file, and that the part of the images is empty.
func (f *flags) remark(log *slog.Logger, j *job) {
	for _, w := range j.file.Warnings() {
		log.Warn(w.Error(), "event", "stack file")
	}
	if len(j.entries) == 0 && j.shards != nil {
		log.Warn("the shard is empty: there are fewer images than shards", "event", "empty part")
	} else if len(j.entries) == 0 {
		log.Warn(fmt.Sprintf("part %s of the images is empty: a hash of each path chooses the part, and some parts of a small set get none", f.shard), "event", "empty part")
	}
}
