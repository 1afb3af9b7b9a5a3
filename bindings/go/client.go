package smsp

// #include <smsp.h>
// #include <stdlib.h>
import "C"

import (
	"context"
	"runtime"
	"unsafe"
)

// Client asks the service. It holds the connections, limits and counters; any number of goroutines may share it.
type Client struct {
	guard  guard
	handle *C.smsp_client
}

// New makes a client with these options; those that come later count. Nothing is sent yet.
func New(options ...Option) (*Client, error) {
	config := NewConfig()
	defer config.Close()
	for _, option := range options {
		if err := option(config); err != nil {
			return nil, err
		}
	}
	return config.NewClient()
}

// NewClient makes a client with a copy of this configuration. Nothing is sent yet.
func (c *Config) NewClient() (*Client, error) {
	var client *C.smsp_client
	err := c.use(func(config *C.smsp_config) *Error {
		var from *C.smsp_error
		return failure(C.smsp_client_new(config, &client, &from), from)
	})
	if err != nil {
		return nil, err
	}
	return newClient(client), nil
}

// NewFromEnv makes a client with the defaults and what the environment sets, as New(WithEnv()) does. Nothing is sent yet.
func NewFromEnv() (*Client, error) {
	var client *C.smsp_client
	var from *C.smsp_error
	code := C.smsp_client_new_from_env(&client, &from)
	if failed := failure(code, from); failed != nil {
		return nil, failed
	}
	return newClient(client), nil
}

func newClient(handle *C.smsp_client) *Client {
	client := &Client{handle: handle}
	client.guard.opened(func() { C.smsp_client_free(handle) })
	runtime.SetFinalizer(client, (*Client).Close)
	return client
}

// Close ends the client. Calls and operations that still run go on to their end, in other goroutines too; this does not
// wait for them. Closing twice is fine. The error is always nil.
func (c *Client) Close() error {
	if c.guard.close() {
		runtime.SetFinalizer(c, nil)
	}
	return nil
}

// MultiStatus asks what became of messages, and waits for the answers. Any number may be given: they are asked MaxBatch
// at a time, over several connections, and a query given twice is asked once.
//
// The report has one status for each query, in order; it is nil only where none could be made (the client is closed, no
// memory). The error is nil if every query was answered. Otherwise it is an *Error that tells of the first batch that
// failed, or of the first entry that is invalid, and errors.Is(err, Partial) says whether some were answered all the
// same. The Err of each status tells of that entry.
//
// The end of the context cancels the call within 200 ms: what was answered until then is in the report, and the rest is
// StateUnanswered. Its errors and that of the call are both ErrCancelled and the context's own by errors.Is.
// With a context that is done before, nothing is asked.
func (c *Client) MultiStatus(ctx context.Context, queries []Query) (*Report, error) {
	if ctx.Done() == nil {
		return c.ask(queries)
	}
	if ctx.Err() != nil {
		if !c.guard.enter() {
			return nil, closed("the client")
		}
		c.guard.leave()
		message := "the call was cancelled before it began"
		failed := &Error{Code: ErrCancelled, Retryable: true, Message: message, cause: ctx.Err()}
		return unasked(queries, failed), failed
	}
	operation, err := c.start(queries)
	if err != nil {
		return nil, err
	}
	defer operation.Close()
	select {
	case <-ctx.Done():
		operation.Cancel()
	case <-operation.Done():
	}
	report, failed := operation.finish()
	if failed != nil && ctx.Err() != nil && report.endedBy(ctx.Err()) {
		failed.cause = ctx.Err()
	}
	return report, orNil(failed)
}

// ask asks without a goroutine or thread in the background, since nothing can cancel it.
func (c *Client) ask(queries []Query) (*Report, error) {
	if !c.guard.enter() {
		return nil, closed("the client")
	}
	defer c.guard.leave()
	carried, failed := carry(queries)
	if failed != nil {
		return nil, failed
	}
	defer carried.free()
	report, failed := c.call(carried)
	return taken(report, queries), orNil(failed)
}

// call is the one in C, and nothing else.
func (c *Client) call(carried carried) (*C.smsp_report, *Error) {
	var report *C.smsp_report
	var from *C.smsp_error
	code := C.smsp_multi_status(c.handle, carried.array(), carried.len(), &report, &from)
	return report, failure(code, from)
}

// Start starts to ask what became of messages, and returns at once. The operation should be closed. Operations and calls
// of a client share its connections in turn, and go on to their end when it is closed.
func (c *Client) Start(queries []Query) (*Operation, error) {
	return c.start(append([]Query(nil), queries...))
}

// start keeps the queries, which the report is to name.
func (c *Client) start(queries []Query) (*Operation, error) {
	if !c.guard.enter() {
		return nil, closed("the client")
	}
	defer c.guard.leave()
	carried, failed := carry(queries)
	if failed != nil {
		return nil, failed
	}
	defer carried.free()
	var handle *C.smsp_operation
	var from *C.smsp_error
	code := C.smsp_multi_status_start(c.handle, carried.array(), carried.len(), &handle, &from)
	if failed := failure(code, from); failed != nil {
		return nil, failed
	}
	return newOperation(handle, queries), nil
}

// Stats are all counters of the client by name, cumulative since it was made.
func (c *Client) Stats() (map[string]uint64, error) {
	stats := make(map[string]uint64)
	for _, name := range StatNames() {
		value, err := c.Stat(name)
		if err != nil {
			return nil, err
		}
		stats[name] = value
	}
	return stats, nil
}

// Stat is one counter.
func (c *Client) Stat(name string) (uint64, error) {
	if !c.guard.enter() {
		return 0, closed("the client")
	}
	defer c.guard.leave()
	text, failed := cText(name, ErrInvalidArgument, "a counter's name")
	if failed != nil {
		return 0, failed
	}
	defer C.free(unsafe.Pointer(text))
	var value C.uint64_t
	if code := C.smsp_client_stat(c.handle, text, &value); code != C.SMSP_OK {
		return 0, &Error{Code: Code(code), Message: "there is no counter " + name}
	}
	return uint64(value), nil
}
