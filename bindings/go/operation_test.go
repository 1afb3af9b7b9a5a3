package smsp_test

import (
	"context"
	"errors"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.org/smsp"
)

func begin(t *testing.T, client *smsp.Client, ids ...string) *smsp.Operation {
	t.Helper()
	var queries []smsp.Query
	for _, id := range ids {
		queries = append(queries, smsp.Query{PhoneNumber: "+33612345678", MessageID: id})
	}
	operation, err := client.Start(queries)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { operation.Close() })
	return operation
}

// readable looks at the descriptor of an operation.
func readable(t *testing.T, operation *smsp.Operation) bool {
	t.Helper()
	descriptor := operation.Descriptor()
	if descriptor < 0 || descriptor >= 1024 {
		t.Fatal(descriptor)
	}
	var set syscall.FdSet
	set.Bits[descriptor/64] = 1 << (descriptor % 64)
	count, err := syscall.Select(descriptor+1, &set, nil, nil, &syscall.Timeval{})
	if err != nil {
		t.Fatal(err)
	}
	return count == 1
}

func isDone(operation *smsp.Operation) bool {
	select {
	case <-operation.Done():
		return true
	default:
		return false
	}
}

func TestOperation(t *testing.T) {
	client := slowly(t)
	operation := begin(t, client, "1", "2", "10", "3", "1")
	until(t, "two answers, of which one is for two queries", func() bool { done, _ := operation.Progress(); return done >= 3 })
	if done, total := operation.Progress(); total != 5 || done == total {
		t.Error(done, total)
	}
	expired, cancel := context.WithTimeout(background, time.Millisecond)
	defer cancel()
	if err := operation.Wait(expired); !errors.Is(err, context.DeadlineExceeded) || isDone(operation) || readable(t, operation) {
		t.Error(err)
	}
	operation.Cancel()
	if err := operation.Wait(background); err != nil || !isDone(operation) || !readable(t, operation) {
		t.Error(err)
	}
	if err := operation.Wait(expired); err != nil {
		t.Error("it is done, whatever the context is:", err)
	}
	if done, total := operation.Progress(); done != 5 || total != 5 {
		t.Error(done, total)
	}
	report, err := operation.Finish()
	if !errors.Is(err, smsp.Partial) || !errors.Is(err, smsp.ErrCancelled) || errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if report.Len() != 5 || report.Count(smsp.StateUnanswered) != 2 || report.Statuses()[4].Code != smsp.OK {
		t.Error(report)
	}
	if report, err := operation.Finish(); report != nil || !errors.Is(err, smsp.ErrInvalidArgument) || errors.Is(err, smsp.ErrClosed) {
		t.Error(report, err)
	}
}

// TestOperationToItsEnd finishes without waiting before, after the client was closed.
func TestOperationToItsEnd(t *testing.T) {
	client := slowly(t)
	operation, nothing := begin(t, client, "1", "2", "3"), begin(t, client)
	client.Close()
	if report, err := operation.Finish(); err != nil || report.Len() != 3 {
		t.Error(report, err)
	}
	if report, err := nothing.Finish(); err != nil || report.Len() != 0 {
		t.Error(report, err)
	}
}

// TestOperationClosed uses an operation after its end.
func TestOperationClosed(t *testing.T) {
	client := slowly(t)
	operation, watched := begin(t, client, "10"), begin(t, client, "10")
	watched.Done()
	for _, one := range []*smsp.Operation{operation, watched, {}} {
		one.Close()
		one.Close()
		one.Cancel()
		if err := one.Wait(background); err != nil {
			t.Error(err)
		}
		if done, total := one.Progress(); done != 0 || total != 0 || one.Descriptor() != -1 {
			t.Error(done, total)
		}
		if report, err := one.Finish(); report != nil || !errors.Is(err, smsp.ErrClosed) || !errors.Is(err, smsp.ErrInvalidArgument) {
			t.Error(report, err)
		}
	}
}

// TestOperationShared does everything at once to an operation.
func TestOperationShared(t *testing.T) {
	client := slowly(t)
	for round := 0; round < 50; round++ {
		operation := begin(t, client, "1", "10", "2")
		var doing sync.WaitGroup
		reports := make(chan *smsp.Report, 2)
		finish := func() {
			report, _ := operation.Finish()
			reports <- report
		}
		things := []func(){finish, finish, func() { operation.Wait(background) }, func() { <-operation.Done() },
			func() { operation.Progress() }, func() { operation.Descriptor() }, operation.Cancel,
			func() { operation.Close() }, func() { operation.Close() }}
		for _, thing := range things {
			doing.Add(1)
			go func(thing func()) {
				defer doing.Done()
				thing()
			}(thing)
		}
		doing.Wait()
		if one, other := <-reports, <-reports; one != nil && other != nil {
			t.Error("two reports")
		}
	}
}
