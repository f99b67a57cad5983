package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestShowOnATerminal plays a terminal of 40 columns with cells of 8×16 pixels, which may or may
// not answer the question for its attributes.
func TestShowOnATerminal(t *testing.T) {
	dir := t.TempDir()
	name := program(t, dir)
	picture, err := filepath.Abs("../../samples/textbook.png")
	if err != nil {
		t.Fatal(err)
	}
	const question, blocks, sixel, kitty = "\x1b[?2;4;0S\x1b[c", "▀", "\x1bP0;0;8q", "\x1b_Ga=T"
	tests := []struct {
		what   string
		env    []string
		answer string // to the question; if it is empty, no question is expected
		want   string // a part of the drawn picture
	}{
		{"with sixel", []string{"TERM=xterm"}, "\x1b[?62;4;22c", sixel + `"1;1;80;80`},
		{"with small sixels", []string{"TERM=xterm"}, "\x1b[?2;0;50;40S\x1b[?62;4;22c", sixel + `"1;1;50;32`},
		{"without sixel", []string{"TERM=xterm"}, "\x1b[?62;22c", blocks},
		{"with an attribute 14", []string{"TERM=xterm"}, "\x1b[?64;14;24c", blocks},
		{"without an answer", []string{"TERM=xterm"}, "\x1b", blocks},
		{"in tmux with sixel", []string{"TERM=tmux-256color", "TMUX=x", "KITTY_WINDOW_ID=1"}, "\x1b[?1;2;4c", sixel + `"1;1;80;80`},
		{"of kitty", []string{"TERM=xterm-kitty"}, "", kitty},
		{"that is dumb", []string{"TERM=dumb"}, "", "textbook.png"},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel() // one case waits for an answer
			master, slave := openTerminal(t)
			before, err := unix.IoctlGetTermios(int(slave.Fd()), unix.TCGETS)
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(name, "show", "--width", "10", picture)
			cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = tt.env, slave, slave, slave
			cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- cmd.Wait() }()
			text := converse(t, master, question, tt.answer, "textbook.png: 5×5, PNG, 8-bit RGB\r\n")
			if err := <-ended; err != nil {
				t.Errorf("it ends with %v", err)
			}
			if !strings.Contains(text, tt.want) || strings.Contains(text, question) != (tt.answer != "") {
				t.Errorf("it says %q, want %q in it", text, tt.want)
			}
			after, err := unix.IoctlGetTermios(int(slave.Fd()), unix.TCGETS)
			if err != nil {
				t.Fatal(err)
			}
			if *after != *before {
				t.Errorf("the terminal's modes are %+v, they were %+v", after, before)
			}
		})
	}
}

// openTerminal makes a pseudoterminal.
func openTerminal(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { master.Close() })
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { slave.Close() })
	size := &unix.Winsize{Row: 25, Col: 40, Xpixel: 40 * 8, Ypixel: 25 * 16}
	if err := unix.IoctlSetWinsize(int(slave.Fd()), unix.TIOCSWINSZ, size); err != nil {
		t.Fatal(err)
	}
	return master, slave
}

// converse reads the output to the terminal up to an end. It types the answer when the question
// comes.
func converse(t *testing.T, master *os.File, question, answer, end string) string {
	t.Helper()
	var text []byte
	answered := false
	for part := make([]byte, 4096); !bytes.Contains(text, []byte(end)); {
		n, err := master.Read(part)
		if err != nil {
			t.Fatalf("after %q: %v", text, err)
		}
		text = append(text, part[:n]...)
		if !answered && bytes.Contains(text, []byte(question)) {
			answered = true
			if _, err := master.WriteString(answer); err != nil {
				t.Fatal(err)
			}
		}
	}
	return string(text)
}
