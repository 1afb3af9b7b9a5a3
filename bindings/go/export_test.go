package smsp

// ForgetQueue has the next operation make a queue, as the first of a process does. What is waited for is not forgotten.
func ForgetQueue() {
	ends = &waiter{waiting: make(map[tag]*Operation)}
}

// CloseFile has Go refuse to wait for the queue from here on.
func CloseFile() {
	ends.file.Close()
}
