package pipeline

import "filterbank/pipeline/store"

// sendingBounds returns the number of objects that are sent at a time by a run with a budget of
// memory, and the bytes that their connections take. The connections get a sixteenth of the budget.
func sendingBounds(memory int64) (sending int, bytes int64) {
	sending = store.Sending
	if memory > 0 {
		sending = int(min(store.Sending, max(4, memory/16/store.SendingBytes)))
	}
	return sending, int64(sending) * store.SendingBytes
}

// sendingMemory is the memory in bytes that a run takes to send objects to a bucket, besides the
// contents of files.
const sendingMemory = store.Sending * store.SendingBytes

// mostHeld bounds the memory in bytes for contents of files of more than [store.BufferBytes] until
// they are sent.
const mostHeld = 128 << 20

// heldBound is the part of a budget for such contents: an eighth. The budget is without the part for
// fetching ahead; 0 is no bound.
func heldBound(memory int64) int64 {
	if memory <= 0 {
		return mostHeld
	}
	return min(mostHeld, memory/8)
}

// WithBucket is the least budget that has the given bytes besides what an output in a bucket takes.
// The result is without the part for fetching ahead.
func WithBucket(need int64) int64 {
	need += sendingMemory
	if total := need + (need+6)/7; total/8 <= mostHeld {
		return total
	}
	return need + mostHeld
}

// bucketMemory is the part of the budget that an output in a bucket takes. Ahead is the part for
// fetching ahead.
func (r *run) bucketMemory(ahead int64) int64 {
	if r.remote == nil {
		return 0
	}
	_, bytes := sendingBounds(r.res.Memory)
	return bytes + heldBound(r.res.Memory-ahead)
}

// beginRemote notes where the run's records begin. The number of pictures whose files are left for
// later is bounded: enough that the connections are busy, and one a worker.
func (r *run) beginRemote() error {
	if r.remote != nil {
		r.remote.session.Begin(r.sizes())
		if !r.store.Whole() {
			r.pending = make(chan struct{}, r.res.Count()+store.Sending/max(len(r.planned), 1))
		}
	}
	return nil
}
