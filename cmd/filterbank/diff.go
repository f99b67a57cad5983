package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"filterbank/pipeline/bucket"
	"filterbank/pipeline/diff"
	"filterbank/pipeline/manifest"
)

// diffOptions are the flags of diff.
type diffOptions struct {
	tolerance float64
	jobs      int
	json      bool
	all       bool // list maps without a difference too
}

func newDiff(c console) *cobra.Command {
	var o diffOptions
	cmd := &cobra.Command{
		Use:   "diff RUN_A RUN_B",
		Short: "Compare the feature maps of two runs",
		Long: "Compares the maps in the output folders of two runs. For each filter it prints the\n" +
			"largest and the mean absolute difference, and the picture with the largest. It also\n" +
			"lists images and files that only one run has. Files with the same digest in both\n" +
			"manifests are not read. Pixels are turned into values by their scale. The exit code is\n" +
			"0 if the runs are equal and 1 if they are not.",
		Example: "  filterbank diff maps/ maps-before/\n" +
			"  filterbank diff maps/ maps-before/ --tolerance 1e-4",
		Args: arguments{2, 2, "the output folders of two runs", "maps/ maps-before/"}.check,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runDiff(cmd.Context(), c, args[0], args[1], o)
		},
	}
	s := cmd.Flags()
	s.Float64Var(&o.tolerance, "tolerance", 0, "largest difference at which two values still count as equal")
	s.IntVarP(&o.jobs, "jobs", "j", 0, "pictures at a time (one per processor)")
	s.BoolVar(&o.json, "json", false, "print JSON")
	s.BoolVarP(&o.all, "verbose", "v", false, "list maps without a difference too")
	cmd.ValidArgsFunction = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return nil, cobra.ShellCompDirectiveFilterDirs
	}
	return cmd
}

func runDiff(ctx context.Context, c console, a, b string, o diffOptions) error {
	if !(o.tolerance >= 0) {
		return fmt.Errorf("tolerance must be 0 or more, got %v", o.tolerance)
	}
	if o.jobs < 0 {
		return fmt.Errorf("jobs must be at least 1, or 0 for one per processor, got %d", o.jobs)
	}
	options := diff.Options{Jobs: o.jobs}
	if bucket.IsURL(a) || bucket.IsURL(b) {
		client, err := bucket.New(bucket.Options{})
		if err != nil {
			return fmt.Errorf("diff: %w", err)
		}
		options.Client = client
	}
	r, err := diff.Run(ctx, a, b, options)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err == nil && r.Pictures > 0 && r.Files+r.OnlyA.Count+r.OnlyB.Count == 0 {
		err = fmt.Errorf("%s and %s have no files of images to compare: their runs wrote tables of features alone", a, b)
	}
	if err != nil {
		return fmt.Errorf("diff: %w", err)
	}
	if o.json {
		err = printJSON(c.out, r)
	} else {
		err = printDiff(c.out, r, a, b, o)
	}
	if err != nil {
		return unwritten(err)
	}
	if !r.Equal(o.tolerance) {
		return &exit{code: exitFailed}
	}
	return nil
}

// shownLines is the number of lines that are printed of each list.
const shownLines = 20

func printDiff(w io.Writer, r *diff.Report, a, b string, o diffOptions) error {
	var out strings.Builder
	diffTable(&out, r, o.all)
	list(&out, r.Unmatched, func(u diff.Unmatched) string {
		line := fmt.Sprintf("%s: %s in %s, %s in %s", shown(u.Picture), u.A, a, u.B, b)
		if u.Error != "" {
			line += ": " + u.Error
		}
		return line
	})
	for _, only := range []struct {
		files diff.List[manifest.Path]
		dir   string
	}{{r.OnlyA, a}, {r.OnlyB, b}} {
		list(&out, only.files, func(p manifest.Path) string { return fmt.Sprintf("%s: only in %s", shown(p), only.dir) })
	}
	list(&out, r.Shapes, func(s diff.Shapes) string {
		return fmt.Sprintf("%s: %v in %s, %v in %s", shown(s.Path), s.A, a, s.B, b)
	})
	list(&out, r.Unreadable, func(p diff.Problem) string { return fmt.Sprintf("%s: %s", shown(p.Path), p.Error) })
	fmt.Fprintln(&out, diffSummary(r, o.tolerance))
	_, err := io.WriteString(w, out.String())
	return err
}

func diffTable(out *strings.Builder, r *diff.Report, all bool) {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	rows := 0
	for i := range r.Maps {
		m := &r.Maps[i]
		if m.Worst == "" && !all {
			continue
		}
		if rows++; rows == 1 {
			fmt.Fprintln(t, "layer\tfilter\tformat\tlargest\tmean\tworst image")
		}
		worst := shown(m.Worst)
		if worst == "" {
			worst = "-"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%.6g\t%s\n", layerName(m), filterName(m), m.Format, largest(m), m.Mean, worst)
	}
	t.Flush()
	if rows > 0 {
		out.WriteByte('\n')
	}
}

func layerName(m *diff.Map) string {
	if m.Stack != "" {
		return m.Stack + "/" + m.Layer
	}
	return m.Layer
}

// shown quotes names that would break a line or confuse a terminal.
func shown(p manifest.Path) string {
	for _, r := range string(p) {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return strconv.Quote(string(p))
		}
	}
	return string(p)
}

// filterName is the filter's part of a map's file name.
func filterName(m *diff.Map) string {
	name := fmt.Sprintf("%03d", m.Index)
	if m.Filter != "" {
		name += "-" + m.Filter
	}
	return name
}

// largest writes a map's largest difference. It is ∞ if a value is NaN or infinite in one run.
func largest(m *diff.Map) string {
	if m.NotFinite > 0 {
		return fmt.Sprintf("∞ (%s)", counted(m.NotFinite, "value"))
	}
	return fmt.Sprintf("%.6g", m.Largest)
}

func list[T any](out *strings.Builder, l diff.List[T], line func(T) string) {
	for i, item := range l.First {
		if i == shownLines {
			break
		}
		fmt.Fprintln(out, line(item))
	}
	if rest := l.Count - min(shownLines, len(l.First)); rest > 0 {
		fmt.Fprintf(out, "… and %d more\n", rest)
	}
}

// diffSummary is the last line of the output.
func diffSummary(r *diff.Report, tolerance float64) string {
	verdict := "different"
	if r.Equal(tolerance) {
		if verdict = "equal"; r.Largest() != nil {
			verdict = fmt.Sprintf("equal within %g", tolerance)
		}
	}
	line := fmt.Sprintf("%s: %s, %s, %d with the same bytes", verdict, counted(r.Pictures, "image"), counted(r.Files, "file"), r.Same)
	if m := r.Largest(); m != nil {
		line += fmt.Sprintf("; largest difference %s in %s/%s of %s", largest(m), layerName(m), filterName(m), shown(m.Worst))
	}
	for _, part := range []struct {
		count      int
		noun, what string
	}{
		{r.Unmatched.Count, "image", "done in one run only"},
		{r.OnlyA.Count + r.OnlyB.Count, "file", "in one run only"},
		{r.Shapes.Count, "file", "of different shapes"},
		{r.Unreadable.Count, "file", "not compared"},
	} {
		if part.count > 0 {
			line += "; " + counted(part.count, part.noun) + " " + part.what
		}
	}
	return line
}
