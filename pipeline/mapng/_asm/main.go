// Command asm owns the assembly of package mapng, which go generate in the package's folder
// writes: filters.go, adler.go, tokenize.go and tokens.go describe the inner loops. It is never part of the
// program.
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
	for _, write := range []func(loop){sub, subMean, subPaeth, sumMagnitudes, sums, findSame, tokenize, tally, fold, writeGroups} {
		write(loop{c})
	}
	file, err := c.Result()
	if err != nil {
		return err
	}
	if err := pass.Compile.Execute(file); err != nil {
		return err
	}
	config := printer.Config{Argv: []string{"go", "generate"}, Pkg: "mapng"}
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
