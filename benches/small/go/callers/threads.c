#include "../../threads.c"
