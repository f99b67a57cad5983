module peers

go 1.26.0

require (
	filterbank v0.0.0
	github.com/klauspost/compress v1.20.3
)

require golang.org/x/sys v0.49.0 // indirect

replace filterbank => ../../../..
