package smsp

// #include <smsp.h>
// #include <stdlib.h>
import "C"

import (
	"runtime"
	"strings"
	"sync"
	"unsafe"
)

// Config holds options by name, all as text; docs/CONFIGURATION.md of the library lists them. New is a shorter way to a
// client. Any number of goroutines may use it.
type Config struct {
	mutex  sync.Mutex
	handle *C.smsp_config
}

// Option is an argument of New.
type Option func(*Config) error

// WithEnv sets what the environment sets, as Config.LoadEnv does.
func WithEnv() Option {
	return (*Config).LoadEnv
}

// With sets an option, as Config.Set does.
func With(name, value string) Option {
	return func(config *Config) error { return config.Set(name, value) }
}

// NewConfig is a configuration with the defaults; it reads no environment.
func NewConfig() *Config {
	config := &Config{handle: C.smsp_config_new()}
	runtime.SetFinalizer(config, (*Config).Close)
	return config
}

// use calls this with the handle, one at a time.
func (c *Config) use(call func(*C.smsp_config) *Error) error {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.handle == nil {
		return closed("the configuration")
	}
	return orNil(call(c.handle))
}

// Set sets an option. Times are in milliseconds, 0 is none; booleans are true, false, 1, 0. On an error nothing is
// changed.
func (c *Config) Set(name, value string) error {
	return c.use(func(handle *C.smsp_config) *Error {
		cName, failed := cText(name, ErrConfig, "an option's name")
		if failed != nil {
			return failed
		}
		defer C.free(unsafe.Pointer(cName))
		cValue, failed := cText(value, ErrConfig, "the value of "+name)
		if failed != nil {
			return failed
		}
		defer wipe(cValue, len(value))
		var from *C.smsp_error
		return failure(C.smsp_config_set(handle, cName, cValue, &from), from)
	})
}

// Get is the value of an option, and whether it has one. Secrets read "***".
func (c *Config) Get(name string) (value string, ok bool) {
	_ = c.use(func(handle *C.smsp_config) *Error {
		cName, failed := cText(name, ErrConfig, "an option's name")
		if failed != nil {
			return failed
		}
		defer C.free(unsafe.Pointer(cName))
		text := C.smsp_config_get(handle, cName)
		value, ok = C.GoString(text), text != nil
		return nil
	})
	return value, ok
}

// LoadEnv sets what the environment sets: SMSPARTNER_API_KEY, SMSP_ and an option's name in capitals for the rest, and
// the usual variables for a proxy. It must not run beside os.Setenv. On an error nothing is changed.
func (c *Config) LoadEnv() error {
	return c.use(func(handle *C.smsp_config) *Error {
		var from *C.smsp_error
		return failure(C.smsp_config_load_env(handle, &from), from)
	})
}

// Close ends the configuration; clients made with it have copies of their own. Closing twice is fine. The error is
// always nil.
func (c *Config) Close() error {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.handle != nil {
		runtime.SetFinalizer(c, nil)
		C.smsp_config_free(c.handle)
		c.handle = nil
	}
	return nil
}

// cText copies a text to C memory, to be freed. One that holds a NUL would be taken for a shorter one: it is refused.
func cText(text string, code Code, what string) (*C.char, *Error) {
	if strings.IndexByte(text, 0) >= 0 {
		return nil, &Error{Code: code, Message: what + " holds a NUL byte"}
	}
	return C.CString(text), nil
}

// wipe overwrites a text, which may be a key, and frees it.
func wipe(text *C.char, length int) {
	bytes := unsafe.Slice((*byte)(unsafe.Pointer(text)), length)
	for i := range bytes {
		bytes[i] = 0
	}
	C.free(unsafe.Pointer(text))
}
