package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"filterbank/filters/config"
	"filterbank/pipeline/output"
)

// titledFlags are flags under a title: their names, each with the word for its value.
type titledFlags struct{ title, flags string }

// flagGroups returns the groups of flags in help texts and man pages, in order.
func flagGroups() []titledFlags {
	return []titledFlags{
		{"Input", "files-from=FILE column=NAME key-column=NAME label-column=NAME null include=PATTERN exclude=PATTERN label=WHAT matrix=NUMBERS matrix-layout=ORDER matrix-scale=X shard=I/N shards=N tasks=T limit-pixels=N"},
		{"Stack", "config=FILE bank=NAMES set=PATH=VALUE layers=NAMES until=NAMES arch=NAME input-size=HxW"},
		{"Output", "out=PATH format=NAMES " + formatFlags(false) + "features=FILE pack=FORM pack-size=BYTES pack-count=N " + tableFlags() + "overwrite=WHEN reproducible report patches=FOLDER embed with=RUN export=FILE png=FILE list hash"},
		{"Looks", formatFlags(true) + "scale=SCALE colormap=NAME protocol=NAME width=COLUMNS map=K array=NAME layer=NAME filter=NAME|K each=UNIT frames=N delay=TIME size=WxH theme=NAME before-after"},
		{"Running", "jobs=N max-memory=BYTES timeout=TIME on-error=WHAT max-failed=N grace=TIME image=IMAGE volume=CLAIM=PATH duplicates=R tolerance=X param=NAME=NUMBER channels=HOW limit=N dry-run cpuprofile=FILE"},
		{"Messages", "progress=KIND log-format=KIND explain choices=LAYER json quiet verbose help version"},
	}
}

// formatFlags lists the flags of formats that are for the eye, or of the others, and of their
// options.
func formatFlags(forEye bool) string {
	var flags strings.Builder
	for _, format := range output.All() {
		if format.ForEye != forEye {
			continue
		}
		if format.Flag != "" {
			flags.WriteString(format.Name + " ")
		}
		for _, o := range format.Options {
			flags.WriteString(strings.TrimSuffix(o.Name+"="+o.Word, "=") + " ")
		}
	}
	return flags.String()
}

// tableFlags lists the flags of outputs of the whole run.
func tableFlags() string {
	var flags strings.Builder
	for _, t := range output.Tables() {
		flags.WriteString(t.Option + "=FORM ")
	}
	return flags.String()
}

// The annotations of flags.
const (
	groupAnnotation = "filterbank_group"
	valueAnnotation = "filterbank_value"
)

// annotate gives the flags of all commands their groups and the words for their values.
func annotate(cmd *cobra.Command) {
	for _, c := range cmd.Commands() {
		annotate(c)
	}
	for _, group := range flagGroups() {
		for spec := range strings.FieldsSeq(group.flags) {
			name, value, _ := strings.Cut(spec, "=")
			if cmd.Flags().Lookup(name) != nil {
				must(cmd.Flags().SetAnnotation(name, groupAnnotation, []string{group.title}))
				must(cmd.Flags().SetAnnotation(name, valueAnnotation, []string{value}))
			}
		}
	}
}

// flagGroup is a part of a command's flags under a title.
type flagGroup struct {
	title string
	flags []*pflag.Flag
}

// fewFlags is how many flags are shown without groups.
const fewFlags = 9

// groupsOf are the flags of a command in their groups; flags without a group come last.
func groupsOf(cmd *cobra.Command) []flagGroup {
	byTitle := map[string][]*pflag.Flag{}
	count := 0
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			title := strings.Join(f.Annotations[groupAnnotation], "")
			byTitle[title] = append(byTitle[title], f)
			count++
		}
	})
	var groups []flagGroup
	all := flagGroup{title: "Flags"}
	for _, g := range flagGroups() {
		if flags := byTitle[g.title]; len(flags) > 0 {
			position := func(f *pflag.Flag) int { return strings.Index(" "+g.flags+" ", " "+f.Name) }
			slices.SortStableFunc(flags, func(a, b *pflag.Flag) int { return position(a) - position(b) })
			groups = append(groups, flagGroup{g.title, flags})
			all.flags = append(all.flags, flags...)
		}
	}
	if rest := byTitle[""]; len(rest) > 0 {
		groups = append(groups, flagGroup{"Other flags", rest})
		all.flags = append(all.flags, rest...)
	}
	if count <= fewFlags {
		return []flagGroup{all}
	}
	return groups
}

// flagNameOf is a flag as it is typed, with the word for its value: "-o, --out PATH".
func flagNameOf(f *pflag.Flag) string {
	name := "    --" + f.Name
	if f.Shorthand != "" {
		name = "-" + f.Shorthand + ", --" + f.Name
	}
	if value := strings.Join(f.Annotations[valueAnnotation], ""); value != "" {
		name += " " + value
	}
	return name
}

// flagText is what a flag does, with its default.
func flagText(f *pflag.Flag) string {
	switch f.DefValue {
	case "", "0", "0s", "false", "[]":
		return f.Usage
	}
	return fmt.Sprintf("%s (%s)", f.Usage, f.DefValue)
}

// helpWidth is the width of texts that are not fitted to a terminal. leastWidth and mostWidth
// bound the width of help texts.
const (
	helpWidth  = 80
	leastWidth = 60
	mostWidth  = 120
)

// widthOf is the number of columns for texts to w.
func widthOf(w io.Writer) int {
	return min(max(columns(w), leastWidth), mostWidth)
}

// help is the help text of a command: what it does, how it is called, examples, its flags in
// groups or its commands.
func help(cmd *cobra.Command, width int) string {
	var b strings.Builder
	b.WriteString(strings.Join(wrap(cmd.Short, width), "\n") + "\n\nUsage:\n  " + usageLine(cmd) + "\n")
	if cmd.Example != "" {
		b.WriteString("\nExamples:\n" + cmd.Example + "\n")
	}
	if cmd.Long != "" && cmd.Long != cmd.Short {
		b.WriteString("\n" + rewrap(cmd.Long, width) + "\n")
	}
	if names := commandNames(cmd); len(names) > 0 {
		b.WriteString("\nCommands:\n")
		for _, c := range cmd.Commands() {
			if slices.Contains(names, c.Name()) {
				twoColumns(&b, c.Name(), c.Short, commandColumn, width)
			}
		}
	}
	for _, group := range groupsOf(cmd) {
		if len(group.flags) > 0 {
			fmt.Fprintf(&b, "\n%s:\n", group.title)
		}
		for _, f := range group.flags {
			twoColumns(&b, flagNameOf(f), flagText(f), min(flagColumn, width/3), width)
		}
	}
	if cmd.HasAvailableSubCommands() {
		b.WriteString("\n" + rewrap(cmd.CommandPath()+" COMMAND --help says more about a command.", width) + "\n")
	}
	return b.String()
}

// The widths of the left columns.
const (
	commandColumn = 14
	flagColumn    = 30
)

// usageLine is how a command is called.
func usageLine(cmd *cobra.Command) string {
	if cmd.HasAvailableSubCommands() {
		return cmd.CommandPath() + " COMMAND [flags]"
	}
	return cmd.UseLine()
}

// twoColumns writes a name and, at a column, its text. A name that is too long has a line of its
// own.
func twoColumns(b *strings.Builder, name, text string, column, width int) {
	b.WriteString("  " + name)
	at := 2 + utf8.RuneCountInString(name)
	if at+1 > column {
		b.WriteString("\n")
		at = 0
	}
	for i, line := range wrap(text, max(width-column, 20)) {
		if i > 0 {
			at = 0
		}
		b.WriteString(strings.Repeat(" ", column-at) + line + "\n")
	}
}

// rewrap wraps the paragraphs of a text. Indented lines stay, and are wrapped at their
// indentation if they are too long.
func rewrap(text string, width int) string {
	var out, paragraph []string
	flush := func() {
		out = append(out, wrap(strings.Join(paragraph, " "), width)...)
		paragraph = nil
	}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \n")
		body := strings.TrimLeft(line, " \t")
		switch {
		case body == "":
			flush()
			out = append(out, "")
		case body != line:
			flush()
			indent := line[:len(line)-len(body)]
			for _, part := range wrap(body, max(width-len(indent), 20)) {
				out = append(out, indent+part)
			}
		default:
			paragraph = append(paragraph, line)
		}
	}
	flush()
	return strings.TrimRight(strings.Join(out, "\n"), "\n")
}

// newHelp is the command help.
func newHelp(c console) *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND]",
		Short:   "Say more about a command",
		Example: "  filterbank help run",
		ValidArgsFunction: func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
			return commandNames(cmd.Root()), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			topic, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				word := args[len(args)-max(len(rest), 1)]
				names := commandNames(cmd.Root())
				if near, ok := config.Nearest(word, names); ok {
					return fmt.Errorf("unknown help topic %q: did you mean %s help %s?", word, cmd.Root().Name(), near)
				}
				return fmt.Errorf("unknown help topic %q: the commands are %s", word, strings.Join(names, ", "))
			}
			topic.InitDefaultHelpFlag()
			annotate(topic)
			return writeHelp(c.out, topic)
		},
	}
}

func writeHelp(w io.Writer, cmd *cobra.Command) error {
	if _, err := io.WriteString(w, help(cmd, widthOf(w))); err != nil {
		return unwritten(err)
	}
	return nil
}
