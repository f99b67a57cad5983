package terminal

import (
	"image"
	"os"

	"github.com/mattn/go-sixel"
	"golang.org/x/sys/windows"
)

// enable makes a console read escape sequences. Its mode stays so, as other programs
// leave it.
func enable(out *os.File) {
	var mode uint32
	console := windows.Handle(out.Fd())
	if windows.GetConsoleMode(console, &mode) == nil {
		_ = windows.SetConsoleMode(console, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING)
	}
}

func cellSize(*os.File) image.Point { return image.Point{} }

func sixels() (can bool, largest image.Point) { return sixel.IsSupported(), image.Point{} }
