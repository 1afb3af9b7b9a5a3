// The job of benches/job.h by net/http and encoding/json; the transport keeps connections and takes compressed answers.
// usage: status BASE_URL KEY COUNT ROUNDS CONNECTIONS [table]
package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"
)

const batchSize = 500

type message struct {
	PhoneNumber string `json:"phoneNumber"`
	MessageID   int64  `json:"messageId"`
}

type request struct {
	APIKey string    `json:"apiKey"`
	List   []message `json:"SMSStatut_List"`
}

type entry struct {
	Code      int    `json:"code"`
	MessageID int64  `json:"messageId"`
	Status    string `json:"status"`
	Date      string `json:"date"`
	StopSMS   string `json:"stopSms"`
	IsSpam    string `json:"isSpam"`
}

type answer struct {
	Success bool    `json:"success"`
	List    []entry `json:"StatutResponse_List"`
}

type row struct {
	message
	state      string
	date       int64
	stop, spam int
	text       string
}

func state(text string, code int) string {
	switch {
	case code == 4:
		return "not_found"
	case code != 200:
		return "rejected"
	}
	switch text {
	case "Delivered":
		return "delivered"
	case "Not delivered":
		return "not_delivered"
	case "Waiting":
		return "waiting"
	case "ko":
		return "not_sent"
	}
	return "unknown"
}

func number(text string) int64 {
	if text == "" {
		return -1
	}
	value, err := strconv.ParseInt(text, 10, 64)
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// ask asks for one batch and fills its rows.
func ask(client *http.Client, base, key string, messages []message, rows []row) {
	body, err := json.Marshal(request{key, messages})
	check(err)
	response, err := client.Post(base+"/multi-status", "application/json", bytes.NewReader(body))
	check(err)
	defer response.Body.Close()
	var answer answer
	check(json.NewDecoder(response.Body).Decode(&answer))
	if response.StatusCode != http.StatusOK || !answer.Success || len(answer.List) != len(messages) {
		log.Fatal("refused, or not an answer")
	}
	for i, entry := range answer.List {
		if entry.MessageID != messages[i].MessageID {
			log.Fatal("an answer to another question")
		}
		rows[i] = row{messages[i], state(entry.Status, entry.Code), number(entry.Date), int(number(entry.StopSMS)),
			int(number(entry.IsSpam)), entry.Status}
	}
}

func askAll(client *http.Client, base, key string, messages []message, connections int) []row {
	rows := make([]row, len(messages))
	batches := make(chan int)
	var workers sync.WaitGroup
	for i := 0; i < connections; i++ {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for first := range batches {
				last := first + batchSize
				if last > len(messages) {
					last = len(messages)
				}
				ask(client, base, key, messages[first:last], rows[first:last])
			}
		}()
	}
	for first := 0; first < len(messages); first += batchSize {
		batches <- first
	}
	close(batches)
	workers.Wait()
	return rows
}

func newClient(connections int) *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = connections
	transport.ForceAttemptHTTP2 = false
	if file := os.Getenv("BENCH_CA"); file != "" {
		pem, err := os.ReadFile(file)
		check(err)
		transport.TLSClientConfig = &tls.Config{RootCAs: x509.NewCertPool()}
		transport.TLSClientConfig.RootCAs.AppendCertsFromPEM(pem)
	}
	return &http.Client{Transport: transport, Timeout: 10 * time.Second}
}

// used is seconds of CPU and KiB at the peak.
func used() (float64, int64) {
	var usage syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9, usage.Maxrss
}

func printTable(rows []row) {
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	shown := func(value int64) string {
		if value < 0 {
			return "-"
		}
		return strconv.FormatInt(value, 10)
	}
	for _, row := range rows {
		fmt.Fprintf(out, "%s\t%d\t%s\t%s\t%s\t%s\t%s\n", row.PhoneNumber, row.MessageID, row.state, shown(row.date),
			shown(int64(row.stop)), shown(int64(row.spam)), row.text)
	}
}

func main() {
	base, key := os.Args[1], os.Args[2]
	count, rounds, connections := number(os.Args[3]), number(os.Args[4]), int(number(os.Args[5]))
	prefix := "+336"
	if os.Getenv("BENCH_NATIONAL") != "" {
		prefix = "06"
	}
	messages := make([]message, count)
	for i := range messages {
		messages[i] = message{fmt.Sprintf("%s%08d", prefix, i%100000000), 100000 + int64(i)}
	}
	client := newClient(connections)
	var rows []row
	cpu, peak := used()
	begun := time.Now()
	for ; rounds > 0; rounds-- {
		rows = askAll(client, base, key, messages, connections)
	}
	wall := time.Since(begun).Seconds()
	if len(os.Args) > 6 {
		printTable(rows)
		return
	}
	cpuAfter, peakAfter := used()
	fmt.Printf("%.6f %.6f %d %d\n", cpuAfter-cpu, wall, peakAfter, peakAfter-peak)
}
