package smsp_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"example.org/smsp"
)

// entries is how many a folder has.
func entries(t testing.TB, folder string) int {
	t.Helper()
	list, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

// goroutines is how many there are with all of these words in what the runtime tells of them.
func goroutines(words ...string) (count int) {
	stacks := make([]byte, 8<<20)
	for _, stack := range strings.Split(string(stacks[:runtime.Stack(stacks, true)]), "\n\n") {
		has := true
		for _, word := range words {
			has = has && strings.Contains(stack, word)
		}
		if has {
			count++
		}
	}
	return count
}

// waiters are the goroutines that wait for all.
func waiters() int {
	return goroutines("smsp.(*waiter).run(")
}

// callers are those that wait for the end of a call or of its context.
func callers() int {
	return goroutines(" [select]:\nexample.org/smsp.(*Client).MultiStatus(")
}

// TestManyWait has many calls wait at once, which need neither a descriptor nor a thread each, and cancels one of them,
// which ends no other.
func TestManyWait(t *testing.T) {
	const count = 200
	client := slowly(t)
	descriptors, threads := entries(t, "/proc/self/fd"), entries(t, "/proc/self/task")
	ctx, cancelAll := context.WithCancel(background)
	defer cancelAll()
	one, cancelOne := context.WithCancel(ctx)
	cancelled, others := make(chan error, 1), make(chan error, count)
	ask := func(ctx context.Context, ended chan<- error) {
		_, err := client.MultiStatus(ctx, []smsp.Query{{"+33612345678", "10"}})
		ended <- err
	}
	go ask(one, cancelled)
	for i := 1; i < count; i++ {
		go ask(ctx, others)
	}
	until(t, "all wait", func() bool { return callers() == count })
	// The connection, what the client wakes its own threads by, and the queue.
	if more := entries(t, "/proc/self/fd") - descriptors; more > 20 {
		t.Error(more, "descriptors more")
	}
	if more := entries(t, "/proc/self/task") - threads; more > 30 {
		t.Error(more, "threads more")
	}
	if running := waiters(); running != 1 {
		t.Error(running, "goroutines wait")
	}
	begin := time.Now()
	cancelOne()
	ends(t, <-cancelled, context.Canceled)
	if took := time.Since(begin); took > time.Second {
		t.Error("the cancelled call ended after", took)
	}
	if callers() != count-1 || len(others) != 0 {
		t.Error("another call ended")
	}
	cancelAll()
	for i := 1; i < count; i++ {
		ends(t, <-others, context.Canceled)
	}
}

// TestWaiterEnds: nothing runs where nothing is waited for, and it runs again for the next call.
func TestWaiterEnds(t *testing.T) {
	client := slowly(t)
	for round := 0; round < 3; round++ {
		ctx, cancel := context.WithCancel(background)
		ended := make(chan error)
		go func() {
			_, err := client.MultiStatus(ctx, []smsp.Query{{"+33612345678", "10"}})
			ended <- err
		}()
		until(t, "it waits", func() bool { return waiters() == 1 })
		cancel()
		ends(t, <-ended, context.Canceled)
		until(t, "it ends", func() bool { return waiters() == 0 })
	}
}

// TestManyShortCalls: each call gets the statuses of its own messages, however many end at once.
func TestManyShortCalls(t *testing.T) {
	const count, calls = 20, 100
	client := newClient(t, simulate(t))
	list := messages(count * calls)
	wanted, err := client.MultiStatus(background, list)
	if err != nil {
		t.Fatal(err)
	}
	different := make(map[string]bool)
	for _, status := range wanted.Statuses() {
		different[told(status)] = true
	}
	if len(different) < 50 {
		t.Fatal("no telling whose status is whose:", len(different))
	}
	ctx, cancel := context.WithTimeout(background, time.Hour)
	defer cancel()
	var asking sync.WaitGroup
	for caller := 0; caller < count; caller++ {
		asking.Add(1)
		go func(first int) {
			defer asking.Done()
			for i := first; i < first+calls; i++ {
				report, err := client.MultiStatus(ctx, list[i:i+1])
				if err != nil || report.Len() != 1 || told(report.Statuses()[0]) != told(wanted.Statuses()[i]) {
					t.Error(i, report, err)
				}
			}
		}(caller * calls)
	}
	asking.Wait()
}

// told is what the service says of a message.
func told(status smsp.Status) string {
	return fmt.Sprint(status.State, status.StatusText, status.Date, status.DateText, status.StopSMS, status.IsSpam)
}

// TestShortCallsCancelled: a call that ends as its context does ends once, and well.
func TestShortCallsCancelled(t *testing.T) {
	const count, calls = 8, 200
	client := newClient(t, simulate(t))
	var asking sync.WaitGroup
	var cancelled int32
	for caller := 0; caller < count; caller++ {
		asking.Add(1)
		go func(caller int) {
			defer asking.Done()
			for i := 0; i < calls; i++ {
				ctx, cancel := context.WithTimeout(background, time.Duration(caller*i)*20*time.Microsecond)
				report, err := client.MultiStatus(ctx, messages(1))
				if err != nil {
					ends(t, err, context.DeadlineExceeded)
					atomic.AddInt32(&cancelled, 1)
				} else if report.Count(smsp.StateUnanswered) != 0 {
					t.Error("it has no answer, and no error")
				}
				cancel()
			}
		}(caller)
	}
	asking.Wait()
	if cancelled == 0 || cancelled == count*calls {
		t.Error(cancelled, "were cancelled")
	}
}

// TestOperationWithoutDescriptors waits where no descriptor can be had, without a queue and with one that cannot wait.
func TestOperationWithoutDescriptors(t *testing.T) {
	rows := []struct {
		name  string
		queue bool
		waits []string
	}{
		{"no queue", false, []string{"smsp._Cfunc_smsp_operation_wait(", "smsp.(*Operation).Done.func"}},
		{"no wait", true, []string{"time.Sleep(", "smsp.(*waiter).run("}},
		{"a queue", true, []string{" [IO wait]:", "smsp.(*waiter).run("}},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			client := slowly(t)
			operation := begin(t, client, "10")
			until(t, "a request", func() bool { requests, err := client.Stat("requests"); return err != nil || requests == 1 })
			smsp.ForgetQueue()
			if row.queue {
				begin(t, client).Wait(background)
				until(t, "nothing waits", func() bool { return waiters() == 0 })
			}
			if row.name == "no wait" {
				smsp.CloseFile()
				defer smsp.ForgetQueue()
			}
			allow := forbidDescriptors(t)
			descriptor := operation.Descriptor()
			done := operation.Done()
			until(t, "it waits", func() bool { return goroutines(row.waits...) == 1 })
			operation.Cancel()
			<-done
			allow()
			if _, err := operation.Finish(); descriptor != -1 || !errors.Is(err, smsp.ErrCancelled) {
				t.Error(descriptor, err)
			}
		})
	}
}

// forbidDescriptors has the system refuse descriptors until allow is called.
func forbidDescriptors(t *testing.T) (allow func()) {
	t.Helper()
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	set := func(limit syscall.Rlimit) {
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
			t.Fatal(err)
		}
	}
	set(syscall.Rlimit{Cur: 0, Max: limit.Max})
	return func() { set(limit) }
}
