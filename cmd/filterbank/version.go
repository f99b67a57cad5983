package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"filterbank/filters/simd"
)

// development is the version of a build without a module version and a revision, as by go run
// and go test.
const development = "(devel)"

// version is the program's version, from the build info in the binary.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return development
	}
	return versionOf(info)
}

// versionOf is the version of the main module, such as v1.2.3. Without one it is the first 12
// digits of the revision, with +dirty if the sources had changed since. Without a revision it
// is "(devel)".
func versionOf(info *debug.BuildInfo) string {
	if v := info.Main.Version; v != "" && v != development {
		return v
	}
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	revision := settings["vcs.revision"]
	if revision == "" {
		return development
	}
	revision = revision[:min(12, len(revision))]
	if settings["vcs.modified"] == "true" {
		revision += "+dirty"
	}
	return revision
}

func newVersion(c console) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version, Go's version, the instruction sets in use and the processor",
		Example: "  filterbank version",
		Args:    arguments{}.check,
		RunE: func(*cobra.Command, []string) error {
			set, err := chosenSIMD()
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.out, "filterbank version %s\n%s %s/%s\nkernel %v, of %s\nprocessor %s\n",
				version(), runtime.Version(), runtime.GOOS, runtime.GOARCH, set, strings.Join(simd.Names(), ", "), simd.Processor())
			return err
		},
	}
}
