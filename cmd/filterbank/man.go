package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"filterbank/filters/config"
	"filterbank/pipeline/store"
	"filterbank/samples"
)

// manDate is the date of all pages, so that the same program writes the same pages.
const manDate = "2026-01-01"

func newMan(console) *cobra.Command {
	return &cobra.Command{
		Use:   "man FOLDER",
		Short: "Write the man pages into a folder",
		Long:  "Writes a page for each command, in section 1, and filterbank-stack.5 for the stack file.",
		Example: "  filterbank man man/man1 && man man/man1/filterbank-run.1\n" +
			"  filterbank man pages/ && man pages/filterbank-stack.5",
		Args: arguments{1, 1, "a folder for the man pages", "man/"}.check,
		RunE: func(cmd *cobra.Command, args []string) error {
			folder, err := store.Open(args[0])
			if err != nil {
				return fmt.Errorf("man pages: %w", err)
			}
			defer folder.Release()
			if err := writeMan(folder, cmd.Root()); err != nil {
				return err
			}
			page, err := stackPage()
			if err != nil {
				return fmt.Errorf("man pages: %w", err)
			}
			return folder.WriteFile("filterbank-stack.5", []byte(page))
		},
	}
}

// writeMan writes the man pages of a command and of the commands below it.
func writeMan(folder *store.Folder, cmd *cobra.Command) error {
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			if err := writeMan(folder, c); err != nil {
				return err
			}
		}
	}
	return folder.WriteFile(pageName(cmd)+".1", []byte(commandPage(cmd)))
}

func pageName(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

// roff writes a man page in the macros of man(7).
type roff struct{ strings.Builder }

// escaped is text in roff: hyphens are minus signs, and no line is taken as a request.
func escaped(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(text)
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "'") {
		text = `\&` + text
	}
	return text
}

func (r *roff) header(title string, section int) {
	fmt.Fprintf(r, ".TH %s %d %s \"filterbank %s\" \"Filterbank Manual\"\n", strings.ToUpper(escaped(title)), section, escaped(manDate), escaped(version()))
}

func (r *roff) section(title string) { fmt.Fprintf(r, ".SH %s\n", title) }

// text writes paragraphs. Indented lines stay as they are.
func (r *roff) text(text string) {
	literal := false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if indented := strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t"); indented != literal && line != "" {
			r.WriteString(map[bool]string{true: ".PP\n.nf\n", false: ".fi\n.PP\n"}[indented])
			literal = indented
		}
		switch {
		case line != "":
			r.WriteString(escaped(line) + "\n")
		case literal:
			r.WriteString("\n")
		default:
			r.WriteString(".PP\n")
		}
	}
	if literal {
		r.WriteString(".fi\n")
	}
}

// literal writes lines as they are.
func (r *roff) literal(text string) {
	r.WriteString(".nf\n")
	for line := range strings.Lines(text) {
		r.WriteString(escaped(strings.TrimRight(line, "\n")) + "\n")
	}
	r.WriteString(".fi\n")
}

// item writes a term and its text below it.
func (r *roff) item(term, text string) {
	fmt.Fprintf(r, ".TP\n.B %s\n%s\n", escaped(strings.TrimSpace(term)), escaped(text))
}

// commandPage is the man page of a command.
func commandPage(cmd *cobra.Command) string {
	cmd.InitDefaultHelpFlag()
	annotate(cmd)
	var r roff
	r.header(pageName(cmd), 1)
	r.section("NAME")
	fmt.Fprintf(&r, "%s \\- %s\n", escaped(pageName(cmd)), escaped(cmd.Short))
	r.section("SYNOPSIS")
	fmt.Fprintf(&r, ".B %s\n", escaped(usageLine(cmd)))
	r.section("DESCRIPTION")
	if cmd.Long != "" {
		r.text(cmd.Long)
	} else {
		r.text(cmd.Short + ".")
	}
	if cmd.Example != "" {
		r.section("EXAMPLES")
		r.literal(cmd.Example)
	}
	groups := groupsOf(cmd)
	r.section("OPTIONS")
	for _, group := range groups {
		if len(groups) > 1 {
			fmt.Fprintf(&r, ".SS %s\n", group.title)
		}
		for _, f := range group.flags {
			r.item(flagNameOf(f), flagText(f))
		}
	}
	r.section("EXIT STATUS")
	for _, e := range exitCodes {
		r.item(e.code, e.meaning)
	}
	r.section("SEE ALSO")
	r.WriteString(seeAlso(cmd))
	return r.String()
}

// exitCodes are the exit codes and their meanings.
var exitCodes = [...]struct{ code, meaning string }{
	{"0", "Everything is done, or no more images failed than --max-failed allows."},
	{"1", "The command ended, but more images failed, or diff, digest, verify or show found a difference or a damaged file."},
	{"2", "Flags, the stack file or the inputs are wrong, or the output folder or a file cannot be written as long as it is so. Do not retry."},
	{"75", "Another run has the output folder, or a disk is full or fails, or results cannot be written. Try again."},
	{"130", "Interrupted. Finished images stay, and the same command goes on."},
}

// seeAlso names the pages around a command's.
func seeAlso(cmd *cobra.Command) string {
	var pages []string
	if cmd.HasParent() {
		pages = append(pages, pageName(cmd.Parent())+"(1)")
	}
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			pages = append(pages, pageName(c)+"(1)")
		}
	}
	var lines []string
	for _, p := range append(pages, "filterbank-stack(5)") {
		page, section, _ := strings.Cut(p, "(")
		lines = append(lines, fmt.Sprintf(".BR %s (%s", escaped(page), section))
	}
	return strings.Join(lines, " ,\n") + "\n"
}

// schemaPart is as much of a JSON Schema as the page of the stack file needs.
type schemaPart struct {
	Ref         string                `json:"$ref"`
	Defs        map[string]schemaPart `json:"$defs"`
	Description string                `json:"description"`
	Properties  map[string]schemaPart `json:"properties"`
	Required    []string              `json:"required"`
	Enum        []string              `json:"enum"`
	Default     any                   `json:"default"`
	OneOf       []schemaPart          `json:"oneOf"`
	Items       *schemaPart           `json:"items"`
}

// stackPage is the man page of the stack file, from its schema.
func stackPage() (string, error) {
	var schema schemaPart
	if err := json.Unmarshal(config.Schema(), &schema); err != nil {
		return "", err
	}
	var r roff
	r.header("filterbank-stack", 5)
	r.section("NAME")
	r.WriteString("filterbank\\-stack \\- stack file of filterbank\n")
	r.section("DESCRIPTION")
	r.text("A stack file says how a picture is prepared and through which layers it runs. It is YAML or JSON, up to 16 MiB. " +
		"The paths of arrays are relative to its folder.\n\nMistakes in it are told with line and column, all at once.")
	r.section("KEYS")
	r.keys("The file", schema)
	for _, part := range stackParts {
		r.keys(part.title, schema.Defs[part.name])
	}
	r.section("EXAMPLES")
	r.text("The starter stack, which runs if no other is named:")
	r.WriteString(".PP\n")
	r.literal(string(samples.Starter()))
	r.section("SEE ALSO")
	r.WriteString(".BR filterbank (1) ,\n.BR filterbank\\-init (1) ,\n.BR filterbank\\-run (1) ,\n.BR filterbank\\-banks (1)\n")
	return r.String(), nil
}

// stackParts are the parts of a stack file that have keys, in the order of the page.
var stackParts = [...]struct{ name, title string }{
	{"Input", "input"}, {"Resize", "input.resize"}, {"Crop", "input.crop"}, {"Section", "Each of stacks"}, {"Layer", "Each of layers"},
	{"Conv", "conv"}, {"Kernel", "Each of kernels"}, {"BatchNorm", "batch_norm"}, {"MaxPool", "max_pool"}, {"AvgPool", "avg_pool"},
	{"LocalResponseNorm", "local_response_norm"},
}

// keys writes the keys of a part, the required ones first.
func (r *roff) keys(title string, part schemaPart) {
	if len(part.Properties) == 0 && len(part.OneOf) > 0 {
		part = part.OneOf[0]
	}
	fmt.Fprintf(r, ".SS %s\n", escaped(title))
	names := slices.Sorted(maps.Keys(part.Properties))
	slices.SortStableFunc(names, func(a, b string) int {
		return btoi(slices.Contains(part.Required, b)) - btoi(slices.Contains(part.Required, a))
	})
	for _, name := range names {
		p := part.Properties[name]
		text := p.Description
		if len(p.Enum) > 0 {
			text += " One of " + strings.Join(p.Enum, ", ") + "."
		}
		if p.Default != nil {
			text += fmt.Sprintf(" Default: %v.", p.Default)
		}
		if slices.Contains(part.Required, name) {
			text += " Required."
		}
		r.item(name, text)
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
