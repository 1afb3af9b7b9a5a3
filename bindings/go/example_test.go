package smsp_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"example.org/smsp"
)

// The environment has the key, in SMSPARTNER_API_KEY.
func Example() {
	client, err := smsp.NewFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	report, err := client.MultiStatus(context.Background(), []smsp.Query{
		{PhoneNumber: "+33 6 99 99 99 93", MessageID: "111111"},
		{PhoneNumber: "06 99 99 99 92", MessageID: "1000"},
	})
	if err != nil {
		log.Print(err)
	}
	for _, status := range report.Statuses() {
		fmt.Println(status.PhoneNumber, status.State, status.StatusText)
	}
	// Output:
	// +33 6 99 99 99 93 delivered Delivered
	// 06 99 99 99 92 not_found Numéro introuvable
}

// An error and a report come together: what was answered is in the report.
func ExampleClient_MultiStatus() {
	client, err := smsp.NewFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	report, err := client.MultiStatus(ctx, []smsp.Query{
		{PhoneNumber: "+33699999993", MessageID: "111111"},
		{PhoneNumber: "nobody", MessageID: "1"},
	})
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		fmt.Println("out of time")
	case errors.Is(err, smsp.Partial):
		fmt.Println(err)
	}
	for _, status := range report.Statuses() {
		if status.Err != nil {
			fmt.Println(status.PhoneNumber, status.State, status.Err)
		}
	}
	// Output:
	// SMSP_PARTIAL: SMSP_E_INVALID_ARGUMENT: queries[1] (counted from 0): phone_number "nobody": this is not a phone number
	// nobody invalid SMSP_E_INVALID_ARGUMENT: phone_number: this is not a phone number
}

// Progress of a call in the background.
func ExampleClient_Start() {
	client, err := smsp.NewFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	operation, err := client.Start([]smsp.Query{{PhoneNumber: "+33699999993", MessageID: "111111"}})
	if err != nil {
		log.Fatal(err)
	}
	defer operation.Close()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for running := true; running; {
		select {
		case <-tick.C:
			done, total := operation.Progress()
			log.Printf("%d of %d", done, total)
		case <-operation.Done():
			running = false
		}
	}
	report, err := operation.Finish()
	fmt.Println(report.Count(smsp.StateDelivered), err)
	// Output: 1 <nil>
}

// What the library says of a failure.
func ExampleError() {
	client, err := smsp.New(smsp.WithEnv(), smsp.With("api_key", "wrong"))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	_, err = client.MultiStatus(context.Background(), []smsp.Query{{PhoneNumber: "+33699999993", MessageID: "111111"}})
	var failed *smsp.Error
	if errors.As(err, &failed) {
		fmt.Println(failed.Code, failed.APICode, failed.HTTPStatus, failed.Retryable)
	}
	fmt.Println(errors.Is(err, smsp.ErrAuth))
	// Output:
	// SMSP_E_AUTH 10 200 false
	// true
}

// Options by name.
func ExampleConfig() {
	config := smsp.NewConfig()
	defer config.Close()
	if err := config.Set("batch_size", "501"); err != nil {
		fmt.Println(err)
	}
	size, _ := config.Get("batch_size")
	fmt.Println(size)
	// Output:
	// SMSP_E_CONFIG: batch_size: expected a whole number from 1 to 500, found "501"
	// 500
}

// Counters, for a monitoring system.
func ExampleClient_Stats() {
	client, err := smsp.NewFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	_, _ = client.MultiStatus(context.Background(), []smsp.Query{{PhoneNumber: "+33699999993", MessageID: "111111"}})
	stats, err := client.Stats()
	fmt.Println(stats["requests"], stats["entries_answered"], err)
	// Output: 1 1 <nil>
}
