package terminal

import (
	"image"
	"os"

	"github.com/mattn/go-sixel"
	"golang.org/x/sys/windows"
)

// enable makes a console interpret escape sequences. The mode is kept afterwards, as by other
// programs.
func enable(out *os.File) {
	var mode uint32
	console := windows.Handle(out.Fd())
	if windows.GetConsoleMode(console, &mode) == nil {
		_ = windows.SetConsoleMode(console, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING)
	}
}

func cellSize(*os.File) image.Point { return image.Point{} }

func sixels() (can bool, largest image.Point) { return sixel.IsSupported(), image.Point{} }
