package source

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
)

// InlinePrefix begins the Path of a matrix that is written out in the Path itself.
const InlinePrefix = "matrix:"

// InlineText is a matrix of [Options].Matrices as the text of a file. A semicolon ends a row, and
// two end a channel.
func InlineText(matrix string) []byte {
	return []byte(strings.ReplaceAll(matrix, ";", "\n") + "\n")
}

// inline adds the matrices that are written out. Their Rel is matrix, matrix-2 and so on.
func (l *lister) inline(matrices []string) {
	for i, m := range matrices {
		rel := strings.TrimSuffix(InlinePrefix, ":")
		if i > 0 {
			rel = fmt.Sprintf("%s-%d", rel, i+1)
		}
		l.entries = append(l.entries, Entry{Job: Job{Path: InlinePrefix + m, Rel: rel}, written: true})
	}
}

// isInline says whether a path is of a matrix that is written out in it, and no file has it.
func isInline(path string) bool {
	if !strings.HasPrefix(path, InlinePrefix) {
		return false
	}
	_, err := os.Lstat(path)
	return err != nil
}

// openInline opens a matrix that is written out.
func openInline(ctx context.Context, path string) *Input {
	text := InlineText(strings.TrimPrefix(path, InlinePrefix))
	in := NewInput(ctx, Display(path), bytes.NewReader(text), int64(len(text)))
	in.held = true
	return in
}
