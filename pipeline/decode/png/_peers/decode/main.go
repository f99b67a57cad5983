// Command decode fills a folder with PNGs, good and damaged, and says what package png makes
// of each. check.py has OpenCV read them. The fields of every line of standard output are
// the file's name, "read" or "refused", the SHA-256 of its pixels as BGRA (of 16 bits the
// lower byte first), the same with all of them opaque, and the warnings or the error.
package main

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"filterbank/pipeline/decode/png"
	"filterbank/pipeline/decode/png/pngcases"
)

func main() {
	if len(os.Args) < 3 {
		log.Fatal("usage: decode FOLDER MUTANTS [FOLDER OF PNGS]")
	}
	count, err := strconv.Atoi(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	folders := []string{"testdata"}
	if len(os.Args) > 3 {
		folders = append(folders, os.Args[3])
	}
	if err := write(os.Args[1], count, folders); err != nil {
		log.Fatal(err)
	}
}

func write(folder string, count int, from []string) error {
	var cases []string
	for _, f := range from {
		names, err := filepath.Glob(filepath.Join(f, "*.png"))
		if err != nil {
			return err
		}
		cases = append(cases, names...)
	}
	var all []pngcases.Seed
	for _, name := range cases {
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		all = append(all, pngcases.Seed{Name: strings.TrimSuffix(filepath.Base(name), ".png"), Data: data})
	}
	for _, s := range append(all, pngcases.Reference(count)...) {
		if err := one(folder, s.Name, s.Data); err != nil {
			return err
		}
	}
	return nil
}

func one(folder, name string, data []byte) error {
	m, err := png.Decode(context.Background(), data, png.Options{})
	if err != nil {
		fmt.Printf("%s\trefused\t-\t-\t%v\n", name, err)
	} else {
		fmt.Printf("%s\tread\t%x\t%x\t%s\n", name, digest(m, false), digest(m, true), strings.Join(m.Warnings, "; "))
	}
	return os.WriteFile(filepath.Join(folder, name+".png"), data, 0o666)
}

func digest(m *png.Image, opaque bool) []byte {
	sum := sha256.New()
	row, wide := make([]uint8, 4*m.Width), make([]uint16, 4*m.Width)
	for y := range m.Height {
		if m.Depth == 16 {
			m.RGBA16(wide, y)
			toBGRA(wide, opaque)
			binary.Write(sum, binary.LittleEndian, wide)
			continue
		}
		m.RGBA8(row, y)
		toBGRA(row, opaque)
		sum.Write(row)
	}
	return sum.Sum(nil)
}

func toBGRA[T uint8 | uint16](row []T, opaque bool) {
	for i := 0; i < len(row); i += 4 {
		row[i], row[i+2] = row[i+2], row[i]
		if opaque {
			row[i+3] = ^T(0)
		}
	}
}
