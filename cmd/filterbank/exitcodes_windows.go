package main

import (
	"syscall"

	"golang.org/x/sys/windows"
)

// systemPassing are errors that only this system has.
func systemPassing() []syscall.Errno {
	return []syscall.Errno{
		windows.ERROR_DISK_FULL, windows.ERROR_HANDLE_DISK_FULL, windows.ERROR_DISK_QUOTA_EXCEEDED, windows.ERROR_WRITE_PROTECT,
		windows.ERROR_NOT_READY, windows.ERROR_CRC, windows.ERROR_IO_DEVICE, windows.ERROR_SHARING_VIOLATION, windows.ERROR_LOCK_VIOLATION,
		windows.ERROR_BAD_NETPATH, windows.ERROR_NETNAME_DELETED, windows.ERROR_UNEXP_NET_ERR, windows.ERROR_NOT_ENOUGH_MEMORY,
	}
}
