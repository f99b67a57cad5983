// Package terminal owns pictures on terminals: the graphics protocols of kitty, iTerm2 and DEC
// (sixel), coloured half blocks where there is none, and the choice among them. It never
// reads a file and never scales a picture.
//
// github.com/mattn/go-sixel writes sixels. The other protocols take a few lines each.
package terminal
