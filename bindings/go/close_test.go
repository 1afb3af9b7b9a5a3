package smsp_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"

	"example.org/smsp"
)

// TestClosed uses what is closed, and what was never made.
func TestClosed(t *testing.T) {
	client := newClient(t, refusing(t))
	config := smsp.NewConfig()
	client.Close()
	config.Close()
	for _, one := range []*smsp.Client{client, {}} {
		cancellable, cancel := context.WithCancel(background)
		defer cancel()
		for _, ctx := range []context.Context{background, cancellable} {
			if report, err := one.MultiStatus(ctx, messages(2)); report != nil || !errors.Is(err, smsp.ErrClosed) {
				t.Error(report, err)
			}
		}
		if operation, err := one.Start(nil); operation != nil || !errors.Is(err, smsp.ErrClosed) {
			t.Error(err)
		}
		if stats, err := one.Stats(); stats != nil || !errors.Is(err, smsp.ErrClosed) {
			t.Error(err)
		}
		if err := one.Close(); err != nil {
			t.Error(err)
		}
	}
	for _, one := range []*smsp.Config{config, {}} {
		if err := one.Set("batch_size", "1"); !errors.Is(err, smsp.ErrClosed) || !errors.Is(err, smsp.ErrInvalidArgument) {
			t.Error(err)
		}
		if value, ok := one.Get("batch_size"); ok {
			t.Error(value)
		}
		if err := one.LoadEnv(); !errors.Is(err, smsp.ErrClosed) {
			t.Error(err)
		}
		if client, err := one.NewClient(); client != nil || !errors.Is(err, smsp.ErrClosed) {
			t.Error(err)
		}
		if err := one.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestCloseWhileCallsRun closes a client that others use: a call is answered or finds it closed.
func TestCloseWhileCallsRun(t *testing.T) {
	url := simulate(t)
	cancellable, cancel := context.WithCancel(background)
	defer cancel()
	for round := 0; round < 20; round++ {
		client := newClient(t, url, "batch_size", "1")
		var asking sync.WaitGroup
		for i := 0; i < 8; i++ {
			asking.Add(1)
			go func(i int) {
				defer asking.Done()
				ctx := background
				if i%2 == 1 {
					ctx = cancellable
				}
				for {
					report, err := client.MultiStatus(ctx, messages(4))
					if errors.Is(err, smsp.ErrClosed) {
						return
					}
					if err != nil || report.Len() != 4 {
						t.Error(report, err)
						return
					}
				}
			}(i)
		}
		answered(t, client, uint64(round))
		client.Close()
		asking.Wait()
	}
}

// TestFinalizers forgets clients and operations, whose descriptors are closed all the same.
func TestFinalizers(t *testing.T) {
	const count = 20
	url := simulate(t, "--fault", "latency ms=600000 ids=10")
	before := entries(t, "/proc/self/fd")
	func() {
		for i := 0; i < count; i++ {
			client, err := smsp.New(smsp.With("api_key", key), smsp.With("base_url", url))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := client.MultiStatus(background, messages(1)); err != nil {
				t.Fatal(err)
			}
			operation, err := client.Start([]smsp.Query{{"+33612345678", "10"}})
			if err != nil {
				t.Fatal(err)
			}
			operation.Descriptor()
			smsp.NewConfig()
		}
	}()
	if entries(t, "/proc/self/fd") < before+count {
		t.Error("nothing was open")
	}
	until(t, "the end of what was forgotten", func() bool {
		runtime.GC()
		return entries(t, "/proc/self/fd") < before+count/2
	})
}
