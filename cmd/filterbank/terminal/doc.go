// Package terminal shows pictures on terminals: by the graphics protocols of kitty,
// iTerm2 and DEC (sixel), or with half blocks in colour where there is none.
//
// github.com/mattn/go-sixel writes sixels. The other protocols are a few lines each.
package terminal
