package smsp

// #include <smsp.h>
import "C"

// HeaderVersion is the version of the library that this package was compiled for; Version is the one that is running.
const HeaderVersion = C.SMSP_VERSION

// MaxBatch is how many messages one request asks about, at the most. A call takes any number.
const MaxBatch = C.SMSP_MAX_BATCH

// Version is the version of the library that is running, "x.y.z".
func Version() string {
	return C.GoString(C.smsp_version())
}

// OptionNames lists the options that Config.Set and With take.
func OptionNames() []string {
	return names(func(index C.size_t) *C.char { return C.smsp_option_name(index) })
}

// StatNames lists the counters of Client.Stats.
func StatNames() []string {
	return names(func(index C.size_t) *C.char { return C.smsp_stat_name(index) })
}

func names(name func(C.size_t) *C.char) (list []string) {
	for index := C.size_t(0); name(index) != nil; index++ {
		list = append(list, C.GoString(name(index)))
	}
	return list
}
