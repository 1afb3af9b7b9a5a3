package smsp

import (
	"context"
	"fmt"
	"syscall"
	"testing"
	"time"
)

// BenchmarkStatus measures what a call costs for each of 100,000 statuses beside the call in C: carrying the queries over,
// and reading the report into Go, with all its texts. That is processor time with the work of Go's collector, and, at the
// least, wall time.
func BenchmarkStatus(b *testing.B) {
	const count = 100_000
	client, err := New(WithEnv())
	if err != nil {
		b.Fatal(err)
	}
	defer client.Close()
	queries := make([]Query, count)
	for i := range queries {
		queries[i] = Query{PhoneNumber: fmt.Sprintf("+336%08d", i), MessageID: fmt.Sprint(100_000 + i)}
	}
	before := cpu(b)
	once, failed := carry(queries)
	if failed != nil {
		b.Fatal(failed)
	}
	report, failed := client.call(once)
	if failed != nil {
		b.Fatal(failed)
	}
	inC := cpu(b) - before
	once.free()
	b.ResetTimer()
	used, fastest := cpu(b), time.Hour
	for i := 0; i < b.N; i++ {
		begin := time.Now()
		carried, failed := carry(queries)
		if failed != nil {
			b.Fatal(failed)
		}
		if made := read(report, queries); made.Len() != count {
			b.Fatal(made.Len())
		}
		carried.free()
		if added := time.Since(begin); added < fastest {
			fastest = added
		}
	}
	used = cpu(b) - used
	b.StopTimer()
	taken(report, queries)
	b.ReportMetric(float64(used.Nanoseconds())/float64(b.N)/count, "added-ns/status")
	b.ReportMetric(float64(fastest.Nanoseconds())/count, "least-added-ns/status")
	b.ReportMetric(float64(inC.Nanoseconds())/count, "C-ns/status")
}

// cpu is how long the processors have worked for this program, the collector's threads included.
func cpu(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// BenchmarkCall asks for one message over a kept connection, blocking, and in the background because it can be cancelled.
func BenchmarkCall(b *testing.B) {
	client, err := New(WithEnv())
	if err != nil {
		b.Fatal(err)
	}
	defer client.Close()
	cancellable, cancel := context.WithCancel(context.Background())
	defer cancel()
	for name, ctx := range map[string]context.Context{"blocking": context.Background(), "cancellable": cancellable} {
		b.Run(name, func(b *testing.B) {
			for i := 0; i < b.N; i++ {
				if _, err := client.MultiStatus(ctx, []Query{{"+33699999993", "111111"}}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
