// Package heap tells how much memory code in C has in use. It is for tests, and needs glibc 2.33.
package heap

// #include <malloc.h>
//
// static size_t smsp_go_in_use(void)
// {
//     struct mallinfo2 info = mallinfo2();
//     return info.uordblks + info.hblkhd;
// }
import "C"

// InUse is how many bytes are allocated and not freed.
func InUse() int {
	return int(C.smsp_go_in_use())
}
