// Command asm owns the generated assembly of package kernel and is never part of the
// program. neon.go and neonrows.go describe the inner loops for arm64, and the other
// files loops for amd64. go generate in the package's folder calls it.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/pass"
	"github.com/mmcloughlin/avo/printer"
)

func main() {
	set := flag.String("set", "", "instruction set: avx512, avx2 or neon")
	out := flag.String("dir", "", "folder that the files are written to")
	flag.Parse()
	if err := generate(*set, *out); err != nil {
		fmt.Fprintln(os.Stderr, "asm:", err)
		os.Exit(1)
	}
}

func generate(set, dir string) error {
	switch set {
	case "avx512":
		c := build.NewContext()
		tables := pixelLoops(c, avx512()) + filterLoops(c, avx512())
		extremesLoop(c, avx512())
		columnsLoop(c, avx512())
		spansLoop(c, avx512())
		depthwiseLoops(c)
		channelsLoop(c, avx512())
		maxLoop(c, avx512())
		maximaLoop(c, avx512())
		splitLoop(c, avx512())
		stride2Loops(c, avx512())
		sumsLoop(c, avx512())
		averagesLoop(c, avx512())
		normLoop(c, avx512())
		applyLoops(c, avx512())
		functionLoops(c, avx512())
		addLoop(c, avx512())
		copyLoop(c)
		return compile(c, tables, dir+"/avx512_amd64")
	case "avx2":
		c := build.NewContext()
		tables := pixelLoops(c, avx2()) + filterLoops(c, avx2())
		extremesLoop(c, avx2())
		columnsLoop(c, avx2())
		spansLoop(c, avx2())
		stripLoops(c, avx2())
		channelsLoop(c, avx2())
		maxLoop(c, avx2())
		maximaLoop(c, avx2())
		splitLoop(c, avx2())
		stride2Loops(c, avx2())
		sumsLoop(c, avx2())
		averagesLoop(c, avx2())
		normLoop(c, avx2())
		applyLoops(c, avx2())
		functionLoops(c, avx2())
		addLoop(c, avx2())
		return compile(c, tables, dir+"/avx2_amd64")
	case "neon":
		assembly, stubs := neonLoops()
		if err := write(dir+"/neon_arm64.s", []byte(assembly)); err != nil {
			return err
		}
		return write(dir+"/neon_arm64.go", []byte(stubs))
	}
	return fmt.Errorf("no instruction set %q", set)
}

// compile writes base.s and base.go, the latter with tables behind its stubs.
func compile(c *build.Context, tables, base string) error {
	c.ConstraintExpr("!purego")
	file, err := c.Result()
	if err != nil {
		return err
	}
	if err := pass.Compile.Execute(file); err != nil {
		return err
	}
	config := printer.Config{Argv: []string{"go", "generate"}, Pkg: "kernel"}
	assembly, err := printer.NewGoAsm(config).Print(file)
	if err != nil {
		return err
	}
	stubs, err := printer.NewStubs(config).Print(file)
	if err != nil {
		return err
	}
	if err := write(base+".s", assembly); err != nil {
		return err
	}
	return write(base+".go", stubs, []byte(tables))
}

func write(path string, parts ...[]byte) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	for _, p := range parts {
		if _, err := f.Write(p); err != nil {
			f.Close()
			return err
		}
	}
	return f.Close()
}
