// runner SCENARIO BASE_URL [CA_FILE]
// Does what a scenario says and prints canonical lines, as ../README.md has them.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"example.org/smsp"
)

// runner has one of each.
type runner struct {
	out       *bufio.Writer
	baseURL   string
	caFile    string
	config    *smsp.Config
	client    *smsp.Client
	operation *smsp.Operation
	queries   []smsp.Query
}

func main() {
	if len(os.Args) < 3 {
		notUnderstood("usage: runner SCENARIO BASE_URL [CA_FILE]")
	}
	text, err := os.ReadFile(os.Args[1])
	if err != nil {
		notUnderstood(err.Error())
	}
	r := runner{out: bufio.NewWriter(os.Stdout), baseURL: os.Args[2], config: &smsp.Config{}, client: &smsp.Client{}, operation: &smsp.Operation{}}
	if len(os.Args) > 3 {
		r.caFile = os.Args[3]
	}
	for _, line := range strings.Split(string(text), "\n") {
		words := strings.Split(line, " ")
		switch {
		case line == "" || line[0] == '#' || words[0] == "simulator" || words[0] == "environment" || words[0] == "needs":
		default:
			r.do(words)
		}
	}
	r.operation.Close()
	r.client.Close()
	r.config.Close()
	r.out.Flush()
}

func notUnderstood(what string) {
	fmt.Fprintln(os.Stderr, "not understood:", what)
	os.Exit(2)
}

// do does a line.
func (r *runner) do(words []string) {
	switch what := words[0]; what + fmt.Sprint(len(words)-1) {
	case "version0":
		r.print("version", smsp.Version())
	case "codes0":
		for code := smsp.Code(-100); code <= 100; code++ {
			if code.String() != "?" {
				r.print("code", int(code), code)
			}
		}
	case "states0":
		for state := smsp.State(-1); state <= 100; state++ {
			if state.String() != "?" {
				r.print("state", int(state), state, map[bool]string{true: "final", false: "open"}[state.IsFinal()])
			}
		}
	case "options0":
		for _, name := range smsp.OptionNames() {
			value, ok := r.config.Get(name)
			r.print("option", name, written(value, ok))
		}
	case "counters0":
		for _, name := range smsp.StatNames() {
			value, err := r.client.Stat(name)
			if err != nil {
				notUnderstood(err.Error())
			}
			r.print("counter", name, value)
		}
	case "config0":
		r.config.Close()
		r.config = smsp.NewConfig()
	case "env0":
		r.result(what, r.config.LoadEnv())
	case "set2":
		r.result(what, r.config.Set(textOf(words[1]), r.value(words[2])))
	case "get1":
		value, ok := r.config.Get(words[1])
		r.print("get", words[1], written(value, ok))
	case "client0":
		r.newClient(r.config.NewClient)
	case "client1":
		if words[1] != "env" {
			notUnderstood(strings.Join(words, " "))
		}
		r.newClient(smsp.NewFromEnv)
	case "query2":
		r.queries = append(r.queries, smsp.Query{PhoneNumber: textOf(words[1]), MessageID: textOf(words[2])})
	case "queries1":
		for i := 0; i < number(words[1]); i++ {
			r.queries = append(r.queries, smsp.Query{PhoneNumber: fmt.Sprintf("+336%08d", i), MessageID: fmt.Sprint(1000 + i)})
		}
	case "clear0":
		r.queries = nil
	case "ask0":
		report, err := r.client.MultiStatus(context.Background(), r.queries)
		r.result(what, err)
		r.report(report)
	case "clients1":
		r.clients(number(words[1]))
	case "start0":
		r.operation.Close()
		operation, err := r.client.Start(r.queries)
		if r.result(what, err); err == nil {
			r.operation = operation
		}
	case "until1":
		for done := 0; done < number(words[1]); done, _ = r.operation.Progress() {
			r.wait(1)
		}
	case "wait1":
		r.print(what, r.wait(number(words[1])))
	case "progress0":
		done, total := r.operation.Progress()
		r.print(what, done, total)
	case "descriptor0":
		r.print(what, map[bool]string{true: "readable", false: "silent"}[isReadable(r.operation.Descriptor())])
	case "cancel0":
		r.operation.Cancel()
	case "finish0":
		report, err := r.operation.Finish()
		r.result(what, err)
		r.report(report)
	case "release1":
		r.release(words[1])
	case "counter1":
		value, err := r.client.Stat(words[1])
		r.print(what, codeOf(err))
		if err == nil {
			r.print("value", value)
		}
	default:
		notUnderstood(strings.Join(words, " "))
	}
}

func (r *runner) print(words ...interface{}) {
	fmt.Fprintln(r.out, words...)
}

func number(word string) int {
	value, err := strconv.Atoi(word)
	if err != nil {
		notUnderstood(word)
	}
	return value
}

// textOf is the text that a word stands for.
func textOf(word string) string {
	if word == "%" {
		return ""
	}
	var text strings.Builder
	for i := 0; i < len(word); i++ {
		if word[i] != '%' {
			text.WriteByte(word[i])
			continue
		}
		value, err := strconv.ParseUint(word[i+1:i+3], 16, 8)
		if err != nil {
			notUnderstood(word)
		}
		text.WriteByte(byte(value))
		i += 2
	}
	return text.String()
}

// written is the word for a text, or for none.
func written(text string, ok bool) string {
	switch {
	case !ok:
		return "-"
	case text == "":
		return "%"
	case text == "-":
		return "%2D"
	}
	var word strings.Builder
	for _, value := range []byte(text) {
		if value > ' ' && value <= '~' && value != '%' {
			word.WriteByte(value)
		} else {
			fmt.Fprintf(&word, "%%%02X", value)
		}
	}
	return word.String()
}

func (r *runner) value(word string) string {
	switch word {
	case "{base_url}":
		return r.baseURL
	case "{ca_file}":
		return r.caFile
	}
	return textOf(word)
}

// codeOf is what the function in C returned.
func codeOf(err error) smsp.Code {
	var failed *smsp.Error
	switch {
	case err == nil:
		return smsp.OK
	case errors.Is(err, smsp.Partial):
		return smsp.Partial
	case errors.As(err, &failed):
		return failed.Code
	}
	notUnderstood(err.Error())
	return smsp.OK
}

func (r *runner) result(what string, err error) {
	if err == nil {
		r.print(what, smsp.OK)
		return
	}
	r.print(what, codeOf(err), told(err))
}

// told is what is printed of an error.
func told(err error) string {
	var failed *smsp.Error
	if !errors.As(err, &failed) {
		notUnderstood(err.Error())
	}
	retryable := map[bool]int{true: 1, false: 0}[failed.Retryable]
	return fmt.Sprint(failed.Code, " ", failed.APICode, " ", failed.HTTPStatus, " ", retryable, " ", failed.Message)
}

func (r *runner) newClient(connect func() (*smsp.Client, error)) {
	r.client.Close()
	client, err := connect()
	if r.result("client", err); err == nil {
		r.client = client
	}
}

func (r *runner) report(report *smsp.Report) {
	if report == nil {
		r.print("report", "-")
		return
	}
	fmt.Fprint(r.out, "report ", report.Len())
	for state := smsp.State(0); state.String() != "?"; state++ {
		if count := report.Count(state); count > 0 {
			fmt.Fprintf(r.out, " %v %d", state, count)
		}
	}
	r.print()
	flags := map[smsp.Flag]string{smsp.NotTold: "-", smsp.No: "0", smsp.Yes: "1"}
	for _, status := range report.Statuses() {
		date := "-"
		if !status.Date.IsZero() {
			date = fmt.Sprint(status.Date.Unix())
		}
		r.print("status", status.Index, written(status.PhoneNumber, true), written(status.MessageID, true), status.State, status.Code, status.APICode,
			date, flags[status.StopSMS], flags[status.IsSpam], written(status.DateText, status.DateText != ""),
			written(status.StatusText, status.StatusText != ""))
		if status.Err != nil {
			r.print("error", told(status.Err))
		}
	}
}

func (r *runner) clients(count int) {
	good := 0
	for i := 0; i < count; i++ {
		client, err := r.config.NewClient()
		if err != nil {
			continue
		}
		if _, err := client.MultiStatus(context.Background(), r.queries); err == nil {
			good++
		}
		client.Close()
	}
	r.print("clients", count, good)
}

// wait waits so many milliseconds, or for ever.
func (r *runner) wait(ms int) smsp.Code {
	ctx, cancel := context.Background(), context.CancelFunc(func() {})
	if ms >= 0 {
		ctx, cancel = context.WithTimeout(ctx, time.Duration(ms)*time.Millisecond)
	}
	defer cancel()
	if r.operation.Wait(ctx) != nil {
		return smsp.Pending
	}
	return smsp.OK
}

func isReadable(descriptor int) bool {
	var set syscall.FdSet
	set.Bits[descriptor/64] |= 1 << (descriptor % 64)
	count, err := syscall.Select(descriptor+1, &set, nil, nil, &syscall.Timeval{})
	if err != nil {
		notUnderstood(err.Error())
	}
	return count == 1
}

func (r *runner) release(what string) {
	switch what {
	case "client":
		r.client.Close()
	case "operation":
		r.operation.Close()
	default:
		notUnderstood(what)
	}
}
