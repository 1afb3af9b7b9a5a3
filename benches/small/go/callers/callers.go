// Package callers has what benches/small/small.h and callers.h have, for goroutines.
package callers

// int threads_started(void);
// #cgo LDFLAGS: -ldl
import "C"

import (
	"bufio"
	"fmt"
	"log"
	"os"
	"sort"
	"strconv"
	"sync"
	"syscall"
	"time"
)

const warmUp = 20

// Missing is a date or flag that the service did not tell.
const Missing = -1

// Row is what the service says of a message.
type Row struct {
	State      string
	Date       int64
	Stop, Spam int
}

// Job is what the arguments say: BASE_URL KEY CALLERS CALLS CONNECTIONS [table].
type Job struct {
	BaseURL, Key, Connections string
	callers, calls            int
	table                     bool
}

// Read reads the arguments.
func Read() Job {
	if len(os.Args) < 6 {
		log.Fatal("usage: PROGRAM BASE_URL KEY CALLERS CALLS CONNECTIONS [table]")
	}
	callers, err := strconv.Atoi(os.Args[3])
	Check(err)
	calls, err := strconv.Atoi(os.Args[4])
	Check(err)
	return Job{os.Args[1], os.Args[2], os.Args[5], callers, calls, len(os.Args) > 6}
}

// Check ends the program if there is an error.
func Check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// Ask asks about one message.
type Ask func(number string, id int64) Row

func number(index int) string {
	return fmt.Sprintf("+336%08d", index)
}

func id(index int) int64 {
	return 100000 + int64(index)
}

// usage is seconds of CPU and the number of threads that were started.
func usage() (float64, int) {
	var usage syscall.Rusage
	Check(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9, int(C.threads_started())
}

// Run lets all callers warm up and then start together, and prints what the asking took.
func (job Job) Run(ask Ask) {
	count := job.callers * job.calls
	rows, times := make([]Row, count), make([]float64, count)
	var warm, done sync.WaitGroup
	start := make(chan struct{})
	for caller := 0; caller < job.callers; caller++ {
		warm.Add(1)
		done.Add(1)
		go func(first int) {
			defer done.Done()
			for i := 0; i < warmUp; i++ {
				ask(number(first), id(first))
			}
			warm.Done()
			<-start
			for i := first; i < first+job.calls; i++ {
				number := number(i)
				begun := time.Now()
				rows[i] = ask(number, id(i))
				times[i] = time.Since(begun).Seconds()
			}
		}(caller * job.calls)
	}
	warm.Wait()
	cpu, threads := usage()
	begun := time.Now()
	close(start)
	done.Wait()
	wall := time.Since(begun).Seconds()
	cpuAfter, threadsAfter := usage()
	if job.table {
		printTable(rows)
		return
	}
	sort.Float64s(times)
	fmt.Printf("%.3f %.1f %.2f %.2f %d\n", (cpuAfter-cpu)*1e6/float64(count), float64(count)/wall, times[count/2]*1e6,
		times[count*99/100]*1e6, threadsAfter-threads)
}

func printTable(rows []Row) {
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	shown := func(value int64) string {
		if value == Missing {
			return "-"
		}
		return strconv.FormatInt(value, 10)
	}
	for i, row := range rows {
		fmt.Fprintf(out, "%s\t%d\t%s\t%s\t%s\t%s\t\n", number(i), id(i), row.State, shown(row.Date), shown(int64(row.Stop)),
			shown(int64(row.Spam)))
	}
}
