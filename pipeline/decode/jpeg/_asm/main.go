// Command asm writes the assembly of package jpeg: entropy.go describes entropy decoding,
// idct.go the inverse DCT, chroma.go upsampling and colour.go the conversion to RGB, all
// for amd64, and neon.go the inverse DCT for arm64. go generate in the package's folder
// calls it.
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
	block(c)
	idct(c, ymm)
	idct(c, zmm)
	upsampleH2V1(row{c})
	upsampleH2V2(row{c})
	fromYCC(row{c})
	interleave(row{c})
	file, err := c.Result()
	if err != nil {
		return err
	}
	if err := pass.Compile.Execute(file); err != nil {
		return err
	}
	config := printer.Config{Argv: []string{"go", "generate"}, Pkg: "jpeg"}
	assembly, err := printer.NewGoAsm(config).Print(file)
	if err != nil {
		return err
	}
	stubs, err := printer.NewStubs(config).Print(file)
	if err != nil {
		return err
	}
	text, declarations := neonLoops()
	for name, content := range map[string]string{
		"loops_amd64.s": string(assembly), "loops_amd64.go": string(stubs), "loops_arm64.s": text, "loops_arm64.go": declarations,
	} {
		if err := os.WriteFile(out+"/"+name, []byte(content), 0o666); err != nil {
			return err
		}
	}
	return nil
}
