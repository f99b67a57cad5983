package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"filterbank/pipeline/verify"
)

// TestVerifyThatFails checks that faults are printed and change the exit code.
func TestVerifyThatFails(t *testing.T) {
	r := &verify.Report{Digest: "00", Checks: []verify.Check{
		{What: "this", Cases: 5},
		{What: "that", Cases: 7, Wrong: 2, First: "case 3: value 1 is 2, want 4"},
	}}
	for _, c := range []struct {
		json  bool
		lines []string
	}{
		{false, []string{"this  5      right\n", "that  7      2 WRONG: case 3: value 1 is 2, want 4\n", "digest 00\n"}},
		{true, []string{`"wrong": 2,`, `"first": "case 3: value 1 is 2, want 4"`}},
	} {
		var out bytes.Buffer
		err := concludeVerify(console{out: &out}, r, c.json)
		var e *exit
		if !errors.As(err, &e) || e.code != exitFailed || e.err == nil {
			t.Errorf("got the error %v, want exit %d with a reason", err, exitFailed)
		}
		for _, line := range c.lines {
			if !strings.Contains(out.String(), line) {
				t.Errorf("%q is missing in\n%s", line, &out)
			}
		}
	}
}
