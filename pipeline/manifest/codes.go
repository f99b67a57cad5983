package manifest

import (
	"filterbank/pipeline/decode"
	"filterbank/pipeline/source"
)

// Code is the stable name of what was wrong with a picture, for scripts.
type Code struct {
	Name    string
	Meaning string
}

// Codes of failures. Packages decode and source have more.
const (
	CodeTimeout   = "timeout"
	CodeIO        = "io"
	CodeOutput    = "output"
	CodeInternal  = "internal"
	CodeUncovered = "uncovered"
)

// Codes lists every code that a record of the manifest can have, and what it means.
// They do not change from version to version; there may be more of them.
func Codes() []Code {
	return []Code{
		{string(decode.Empty), "the file has no bytes"},
		{string(decode.NotPicture), "the file is text, or of a kind that is not known"},
		{string(decode.Unsupported), "another picture format, a rare form of one that is read, a compressed archive, or a sparse file in one"},
		{string(decode.Truncated), "the file ends before its picture does"},
		{string(decode.Corrupt), "the file is damaged in its middle"},
		{string(decode.TooLarge), "over the limit of pixels, as it is or in a layer, or the memory that the run may have"},
		{string(decode.TooSmall), "smaller than the crop or than a layer's kernel"},
		{string(decode.Channels), "another number of channels than the stack reads"},
		{CodeUncovered, "a layer with strict_size leaves rows or columns uncovered"},
		{CodeTimeout, "the picture took longer than --timeout"},
		{string(source.CodeMissing), "there is no such file or folder, or none any more"},
		{string(source.CodeUnreadable), "permission is missing to read the file or folder"},
		{CodeIO, "the file cannot be read for another reason, such as a failing disk, or a store that fails on all attempts"},
		{string(source.CodeDanglingLink), "a link that leads nowhere"},
		{string(source.CodeNotAFile), "a pipe, a socket or a device"},
		{string(source.CodeEmptyFolder), "a folder or tar file without a picture"},
		{string(source.CodeNoMatch), "a pattern that nothing matches"},
		{string(source.CodeBadPattern), "a pattern that is malformed"},
		{string(source.CodeInsideOutput), "the output folder, or something in it"},
		{string(source.CodeDamagedTar), "a tar file that ends too early, is damaged, or has changed during the run; the members before the damage are taken"},
		{string(source.CodeBadName), "a member of a tar file whose name is absolute, has .. in it or is very long"},
		{string(source.CodeChanged), "the file, or the object in a bucket, is not as it was when it was listed"},
		{CodeOutput, "the maps cannot have their names: a name is too long, taken by something else, or behind a link that leads out of the output folder"},
		{CodeInternal, "an error of this program; please report it"},
	}
}
