package parts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	"filterbank/pipeline/manifest"
	"filterbank/pipeline/source"
	"filterbank/pipeline/store"
)

// Complete is complete.json: the account of a part all of whose inputs have been worked on. It
// is written when everything else of the part is in place. It does not depend on how often the
// part's task was killed before, except for times.
type Complete struct {
	Version int           `json:"version"` // of this file's format
	Shard   int           `json:"shard"`   // from 0
	Shards  int           `json:"shards"`
	Inputs  source.Inputs `json:"inputs"` // of the part
	// Images, Kept and Failed count the records of the manifest by their status, and Codes the
	// failed ones by their code.
	Images int            `json:"images"`
	Kept   int            `json:"kept,omitempty"`
	Failed int            `json:"failed"`
	Codes  map[string]int `json:"codes,omitempty"`
	Maps   int            `json:"maps"`
	Files  int            `json:"files"`
	Bytes  int64          `json:"bytes"`
	// Seconds and Stages are of the task that has completed the part. A reproducible run leaves
	// them out.
	Seconds float64            `json:"seconds,omitempty"`
	Stages  map[string]float64 `json:"stages,omitempty"`
	// Own are the files of the part that merge reads, by name.
	Own map[string]OwnFile `json:"own"`
}

// OwnFile is a file in a part's folder.
type OwnFile struct {
	Bytes  int64  `json:"bytes"`
	BLAKE3 string `json:"blake3"` // hexadecimal
}

// CompleteName is the name of the account in the part's folder.
const CompleteName = "complete.json"

const completeVersion = 1

// Count counts a record. maps is the number of maps of a picture.
func (c *Complete) Count(r *manifest.Record, maps int) {
	c.Files += len(r.Files)
	for _, f := range r.Files {
		c.Bytes += f.Bytes
	}
	switch r.Status {
	case manifest.OK:
		c.Images++
		c.Maps += maps
	case manifest.Kept:
		c.Kept++
	default:
		c.Failed++
		if c.Codes == nil {
			c.Codes = map[string]int{}
		}
		c.Codes[r.Code]++
	}
}

// Encode returns the content of the file.
func (c *Complete) Encode() ([]byte, error) {
	c.Version = completeVersion
	return encode(CompleteName, c)
}

// ReadComplete reads the account of a part. The error is fs.ErrNotExist if the part is not
// complete. Anyone may have made the file.
func ReadComplete(ctx context.Context, place store.Place, index, count int) (*Complete, error) {
	name := nameIn(index, count, CompleteName)
	data, err := place.Read(ctx, name, mostAccount)
	if err != nil {
		return nil, err
	}
	c, err := decodeComplete(data)
	if err == nil && (c.Shard != index || c.Shards != count) {
		err = fmt.Errorf("it is of shard %d of %d", c.Shard, c.Shards)
	}
	if err != nil {
		return nil, &DamagedError{name, err.Error()}
	}
	return c, nil
}

func decodeComplete(data []byte) (*Complete, error) {
	c := new(Complete)
	if err := json.Unmarshal(data, c); err != nil {
		return nil, fmt.Errorf("the file is damaged: %w", err)
	}
	if c.Version > completeVersion {
		return nil, fmt.Errorf("a newer filterbank has written it (version %d, and at most %d is read)", c.Version, completeVersion)
	}
	for _, n := range []int64{int64(c.Images), int64(c.Kept), int64(c.Failed), int64(c.Maps), int64(c.Files), c.Bytes, int64(c.Inputs.Count)} {
		if n < 0 || n > 1<<53 {
			return nil, errors.New("the file is damaged: its numbers are out of range")
		}
	}
	codes := 0
	for n := range maps.Values(c.Codes) {
		if n < 1 || n > c.Failed-codes {
			return nil, errors.New("the file is damaged: its codes are not those of its failed images")
		}
		codes += n
	}
	if c.Images+c.Kept+c.Failed != c.Inputs.Count || codes != c.Failed || !isSum(c.Inputs.SHA256) {
		return nil, errors.New("the file is damaged: its counts do not fit together")
	}
	for name, f := range c.Own {
		if f.Bytes < 0 || !isSum(f.BLAKE3) {
			return nil, fmt.Errorf("the file is damaged: it does not describe %s", name)
		}
	}
	return c, nil
}
