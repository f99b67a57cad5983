// Command asm owns the assembly of package render, which go generate in the package's folder
// writes: gray.go describes the inner loops. It is never part of the program.
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
	bracket8(c)
	exact(c, 8)
	exact(c, 16)
	file, err := c.Result()
	if err != nil {
		return err
	}
	if err := pass.Compile.Execute(file); err != nil {
		return err
	}
	config := printer.Config{Argv: []string{"go", "generate"}, Pkg: "render"}
	for suffix, p := range map[string]printer.Printer{".s": printer.NewGoAsm(config), ".go": printer.NewStubs(config)} {
		text, err := p.Print(file)
		if err != nil {
			return err
		}
		if err := os.WriteFile(out+"/avx2_amd64"+suffix, text, 0o644); err != nil {
			return err
		}
	}
	return nil
}
