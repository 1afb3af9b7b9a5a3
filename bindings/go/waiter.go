package smsp

// #include <smsp.h>
import "C"

import (
	"sync"
	"time"
)

// tag is the number of an operation in the queue.
type tag = C.uint64_t

// waiter closes the channels of operations that are done. One goroutine waits for all of them. It runs, and holds a
// thread, only while there are any.
type waiter struct {
	mutex   sync.Mutex
	queue   *C.smsp_queue // made for the first operation, and kept
	waiting map[tag]*Operation
	last    tag
}

// ends waits for all operations of the process.
var ends = &waiter{waiting: make(map[tag]*Operation)}

// add has the channel of an operation closed once it is done. It says whether that can be: the system may have no
// descriptor left for the queue, or no memory.
func (w *waiter) add(operation *Operation) bool {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.queue == nil {
		w.queue = C.smsp_queue_new()
	}
	if w.queue == nil || C.smsp_operation_notify(operation.handle, w.queue, w.last) != C.SMSP_OK {
		return false
	}
	w.waiting[w.last] = operation
	w.last++
	if len(w.waiting) == 1 {
		go w.run()
	}
	return true
}

// run ends once nothing is waited for; the next operation runs it again.
func (w *waiter) run() {
	var tags [64]tag
	for more := true; more; {
		var count C.size_t
		if C.smsp_queue_wait(w.queue, -1, &tags[0], C.size_t(len(tags)), &count) != C.SMSP_OK {
			// The system refuses to wait. What is in the queue can be taken all the same.
			time.Sleep(10 * time.Millisecond)
		}
		more = w.end(tags[:count])
	}
}

// end closes the channels of these operations. It says whether others are waited for.
func (w *waiter) end(tags []tag) bool {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	for _, tag := range tags {
		close(w.waiting[tag].done)
		delete(w.waiting, tag)
	}
	return len(w.waiting) > 0
}
