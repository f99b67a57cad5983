package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"filterbank/pipeline"
	"filterbank/pipeline/preview"
	"filterbank/pipeline/store"
)

// packFlags are the flags of packs.
type packFlags struct {
	form  string
	size  string
	count int
}

// webdataset is a form of packs.
const webdataset = "webdataset"

func (p *packFlags) register(cmd *cobra.Command) {
	s := cmd.Flags()
	s.StringVar(&p.form, "pack", "", "webdataset: write each image's files as one sample into shards/000000.tar and so on, not into folders")
	size := fmt.Sprintf("%dMB", store.ShardBytes/1_000_000)
	s.StringVar(&p.size, "pack-size", size, "size at which a shard ends, as in 256MB or 1GB")
	s.IntVar(&p.count, "pack-count", 0, "most images in a shard (as many as --pack-size allows)")
	must(cmd.RegisterFlagCompletionFunc("pack", cobra.FixedCompletions([]string{webdataset}, cobra.ShellCompDirectiveNoFileComp)))
	must(cmd.RegisterFlagCompletionFunc("pack-size", cobra.FixedCompletions([]string{"256MB", size, "1GB"}, cobra.ShellCompDirectiveNoFileComp)))
}

// set sets the form of the pack and checks what a pack needs.
func (p *packFlags) set(cmd *cobra.Command, j *job) error {
	size, ok := parseBytes(p.size)
	switch {
	case p.form == "" && (cmd.Flags().Changed("pack-size") || cmd.Flags().Changed("pack-count")):
		return errors.New("--pack-size and --pack-count shape packs: add --pack webdataset")
	case p.form == "":
		return nil
	case p.form != webdataset:
		return fmt.Errorf("pack %q: it must be %s", p.form, webdataset)
	case !ok || size < 1:
		return fmt.Errorf("pack-size %q: it must be a size such as 256MB or 1GB", p.size)
	case p.count < 0 || p.count == 0 && cmd.Flags().Changed("pack-count"):
		return fmt.Errorf("pack-count must be at least 1, got %d", p.count)
	case len(j.View().Files()) == 0:
		return errors.New("--pack packs the files of images, and --features alone writes none: add --format npy, or leave out --pack")
	case j.opts.Overwrite == pipeline.Never:
		return errors.New("--overwrite never works on files in folders only: leave it out, or leave out --pack")
	case len(j.Output.Tables) > 0:
		return errors.New("--metadata names files in folders: leave it out, or leave out --pack, whose samples have their records")
	}
	j.pack, j.opts.Pack, j.opts.PackCount = p.form, size, p.count
	return preview.CheckPlaces(j.entries, j.Job, store.Packs)
}

// redoneLine says that shards of an earlier run are made again.
func redoneLine(first string, shards int) string {
	line := first + " is"
	switch {
	case shards == 2:
		line = first + " and the shard after it are"
	case shards > 2:
		line = fmt.Sprintf("%s and the %d shards after it are", first, shards-1)
	}
	return line + " made again: an image, a setting or the size of shards has changed, an image is new or gone, or a shard is missing or damaged"
}
