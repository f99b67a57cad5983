package main

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
)

// TestShowReadsNoMoreThanItNeeds gives show an endless stream that is not a picture.
func TestShowReadsNoMoreThanItNeeds(t *testing.T) {
	const text = "8BPS and so on, ever without an end"
	in := io.MultiReader(strings.NewReader(text), failing{errors.New("read beyond the beginning")})
	var out, complaint bytes.Buffer
	if code := execute(t.Context(), console{in, &out, &complaint}, []string{"show", "-"}); code != exitFailed {
		t.Errorf("exit code %d, want %d", code, exitFailed)
	}
	if want := "filterbank: show -: Photoshop is not read: convert it to PNG\n"; complaint.String() != want {
		t.Errorf("it says %q, want %q", &complaint, want)
	}
}

// failing is a reader that fails.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestShowOneNumber(t *testing.T) {
	var out bytes.Buffer
	name := "../../filters/tensor/testdata/scalar.npy"
	execute(t.Context(), console{nil, &out, io.Discard}, []string{"show", name})
	if want := name + ": array of one number; values "; !strings.HasPrefix(out.String(), want) {
		t.Errorf("it says %q, want %q first", &out, want)
	}
}
