// Command time reads the PNGs of a folder, each several times, and prints a line for each
// way: its name and the seconds of its best times added up. The ways are package png and
// image/png.
package main

import (
	"bytes"
	"context"
	"fmt"
	stdpng "image/png"
	"log"
	"os"
	"path/filepath"
	"time"

	"filterbank/pipeline/decode/png"
)

func main() {
	names, err := filepath.Glob(filepath.Join(os.Args[1], "*.png"))
	if err != nil || len(names) == 0 {
		log.Fatal("no *.png in ", os.Args[1])
	}
	for _, way := range []struct {
		name   string
		rounds int
		read   func(data []byte) error
	}{
		{"filterbank", 7, func(data []byte) error {
			_, err := png.Decode(context.Background(), data, png.Options{})
			return err
		}},
		{"image/png", 3, func(data []byte) error {
			_, err := stdpng.Decode(bytes.NewReader(data))
			return err
		}},
	} {
		var sum time.Duration
		for _, name := range names {
			best := time.Hour
			for range way.rounds {
				start := time.Now()
				data, err := os.ReadFile(name)
				if err == nil {
					err = way.read(data)
				}
				if err != nil {
					log.Fatal(name, ": ", err)
				}
				best = min(best, time.Since(start))
			}
			sum += best
		}
		fmt.Println(way.name, sum.Seconds())
	}
}
