//go:build unix

package terminal

import (
	"bytes"
	"errors"
	"image"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

func enable(*os.File) {}

// cellSize is zero if the terminal does not report its size in pixels.
func cellSize(out *os.File) image.Point {
	size, err := unix.IoctlGetWinsize(int(out.Fd()), unix.TIOCGWINSZ)
	if err != nil || size.Col == 0 || size.Row == 0 {
		return image.Point{}
	}
	return image.Pt(int(size.Xpixel/size.Col), int(size.Ypixel/size.Row))
}

// Answers of the terminal: sixels are 4 among the primary device attributes, and the graphics
// geometry bounds an image. Both are in xterm's Control Sequences (invisible-island.net).
var (
	attributes = regexp.MustCompile(`\x1b\[\?([0-9;]*)c`)
	geometry   = regexp.MustCompile(`\x1b\[\?2;0;([0-9]+);([0-9]+)S`)
)

// sixels asks the terminal whether it draws sixels, and for the largest image. xterm draws
// nothing of a larger image.
func sixels() (can bool, largest image.Point) {
	answer := ask("\x1b[?2;4;0S\x1b[c", 'c', time.Second)
	if m := attributes.FindStringSubmatch(answer); m != nil {
		can = slices.Contains(strings.Split(m[1], ";"), "4")
	}
	if m := geometry.FindStringSubmatch(answer); m != nil {
		largest.X, _ = strconv.Atoi(m[1])
		largest.Y, _ = strconv.Atoi(m[2])
	}
	return can, largest
}

// ask writes a question to the terminal and reads the answer up to its end. After patience it
// returns the part that has come. A job in the background asks nothing, since the terminal
// would stop it.
func ask(question string, end byte, patience time.Duration) string {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return ""
	}
	defer tty.Close()
	fd := int(tty.Fd())
	if group, err := unix.IoctlGetInt(fd, unix.TIOCGPGRP); err != nil || group != unix.Getpgrp() {
		return ""
	}
	before, err := term.MakeRaw(fd) // so that the answer is not echoed and needs no newline
	if err != nil {
		return ""
	}
	defer term.Restore(fd, before)
	if _, err := tty.WriteString(question); err != nil {
		return ""
	}
	var answer []byte
	for late := time.Now().Add(patience); bytes.IndexByte(answer, end) < 0 && readable(fd, time.Until(late)); {
		part := make([]byte, 256)
		n, err := tty.Read(part)
		if err != nil {
			break
		}
		answer = append(answer, part[:n]...)
	}
	return string(answer)
}

// readable waits until there is something to read, at most for patience.
func readable(fd int, patience time.Duration) bool {
	for late := time.Now().Add(patience); ; {
		left := time.Until(late)
		if left <= 0 {
			return false
		}
		var set unix.FdSet
		set.Set(fd)
		wait := unix.NsecToTimeval(left.Nanoseconds())
		n, err := unix.Select(fd+1, &set, nil, nil, &wait) // poll does not work on terminals on macOS
		if !errors.Is(err, unix.EINTR) {
			return err == nil && n > 0
		}
	}
}
