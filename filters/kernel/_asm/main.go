// Command asm writes the assembly of package kernel: pixels.go and filters.go
// describe the inner loops, go generate in the package's folder calls it.
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
	set := flag.String("set", "", "instruction set: avx512 or avx2")
	out := flag.String("dir", "", "folder that the files are written to")
	flag.Parse()
	if err := generate(*set, *out); err != nil {
		fmt.Fprintln(os.Stderr, "asm:", err)
		os.Exit(1)
	}
}

func generate(set, out string) error {
	c := build.NewContext()
	c.ConstraintExpr("!purego")
	var tables string
	switch set {
	case "avx512":
		tables = pixelLoops(c, avx512()) + filterLoops(c)
		extremesLoop(c, avx512())

	case "avx2":
		tables = pixelLoops(c, avx2())
		extremesLoop(c, avx2())

	default:
		return fmt.Errorf("no instruction set %q", set)
	}
	file, err := c.Result()
	if err != nil {
		return err
	}
	if err := pass.Compile.Execute(file); err != nil {
		return err
	}
	config := printer.Config{Argv: []string{"go", "generate"}, Pkg: "kernel"}
	base := out + "/" + set + "_amd64"
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
