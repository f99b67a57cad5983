//go:build !windows

package main

import "syscall"

// systemPassing are errors that only this system has.
func systemPassing() []syscall.Errno { return nil }
