package smsp_test

import (
	"context"
	"runtime"
	"testing"

	"example.org/smsp"
	"example.org/smsp/internal/heap"
)

// TestGrowth makes 10,000 calls, blocking, cancellable, cancelled and with entries that fail, which leave nothing behind.
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
	beforeC, beforeGo, before := sizes()
	calls(10_000)
	afterC, afterGo, after := sizes()
	t.Logf("after 10,000 calls: %+d bytes in C, %+d in Go, %+d descriptors", afterC-beforeC, afterGo-beforeGo, after-before)
	// Less than 7 bytes for each call.
	if afterC-beforeC > 1<<16 || afterGo-beforeGo > 1<<16 || after-before > 10 {
		t.Fail()
	}
}
