package smsp

import "sync"

// guard counts who uses a handle of the library, so that it is freed once, after Close, by the last of them.
type guard struct {
	mutex sync.Mutex
	users int
	open  bool
	free  func()
}

// opened guards a handle, which free ends. It must not hold what the guard is in: a finalizer would never run.
func (g *guard) opened(free func()) {
	g.open, g.free = true, free
}

// enter says whether the handle may be used; leave is then due.
func (g *guard) enter() bool {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	if g.open {
		g.users++
	}
	return g.open
}

func (g *guard) leave() {
	g.mutex.Lock()
	g.users--
	last := !g.open && g.users == 0
	g.mutex.Unlock()
	if last {
		g.free()
	}
}

// close lets nobody in any more; whether it was open.
func (g *guard) close() bool {
	g.mutex.Lock()
	was, last := g.open, g.open && g.users == 0
	g.open = false
	g.mutex.Unlock()
	if last {
		g.free()
	}
	return was
}
