// Package pipeline runs stacks of convolution filters over pictures and writes
// their feature maps: a pool of workers, each with buffers of its own, takes a
// picture from its path to its files. Results come back in the order of the input,
// whatever the order in which the workers end.
//
// # Decisions
//
// One pool of workers takes pictures, and each worker owns its buffers. Workers without a
// picture help a worker that has one, so that a single large picture uses every
// processor.
//
// A stack runs in bands of rows, every layer of a band before the next band, so that a
// worker's memory does not grow with filters × area. If a scale needs a map's range before
// its pixels, the stack runs twice. So no map need be kept.
package pipeline
