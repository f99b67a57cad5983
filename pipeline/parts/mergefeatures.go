package parts

import (
	"context"
	"fmt"
	"io"
	"iter"

	"filterbank/pipeline/features"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/output"
	"filterbank/pipeline/store"
)

// features writes the table of features from the rows that the parts have kept.
func (m *merger) features(ctx context.Context, done *Merged) error {
	f := m.config.Features
	if f == nil {
		return nil
	}
	write := m.opts.Features
	if write == nil {
		if f.File == "" {
			return fmt.Errorf("the run's table of features lies outside of the output folder: name it with --features FILE%s", f.Kind)
		}
		write = func(fill func(io.Writer) error) error {
			return m.place.Replace(ctx, f.File, 3*m.size(store.FeaturesName), fill)
		}
	}
	return write(func(w io.Writer) error {
		out := &counter{to: w}
		written, err := features.Write(out, "features"+f.Kind, f.Columns, m.rows(ctx))
		written.Path, written.Bytes = f.File, out.bytes
		done.Features = &written
		return err
	})
}

// journal writes the journal of features, so that a later run of everything has nothing to do.
func (m *merger) journal(ctx context.Context, _ *Merged) error {
	if m.config.Features == nil {
		return nil
	}
	return m.place.Replace(ctx, store.FeaturesName, m.size(store.FeaturesName), func(w io.Writer) error { return features.Join(w, m.journals(ctx)) })
}

// journals gives the journals of all parts, each valid until the next. An error ends them.
func (m *merger) journals(ctx context.Context) iter.Seq2[io.Reader, error] {
	return func(yield func(io.Reader, error) bool) {
		for _, c := range m.parts {
			in, err := m.open(ctx, c, store.FeaturesName)
			if err != nil {
				yield(nil, err)
				return
			}
			more := yield(in, nil)
			if more {
				err = in.end()
			}
			in.file.Close()
			if err != nil {
				yield(nil, err)
			}
			if err != nil || !more {
				return
			}
		}
	}
}

// rows gives the rows of all parts. An error ends them.
func (m *merger) rows(ctx context.Context) iter.Seq2[features.Row, error] {
	return func(yield func(features.Row, error) bool) {
		for _, c := range m.parts {
			more, err := m.rowsOf(ctx, c, yield)
			if err != nil {
				yield(features.Row{}, err)
			}
			if err != nil || !more {
				return
			}
		}
	}
}

func (m *merger) rowsOf(ctx context.Context, c *Complete, yield func(features.Row, error) bool) (more bool, err error) {
	in, err := m.open(ctx, c, store.FeaturesName)
	if err != nil {
		return false, err
	}
	defer in.file.Close()
	file, release, err := scratch(in)
	if err != nil {
		return false, err
	}
	defer release()
	rows, err := features.ReadRows(file)
	if err != nil {
		return false, &DamagedError{in.name, err.Error()}
	}
	more, err = m.linesOf(ctx, c, func(l line, _ error) bool {
		var row features.Row
		if row.Record, err = manifest.Parse(l.text); err == nil && row.Record.Status == manifest.OK {
			row.Values, err = rows.Values(row.Record.Keys[output.Features().Name])
		}
		return yield(row, err) && err == nil
	})
	return more, err
}

// counter counts the bytes that are written.
type counter struct {
	to    io.Writer
	bytes int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.to.Write(p)
	c.bytes += int64(n)
	return n, err
}
