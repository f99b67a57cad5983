package preview

import (
	"fmt"
	"strconv"
	"strings"

	"filterbank/pipeline/decode"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/source"
	"filterbank/pipeline/store"
)

// pack plans the samples of pictures.
type pack struct{ plan *store.PackPlan }

// newPack returns the plan of a pack, or nil for files in folders.
func newPack(o Options) *pack {
	if o.Pack == 0 {
		return nil
	}
	return &pack{store.NewPackPlan(store.PackOptions{Bytes: o.Pack, Samples: o.PackCount})}
}

// add adds a picture's sample.
func (p *pack) add(e *source.Entry, info decode.Info, size *SizePlan) error {
	members, err := p.members(e, info, size)
	if err == nil {
		err = p.plan.Add(members)
	}
	if err != nil {
		return fmt.Errorf("plan %s: %w", source.Display(e.Path), err)
	}
	return nil
}

// members returns a picture's files, its record and the file with the number of its class.
func (p *pack) members(e *source.Entry, info decode.Info, size *SizePlan) ([]store.PlannedMember, error) {
	rec := p.record(e, info, size)
	sample, err := rec.Sample()
	if err != nil {
		return nil, err
	}
	var members []store.PlannedMember
	for _, f := range rec.Files {
		members = append(members, store.PlannedMember{Name: string(f.Member), Bytes: f.Bytes})
	}
	note := func(suffix string, bytes int) {
		name := store.MemberName(e.Rel, store.Name{Suffix: suffix, Ext: suffix})
		members = append(members, store.PlannedMember{Name: name, Bytes: int64(bytes)})
	}
	note(store.RecordSuffix, len(sample))
	if e.Label != "" {
		note(store.ClassSuffix, len(strconv.Itoa(e.Class)))
	}
	return members, nil
}

// textBytes is the room that a record has for the texts that no header tells: colours that are
// not applied, and warnings. 16 warnings of 128 bytes are as many as a JPEG has.
const textBytes = 16 * 128

// record returns a record that takes at least as many bytes as the picture's own, unless the
// texts of that one are longer than textBytes.
func (p *pack) record(e *source.Entry, info decode.Info, size *SizePlan) *manifest.Record {
	const hash = "0000000000000000000000000000000000000000000000000000000000000000"
	longest := [2]float64{-1.0000000000000002e-06, -1.0000000000000002e-06} // as JSON, 17 digits behind six zeros
	stored := max(info.Width, info.Height)                                  // the file may be turned
	rec := &manifest.Record{
		Input: manifest.Path(e.Path), Output: manifest.Path(e.Place()), Label: e.Label,
		SHA256: hash, Stack: hash, Digest: hash, Keys: map[string]string{}, Status: manifest.OK,
		Width: info.Width, Height: info.Height, Orientation: info.Orientation,
		Decoded:  &manifest.Decoded{Kind: "ycbcr420", Width: stored, Height: stored, XXH64: hash[:16]},
		Layers:   manifest.LayersOf(size.Plans),
		Warnings: []string{strings.Repeat("w", textBytes)},
	}
	for _, f := range size.planned {
		rec.Keys[f.File.Format] = hash // the record of a sample has no key of features
		file := f.File
		file.Path, file.Member = manifest.Path(store.ShardName(p.plan.Shards)), manifest.Path(store.MemberName(e.Rel, f.Name()))
		file.Bytes, file.BLAKE3 = f.Bytes, hash
		file.Overflowed = f.Bytes // a value takes at least a byte
		if file.Filter != "" {
			file.Scale = &longest
		}
		rec.Files = append(rec.Files, file)
	}
	return rec
}
