package smsp_test

import (
	"context"
	"math"
	"runtime"
	"testing"

	"example.org/smsp"
	"example.org/smsp/internal/heap"
)

// TestGrowth makes 20,000 calls, blocking, cancellable, cancelled and with entries that fail, which leave nothing behind.
func TestGrowth(t *testing.T) {
	url := simulate(t, "--fault", "status code=503 ids=2")
	client := newClient(t, url, "batch_size", "2")
	cancellable, cancel := context.WithCancel(background)
	defer cancel()
	cancelled, cancelNow := context.WithCancel(background)
	cancelNow()
	queries := []smsp.Query{{"+33612345678", "1"}, {"+33612345678\x00", "1"}, {"+33612345678", "2"}}
	calls := func(count int) {
		for i := 0; i < count; i++ {
			ctx := []context.Context{background, cancellable, cancelled}[i%3]
			report, err := client.MultiStatus(ctx, queries)
			if err == nil || report.Len() != len(queries) {
				t.Fatal(report, err)
			}
			_, _ = client.Stat("requests")
			config := smsp.NewConfig()
			_ = config.Set("batch_size", "0")
			config.Close()
		}
	}
	sizes := func() (inC, inGo, descriptors int) {
		runtime.GC()
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		return heap.InUse(), int(stats.HeapAlloc), entries(t, "/proc/self/fd")
	}
	calls(5000)
	// A thread or connection more takes memory now and then. What calls leave behind is there each time.
	inC, inGo, descriptors := math.MaxInt, math.MaxInt, math.MaxInt
	for round := 0; round < 3; round++ {
		beforeC, beforeGo, before := sizes()
		calls(5000)
		afterC, afterGo, after := sizes()
		inC, inGo, descriptors = least(inC, afterC-beforeC), least(inGo, afterGo-beforeGo), least(descriptors, after-before)
	}
	t.Logf("after 5,000 calls, the least of three times: %+d bytes in C, %+d in Go, %+d descriptors", inC, inGo, descriptors)
	// Less than the smallest piece of malloc, 32 bytes, for each call of one kind.
	const limit = 5000 / 3 * 32
	if inC >= limit || inGo >= limit || descriptors > 2 {
		t.Fail()
	}
}

func least(one, other int) int {
	if one < other {
		return one
	}
	return other
}
