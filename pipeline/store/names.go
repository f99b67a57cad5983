package store

import (
	"slices"
	"strings"
)

// Names at the top of the output folder that belong to the run.
const (
	ManifestName   = "manifest.jsonl"
	RunName        = "run.json"
	MetadataName   = "metadata.jsonl"
	FeaturesName   = "features.rows"
	ReportName     = "report.html"
	ReportDataName = "report.files"
	ShardsName     = "shards"
	PartsName      = "parts"
	ConfigName     = "run-config.json"
)

// Use is a way of running in which names are taken.
type Use string

// Names of Every are taken in every run, the others if the run is asked for them.
const (
	Every    Use = ""
	Report   Use = "--report"
	Packs    Use = "--pack"
	Metadata Use = "--metadata"
	Features Use = "--features"
	Parts    Use = "--shards"
)

// Reserved is a name at the top of the output folder that no output may take.
type Reserved struct {
	Name  string
	Owner string // what the name is for
	Use   Use
}

// reserved is the table of all names. Temporary files are taken by their form.
func reserved() []Reserved {
	return []Reserved{
		{ManifestName, "the manifest", Every},
		{RunName, "the run's account", Every},
		{lockName, "the run's lock", Every},
		{sessionsName, "the run's checkpoints in a bucket", Every},
		{ReportName, "the report's page", Report},
		{ReportDataName, "the report's data", Report},
		{ShardsName, "the pack's shards", Packs},
		{MetadataName, "the metadata of the maps", Metadata},
		{FeaturesName, "the journal of the features", Features},
		{PartsName, "the own files of the run's parts", Parts},
		{ConfigName, "the settings of the run's parts", Parts},
	}
}

// Taken returns the reserved name that an output would take: the first element of the
// output's slash-separated name. Upper and lower case are the same, as on file systems of
// macOS and Windows.
func Taken(output string, uses ...Use) (Reserved, bool) {
	first, _, _ := strings.Cut(output, "/")
	for _, r := range reserved() {
		if (r.Use == Every || slices.Contains(uses, r.Use)) && strings.EqualFold(first, r.Name) {
			return r, true
		}
	}
	if isTemporary(strings.ToLower(first)) {
		return Reserved{first, "temporary files", Every}, true
	}
	return Reserved{}, false
}
