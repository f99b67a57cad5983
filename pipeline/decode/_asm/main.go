// Command asm writes the assembly of package decode: colour.go describes the loops to rows
// of RGBA and floats.go the loops to floats. go generate in the package's folder calls it.
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
	out := flag.String("dir", "", "folder that the files are written to")
	flag.Parse()
	if err := generate(*out); err != nil {
		fmt.Fprintln(os.Stderr, "asm:", err)
		os.Exit(1)
	}
}

func generate(out string) error {
	c := build.NewContext()
	c.ConstraintExpr("!purego")
	fromGray(row{c})
	fromBigEndian(row{c})
	for _, s := range []samples{{row: row{c}, bits: 8}, {row: row{c}, bits: 16}} {
		s.unit()
		s.normal()
		s.blend()
	}
	rgb := rgb8(row{c})
	rgb.unit()
	rgb.normal()
	samples{row: row{c}, bits: 8}.planes8()
	file, err := c.Result()
	if err != nil {
		return err
	}
	if err := pass.Compile.Execute(file); err != nil {
		return err
	}
	config := printer.Config{Argv: []string{"go", "generate"}, Pkg: "decode"}
	assembly, err := printer.NewGoAsm(config).Print(file)
	if err != nil {
		return err
	}
	stubs, err := printer.NewStubs(config).Print(file)
	if err != nil {
		return err
	}
	if err := os.WriteFile(out+"/avx2_amd64.s", assembly, 0o666); err != nil {
		return err
	}
	return os.WriteFile(out+"/avx2_amd64.go", stubs, 0o666)
}
