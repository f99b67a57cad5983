// Package verify proves on the machine it runs on that filterbank's arithmetic is
// right: convolution against PyTorch's, every kernel that the processor has against
// plain Go, bit for bit, and pictures, pixels and files against what is known of them.
// All it needs is in the program.
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

// Digest is what Report.Digest is on every machine. Another one means that the same
// pictures come to give other maps: then the version of the arithmetic that resuming
// rests on has to rise with it.
const Digest = "79e5d49500b294d4af1e3b0e488a7896145c26aa2a1c921d9bc8f9e2cc1b895f"

// Report is what was verified.
type Report struct {
	Checks []Check `json:"checks"`
	Digest string  `json:"digest"` // SHA-256 of all outputs, hexadecimal
}

// Right says whether no check found anything wrong.
func (r *Report) Right() bool {
	for _, c := range r.Checks {
		if c.Wrong > 0 {
			return false
		}
	}
	return true
}

// Check is cases of one kind.
type Check struct {
	What  string `json:"what"`
	Cases int    `json:"cases"`
	Wrong int    `json:"wrong"`           // of them
	First string `json:"first,omitempty"` // of the wrong ones: which it is, what it gave and what is right
}

// count notes a case, and err if it is wrong.
func (c *Check) count(err error) {
	c.Cases++
	if err == nil {
		return
	}
	if c.Wrong++; c.Wrong == 1 {
		c.First = err.Error()
	}
}

// Run verifies everything, which takes a second or two. What is wrong is in the report;
// the error is ctx's, or that of cases that were built into the program damaged.
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
		err = fmt.Errorf("it is %s, on every machine it should be %s", digest, Digest)
	}
	c.count(err)
	return c
}

// writeFloats adds the values' bits to a hash.
func writeFloats(h hash.Hash, values []float32) { h.Write(tensor.AppendFloats(nil, values)) }
