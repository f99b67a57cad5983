// Package verify owns the proof that filterbank's arithmetic is right on this machine. It
// compares convolution with PyTorch's results, every kernel of the processor with plain Go,
// bit for bit, and pictures, pixels and files with known results. It never reads or writes
// files: all cases are in the program.
package verify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"

	"filterbank/filters"
	"filterbank/filters/kernel"
	"filterbank/filters/simd"
	"filterbank/filters/tensor"
)

// Digest is Report.Digest on every machine. If a change of the program changes it, the same
// pictures give other maps, and the version of the arithmetic, on which resuming rests, must
// rise.
const Digest = "79e5d49500b294d4af1e3b0e488a7896145c26aa2a1c921d9bc8f9e2cc1b895f"

// Report is the result of all checks.
type Report struct {
	Checks []Check `json:"checks"`
	Digest string  `json:"digest"` // SHA-256 of all outputs, hexadecimal
}

// Right says whether no check found a wrong case.
func (r *Report) Right() bool {
	for _, c := range r.Checks {
		if c.Wrong > 0 {
			return false
		}
	}
	return true
}

// Check counts the cases of one kind.
type Check struct {
	What  string `json:"what"`
	Cases int    `json:"cases"`
	Wrong int    `json:"wrong"`           // number of wrong cases
	First string `json:"first,omitempty"` // the first wrong case: its name, its result and the right result
}

// count counts a case. err is nil if the case is right.
func (c *Check) count(err error) {
	c.Cases++
	if err == nil {
		return
	}
	if c.Wrong++; c.Wrong == 1 {
		c.First = err.Error()
	}
}

// Run makes all checks in a second or two. Wrong cases are in the report. Errors are ctx's
// own, and damage to the cases in the program.
func Run(ctx context.Context) (*Report, error) {
	conv, err := loadConvCases()
	if err != nil {
		return nil, err
	}
	pictures, err := loadPictures()
	if err != nil {
		return nil, err
	}
	k := kernel.New(simd.Generic)
	all := contenders(k)
	plain := filters.Runner{Kernel: k}
	bits := sha256.New()
	r := Report{Checks: []Check{checkConvolution(ctx, conv, plain.Run)}}
	if err := checkKernels(ctx, conv, randomStacks, plain.Run, all, bits); err != nil {
		return nil, err
	}
	for _, c := range all {
		r.Checks = append(r.Checks, c.Check)
	}
	r.Checks = append(r.Checks, checkDecoding(pictures, bits), checkRendering(bits), checkPNG(bits), checkNPY(bits))
	r.Digest = hex.EncodeToString(bits.Sum(nil))
	r.Checks = append(r.Checks, checkDigest(r.Digest))
	return &r, ctx.Err()
}

func checkDigest(digest string) Check {
	c := Check{What: "digest of all outputs"}
	var err error
	if digest != Digest {
		err = fmt.Errorf("it is %s, but must be %s on every machine", digest, Digest)
	}
	c.count(err)
	return c
}

// writeFloats adds the bits of values to a hash.
func writeFloats(h hash.Hash, values []float32) { h.Write(tensor.AppendFloats(nil, values)) }
