package store

import "golang.org/x/sys/windows"

// lockFlags open the lock's file. A link is opened itself and not followed.
const lockFlags = windows.O_RDONLY | windows.FILE_FLAG_OPEN_REPARSE_POINT

// maxPath is the length of the longest path that programs can open, in UTF-16 units; names
// in UTF-8 have at least as many bytes.
const maxPath = 32766
