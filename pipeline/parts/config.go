package parts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"filterbank/pipeline/source"
	"filterbank/pipeline/store"
)

// Config is run-config.json: everything that the tasks of a run must have in common, so that
// their results fit together. The first task writes it, and the others compare.
type Config struct {
	Kind       string `json:"kind"`       // always configKind
	Version    int    `json:"version"`    // of this file's format
	Filterbank string `json:"filterbank"` // the program's version
	Shards     int    `json:"shards"`     // number of parts
	Tasks      int    `json:"tasks,omitempty"`
	// ByHand says that the task was given its shard and not an index, so that it fits any Tasks.
	ByHand bool          `json:"-"`
	Inputs source.Inputs `json:"inputs"`
	// Stacks has a hash of each stack: of its layers and their weights.
	Stacks []Setting `json:"stacks"`
	// Settings are values of flags, and of other settings that results depend on, by the names
	// that users know.
	Settings []Setting `json:"settings"`
	// Keys has a hash of each format: over all that its files depend on besides the pictures.
	Keys []Setting `json:"keys"`
	// Features is the table that merge writes. It is nil if there is none.
	Features *Features `json:"features,omitempty"`
	// Metadata is the value of --metadata.
	Metadata string `json:"metadata,omitempty"`
	// Pack says whether the files of pictures are in packs.
	Pack bool `json:"pack,omitempty"`
}

// Setting is a value that has a name.
type Setting struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Features is a table of features.
type Features struct {
	// File is its name at the top of the output folder, or empty if it lies elsewhere.
	File string `json:"file,omitempty"`
	// Kind is the extension of its name, such as .parquet.
	Kind    string   `json:"kind"`
	Columns []string `json:"columns"` // of maps
}

const (
	configKind    = "filterbank-shards"
	configVersion = 1
)

// DifferentError says that a task and the run that it is to be part of do not fit together.
type DifferentError struct {
	Out   string
	Texts []string // what differs, each as in "--format is npy here and png in the run"
}

// Error names everything that differs.
func (e *DifferentError) Error() string {
	return fmt.Sprintf("this task differs from the run in %s: %s; start all tasks with the same command, or choose another folder with -o",
		e.Out, strings.Join(e.Texts, "; "))
}

// Settle makes the config the run's, or compares it with the one that is there. The error is a
// *DifferentError if they do not fit together. out is the output folder in messages.
func (c *Config) Settle(ctx context.Context, place store.Place, out string) error {
	c.Kind, c.Version = configKind, configVersion
	there, err := readWhole(ctx, place)
	if errors.Is(err, fs.ErrNotExist) {
		var data []byte
		if data, err = encode(store.ConfigName, c); err != nil {
			return err
		}
		if err = place.Create(ctx, store.ConfigName, data); !errors.Is(err, fs.ErrExist) {
			return err
		}
		there, err = readWhole(ctx, place) // another task was faster
	}
	if err != nil {
		return err
	}
	if texts := c.differences(there); len(texts) > 0 {
		return &DifferentError{out, texts}
	}
	return nil
}

// readWhole is ReadConfig that waits two seconds for a task that is writing the file. It is needed on
// file systems without links, where a file has its name before it is whole.
func readWhole(ctx context.Context, place store.Place) (*Config, error) {
	for try := 0; ; try++ {
		c, err := ReadConfig(ctx, place)
		if _, cut := errors.AsType[*json.SyntaxError](err); !cut || try == 10 {
			return c, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// ReadConfig reads the config of a run. The error is fs.ErrNotExist if there is none. Anyone may
// have made the file.
func ReadConfig(ctx context.Context, place store.Place) (*Config, error) {
	data, err := place.Read(ctx, store.ConfigName, most)
	if err != nil {
		return nil, err
	}
	c, err := decodeConfig(data)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", store.ConfigName, err)
	}
	return c, nil
}

func decodeConfig(data []byte) (*Config, error) {
	c := new(Config)
	if err := json.Unmarshal(data, c); err != nil {
		return nil, fmt.Errorf("%w: the file is damaged, or another program's; move it away or choose another folder with -o", err)
	}
	switch {
	case c.Kind != configKind:
		return nil, errors.New("it is not the settings of a run in shards; move the file away or choose another folder with -o")
	case c.Version > configVersion:
		return nil, fmt.Errorf("a newer filterbank has written it (version %d, and at most %d is read); use that one or a later one", c.Version, configVersion)
	case c.Shards < 1 || c.Shards > Most, c.Tasks < 0 || c.Tasks > c.Shards, c.Inputs.Count < 0, !isSum(c.Inputs.SHA256):
		return nil, errors.New("its numbers are out of range: the file is damaged; move it away or choose another folder with -o")
	case c.Features != nil && strings.ContainsAny(c.Features.File, `/\`):
		return nil, fmt.Errorf("the table of features %q does not lie at the top of the output folder: the file is damaged", c.Features.File)
	}
	for _, list := range [][]Setting{c.Stacks, c.Settings, c.Keys} {
		names := map[string]bool{}
		for _, s := range list {
			if names[s.Name] {
				return nil, fmt.Errorf("it has %q twice: the file is damaged; move it away or choose another folder with -o", s.Name)
			}
			names[s.Name] = true
		}
	}
	return c, nil
}

// differences says what this task's config and the run's do not have in common.
func (c *Config) differences(run *Config) (texts []string) {
	add := func(name, here, there string) {
		if here != there {
			texts = append(texts, fmt.Sprintf("%s is %s here and %s in the run", name, orNothing(here), orNothing(there)))
		}
	}
	add("filterbank", c.Filterbank, run.Filterbank)
	add("--shards", fmt.Sprint(c.Shards), fmt.Sprint(run.Shards))
	if c.Tasks != run.Tasks && !c.ByHand {
		texts = append(texts, fmt.Sprintf("--tasks is %s here and %s in the run", tasksText(c.Tasks), tasksText(run.Tasks)))
	}
	switch {
	case c.Inputs.Count != run.Inputs.Count:
		texts = append(texts, fmt.Sprintf("the inputs are %d here and %d in the run", c.Inputs.Count, run.Inputs.Count))
	case c.Inputs != run.Inputs:
		texts = append(texts, fmt.Sprintf("the %d inputs have other paths, names, labels or another order than in the run", c.Inputs.Count))
	}
	compare(c.Settings, run.Settings, add)
	texts = append(texts, compareStacks(c.Stacks, run.Stacks)...)
	if len(texts) == 0 { // hashes of formats differ with anything else, too
		compare(c.Keys, run.Keys, func(name, here, there string) {
			if here != there {
				texts = append(texts, fmt.Sprintf("a file that the flags name for the format %s has another content, or this program makes it in another way", name))
			}
		})
	}
	if len(texts) == 0 && (c.Metadata != run.Metadata || c.Pack != run.Pack || !sameFeatures(c.Features, run.Features)) {
		texts = append(texts, "its outputs are others") // the file has been edited: settings name these, too
	}
	return texts
}

func orNothing(value string) string {
	if value == "" {
		return "not set"
	}
	return value
}

func tasksText(tasks int) string {
	if tasks == 0 {
		return "not set"
	}
	return fmt.Sprint(tasks)
}

// compare calls add for every name with both values; a name that one has not is empty there.
func compare(here, there []Setting, add func(name, here, there string)) {
	value := func(settings []Setting, name string) string {
		if i := slices.IndexFunc(settings, func(s Setting) bool { return s.Name == name }); i >= 0 {
			return settings[i].Value
		}
		return ""
	}
	for _, s := range here {
		add(s.Name, s.Value, value(there, s.Name))
	}
	for _, s := range there {
		if !slices.ContainsFunc(here, func(h Setting) bool { return h.Name == s.Name }) {
			add(s.Name, "", s.Value)
		}
	}
}

// compareStacks names the stacks that differ. Hashes say nothing to users.
func compareStacks(here, there []Setting) (texts []string) {
	compare(here, there, func(name, here, there string) {
		title := "the stack"
		if name != "" {
			title = "stack " + name
		}
		switch {
		case here == there:
		case here == "":
			texts = append(texts, title+" is missing here")
		case there == "":
			texts = append(texts, title+" is not in the run")
		default:
			texts = append(texts, title+" has other layers or weights than in the run")
		}
	})
	return texts
}

func sameFeatures(a, b *Features) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.File == b.File && a.Kind == b.Kind && slices.Equal(a.Columns, b.Columns)
}
