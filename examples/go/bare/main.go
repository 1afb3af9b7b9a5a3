// The same as the program above this folder, through cgo alone.    bare PHONE:ID ...    Ctrl-C cancels.
// Configured by the environment: SMSPARTNER_API_KEY, and SMSP_ with the name of an option in capitals for the others.
// Exit status: 0 if every message was answered, 1 if some were, 2 if none was.
package main

// #cgo pkg-config: smsp
// #include <smsp.h>
// #include <stdlib.h>
import "C"

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"time"
	"unsafe"
)

// wait waits for the operation, and cancels it when the context is done.
func wait(ctx context.Context, operation *C.smsp_operation) {
	for C.smsp_operation_wait(operation, 100) == C.SMSP_PENDING {
		if ctx.Err() != nil {
			C.smsp_operation_cancel(operation)
		}
	}
}

func multiStatus(ctx context.Context, messages []string) (code C.smsp_code) {
	client, operation := (*C.smsp_client)(nil), (*C.smsp_operation)(nil)
	report, err := (*C.smsp_report)(nil), (*C.smsp_error)(nil)
	queries := make([]C.smsp_query, len(messages)+1)
	for i, message := range messages {
		phone, id, _ := strings.Cut(message, ":") // no id: the report says INVALID
		queries[i] = C.smsp_query{phone_number: C.CString(phone), message_id: C.CString(id)}
		defer C.free(unsafe.Pointer(queries[i].phone_number))
		defer C.free(unsafe.Pointer(queries[i].message_id))
	}
	if code = C.smsp_client_new_from_env(&client, &err); code == C.SMSP_OK {
		code = C.smsp_multi_status_start(client, &queries[0], C.size_t(len(messages)), &operation, &err)
	}
	if code == C.SMSP_OK {
		wait(ctx, operation)
		code = C.smsp_operation_finish(operation, &report, &err)
	}
	for i := C.size_t(0); i < C.smsp_report_count(report); i++ {
		row := C.smsp_report_get(report, i)
		date, detail := C.GoString(row.date_text), C.GoString(row.status_text)
		if row.date != C.SMSP_NO_DATE {
			date = time.Unix(int64(row.date), 0).UTC().Format(time.RFC3339)
		}
		if why := C.smsp_report_error(report, i); why != nil {
			detail = C.GoString(C.smsp_error_message(why))
		}
		fmt.Printf("%-16s %-12s %-13s %-20s %s\n", C.GoString(row.phone_number), C.GoString(row.message_id),
			C.GoString(C.smsp_state_name(row.state)), date, detail)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %s\n", C.GoString(C.smsp_code_name(code)), C.GoString(C.smsp_error_message(err)))
	}
	C.smsp_error_free(err)
	C.smsp_report_free(report)
	C.smsp_operation_free(operation)
	C.smsp_client_free(client)
	return code
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := multiStatus(ctx, os.Args[1:])
	stop()
	if code < 0 {
		code = 2
	}
	os.Exit(int(code)) // SMSP_OK is 0, SMSP_PARTIAL 1
}
