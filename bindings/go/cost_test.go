package smsp

import (
	"context"
	"fmt"
	"testing"
	"time"
)

// BenchmarkStatus measures what a call costs for each of 100,000 statuses beside the call in C: carrying the queries over,
// and reading the report into Go, with all its texts. Go's collector runs meanwhile.
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
	begin := time.Now()
	once, failed := carry(queries)
	if failed != nil {
		b.Fatal(failed)
	}
	report, failed := client.call(once)
	if failed != nil {
		b.Fatal(failed)
	}
	inC := time.Since(begin)
	once.free()
	b.ResetTimer()
	total, fastest := time.Duration(0), time.Hour
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
		added := time.Since(begin)
		total += added
		if added < fastest {
			fastest = added
		}
	}
	b.StopTimer()
	taken(report, queries)
	b.ReportMetric(float64(total.Nanoseconds())/float64(b.N)/count, "added-ns/status")
	b.ReportMetric(float64(fastest.Nanoseconds())/count, "least-added-ns/status")
	b.ReportMetric(float64(inC.Nanoseconds())/count, "C-ns/status")
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
