package terminal

import (
	"image"
	"os"
	"path/filepath"
	"testing"
)

func TestNamedByTheEnvironment(t *testing.T) {
	tests := []struct {
		env  map[string]string
		want Protocol
	}{
		{map[string]string{"TERM": "xterm-kitty"}, Kitty},
		{map[string]string{"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"}, Kitty},
		{map[string]string{"TERM": "xterm-ghostty"}, Kitty},
		{map[string]string{"TERM": "xterm-256color", "TERM_PROGRAM": "ghostty"}, Kitty},
		{map[string]string{"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, Kitty},
		{map[string]string{"TERM": "xterm-256color", "KONSOLE_VERSION": "220401"}, Kitty},
		{map[string]string{"TERM": "xterm-256color", "KONSOLE_VERSION": "211203"}, Blocks},
		{map[string]string{"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, ITerm},
		{map[string]string{"TERM": "xterm-256color", "LC_TERMINAL": "iTerm2"}, ITerm},
		{map[string]string{"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"}, Blocks},
		{map[string]string{"TERM": "xterm"}, Blocks},
		{map[string]string{"WT_SESSION": "1"}, Blocks},
		{map[string]string{"TERM": "tmux-256color", "TMUX": "/tmp/x", "KITTY_WINDOW_ID": "1"}, Blocks},
		{map[string]string{"TERM": "screen", "STY": "1.x", "LC_TERMINAL": "iTerm2"}, Blocks},
		{map[string]string{"TERM": "xterm-kitty", "ZELLIJ": "0"}, Blocks},
		{map[string]string{"TERM": "dumb", "KITTY_WINDOW_ID": "1"}, Text},
		{nil, Text},
	}
	for _, tt := range tests {
		if got := named(func(name string) string { return tt.env[name] }); got != tt.want {
			t.Errorf("%v gives %s, want %s", tt.env, got, tt.want)
		}
	}
}

func TestTrueColor(t *testing.T) {
	for value, want := range map[string]bool{"truecolor": true, "24bit": true, "": false, "yes": false} {
		if got := trueColor(func(name string) string { return map[string]string{"COLORTERM": value}[name] }); got != want {
			t.Errorf("COLORTERM %q gives %v, want %v", value, got, want)
		}
	}
}

func TestAFileIsNoTerminal(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	kitty := func(name string) string { return map[string]string{"TERM": "xterm-kitty"}[name] }
	for wanted, want := range map[Protocol]Protocol{"": Text, Sixel: Sixel, Blocks: Blocks} {
		got, screen := Detect(f, kitty, wanted)
		if got != want || screen != (Screen{Columns: 80, Cell: image.Pt(10, 20)}) {
			t.Errorf("a file, where %q is wanted, is %s on %+v", wanted, got, screen)
		}
	}
}

func TestWidth(t *testing.T) {
	s := Screen{Columns: 80, Cell: image.Pt(9, 18), Largest: image.Pt(500, 400)}
	for p, want := range map[Protocol]int{Blocks: 60, Kitty: 540, ITerm: 540, Sixel: 500} {
		if got := s.Width(p, 60); got != want {
			t.Errorf("60 columns of %s have %d pixels, want %d", p, got, want)
		}
	}
}

func TestParseProtocol(t *testing.T) {
	for _, p := range Protocols() {
		if got, err := ParseProtocol(string(p)); err != nil || got != p {
			t.Errorf("%s is read as %q, %v", p, got, err)
		}
	}
	if _, err := ParseProtocol("vt100"); err == nil {
		t.Error("vt100 is taken")
	}
}
