package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"filterbank/filters/volume"
	"filterbank/pipeline/bucket"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/features"
	"filterbank/pipeline/preview"
	"filterbank/pipeline/source"
)

func newPlan(c console) *cobra.Command {
	var f flags
	var pack packFlags
	var show planFlags
	cmd := &cobra.Command{
		Use:   "plan [flags] INPUT...",
		Short: "Show what a run would do, from the headers alone",
		Long: "Prints the shape arithmetic of every layer for the sizes among the inputs, and the\n" +
			"files and bytes that a run would write. No pixel is decoded. In the column window,\n" +
			"11×11 s4 p2 d3 g6 is a kernel of 11×11 with stride 4, padding 2, dilation 3 and 6\n" +
			"groups; field is the receptive field. Lines lead from a layer to those that name it in\n" +
			"their inputs; other layers read the one above. -v shows all sizes and a wider table.\n" +
			"--explain works the size of every layer out; --choices LAYER prints the sizes that its\n" +
			"output has with other strides and paddings.",
		Example: "  filterbank plan photos/ -c stack.yaml\n" +
			"  filterbank plan photo.png -c stack.yaml --explain\n" +
			"  filterbank plan photo.png -c stack.yaml --choices conv1\n" +
			"  filterbank plan photos/ --bank gabor --json",
		RunE: func(cmd *cobra.Command, inputs []string) error {
			j, err := f.job(cmd.Context(), c, inputs)
			if err != nil {
				return err
			}
			if err := pack.set(cmd, j); err != nil {
				return err
			}
			if f.shards.given() {
				f.shards.deal(j)
			}
			return f.plan(cmd.Context(), c, j, show)
		},
	}
	f.register(cmd)
	f.registerProgress(cmd)
	pack.register(cmd)
	f.shards.whole = true
	f.shards.register(cmd)
	show.register(cmd)
	must(cmd.RegisterFlagCompletionFunc("choices", f.completeLayers))
	return cmd
}

// planFlags say what of a plan is shown.
type planFlags struct {
	json, explain bool
	choices       string
}

func (show *planFlags) register(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&show.explain, "explain", false, "work the size, weights and cost of every layer out with its numbers")
	cmd.Flags().StringVar(&show.choices, "choices", "", "print the sizes of a layer's output by stride and padding, in place of the plan")
	cmd.Flags().BoolVar(&show.json, "json", false, "print JSON")
}

func (f *flags) plan(ctx context.Context, c console, j *job, show planFlags) error {
	chosen, err := choicesOf(j, show.choices)
	if err != nil {
		return err
	}
	log, err := newLogger(c.err, f.logs, f.level(), isTerminal(c.err))
	if err != nil {
		return err
	}
	f.remark(log, j)
	p, err := f.preview(ctx, c, j, log)
	if err != nil {
		return err
	}
	if j.Output.Features != "" {
		p.Memory = max(p.Memory, features.Memory(j.Output.Features, len(j.entries), j.columns))
	}
	switch {
	case show.json:
		err = printPlanJSON(c.out, p, j, chosen)
	case chosen != nil:
		_, err = io.WriteString(c.out, printChoices(p, chosen, f.verbose))
	default:
		err = printPlan(c.out, p, j, f.verbose, show.explain)
	}
	if err != nil {
		return unwritten(err)
	}
	e := f.events(log, "")
	for _, r := range p.Failures {
		e.record(r)
	}
	e.sums()
	switch {
	case len(p.Failures) == 0:
		return nil
	case f.shard == "" && !hasImages(j.entries):
		return noImage(j.entries)
	case len(p.Failures) <= f.tolerated.most(len(j.entries)):
		return nil
	}
	return &exit{code: exitFailed}
}

// preview reads the headers of a job's images and shows how far that is.
func (f *flags) preview(ctx context.Context, c console, j *job, log *slog.Logger) (*preview.Preview, error) {
	p, err := newProgress(c.err, f.progress, f.quiet, f.logs == "json")
	if err != nil {
		return nil, err
	}
	if f.logs == "json" {
		p.log = log
	}
	p.begin("plan", len(j.entries))
	defer p.end()
	return preview.New(ctx, j.entries, j.Job, j.res, preview.Options{Pack: j.opts.Pack, PackCount: j.opts.PackCount, Bucket: bucket.IsURL(j.opts.Out), Ended: p.ended})
}

// shownSizes is the number of sizes that are printed without -v.
const shownSizes = 3

func printPlan(w io.Writer, p *preview.Preview, j *job, all, explain bool) error {
	var b strings.Builder
	for i, size := range p.Sizes {
		if i == shownSizes && !all {
			fmt.Fprintf(&b, "… and %s; -v shows all\n\n", counted(len(p.Sizes)-i, "other size"))
			break
		}
		fmt.Fprintf(&b, "%s, input %v\n", examples(size), size.Input)
		for _, plan := range size.Plans {
			if plan.Stack.Name() != "" {
				fmt.Fprintf(&b, "stack %s\n", plan.Stack.Name())
			}
			layerTable(&b, plan, all)
			if explain {
				fmt.Fprintf(&b, "\n%s", explained(plan))
			}
		}
		b.WriteByte('\n')
	}
	for _, note := range j.notes {
		fmt.Fprintf(&b, "%s\n\n", strings.Join(wrap(note, helpWidth), "\n"))
	}
	fmt.Fprintf(&b, "%s, %s; fits into a --max-memory of about %s\n", counted(p.Pictures, "image"), counted(p.Maps, "map"), byteCount(p.Memory))
	if j.shards != nil {
		fmt.Fprintln(&b, j.shards.line())
	}
	if len(j.classes) > 0 {
		fmt.Fprintf(&b, "%s\n", strings.Join(wrap(classesLine(j.classes), helpWidth), "\n"))
	}
	if j.passed != "" {
		fmt.Fprintln(&b, j.passed)
	}
	b.WriteString(plannedWrites(p, j))
	_, err := io.WriteString(w, b.String())
	return err
}

// plannedWrites says what a run writes, in a line for files of images and one for the table of
// features.
func plannedWrites(p *preview.Preview, j *job) (lines string) {
	if p.Files > 0 || j.Output.Features == "" {
		files := counted(p.Files, "file")
		if j.pack != "" {
			files += " into at most " + counted(p.Shards, "shard")
		}
		lines = fmt.Sprintf("a run writes %s, at most %s, to %s\n", files, byteCount(p.Bytes), j.opts.Out)
	}
	if j.Output.Features != "" {
		lines += fmt.Sprintf("a run writes %s\n", plannedFeatures(j))
	}
	return lines
}

// classesLine names the first labels.
func classesLine(classes map[string]int) string {
	const most = 8
	names := slices.Sorted(maps.Keys(classes))
	line := verb(len(names), "1 class: ", fmt.Sprintf("%d classes: ", len(names)))
	for i, name := range names[:min(len(names), most)] {
		names[i] = source.Display(name)
	}
	if line += strings.Join(names[:min(len(names), most)], ", "); len(names) > most {
		line += fmt.Sprintf(" and %d more", len(names)-most)
	}
	return line
}

func examples(size preview.SizePlan) string {
	if size.Pictures == 1 {
		return source.Display(size.Example)
	}
	return fmt.Sprintf("%s and %d more", source.Display(size.Example), size.Pictures-1)
}

// count writes a large number with three digits and a letter.
func count(n float64) string {
	for _, unit := range []struct {
		size float64
		name string
	}{{1e12, "T"}, {1e9, "G"}, {1e6, "M"}} {
		if n >= unit.size {
			return fmt.Sprintf("%.3g %s", n/unit.size, unit.name)
		}
	}
	return fmt.Sprintf("%.0f", n)
}

func byteCount(n int64) string {
	v := float64(n)
	for _, unit := range []string{"bytes", "kB", "MB", "GB", "TB"} {
		if v < 1000 {
			if unit == "bytes" {
				return fmt.Sprintf("%d bytes", n)
			}
			return fmt.Sprintf("%.3g %s", v, unit)
		}
		v /= 1000
	}
	return fmt.Sprintf("%.3g PB", v)
}

// The JSON form of a plan.
type (
	planJSON struct {
		Sizes    []sizeJSON     `json:"sizes"`
		Failures []failureJSON  `json:"failures"`
		Images   int            `json:"images"`
		Maps     int            `json:"maps"`
		Files    int            `json:"files"`
		Shards   int            `json:"shards_at_most,omitempty"` // of a pack
		Bytes    int64          `json:"bytes_at_most"`
		Run      *runShardsJSON `json:"run_shards,omitempty"`
		Memory   int64          `json:"memory_about"`
		Notes    []string       `json:"notes"`
		Classes  map[string]int `json:"classes,omitempty"`
		Features *featuresJSON  `json:"features,omitempty"`
	}
	runShardsJSON struct {
		Count  int   `json:"count"`
		Least  int   `json:"images_at_least"` // of a shard
		Most   int   `json:"images_at_most"`
		Chosen []int `json:"chosen,omitempty"` // from 0; without them the plan is of all
	}
	featuresJSON struct {
		Path    string `json:"path"`
		Rows    int    `json:"rows"`
		Columns int    `json:"columns"` // of maps
	}
	sizeJSON struct {
		Input  volume.Shape `json:"input"`
		Images int          `json:"images"`
		First  string       `json:"first"`
		Stacks []stackJSON  `json:"stacks"`

		Choices []choiceTable `json:"choices,omitempty"` // of the layers that --choices names
	}
	stackJSON struct {
		Name   string      `json:"name"`
		Layers []layerJSON `json:"layers"`
	}
	failureJSON struct {
		Input string `json:"input"`
		Code  string `json:"code"`
		Error string `json:"error"`
	}
)

func printPlanJSON(w io.Writer, p *preview.Preview, j *job, chosen []engine.Selected) error {
	out := planJSON{
		Sizes: []sizeJSON{}, Failures: []failureJSON{},
		Images: p.Pictures, Maps: p.Maps, Files: p.Files, Shards: p.Shards, Bytes: p.Bytes, Memory: p.Memory, Notes: append([]string{}, j.notes...), Classes: j.classes,
	}
	if j.Output.Features != "" {
		out.Features = &featuresJSON{j.Output.Features, len(j.entries), j.columns}
	}
	if d := j.shards; d != nil {
		least, most := d.sizes()
		out.Run = &runShardsJSON{d.count, least, most, d.indexes}
	}
	for _, size := range p.Sizes {
		s := sizeJSON{Input: size.Input, Images: size.Pictures, First: size.Example, Choices: choiceTables(chosen, size)}
		for _, plan := range size.Plans {
			st := stackJSON{Name: plan.Stack.Name()}
			for l := range plan.Layers {
				st.Layers = append(st.Layers, layerJSON{plan, l})
			}
			s.Stacks = append(s.Stacks, st)
		}
		out.Sizes = append(out.Sizes, s)
	}
	for _, r := range p.Failures {
		out.Failures = append(out.Failures, failureJSON{string(r.Input), r.Code, r.Error})
	}
	return printJSON(w, out)
}
