package smsp_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"example.org/smsp"
)

// answered waits until the service has answered so many messages of the client.
func answered(t testing.TB, client *smsp.Client, count uint64) {
	t.Helper()
	until(t, "an answer", func() bool {
		stats, err := client.Stats()
		return err != nil || stats["entries_answered"] >= count
	})
}

// ends says what the end of a context by this error must have made of a call.
func ends(t *testing.T, err, reason error) {
	t.Helper()
	var failed *smsp.Error
	if !errors.Is(err, reason) || !errors.Is(err, smsp.ErrCancelled) || !errors.As(err, &failed) {
		t.Errorf("%v is not %v and cancelled", err, reason)
	}
}

func TestContext(t *testing.T) {
	client := slowly(t)
	query := func(id string) smsp.Query { return smsp.Query{PhoneNumber: "+33612345678", MessageID: id} }
	rows := []struct {
		name    string
		queries []smsp.Query
		reason  error
		made    func() (context.Context, context.CancelFunc)
		partial bool
	}{
		{"cancelled", []smsp.Query{query("1"), query("10"), query("2")}, context.Canceled,
			func() (context.Context, context.CancelFunc) { return context.WithCancel(background) }, true},
		{"expired", []smsp.Query{query("10"), query("3")}, context.DeadlineExceeded,
			func() (context.Context, context.CancelFunc) {
				return context.WithTimeout(background, 50*time.Millisecond)
			}, false},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			ctx, cancel := row.made()
			defer cancel()
			if row.partial {
				go func() {
					answered(t, client, 1)
					cancel()
				}()
			}
			report, err := client.MultiStatus(ctx, row.queries)
			ends(t, err, row.reason)
			if errors.Is(err, smsp.Partial) != row.partial || report.Len() != len(row.queries) {
				t.Fatal(report, err)
			}
			for i, status := range report.Statuses() {
				want := smsp.ErrCancelled
				if row.partial && i == 0 {
					want = smsp.OK
				}
				if status.Code != want {
					t.Errorf("%d: %+v", i, status)
				}
				if want == smsp.ErrCancelled {
					ends(t, status.Err, row.reason)
				}
			}
		})
	}
}

// TestContextAfterFailure: the error is that of the batch that failed first, and tells of the context all the same.
func TestContextAfterFailure(t *testing.T) {
	url := simulate(t, "--fault", "status code=503 ids=1", "--fault", "latency ms=600000 ids=10")
	client := newClient(t, url, "batch_size", "1", "max_connections", "1", "request_timeout_ms", "0")
	ctx, cancel := context.WithCancel(background)
	go func() {
		until(t, "a failure", func() bool {
			failures, err := client.Stat("failures_http")
			return err != nil || failures == 1
		})
		cancel()
	}()
	report, err := client.MultiStatus(ctx, []smsp.Query{{"+33612345678", "1"}, {"+33612345678", "10"}})
	ends(t, err, context.Canceled)
	ends(t, report.Statuses()[1].Err, context.Canceled)
	if first := report.Statuses()[0].Err; !errors.Is(first, smsp.ErrHTTP) || errors.Is(first, context.Canceled) {
		t.Error(first)
	}
	var failed *smsp.Error
	if errors.As(err, &failed); failed.Code != smsp.ErrHTTP || !errors.Is(err, smsp.ErrHTTP) || failed.HTTPStatus != 503 {
		t.Error(err)
	}
}

// TestContextBefore: nothing is asked with a context that is done.
func TestContextBefore(t *testing.T) {
	client := slowly(t)
	cancelled, cancel := context.WithCancel(background)
	cancel()
	expired, cancel := context.WithDeadline(background, time.Unix(0, 0))
	defer cancel()
	for ctx, reason := range map[context.Context]error{cancelled: context.Canceled, expired: context.DeadlineExceeded} {
		report, err := client.MultiStatus(ctx, messages(3))
		ends(t, err, reason)
		ends(t, report.Statuses()[2].Err, reason)
		if report.Len() != 3 || report.Count(smsp.StateUnanswered) != 3 || report.Statuses()[2].Code != smsp.ErrCancelled {
			t.Error(report)
		}
	}
	if requests, _ := client.Stat("requests"); requests != 0 {
		t.Error(requests)
	}
	client.Close()
	if _, err := client.MultiStatus(cancelled, nil); !errors.Is(err, smsp.ErrClosed) || errors.Is(err, smsp.ErrCancelled) {
		t.Error(err)
	}
}

// TestContextInTime: one that does not end changes nothing.
func TestContextInTime(t *testing.T) {
	ctx, cancel := context.WithCancel(background)
	defer cancel()
	report, err := slowly(t).MultiStatus(ctx, []smsp.Query{{"+33612345678", "1"}})
	if err != nil || report.Len() != 1 || report.Count(smsp.StateUnanswered) != 0 {
		t.Error(report, err)
	}
}
