package main

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/lmittmann/tint"
)

func (f *flags) level() slog.Level {
	switch {
	case f.quiet:
		return slog.LevelError
	case f.verbose:
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

// newLogger returns a logger that writes a line for each event: JSON, or text, coloured on a
// terminal, without the time and without the fields, which the message has in words. Fields
// in groups are shown.
func newLogger(w io.Writer, format string, level slog.Level, terminal bool) (*slog.Logger, error) {
	switch format {
	case "text":
		return slog.New(tint.NewTextHandler(w, &tint.Options{
			Level:   level,
			NoColor: !terminal,
			ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
				if len(groups) == 0 && a.Key != slog.LevelKey && a.Key != slog.MessageKey {
					return slog.Attr{}
				}
				return a
			},
		})), nil
	case "json":
		return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level})), nil
	}
	return nil, fmt.Errorf("log-format %q: it must be text or json", format)
}
