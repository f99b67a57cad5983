package terminal

import (
	"fmt"
	"image"
	"os"
	"slices"
	"strings"

	"golang.org/x/term"
)

// Protocol is a way to show a picture.
type Protocol string

// The protocols.
const (
	Kitty  Protocol = "kitty"  // sw.kovidgoyal.net/kitty/graphics-protocol
	ITerm  Protocol = "iterm"  // iterm2.com/documentation-images.html
	Sixel  Protocol = "sixel"  // DEC STD 070, chapter 9
	Blocks Protocol = "blocks" // ▀ in two colours: two pixels in a cell
	Text   Protocol = "text"   // no picture at all
)

// Protocols returns all protocols.
func Protocols() []Protocol { return []Protocol{Kitty, ITerm, Sixel, Blocks, Text} }

// ParseProtocol returns the protocol of a name. auto is not a protocol.
func ParseProtocol(name string) (Protocol, error) {
	if !slices.Contains(Protocols(), Protocol(name)) {
		return "", fmt.Errorf("protocol %q: it must be auto, kitty, iterm, sixel, blocks or text", name)
	}
	return Protocol(name), nil
}

// Screen describes the screen on which pictures are drawn.
type Screen struct {
	Columns   int         // width in cells
	Cell      image.Point // size of a cell in pixels; not used by Blocks
	Largest   image.Point // largest sixel image in pixels; 0 is no bound
	TrueColor bool        // 24-bit colours, else xterm's 256 colours; used by Blocks only
}

// Width is the width of a number of columns in pixels, or the largest that the protocol draws.
func (s Screen) Width(p Protocol, columns int) int {
	switch {
	case p == Blocks:
		return columns
	case p == Sixel && s.Largest.X > 0:
		return min(columns*s.Cell.X, s.Largest.X)
	}
	return columns * s.Cell.X
}

// Detect finds the screen of out and the protocol for pictures on it: wanted, or if wanted is
// empty the best protocol of the terminal, or Text if out is not a terminal. A screen whose
// size is unknown has 80 columns of 10×20 pixels, the cells of a VT340. env looks up the
// environment. A terminal that the environment does not name is asked for its attributes.
// That takes a second if it does not answer.
func Detect(out *os.File, env func(string) string, wanted Protocol) (Protocol, Screen) {
	s := Screen{Columns: 80, Cell: image.Pt(10, 20), TrueColor: trueColor(env)}
	p := wanted
	if !term.IsTerminal(int(out.Fd())) {
		if p == "" {
			p = Text
		}
		return p, s
	}
	enable(out)
	if columns, _, err := term.GetSize(int(out.Fd())); err == nil && columns > 0 {
		s.Columns = columns
	}
	if cell := cellSize(out); cell.X > 0 && cell.Y > 0 {
		s.Cell = cell
	}
	if p == "" {
		p = named(env)
	}
	if p == Sixel || p == Blocks && wanted == "" {
		var can bool
		if can, s.Largest = sixels(); can {
			p = Sixel
		}
	}
	return p, s
}

// named returns the protocol that the environment names, Blocks if it names none.
func named(env func(string) string) Protocol {
	if t := env("TERM"); t == "dumb" || t == "" && env("WT_SESSION") == "" {
		return Text
	}
	// A multiplexer inherits the variables of the terminal around it, but shows only graphics
	// of its own protocol.
	for _, inside := range []string{"TMUX", "STY", "ZELLIJ"} {
		if env(inside) != "" {
			return Blocks
		}
	}
	program := env("TERM_PROGRAM")
	switch {
	case env("KITTY_WINDOW_ID") != "", env("TERM") == "xterm-kitty",
		env("TERM") == "xterm-ghostty", program == "ghostty", program == "WezTerm", konsole(env("KONSOLE_VERSION")):
		return Kitty
	case program == "iTerm.app", env("LC_TERMINAL") == "iTerm2":
		return ITerm
	}
	return Blocks
}

// konsole says whether a version of Konsole, such as 220401 for 22.04.1, has kitty's protocol.
func konsole(version string) bool { return len(version) == 6 && version >= "220400" }

func trueColor(env func(string) string) bool {
	c := env("COLORTERM")
	return c == "truecolor" || c == "24bit" || env("WT_SESSION") != "" || strings.HasSuffix(env("TERM"), "-direct")
}
