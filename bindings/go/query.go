package smsp

// #include <smsp.h>
// #include <stdlib.h>
//
// /* C.malloc of cgo ends the program where there is no memory. */
// static void *smsp_go_allocate(size_t size) { return malloc(size); }
import "C"

import (
	"bytes"
	"fmt"
	"strings"
	"unsafe"
)

// Query is a message to ask about. A text that holds a NUL byte makes it StateInvalid.
type Query struct {
	PhoneNumber string // as people write it: "+33 6 12 34 56 78", "0033...", "06 12 34 56 78"
	MessageID   string // the id that the service gave when the message was sent
}

// carried are queries in one block of C memory: the array, and behind it the texts. It holds no pointer to memory of Go.
type carried struct {
	block unsafe.Pointer
	count int
}

// address is a smsp_query whose pointers are numbers for Go: pointers that it writes are work for its garbage collector.
type address struct{ phoneNumber, messageID uintptr }

var _ [unsafe.Sizeof(C.smsp_query{})]byte = [unsafe.Sizeof(address{})]byte{}

// carry copies queries to C memory.
func carry(queries []Query) (carried, *Error) {
	if len(queries) == 0 {
		return carried{}, nil
	}
	array, size := len(queries)*int(unsafe.Sizeof(address{})), 0
	for i := range queries {
		size += len(queries[i].PhoneNumber) + len(queries[i].MessageID) + 2
	}
	block := C.smsp_go_allocate(C.size_t(array + size))
	if block == nil {
		message := fmt.Sprintf("no memory for %d queries", len(queries))
		return carried{}, &Error{Code: ErrResource, Retryable: true, Message: message}
	}
	to := unsafe.Slice((*address)(block), len(queries))
	texts := unsafe.Slice((*byte)(unsafe.Add(block, array)), size)
	begin, at := uintptr(block)+uintptr(array), 0
	for i := range queries {
		to[i].phoneNumber = begin + uintptr(at)
		at += put(texts[at:], queries[i].PhoneNumber)
		to[i].messageID = begin + uintptr(at)
		at += put(texts[at:], queries[i].MessageID)
	}
	if bytes.Count(texts, []byte{0}) != 2*len(queries) {
		withoutShortened(to, queries)
	}
	return carried{block, len(queries)}, nil
}

// put writes a text and its NUL; how many bytes these are.
func put(room []byte, text string) int {
	length := copy(room, text)
	room[length] = 0
	return length + 1
}

// withoutShortened takes texts out that hold a NUL and would be taken for shorter ones: NULL is INVALID.
func withoutShortened(to []address, queries []Query) {
	for i := range queries {
		if strings.IndexByte(queries[i].PhoneNumber, 0) >= 0 {
			to[i].phoneNumber = 0
		}
		if strings.IndexByte(queries[i].MessageID, 0) >= 0 {
			to[i].messageID = 0
		}
	}
}

func (c carried) array() *C.smsp_query {
	return (*C.smsp_query)(c.block)
}

func (c carried) len() C.size_t {
	return C.size_t(c.count)
}

func (c carried) free() {
	C.free(c.block)
}

// withoutNull says what is wrong with a query in terms of this package: a text is NULL only where it held a NUL.
func withoutNull(e *Error) *Error {
	const null = "the pointer is NULL"
	if e.Code == ErrInvalidArgument && strings.HasSuffix(e.Message, null) {
		e.Message = strings.TrimSuffix(e.Message, null) + "the text holds a NUL byte"
	}
	return e
}
