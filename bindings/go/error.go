package smsp

// #include <smsp.h>
import "C"

import "errors"

// Code is what came of a call or of one entry. It is an error too, so that errors.Is(err, smsp.ErrTimeout) works.
type Code int32

// Codes that are no failures. Partial is what an *Error is beside its Code where some entries were answered.
const (
	OK      Code = C.SMSP_OK      // every entry was answered
	Partial Code = C.SMSP_PARTIAL // some entries were answered and others not
	Pending Code = C.SMSP_PENDING // a wait ran out of time; Operation.Wait gives the context's error instead
)

// Kinds of failure.
const (
	ErrInvalidArgument Code = C.SMSP_E_INVALID_ARGUMENT // a value that no call can use, or every entry is invalid
	ErrConfig          Code = C.SMSP_E_CONFIG           // an option's name or value
	ErrConnect         Code = C.SMSP_E_CONNECT          // no connection, or it was lost
	ErrTLS             Code = C.SMSP_E_TLS              // the handshake was refused, or the certificate is not trusted
	ErrTimeout         Code = C.SMSP_E_TIMEOUT          // one of the time limits of the configuration
	ErrCancelled       Code = C.SMSP_E_CANCELLED        // the caller cancelled, or the context ended
	ErrHTTP            Code = C.SMSP_E_HTTP             // an HTTP status that is not 2xx
	ErrProtocol        Code = C.SMSP_E_PROTOCOL         // an answer that is not what the service documents
	ErrAuth            Code = C.SMSP_E_AUTH             // the service refuses the API key
	ErrDenied          Code = C.SMSP_E_DENIED           // the service refuses the account or this address
	ErrRateLimited     Code = C.SMSP_E_RATE_LIMITED     // too many requests
	ErrAPI             Code = C.SMSP_E_API              // the service refuses this batch by another code
	ErrResource        Code = C.SMSP_E_RESOURCE         // memory, threads or descriptors cannot be had
	ErrInternal        Code = C.SMSP_E_INTERNAL         // a defect of the library, caught
)

// ErrClosed is what the error of a method is, beside ErrInvalidArgument, that was called after Close.
var ErrClosed = errors.New("smsp: used after Close")

// String is the name of a code in the library, such as "SMSP_E_TIMEOUT"; "?" if there is no such code.
func (code Code) String() string {
	return C.GoString(C.smsp_code_name(C.smsp_code(code)))
}

// Error is the same as String.
func (code Code) Error() string {
	return code.String()
}

// Error says why something failed.
type Error struct {
	Code       Code   // the kind of failure, ErrTimeout for instance
	Partial    bool   // some entries were answered all the same
	APICode    int    // the service's own code; 0 if it gave none
	HTTPStatus int    // of the answer; 0 if there was none
	Retryable  bool   // the same call may succeed later
	Message    string // one English line that names the culprit and never holds the API key
	cause      error  // ErrClosed, or why the context ended
}

// Error is the name of the code and the message, with SMSP_PARTIAL in front where some entries were answered.
func (e *Error) Error() string {
	text := e.Code.String() + ": " + e.Message
	if e.Partial {
		return Partial.String() + ": " + text
	}
	return text
}

// Is compares with codes: an error is its Code, Partial if some entries were answered, and ErrCancelled if the end of
// the context ended the call, whatever failed before that.
func (e *Error) Is(target error) bool {
	switch target {
	case e.Code:
		return true
	case Partial:
		return e.Partial
	case ErrCancelled:
		return e.cause != nil && e.cause != ErrClosed
	}
	return false
}

// Unwrap is the error of the context if that ended the call, or ErrClosed.
func (e *Error) Unwrap() error {
	return e.cause
}

// failure makes an error of what a function of the library answered, and ends the library's; nil if there is none.
func failure(code C.smsp_code, from *C.smsp_error) *Error {
	if code == C.SMSP_OK {
		return nil
	}
	defer C.smsp_error_free(from)
	if from == nil {
		return &Error{Code: Code(code), Message: "no memory for the details"}
	}
	failed := copied(from)
	failed.Partial = code == C.SMSP_PARTIAL
	return failed
}

// copied is an error of the library in memory of Go.
func copied(from *C.smsp_error) *Error {
	return withoutNull(&Error{
		Code:       Code(C.smsp_error_code(from)),
		APICode:    int(C.smsp_error_api_code(from)),
		HTTPStatus: int(C.smsp_error_http_status(from)),
		Retryable:  C.smsp_error_is_retryable(from) == 1,
		Message:    C.GoString(C.smsp_error_message(from)),
	})
}

// closed is the error of what is used after Close.
func closed(what string) *Error {
	return &Error{Code: ErrInvalidArgument, Message: what + " is closed", cause: ErrClosed}
}

// orNil makes an error that is nil of a pointer that is.
func orNil(e *Error) error {
	if e == nil {
		return nil
	}
	return e
}
