// Package simd owns the choice of the instruction sets that the module's loops use. It
// never runs a loop, and it keeps no state: callers hand a [Set] down to every package
// that has loops.
//
// Plain Go specifies every loop, so all sets give the same bits. [Generic] runs nothing
// but plain Go, and so does every set in a build with the tag purego.
package simd

import (
	"fmt"
	"strings"
)

// Set names the instruction sets that loops may use. It is a constant, comparable and
// safe to share. Its methods answer for this processor and build: a set that they lack
// allows no more than they have.
type Set uint8

// The sets. AVX512 allows the loops of AVX2 too, since not every loop has both.
const (
	Fastest Set = iota // everything that this processor and build have; the zero value
	Generic            // plain Go
	AVX2               // amd64 with AVX2, FMA, BMI1 and BMI2
	AVX512             // AVX2 and the AVX-512 extensions F, BW, DQ and VL
	NEON               // arm64
)

var names = [...]string{Fastest: "", Generic: "generic", AVX2: "avx2", AVX512: "avx512", NEON: "neon"}

// String is the set's name as Select reads it. Fastest has the name of Best.
func (s Set) String() string {
	if s == Fastest {
		s = Best()
	}
	return names[s]
}

// Best is the fastest set of this processor and build by its own name, never Fastest.
func Best() Set { return Sets()[0] }

// Sets lists what this processor and build can run, the fastest first and Generic last.
func Sets() []Set {
	var sets []Set
	for _, s := range []Set{AVX512, AVX2, NEON} {
		if s.runs() {
			sets = append(sets, s)
		}
	}
	return append(sets, Generic)
}

// Names are the names of Sets.
func Names() []string {
	var list []string
	for _, s := range Sets() {
		list = append(list, s.String())
	}
	return list
}

// Select finds the set of a name: generic, avx2, avx512 or neon. The empty name is
// Fastest. A name that this processor or build cannot run is an error that lists the
// names that it can.
func Select(name string) (Set, error) {
	if name == "" {
		return Fastest, nil
	}
	for _, s := range Sets() {
		if s.String() == name {
			return s, nil
		}
	}
	return Fastest, fmt.Errorf("this processor or build has no kernel %q, it has %s", name, strings.Join(Names(), ", "))
}

// runs says whether this processor and build have all of a set.
func (s Set) runs() bool {
	switch s {
	case AVX512:
		return hasAVX512
	case AVX2:
		return hasAVX2
	case NEON:
		return hasNEON
	}
	return true
}

// AVX2 says whether loops may use AVX2, FMA, BMI1 and BMI2.
func (s Set) AVX2() bool { return hasAVX2 && (s == Fastest || s == AVX2 || s == AVX512) }

// AVX512 says whether loops may use AVX-512 F, BW, DQ and VL. AVX2 is then true as well.
func (s Set) AVX512() bool { return hasAVX512 && (s == Fastest || s == AVX512) }

// VNNI says whether loops may use AVX-512 VNNI. AVX512 is then true as well.
func (s Set) VNNI() bool { return hasVNNI && s.AVX512() }

// NEON says whether loops may use NEON.
func (s Set) NEON() bool { return hasNEON && (s == Fastest || s == NEON) }

// Processor names the architecture and the processor's features that a choice depends on, as in "amd64 with AVX2, FMA, BMI1, BMI2".
func Processor() string {
	var has []string
	for _, f := range features() {
		if f.present {
			has = append(has, f.name)
		}
	}
	if len(has) == 0 {
		return architecture + " without features that loops use"
	}
	return architecture + " with " + strings.Join(has, ", ")
}

// feature is what a processor may have.
type feature struct {
	name    string
	present bool
}
