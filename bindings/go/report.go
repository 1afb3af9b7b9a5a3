package smsp

// #include <smsp.h>
import "C"

import (
	"time"
	"unsafe"
)

// Status is what became of one message. It is answered if the service says what became of it, or refuses to: that it does
// not know it (StateNotFound) or does not speak of it (StateRejected). StateUnanswered and StateInvalid are not.
type Status struct {
	Index       int       // the place of the query in the list that was given, counted from 0
	PhoneNumber string    // as it was given
	MessageID   string    // as it was given
	StatusText  string    // the service's text, in English or French; "" if it gave none
	DateText    string    // the service's date where it is not Unix seconds: it names no time zone, so none is guessed
	Date        time.Time // when the state was reached, in UTC; zero if the service did not tell
	State       State
	Code        Code  // OK if it is answered, else the kind of failure
	Err         error // why it is not answered, an *Error; nil if it is
	APICode     int32 // the service's code for this entry (200 where it has no objection) or its request, 0 if it gave none
	StopSMS     Flag  // whether the recipient answered STOP
	IsSpam      Flag  // whether the message was taken for spam
}

// Report holds one status for each query, in order. It is plain memory of Go that any goroutine may read, and needs no
// Close. A nil *Report is an empty one.
type Report struct {
	statuses []Status
	counts   []int
}

// Len is how many statuses there are: as many as queries.
func (r *Report) Len() int {
	return len(r.Statuses())
}

// Statuses are all statuses, in the order of the queries. The slice is the report's own.
func (r *Report) Statuses() []Status {
	if r == nil {
		return nil
	}
	return r.statuses
}

// Count is how many statuses are in this state.
func (r *Report) Count(state State) int {
	if r == nil || state < 0 || int(state) >= len(r.counts) {
		return 0
	}
	return r.counts[state]
}

// endedBy says why entries were cancelled: because the context ended. Whether there are any.
func (r *Report) endedBy(cause error) (found bool) {
	for i := range r.Statuses() {
		if failed, ok := r.statuses[i].Err.(*Error); ok && failed.Code == ErrCancelled {
			failed.cause, found = cause, true
		}
	}
	return found
}

// unasked is the report on queries of which nothing was asked.
func unasked(queries []Query, failed *Error) *Report {
	report := &Report{statuses: make([]Status, len(queries)), counts: make([]int, len(stateNames))}
	for i, query := range queries {
		report.statuses[i] = Status{Index: i, PhoneNumber: query.PhoneNumber, MessageID: query.MessageID, Code: failed.Code,
			Err: failed, StopSMS: NotTold, IsSpam: NotTold}
	}
	report.counts[StateUnanswered] = len(queries)
	return report
}

// taken reads the report of the library on these queries, and ends it.
func taken(from *C.smsp_report, queries []Query) *Report {
	if from == nil {
		return nil
	}
	defer C.smsp_report_free(from)
	return read(from, queries)
}

// read reads row by row out of the memory of the library: without a call for each that is answered.
func read(from *C.smsp_report, queries []Query) *Report {
	count := int(C.smsp_report_count(from))
	report := &Report{statuses: make([]Status, count), counts: make([]int, len(stateNames))}
	for state := range report.counts {
		report.counts[state] = int(C.smsp_report_count_state(from, C.smsp_state(state)))
	}
	var texts texts
	failures := failures{}
	rows, stride := unsafe.Pointer(C.smsp_report_get(from, 0)), int(C.smsp_report_stride(from))
	for i, query := range queries[:count] {
		row, status := (*C.smsp_status)(unsafe.Add(rows, i*stride)), &report.statuses[i]
		status.fill(query, row, &texts)
		if row.code != C.SMSP_OK {
			status.Err = failures.get(C.smsp_report_error(from, C.size_t(i)))
		}
	}
	return report
}

func (s *Status) fill(query Query, row *C.smsp_status, texts *texts) {
	s.Index, s.PhoneNumber, s.MessageID = int(row.index), query.PhoneNumber, query.MessageID
	if row.status_text != nil {
		s.StatusText = texts.get(row.status_text)
	}
	if row.date_text != nil {
		s.DateText = C.GoString(row.date_text)
	}
	if row.date != C.SMSP_NO_DATE {
		s.Date = time.Unix(int64(row.date), 0).UTC()
	}
	s.State, s.Code, s.APICode = State(row.state), Code(row.code), int32(row.api_code)
	s.StopSMS, s.IsSpam = Flag(row.stop_sms), Flag(row.is_spam)
}

// texts are those of the service that were read last. The library keeps a text that comes again once, so the same
// address in one report is the same text.
type texts [64]struct {
	at   *C.char
	text string
}

func (t *texts) get(at *C.char) string {
	// The upper bits of a product with a large odd number: addresses that lie close together are parted.
	place := &t[uint64(uintptr(unsafe.Pointer(at)))*0x9e3779b97f4a7c15>>58]
	if place.at != at {
		place.at, place.text = at, C.GoString(at)
	}
	return place.text
}

// failures are the errors of a report by their addresses: entries share them.
type failures map[uintptr]*Error

func (f failures) get(at *C.smsp_error) error {
	address := uintptr(unsafe.Pointer(at))
	if at != nil && f[address] == nil {
		f[address] = copied(at)
	}
	return orNil(f[address])
}
