// One message a call by net/http and encoding/json; the transport keeps a connection for each caller.
package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"log"
	"net/http"
	"os"
	"strconv"
	"time"

	"example.org/small/callers"
)

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
		return callers.Missing
	}
	value, err := strconv.ParseInt(text, 10, 64)
	callers.Check(err)
	return value
}

func newClient() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 64
	transport.ForceAttemptHTTP2 = false
	if file := os.Getenv("BENCH_CA"); file != "" {
		pem, err := os.ReadFile(file)
		callers.Check(err)
		transport.TLSClientConfig = &tls.Config{RootCAs: x509.NewCertPool()}
		transport.TLSClientConfig.RootCAs.AppendCertsFromPEM(pem)
	}
	return &http.Client{Transport: transport, Timeout: 10 * time.Second}
}

func main() {
	job := callers.Read()
	client := newClient()
	job.Run(func(phoneNumber string, id int64) callers.Row {
		body, err := json.Marshal(request{job.Key, []message{{phoneNumber, id}}})
		callers.Check(err)
		response, err := client.Post(job.BaseURL+"/multi-status", "application/json", bytes.NewReader(body))
		callers.Check(err)
		defer response.Body.Close()
		var answer answer
		callers.Check(json.NewDecoder(response.Body).Decode(&answer))
		if response.StatusCode != http.StatusOK || !answer.Success || len(answer.List) != 1 || answer.List[0].MessageID != id {
			log.Fatal("refused, or not an answer to this question")
		}
		entry := answer.List[0]
		return callers.Row{State: state(entry.Status, entry.Code), Date: number(entry.Date), Stop: int(number(entry.StopSMS)),
			Spam: int(number(entry.IsSpam))}
	})
}
