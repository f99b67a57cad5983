// Package terminal shows pictures on terminals: by the graphics protocols of kitty,
// iTerm2 and DEC (sixel), or with half blocks in colour where there is none.
package terminal
