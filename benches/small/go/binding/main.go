// One message a call by the package; all callers share one client.
package main

import (
	"context"
	"os"
	"strconv"

	"example.org/small/callers"
	"example.org/smsp"
)

func newClient(job callers.Job) *smsp.Client {
	options := []smsp.Option{smsp.With("base_url", job.BaseURL), smsp.With("api_key", job.Key),
		smsp.With("max_connections", job.Connections)}
	if file := os.Getenv("BENCH_CA"); file != "" {
		options = append(options, smsp.With("ca_file", file))
	}
	client, err := smsp.New(options...)
	callers.Check(err)
	return client
}

func main() {
	job := callers.Read()
	client := newClient(job)
	defer client.Close()
	job.Run(func(phoneNumber string, id int64) callers.Row {
		query := smsp.Query{PhoneNumber: phoneNumber, MessageID: strconv.FormatInt(id, 10)}
		report, err := client.MultiStatus(context.Background(), []smsp.Query{query})
		callers.Check(err)
		status := report.Statuses()[0]
		row := callers.Row{State: status.State.String(), Date: callers.Missing, Stop: int(status.StopSMS),
			Spam: int(status.IsSpam)}
		if !status.Date.IsZero() {
			row.Date = status.Date.Unix()
		}
		return row
	})
}
