// Command asm writes the assembly of package png: wave.go and rgba.go describe the
// inner loops, go generate in the package's folder calls it.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/pass"
	"github.com/mmcloughlin/avo/printer"
	"github.com/mmcloughlin/avo/reg"
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
	for _, bpp := range []int{1, 2, 3, 4, 6, 8} {
		w := wave{loop: loop{c}, bpp: bpp, lane: max(4, (bpp+3)/4*4)}
		w.any()
		w.paeth()
	}
	fromRGB(loop{c})
	fromRGB16(loop{c})
	fromGray(loop{c})
	fromBigEndian(loop{c})
	file, err := c.Result()
	if err != nil {
		return err
	}
	if err := pass.Compile.Execute(file); err != nil {
		return err
	}
	config := printer.Config{Argv: []string{"go", "generate"}, Pkg: "png"}
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

// loop is a function that goes over bytes.
type loop struct{ *build.Context }

func (l loop) function(name, signature string, doc ...string) {
	l.Function(name)
	l.Attributes(attr.NOSPLIT)
	l.Pragma("noescape")
	l.SignatureExpr(signature)
	l.Doc(doc...)
}

func (l loop) param(name string) reg.GPVirtual {
	return l.Load(l.Param(name), l.GP64()).(reg.GPVirtual)
}

// behind is the byte disp after a pointer.
func behind(base reg.Register, disp int) operand.Mem {
	return operand.Mem{Base: base, Disp: disp}
}
