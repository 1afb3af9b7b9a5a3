package smsp

// #include <smsp.h>
import "C"

import (
	"context"
	"runtime"
	"sync"
)

// Operation is a call in the background. Any goroutine may wait for it, look at it, cancel and finish it.
type Operation struct {
	guard   guard
	handle  *C.smsp_operation
	queries []Query
	once    sync.Once
	done    chan struct{}
}

func newOperation(handle *C.smsp_operation, queries []Query) *Operation {
	operation := &Operation{handle: handle, queries: queries}
	operation.guard.opened(func() { C.smsp_operation_free(handle) })
	// The end of one that runs takes a while, which no other finalizer should wait for.
	runtime.SetFinalizer(operation, func(forgotten *Operation) { go forgotten.Close() })
	return operation
}

// Done is closed once the operation is done: answered, failed, cancelled or closed.
func (o *Operation) Done() <-chan struct{} {
	o.once.Do(func() {
		o.done = make(chan struct{})
		if !o.guard.enter() {
			close(o.done)
			return
		}
		if ends.add(o) {
			o.guard.leave()
			return
		}
		go func() {
			defer o.guard.leave()
			C.smsp_operation_wait(o.handle, -1)
			close(o.done)
		}()
	})
	return o.done
}

func (o *Operation) isDone() bool {
	return C.smsp_operation_wait(o.handle, 0) != C.SMSP_PENDING
}

// Wait waits until the operation is done or the context is, whose error it then answers. It cancels nothing. With a
// context that is done it only looks.
func (o *Operation) Wait(ctx context.Context) error {
	select {
	case <-o.Done():
		return nil
	case <-ctx.Done():
	}
	if !o.guard.enter() {
		return nil
	}
	defer o.guard.leave()
	if o.isDone() {
		return nil
	}
	return ctx.Err()
}

// Progress tells how many of the queries are answered or given up, and how many there are. It never waits. A closed
// operation tells 0 and 0.
func (o *Operation) Progress() (done, total int) {
	if !o.guard.enter() {
		return 0, 0
	}
	defer o.guard.leave()
	var cDone, cTotal C.size_t
	C.smsp_operation_progress(o.handle, &cDone, &cTotal)
	return int(cDone), int(cTotal)
}

// Descriptor becomes readable once the operation is done, for event loops beside Go's: it is only waited for, never read
// or closed, and valid until Close. It is -1 if it cannot be made, and after Close.
func (o *Operation) Descriptor() int {
	if !o.guard.enter() {
		return -1
	}
	defer o.guard.leave()
	return int(C.smsp_operation_fd(o.handle))
}

// Cancel asks the operation to end, and returns at once. What was answered is in the report, the rest is StateUnanswered
// with the code ErrCancelled.
func (o *Operation) Cancel() {
	if !o.guard.enter() {
		return
	}
	defer o.guard.leave()
	C.smsp_operation_cancel(o.handle)
}

// Finish waits until the operation is done, and hands over what MultiStatus would have. Once: a second time is
// ErrInvalidArgument, without a report.
func (o *Operation) Finish() (*Report, error) {
	report, failed := o.finish()
	return report, orNil(failed)
}

func (o *Operation) finish() (*Report, *Error) {
	if !o.guard.enter() {
		return nil, closed("the operation")
	}
	defer o.guard.leave()
	<-o.Done()
	var report *C.smsp_report
	var from *C.smsp_error
	code := C.smsp_operation_finish(o.handle, &report, &from)
	return taken(report, o.queries), failure(code, from)
}

// Close cancels an operation that is not done, and ends it, once nobody waits for it any more. Closing twice is fine. The
// error is always nil.
func (o *Operation) Close() error {
	o.Cancel()
	if o.guard.close() {
		runtime.SetFinalizer(o, nil)
	}
	return nil
}
