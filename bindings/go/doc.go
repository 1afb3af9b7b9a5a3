// Package smsp asks the French SMS gateway SMS Partner what became of messages: a list of (phone number, message id)
// goes in, one status for each comes out, in the same order. It is a thin layer over the C library libsmsp.
//
//	client, err := smsp.NewFromEnv()
//	if err != nil {
//		return err
//	}
//	defer client.Close()
//	report, err := client.MultiStatus(ctx, []smsp.Query{{PhoneNumber: "+33 6 12 34 56 78", MessageID: "199897"}})
//	for _, status := range report.Statuses() {
//		fmt.Println(status.PhoneNumber, status.State)
//	}
//
// A report and an error may come together: what was answered is in the report, and the error says why the rest was not;
// Status.Err says so for each message. Errors are values of type *Error, and errors.Is compares them with the codes
// ErrTimeout, ErrCancelled and so on.
//
// Any number of goroutines may share a Client, and should: connections are kept and used again. Everything that has a
// Close method should be closed; what is forgotten is closed by a finalizer some time. What is used after Close answers
// an error that is ErrClosed. A Report is plain Go memory and needs no Close.
//
// Options by name, and the counters of Client.Stats: docs/CONFIGURATION.md of the library.
package smsp
