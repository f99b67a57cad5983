// Package pipeline owns the work on pictures: workers that take each from its bytes to its
// files, their memory, what becomes of errors, and what an earlier run has done already.
// It never knows a format, a codec or a kind of layer by name.
//
// A [Job] says what is computed and written, [Resources] what it may take. [Run] takes a
// list of pictures to an output folder, a [Processor] does one picture for another program,
// and [Visit] takes pictures as far as their pixels.
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
