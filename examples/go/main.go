// Asks what became of messages and prints their statuses.    multi_status PHONE:ID ...
// Ctrl-C cancels and prints what came before.
// Configured by the environment: SMSPARTNER_API_KEY, and SMSP_ with the name of an option in capitals for the others.
// Exit status: 0 if every message was answered, 1 if some were, 2 if none was.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"time"

	"example.org/smsp"
)

func multiStatus(ctx context.Context, queries []smsp.Query) (*smsp.Report, error) {
	client, err := smsp.NewFromEnv()
	if err != nil {
		return nil, err
	}
	defer client.Close()
	return client.MultiStatus(ctx, queries)
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	var queries []smsp.Query
	for _, message := range os.Args[1:] {
		phone, id, _ := strings.Cut(message, ":") // no id: the report says invalid
		queries = append(queries, smsp.Query{PhoneNumber: phone, MessageID: id})
	}
	report, err := multiStatus(ctx, queries)
	stop()
	for _, status := range report.Statuses() {
		date, detail := status.DateText, status.StatusText
		if !status.Date.IsZero() {
			date = status.Date.Format(time.RFC3339)
		}
		if failed := (*smsp.Error)(nil); errors.As(status.Err, &failed) {
			detail = failed.Message
		}
		fmt.Printf("%-16s %-12s %-13s %-20s %s\n", status.PhoneNumber, status.MessageID, status.State, date, detail)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	switch {
	case errors.Is(err, smsp.Partial):
		os.Exit(1)
	case err != nil:
		os.Exit(2)
	}
}
