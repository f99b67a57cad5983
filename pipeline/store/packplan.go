package store

// bounds say when a shard ends.
type bounds struct {
	limit int64 // in bytes
	most  int   // samples; 0 is no bound
}

// full says whether a shard of so many bytes and samples has no room for another sample.
func (b bounds) full(bytes int64, samples int) bool {
	return bytes >= b.limit || b.most > 0 && samples >= b.most
}

// PackPlan works out the shards of a pack before it is written. Samples are added in the order
// of the input. If sizes are too large or some samples are never written, the pack has no more
// shards and bytes than the plan.
type PackPlan struct {
	Shards int
	Bytes  int64 // of all shards, with what the tar files have besides the members' contents

	bounds
	open    int64 // bytes of the shard at hand, without its end
	samples int   // of the shard at hand
}

// NewPackPlan returns the plan of an empty pack. It uses Bytes and Samples of the options.
func NewPackPlan(o PackOptions) *PackPlan {
	return &PackPlan{bounds: bounds{o.Bytes, o.Samples}}
}

// PlannedMember is a member of a sample before it is written. Bytes is its size without the
// header.
type PlannedMember struct {
	Name  string
	Bytes int64
}

// MemberName returns the name of a picture's file in a pack. stem is the name that all files of
// the picture begin with.
func MemberName(stem string, n Name) string { return key(stem) + field(n) }

// Add adds a sample. It returns an error if a tar file cannot have one of its members.
func (p *PackPlan) Add(members []PlannedMember) error {
	var bytes int64
	for _, m := range members {
		header, err := header(m.Name, m.Bytes)
		if err != nil {
			return err
		}
		bytes += int64(len(header)) + padded(m.Bytes)
	}
	if p.samples == 0 {
		p.Shards++
		p.Bytes += tarEnd
	}
	p.Bytes += bytes
	p.open += bytes
	if p.samples++; p.full(p.open, p.samples) {
		p.open, p.samples = 0, 0
	}
	return nil
}

// tarEnd is the size in bytes of the two empty blocks that end a tar file.
const tarEnd = 2 * tarBlock
