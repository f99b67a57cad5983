package pipeline

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"filterbank/filters/volume"
	"filterbank/pipeline/decode"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/output"
	"filterbank/pipeline/scale"
	"filterbank/pipeline/source"
	"filterbank/pipeline/store"
)

// Processor takes pictures from their bytes to their files, one at a time. It owns its
// buffers, which last from picture to picture, and has one owner.
type Processor struct {
	job     *Job
	res     *Resources
	keys    *output.Keys
	engine  *engine.Engine
	finder  scale.Finder
	space   output.Workspace
	waited  time.Duration // time that the current picture waited for memory
	decoder string        // fingerprint of the decoder of the current picture

	moved func(share float64) // called as the work on the picture goes on; may be nil
	// take keeps the features of a picture under their key before its files are committed; it
	// may be nil.
	take func(rec *manifest.Record, key string, values []float32) error
}

// NewProcessor returns a processor for a task of another program. It uses Kernel, Memory and
// Timeout of the resources.
func NewProcessor(job Job, res Resources) (*Processor, error) {
	j := job.withDefaults()
	if err := j.Check(); err != nil {
		return nil, err
	}
	return newProcessor(j, &res, j.keys(), res.shared(0, j.WeightBytes())), nil
}

func newProcessor(j *Job, res *Resources, k *output.Keys, shared *engine.Shared) *Processor {
	p := &Processor{job: j, res: res, keys: k, engine: engine.New(j.Stacks, shared)}
	p.space.Reset(p.engine)
	return p
}

// reset drops all buffers. Their state is undefined after a panic.
func (p *Processor) reset() {
	p.engine.Reset()
	p.finder = scale.Finder{}
	p.space.Reset(p.engine)
}

// Process does a picture: it writes the job's files to the batch, commits the batch and returns
// the record. The record's Input is the input's name, and its Output is rel. If there is an
// error, the batch is aborted.
func (p *Processor) Process(ctx context.Context, in *source.Input, rel string, b *store.Batch) (rec *manifest.Record, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			p.reset()
			err = fmt.Errorf("%s: %w", in.Name, engine.Panic(cause))
		}
		if err != nil {
			b.Abort()
			rec = nil
		}
	}()
	begun := time.Now()
	rec = &manifest.Record{Input: manifest.Path(in.Name), Output: manifest.Path(rel)}
	err = p.process(ctx, in, rec, p.job.Output.Formats, b)
	if err == nil && b.Sealed() {
		_, err = b.Commit()
		p.waited += b.Waited()
	}
	rec.Seconds = p.seconds(begun)
	return rec, err
}

// seconds returns the time of work since begun, without the time that the picture waited.
func (p *Processor) seconds(begun time.Time) float64 {
	return max(time.Microsecond, (time.Since(begun) - p.waited).Round(time.Microsecond)).Seconds()
}

// process writes a picture's files in some of the formats and completes its record. It leaves
// the Commit of a batch that is Late to the caller: the batch is sealed then.
func (p *Processor) process(ctx context.Context, in *source.Input, rec *manifest.Record, todo []*output.Format, b *store.Batch) error {
	v := p.job.view(todo)
	v.Title = source.Display(string(rec.Output))
	v.Origin.Output = v.Title
	held := func() int64 {
		v.Plans = p.engine.Plans
		return p.engine.Windows() + v.Memory()
	}
	err := p.decoded(ctx, in, rec, held, func(ctx context.Context, pic *decode.Picture) error {
		v.Plans, v.Picture, v.Origin.SHA256, v.Origin.Stack = p.engine.Plans, pic, rec.SHA256, p.keys.Stack
		p.engine.Watch(len(v.Plans)*(1+scale.Runs(v.Scales()...)), p.moved)
		if err := p.ranges(ctx, v); err != nil {
			return err
		}
		return output.Write(ctx, v, &p.space, b)
	})
	if err != nil {
		return err
	}
	if p.take != nil && slices.Contains(todo, output.Features()) {
		if err := p.take(rec, p.keys.Of(output.Features(), p.decoder, rec.SHA256), p.space.Features()); err != nil {
			return err
		}
	}
	// The memory is free by now: a pack may wait for the turn of an earlier picture that needs it.
	c := engine.Start()
	written, err := b.Seal()
	if err == nil {
		p.complete(rec, v, written)
		b.Note(store.RecordSuffix, func(written []store.Written) ([]byte, error) { return sampleOf(rec, written) })
		if !b.Late() {
			_, err = b.Commit()
		}
	}
	c.Mark(&p.engine.Stages.Write)
	p.engine.Stages.Write -= b.Waited()
	p.waited += b.Waited()
	return err
}

// sampleOf returns the record of a picture as its sample has it, once the sample has its place:
// the shard may have become another one since the files were sealed.
func sampleOf(rec *manifest.Record, written []store.Written) ([]byte, error) {
	for i := range rec.Files {
		rec.Files[i].Path = manifest.Path(written[0].Path)
	}
	shown := *rec
	shown.Keys = maps.Clone(rec.Keys)
	delete(shown.Keys, output.Features().Name) // a sample is the same with and without features
	return shown.Sample()
}

// ranges finds the ranges of the maps on the scales that formats need.
func (p *Processor) ranges(ctx context.Context, v *output.View) error {
	found, err := p.finder.Find(ctx, p.engine, v.Picture, v.Scales()...)
	if err == nil {
		v.SetRanges(found)
	}
	return err
}

// complete puts the written files into the record of a picture.
func (p *Processor) complete(rec *manifest.Record, v *output.View, written []store.Written) {
	rec.Version, rec.Status, rec.Stack = manifest.Version, manifest.OK, p.keys.Stack
	rec.Keys = p.keys.All(p.decoder, rec.SHA256)
	rec.Files = v.Recorded(string(rec.Output), written, &p.space)
	rec.Digest = manifest.DigestOf(rec.Files)
}

// decoded waits until memory is free, decodes a picture and calls do with it, within the time
// bound. held returns the bytes that do needs besides the picture, once its plans are known.
func (p *Processor) decoded(ctx context.Context, in *source.Input, rec *manifest.Record, held func() int64, do func(context.Context, *decode.Picture) error) error {
	p.waited = 0
	info, err := p.header(in, rec)
	if err != nil {
		return err
	}
	if err := p.plan(in.Name, info.Prepared, rec); err != nil {
		return err
	}
	if in.Size > math.MaxInt/4 {
		return &decode.Error{Code: decode.TooLarge, Text: fmt.Sprintf("read %s: a file of %d bytes cannot be held in memory; a picture of this size has to be cut up first", in.Name, in.Size)}
	}
	asked := time.Now()
	release, err := p.engine.Memory.Admit(ctx, Need(in.Unread(), info, held()))
	p.waited = time.Since(asked)
	if err != nil {
		return fmt.Errorf("decode %s: %w", in.Name, err)
	}
	defer release()
	return engine.Within(ctx, p.res.Timeout, in.Name, func(ctx context.Context) error {
		pic, err := p.decode(ctx, in, info, rec)
		if err != nil {
			return err
		}
		defer pic.Release()
		if err := p.plan(in.Name, pic.Size(), rec); err != nil { // the file may have changed meanwhile
			return err
		}
		return do(ctx, pic)
	})
}

// Need returns the bytes that must be free before a picture is decoded: for its file of size
// bytes, which is read whole, for its decoding, and for held, the bytes of its plans and formats.
func Need(size int64, info decode.Info, held int64) int64 { return size + info.Memory() + held }

// open opens a picture's bytes.
func (p *Processor) open(ctx context.Context, e *source.Entry) (*source.Input, error) {
	c := engine.Start()
	defer c.Mark(&p.engine.Stages.Read)
	if e.Path != source.Stdin {
		return e.Open(ctx)
	}
	limit := int64(math.MaxInt64 - 1)
	if p.res.Memory > 0 {
		limit = p.res.Memory / 4 // reading may hold the bytes twice, and the pixels come after
	}
	in, err := source.ReadStdin(ctx, p.res.Stdin, limit, func(beginning []byte) bool {
		_, err := p.job.Decoder.ReadInfo(bytes.NewReader(beginning))
		refused, ok := errors.AsType[*decode.Error](err)
		return ok && refused.Code != decode.Truncated // the decoder will say so
	})
	if errors.Is(err, source.ErrTooLong) {
		err = &engine.MemoryError{Need: 4 * (limit + 1), Total: p.res.Memory}
	}
	if err != nil {
		return nil, fmt.Errorf("read standard input: %w", err)
	}
	return in, nil
}

// header reads a picture's header. If the header is refused, the record gets the file's digest
// here. Otherwise it gets the digest with the pixels.
func (p *Processor) header(in *source.Input, rec *manifest.Record) (decode.Info, error) {
	c := engine.Start()
	defer c.Mark(&p.engine.Stages.Decode)
	info, err := p.job.Decoder.ReadInfo(in)
	if err != nil {
		err = fmt.Errorf("decode %s: %w", in.Name, err)
		const small = 64 << 20 // more is hardly a picture with a bad header
		if in.Size <= small {
			if _, sum, sumErr := in.Sum(0); sumErr == nil {
				rec.SHA256 = sum
			}
		}
	}
	return info, err
}

// decode reads the file whole and decodes it. Idle workers help with large pictures.
func (p *Processor) decode(ctx context.Context, in *source.Input, info decode.Info, rec *manifest.Record) (*decode.Picture, error) {
	c := engine.Start()
	in.Bind(ctx)
	data, err := in.ReadAll()
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(data)
	rec.SHA256, p.decoder = hex.EncodeToString(sum[:]), p.job.Decoder.Fingerprint(data)
	if err := in.Check(rec.SHA256); err != nil {
		return nil, err
	}
	c.Mark(&p.engine.Stages.Read)
	helpers, giveBack := p.engine.Borrow(info.Helpers())
	defer giveBack()
	var took time.Duration
	pic, err := p.job.Decoder.DecodeWith(ctx, data, 1+helpers)
	c.Mark(&took)
	p.engine.Stages.Decode += took * time.Duration(1+helpers)
	if err != nil {
		return nil, fmt.Errorf("decode %s: %w", in.Name, err)
	}
	rec.Width, rec.Height, rec.Orientation = pic.Info.Width, pic.Info.Height, pic.Info.Orientation
	rec.Ignored, rec.Warnings = pic.Ignored, pic.Warnings
	decoded := manifest.Decoded(pic.Samples)
	rec.Decoded = &decoded
	return pic, nil
}

// plan plans every stack for a picture's size and puts the shapes into the record.
func (p *Processor) plan(name string, in volume.Shape, rec *manifest.Record) error {
	if have := p.engine.Plans; len(have) == 0 || have[0].Input != in {
		plans, err := p.job.Plan(name, in)
		if err != nil {
			return err
		}
		p.engine.Plans = plans
	}
	rec.Layers = manifest.LayersOf(p.engine.Plans)
	return nil
}
