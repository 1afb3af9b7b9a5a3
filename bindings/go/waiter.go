package smsp

// #include <fcntl.h>
// #include <smsp.h>
//
// static int smsp_go_duplicate(int descriptor) { return fcntl(descriptor, F_DUPFD_CLOEXEC, 0); }
import "C"

import (
	"os"
	"sync"
	"syscall"
	"time"
)

// tag is the number of an operation in the queue.
type tag = C.uint64_t

// waiter closes the channels of operations that are done. One goroutine waits for all of them, while there are any. It
// sleeps as it does for a socket, and holds no thread: one that is in C for long has Go's scheduler look after it.
type waiter struct {
	mutex   sync.Mutex
	queue   *C.smsp_queue // made for the first operation, and kept
	file    *os.File      // the descriptor of the queue
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
	if !w.open() || C.smsp_operation_notify(operation.handle, w.queue, w.last) != C.SMSP_OK {
		return false
	}
	w.waiting[w.last] = operation
	w.last++
	if len(w.waiting) == 1 {
		go w.run()
	}
	return true
}

// open makes the queue where there is none yet.
func (w *waiter) open() bool {
	if w.queue != nil {
		return true
	}
	queue := C.smsp_queue_new()
	// This one is Go's to close.
	duplicate := C.smsp_go_duplicate(C.smsp_queue_fd(queue))
	if duplicate < 0 {
		C.smsp_queue_free(queue)
		return false
	}
	w.queue, w.file = queue, os.NewFile(uintptr(duplicate), "smsp_queue")
	return true
}

// run ends once nothing is waited for; the next operation runs it again.
func (w *waiter) run() {
	var room [64]tag
	conn, err := w.file.SyscallConn()
	for more := true; more; {
		more = w.end(w.take(room[:], conn, err))
	}
}

// take waits for tags.
func (w *waiter) take(room []tag, conn syscall.RawConn, err error) []tag {
	var count C.size_t
	take := func(uintptr) bool {
		return C.smsp_queue_wait(w.queue, 0, &room[0], C.size_t(len(room)), &count) == C.SMSP_OK
	}
	if err == nil {
		err = conn.Read(take)
	}
	if err != nil && !take(0) {
		// Go cannot wait for the descriptor.
		time.Sleep(10 * time.Millisecond)
	}
	return room[:count]
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
