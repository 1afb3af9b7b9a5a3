package smsp

// How the library is found and linked; README.md says when to use which tag.
//
// With smsp_static the archive is named first and answers everything; the -lsmsp of pkg-config behind it is not needed.

// #cgo !smsp_nopkgconfig pkg-config: smsp
// #cgo !smsp_nopkgconfig,smsp_static pkg-config: --static
// #cgo !smsp_nopkgconfig,smsp_static LDFLAGS: -l:libsmsp.a -Wl,--as-needed
// #cgo smsp_nopkgconfig,!smsp_static LDFLAGS: -lsmsp
// #cgo smsp_nopkgconfig,smsp_static LDFLAGS: -l:libsmsp.a -lgcc_s -lutil -lrt -lpthread -lm -ldl
import "C"
