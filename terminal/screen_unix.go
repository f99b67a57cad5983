//go:build unix

package terminal

import (
	"image"
	"os"

	"golang.org/x/sys/unix"
)

func enable(*os.File) {}

// cellSize is zero where the terminal does not tell its size in pixels.
func cellSize(out *os.File) image.Point {
	size, err := unix.IoctlGetWinsize(int(out.Fd()), unix.TIOCGWINSZ)
	if err != nil || size.Col == 0 || size.Row == 0 {
		return image.Point{}
	}
	return image.Pt(int(size.Xpixel/size.Col), int(size.Ypixel/size.Row))
}

// inForeground says whether the terminal may be asked: a job in the background that
// changes its modes is stopped.
func inForeground() bool {
	tty, err := os.Open("/dev/tty")
	if err != nil {
		return false
	}
	defer tty.Close()
	group, err := unix.IoctlGetInt(int(tty.Fd()), unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}
