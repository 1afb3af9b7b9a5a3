package smsp_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"testing/quick"
	"time"

	"example.org/smsp"
)

var background = context.Background()

// TestStatuses asks for the messages of the service's documentation, and for some that cannot be asked.
func TestStatuses(t *testing.T) {
	date := time.Date(2018, 2, 6, 16, 26, 56, 0, time.UTC)
	delivered := smsp.Status{StatusText: "Delivered", Date: date, State: smsp.StateDelivered, APICode: 200, StopSMS: smsp.No, IsSpam: smsp.No}
	absent := smsp.Status{StatusText: "Numéro introuvable", State: smsp.StateNotFound, APICode: 4, StopSMS: smsp.NotTold, IsSpam: smsp.NotTold}
	invalid := smsp.Status{State: smsp.StateInvalid, Code: smsp.ErrInvalidArgument, StopSMS: smsp.NotTold, IsSpam: smsp.NotTold}
	rows := []struct {
		phone, id string
		want      smsp.Status
		why       string
	}{
		{"+33699999993", "111111", delivered, ""},
		{"0619922264", "1226613", delivered, ""},
		{"+33699999992", "1000", absent, ""},
		{"+33699999993", "111111", delivered, ""},
		{"06xxxxxxx1", "1222", invalid, "phone_number: this is not a phone number"},
		{"+33699999993", "", invalid, "message_id: the text is empty"},
		{"", "1", invalid, "phone_number: the text is empty"},
		{"Numéro", "1", invalid, "phone_number: this is not a phone number"},
		{"\xff", "1", invalid, "phone_number: the text is not UTF-8"},
		{"+33699999993", "111111\x00", invalid, "message_id: the text holds a NUL byte"},
		{"+33699999993\x00", "111111", invalid, "phone_number: the text holds a NUL byte"},
		{"\x00", "\x00", invalid, "phone_number: the text holds a NUL byte"},
	}
	queries := make([]smsp.Query, len(rows))
	for i, row := range rows {
		queries[i] = smsp.Query{PhoneNumber: row.phone, MessageID: row.id}
	}
	client := newClient(t, simulate(t))
	cancellable, cancel := context.WithCancel(background)
	defer cancel()
	for name, ctx := range map[string]context.Context{"blocking": background, "cancellable": cancellable} {
		t.Run(name, func(t *testing.T) {
			report, err := client.MultiStatus(ctx, queries)
			if !errors.Is(err, smsp.Partial) || !errors.Is(err, smsp.ErrInvalidArgument) || errors.Is(err, smsp.ErrCancelled) {
				t.Error(err)
			}
			if report.Len() != len(rows) {
				t.Fatal(report.Len())
			}
			for i, row := range rows {
				row.want.Index, row.want.PhoneNumber, row.want.MessageID = i, row.phone, row.id
				if row.why != "" {
					row.want.Err = &smsp.Error{Code: smsp.ErrInvalidArgument, Message: row.why}
				}
				if got := report.Statuses()[i]; !reflect.DeepEqual(got, row.want) {
					t.Errorf("%d: got %+v, want %+v", i, got, row.want)
				}
			}
			counts := [...]int{report.Count(smsp.StateDelivered), report.Count(smsp.StateNotFound), report.Count(smsp.StateInvalid),
				report.Count(smsp.StateWaiting), report.Count(-1), report.Count(1000)}
			if counts != [...]int{3, 1, 8, 0, 0, 0} {
				t.Error(counts)
			}
		})
	}
}

// TestMany asks in several requests, and gets everything at its place.
func TestMany(t *testing.T) {
	queries := messages(1201)
	report, err := newClient(t, simulate(t)).MultiStatus(background, queries)
	if err != nil || report.Len() != len(queries) {
		t.Fatal(report.Len(), err)
	}
	sum := 0
	for state := smsp.StateUnanswered; state <= smsp.StateUnknown; state++ {
		sum += report.Count(state)
	}
	if sum != len(queries) || report.Count(smsp.StateUnanswered) != 0 {
		t.Error(sum)
	}
	for i, status := range report.Statuses() {
		asked := status.PhoneNumber == queries[i].PhoneNumber && status.MessageID == queries[i].MessageID && status.Index == i
		if !asked || status.Code != smsp.OK || status.Err != nil {
			t.Fatalf("%d: %+v", i, status)
		}
	}
}

func TestNothingToAsk(t *testing.T) {
	client := newClient(t, refusing(t))
	for _, queries := range [][]smsp.Query{nil, {}} {
		report, err := client.MultiStatus(background, queries)
		if err != nil || report == nil || report.Len() != 0 || len(report.Statuses()) != 0 {
			t.Error(report, err)
		}
	}
	var none *smsp.Report
	if none.Len() != 0 || none.Statuses() != nil || none.Count(smsp.StateInvalid) != 0 {
		t.Error("a report that is nil is not empty")
	}
}

// TestErrors makes every kind of failure that a server can bring about.
func TestErrors(t *testing.T) {
	url := simulate(t, "--fault", "status code=503 ids=1", "--fault", "status code=404 ids=2", "--fault", "too-many-requests ids=3",
		"--fault", "cut at=0 ids=4", "--fault", "garbage ids=5", "--fault", "latency ms=600000 ids=6", "--fault", "refuse code=50 ids=7",
		"--fault", "refuse code=20 ids=8")
	rows := []struct {
		name, id, option, value string
		want                    smsp.Error
	}{
		{"HTTP, for now", "1", "", "", smsp.Error{Code: smsp.ErrHTTP, HTTPStatus: 503, Retryable: true}},
		{"HTTP", "2", "", "", smsp.Error{Code: smsp.ErrHTTP, HTTPStatus: 404}},
		{"rate", "3", "", "", smsp.Error{Code: smsp.ErrRateLimited, HTTPStatus: 429, Retryable: true}},
		{"lost", "4", "", "", smsp.Error{Code: smsp.ErrConnect, Retryable: true}},
		{"protocol", "5", "", "", smsp.Error{Code: smsp.ErrProtocol, Retryable: true}},
		{"timeout", "6", "request_timeout_ms", "300", smsp.Error{Code: smsp.ErrTimeout, Retryable: true}},
		{"API", "7", "", "", smsp.Error{Code: smsp.ErrAPI, APICode: 50, HTTPStatus: 200}},
		{"denied", "8", "", "", smsp.Error{Code: smsp.ErrDenied, APICode: 20, HTTPStatus: 200}},
		{"key", "9", "api_key", "wrong", smsp.Error{Code: smsp.ErrAuth, APICode: 10, HTTPStatus: 200}},
		{"refused", "9", "base_url", refusing(t), smsp.Error{Code: smsp.ErrConnect, Retryable: true}},
		{"TLS", "9", "base_url", simulate(t, "--tls"), smsp.Error{Code: smsp.ErrTLS}},
		{"invalid", "9\x00", "", "", smsp.Error{Code: smsp.ErrInvalidArgument}},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			options := []string{row.option, row.value}
			if row.option == "" {
				options = nil
			}
			client := newClient(t, url, options...)
			report, err := client.MultiStatus(background, []smsp.Query{{PhoneNumber: "+33612345678", MessageID: row.id}})
			var got *smsp.Error
			if !errors.As(err, &got) || !errors.Is(err, row.want.Code) || errors.Is(err, smsp.Partial) || errors.Is(err, smsp.OK) {
				t.Fatal(err)
			}
			if got.Message == "" || strings.Contains(err.Error(), key) || !strings.HasPrefix(err.Error(), row.want.Code.String()+": ") {
				t.Error(err)
			}
			row.want.Message = got.Message
			if !reflect.DeepEqual(*got, row.want) {
				t.Errorf("got %+v, want %+v", *got, row.want)
			}
			if report.Len() != 1 || report.Statuses()[0].Code != row.want.Code {
				t.Fatalf("%+v", report)
			}
			// The same is said of the only message, but for its place.
			row.want.Message = strings.TrimPrefix(got.Message, "queries[0] (counted from 0): ")
			if entry := report.Statuses()[0].Err; !reflect.DeepEqual(entry, error(&row.want)) {
				t.Errorf("got %+v, want %+v", entry, row.want)
			}
		})
	}
}

// TestPartial gets a report and an error.
func TestPartial(t *testing.T) {
	client := newClient(t, simulate(t, "--fault", "status code=503 ids=2"), "batch_size", "1")
	report, err := client.MultiStatus(background, []smsp.Query{{"+33612345678", "1"}, {"+33612345678", "2"}})
	var got *smsp.Error
	if !errors.As(err, &got) || !got.Partial || got.Code != smsp.ErrHTTP || !errors.Is(err, smsp.ErrHTTP) || !errors.Is(err, smsp.Partial) {
		t.Fatal(err)
	}
	if !strings.HasPrefix(err.Error(), "SMSP_PARTIAL: SMSP_E_HTTP: ") {
		t.Error(err)
	}
	if codes := []smsp.Code{report.Statuses()[0].Code, report.Statuses()[1].Code}; !reflect.DeepEqual(codes, []smsp.Code{smsp.OK, smsp.ErrHTTP}) {
		t.Error(codes)
	}
}

// TestErrorsOfEntries makes messages fail in different ways in one call: each has its own error, and those of a request share it.
func TestErrorsOfEntries(t *testing.T) {
	url := simulate(t, "--fault", "status code=404 ids=1", "--fault", "refuse code=50 ids=3")
	client := newClient(t, url, "batch_size", "2", "max_connections", "1")
	var queries []smsp.Query
	for _, id := range []string{"1", "2", "3", "4", "5", "", "2"} {
		queries = append(queries, smsp.Query{PhoneNumber: "+33612345678", MessageID: id})
	}
	report, err := client.MultiStatus(background, queries)
	if !errors.Is(err, smsp.Partial) || !errors.Is(err, smsp.ErrHTTP) {
		t.Error(err)
	}
	http := smsp.Error{Code: smsp.ErrHTTP, HTTPStatus: 404}
	refused := smsp.Error{Code: smsp.ErrAPI, HTTPStatus: 200, APICode: 50}
	invalid := smsp.Error{Code: smsp.ErrInvalidArgument}
	for i, want := range []*smsp.Error{&http, &http, &refused, &refused, nil, &invalid, &http} {
		var got *smsp.Error
		status := report.Statuses()[i]
		if errors.As(status.Err, &got) != (want != nil) {
			t.Fatal(i, status.Err)
		}
		if want == nil {
			continue
		}
		want.Message = got.Message
		if !reflect.DeepEqual(got, want) || status.Code != got.Code || int(status.APICode) != got.APICode || got.Message == "" {
			t.Errorf("%d: got %+v, want %+v", i, got, want)
		}
	}
	list := report.Statuses()
	if list[0].Err != list[1].Err || list[0].Err != list[6].Err || list[2].Err != list[3].Err || list[0].Err == list[2].Err {
		t.Error("the messages of a request share an error, and no others do")
	}
}

// TestRefusedAlone: a message that the service refuses is answered, and so are the others of its batch.
func TestRefusedAlone(t *testing.T) {
	client := newClient(t, simulate(t, "--fault", "refuse code=9 ids=1002"))
	report, err := client.MultiStatus(background, messages(4))
	if err != nil || report.Count(smsp.StateRejected) != 1 {
		t.Fatal(err)
	}
	rejected := report.Statuses()[2]
	if rejected.State != smsp.StateRejected || rejected.APICode != 9 || rejected.Code != smsp.OK || rejected.Err != nil {
		t.Errorf("%+v", rejected)
	}
	if halved, err := client.Stat("batches_halved"); err != nil || halved != 2 {
		t.Error(halved, err)
	}
}

// TestNUL looks for what is said of a text that C cannot take.
func TestNUL(t *testing.T) {
	client := newClient(t, refusing(t))
	_, err := client.MultiStatus(background, []smsp.Query{{"+33612345678", "1\x002"}})
	if err == nil || err.Error() != "SMSP_E_INVALID_ARGUMENT: queries[0] (counted from 0): message_id: the text holds a NUL byte" {
		t.Error(err)
	}
	_, err = client.Stat("requests\x00")
	if !errors.Is(err, smsp.ErrInvalidArgument) {
		t.Error(err)
	}
	config := smsp.NewConfig()
	defer config.Close()
	for _, pair := range [][2]string{{"batch_size\x00", "1"}, {"batch_size", "1\x00"}} {
		if err := config.Set(pair[0], pair[1]); !errors.Is(err, smsp.ErrConfig) || !strings.Contains(err.Error(), "NUL") {
			t.Error(err)
		}
	}
	if value, ok := config.Get("batch_size\x00"); ok || value != "" {
		t.Error(value)
	}
}

// TestAnyText asks with texts of any bytes: they come back as they were, and those with a NUL are invalid.
func TestAnyText(t *testing.T) {
	client := newClient(t, refusing(t))
	holds := func(texts [][2][]byte) bool {
		queries := make([]smsp.Query, len(texts))
		for i, text := range texts {
			queries[i] = smsp.Query{PhoneNumber: string(text[0]), MessageID: string(text[1])}
		}
		report, _ := client.MultiStatus(background, queries)
		for i, status := range report.Statuses() {
			asked := queries[i]
			hasNUL := strings.Contains(asked.PhoneNumber+asked.MessageID, "\x00")
			if status.PhoneNumber != asked.PhoneNumber || status.MessageID != asked.MessageID || hasNUL && status.State != smsp.StateInvalid {
				return false
			}
		}
		return report.Len() == len(queries)
	}
	if err := quick.Check(holds, nil); err != nil {
		t.Error(err)
	}
}

func TestConfig(t *testing.T) {
	config := smsp.NewConfig()
	defer config.Close()
	set := func(name, value string, want error) {
		t.Helper()
		if err := config.Set(name, value); !errors.Is(err, want) {
			t.Error(name, err)
		}
	}
	is := func(name, want string, there bool) {
		t.Helper()
		if value, ok := config.Get(name); value != want || ok != there {
			t.Error(name, value, ok)
		}
	}
	is("batch_size", "500", true)
	is("api_key", "", false)
	is("no_such_option", "", false)
	set("batch_size", "12", nil)
	set("batch_size", "501", smsp.ErrConfig)
	set("no_such_option", "1", smsp.ErrConfig)
	set("", "1", smsp.ErrConfig)
	set("user_agent", "boutique", nil)
	is("batch_size", "12", true)
	is("user_agent", "boutique", true)
	set("user_agent", "", nil)
	is("proxy", "", false)
	if client, err := config.NewClient(); client != nil || !errors.Is(err, smsp.ErrConfig) || !strings.Contains(err.Error(), "api_key") {
		t.Error(err)
	}
	set("api_key", key, nil)
	is("api_key", "***", true)
	client, err := config.NewClient()
	if err != nil {
		t.Fatal(err)
	}
	client.Close()
}

func TestEnvironment(t *testing.T) {
	t.Setenv("SMSP_BATCH_SIZE", "77")
	t.Setenv("SMSP_MAX_RETRIES", "")
	config := smsp.NewConfig()
	defer config.Close()
	if err := config.LoadEnv(); err != nil {
		t.Fatal(err)
	}
	if value, _ := config.Get("batch_size"); value != "77" {
		t.Error(value)
	}
	if value, _ := config.Get("max_retries"); value != "3" {
		t.Error(value)
	}
	t.Setenv("SMSP_BATCH_SIZE", "no")
	if err := config.LoadEnv(); !errors.Is(err, smsp.ErrConfig) || !strings.Contains(err.Error(), "SMSP_BATCH_SIZE") {
		t.Error(err)
	}
	fromEnv := map[string]func() (*smsp.Client, error){
		"New":        func() (*smsp.Client, error) { return smsp.New(smsp.WithEnv(), smsp.With("format", "xml")) },
		"NewFromEnv": smsp.NewFromEnv,
	}
	for name, connect := range fromEnv {
		t.Setenv("SMSP_BATCH_SIZE", "no")
		if client, err := connect(); client != nil || !errors.Is(err, smsp.ErrConfig) || !strings.Contains(err.Error(), "SMSP_BATCH_SIZE") {
			t.Error(name, err)
		}
		t.Setenv("SMSP_BATCH_SIZE", "5")
		client, err := connect()
		if err != nil {
			t.Fatal(name, err)
		}
		defer client.Close()
		report, err := client.MultiStatus(background, messages(6))
		if requests, _ := client.Stat("requests"); err != nil || report.Len() != 6 || requests != 2 {
			t.Error(name, err, requests)
		}
	}
}

func TestNames(t *testing.T) {
	states := map[smsp.State]string{smsp.StateUnanswered: "unanswered", smsp.StateDelivered: "delivered",
		smsp.StateNotDelivered: "not_delivered", smsp.StateWaiting: "waiting", smsp.StateNotFound: "not_found",
		smsp.StateNotSent: "not_sent", smsp.StateRejected: "rejected", smsp.StateInvalid: "invalid",
		smsp.StateUnknown: "unknown", -1: "?", 9: "?"}
	for state, name := range states {
		if state.String() != name {
			t.Error(state, name)
		}
	}
	for state := smsp.State(-1); state < 12; state++ {
		final := state == smsp.StateDelivered || state == smsp.StateNotDelivered || state == smsp.StateNotSent || state == smsp.StateInvalid
		if state.IsFinal() != final {
			t.Error(state)
		}
	}
	codes := map[smsp.Code]string{smsp.OK: "SMSP_OK", smsp.Partial: "SMSP_PARTIAL", smsp.Pending: "SMSP_PENDING",
		smsp.ErrInvalidArgument: "SMSP_E_INVALID_ARGUMENT", smsp.ErrConfig: "SMSP_E_CONFIG", smsp.ErrConnect: "SMSP_E_CONNECT",
		smsp.ErrTLS: "SMSP_E_TLS", smsp.ErrTimeout: "SMSP_E_TIMEOUT", smsp.ErrCancelled: "SMSP_E_CANCELLED",
		smsp.ErrHTTP: "SMSP_E_HTTP", smsp.ErrProtocol: "SMSP_E_PROTOCOL", smsp.ErrAuth: "SMSP_E_AUTH",
		smsp.ErrDenied: "SMSP_E_DENIED", smsp.ErrRateLimited: "SMSP_E_RATE_LIMITED", smsp.ErrAPI: "SMSP_E_API",
		smsp.ErrResource: "SMSP_E_RESOURCE", smsp.ErrInternal: "SMSP_E_INTERNAL", 77: "?"}
	for code, name := range codes {
		if code.String() != name || code.Error() != name {
			t.Error(code, name)
		}
	}
	flags := map[smsp.Flag]string{smsp.Yes: "yes", smsp.No: "no", smsp.NotTold: "not told"}
	for flag, name := range flags {
		if flag.String() != name {
			t.Error(flag, name)
		}
	}
	if smsp.Version() != smsp.HeaderVersion || smsp.MaxBatch != 500 {
		t.Error(smsp.Version())
	}
}

func TestOptionNames(t *testing.T) {
	config := smsp.NewConfig()
	defer config.Close()
	names := smsp.OptionNames()
	if len(names) < 20 || names[0] != "api_key" {
		t.Fatal(names)
	}
	for _, name := range names {
		if value, ok := config.Get(name); ok {
			if err := config.Set(name, value); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestStats(t *testing.T) {
	client := newClient(t, simulate(t), "batch_size", "2")
	if _, err := client.MultiStatus(background, messages(5)); err != nil {
		t.Fatal(err)
	}
	stats, err := client.Stats()
	if err != nil || len(stats) != len(smsp.StatNames()) || len(stats) < 16 {
		t.Error(stats, err)
	}
	if stats["requests"] != 3 || stats["entries_answered"] != 5 || stats["bytes_sent"] == 0 {
		t.Error(stats)
	}
	if _, err := client.Stat("no_such_counter"); !errors.Is(err, smsp.ErrInvalidArgument) {
		t.Error(err)
	}
}
