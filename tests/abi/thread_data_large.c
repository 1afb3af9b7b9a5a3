/* thread_data_large FILE name=value…
 * thread_data with more than the library's threads have for themselves. */
#define SIZE (4 * 1024 * 1024)
#include "thread_data.c"
