package smsp_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.org/smsp"
)

// key is that of every simulator, recognisable so that a text showing it is caught.
const key = "k3y-of-the-tests"

// TestMain starts the simulator that examples ask: they get it, like programs, from the environment.
func TestMain(m *testing.M) {
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "SMSP") && name != "SMSP_SIMULATOR" || strings.HasSuffix(strings.ToUpper(name), "_PROXY") {
			os.Unsetenv(name)
		}
	}
	url, stop, err := start()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Setenv("SMSPARTNER_API_KEY", key)
	os.Setenv("SMSP_BASE_URL", url)
	status := m.Run()
	stop()
	os.Exit(status)
}

// start starts the simulator with these options: the program in SMSP_SIMULATOR, or smsp-simulator of the PATH.
func start(options ...string) (url string, stop func(), err error) {
	program := os.Getenv("SMSP_SIMULATOR")
	if program == "" {
		program = "smsp-simulator"
	}
	folder, err := os.MkdirTemp("", "smsp-go-")
	if err != nil {
		return "", nil, err
	}
	file := filepath.Join(folder, "url")
	command := exec.Command(program, append([]string{"--api-key", key, "--seed", "1", "--finished", "--url-file", file}, options...)...)
	command.Stderr = os.Stderr
	// It ends with this program, however that ends: with the thread that started it, to be exact.
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	started, ended := make(chan error, 1), make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		if err := command.Start(); err != nil {
			started <- err
			return
		}
		started <- nil
		ended <- command.Wait()
	}()
	if err := <-started; err != nil {
		os.RemoveAll(folder)
		return "", nil, err
	}
	stop = func() {
		_ = command.Process.Kill()
		<-ended
		os.RemoveAll(folder)
	}
	for limit := time.Now().Add(time.Minute); time.Now().Before(limit); time.Sleep(5 * time.Millisecond) {
		select {
		case err := <-ended:
			os.RemoveAll(folder)
			return "", nil, fmt.Errorf("%s: %v", program, err)
		default:
		}
		if text, err := os.ReadFile(file); err == nil {
			return strings.TrimSpace(string(text)), stop, nil
		}
	}
	stop()
	return "", nil, errors.New(program + " did not start")
}

// simulate starts a simulator for this test; its base URL.
func simulate(t testing.TB, options ...string) string {
	t.Helper()
	url, stop, err := start(options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return url
}

// newClient makes a client of the service at this URL, with options as pairs of name and value.
func newClient(t testing.TB, url string, options ...string) *smsp.Client {
	t.Helper()
	list := []smsp.Option{smsp.With("api_key", key), smsp.With("base_url", url), smsp.With("max_retries", "0")}
	for i := 0; i < len(options); i += 2 {
		list = append(list, smsp.With(options[i], options[i+1]))
	}
	client, err := smsp.New(list...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return client
}

// slowly is a simulator and a client whose calls take long: one message at a time, of which those with an id from 1 to 9
// are answered at once, and the others never.
func slowly(t testing.TB) *smsp.Client {
	t.Helper()
	url := simulate(t, "--fault", "latency ms=600000 ids=10")
	return newClient(t, url, "batch_size", "1", "max_connections", "1", "request_timeout_ms", "0")
}

// refusing is the base URL of a port that nobody listens at, and nobody else can, as long as the test runs.
func refusing(t testing.TB) string {
	t.Helper()
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(socket) })
	if err := syscall.Bind(socket, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	address, err := syscall.Getsockname(socket)
	if err != nil {
		t.Fatal(err)
	}
	port := fmt.Sprint(address.(*syscall.SockaddrInet4).Port)
	return "http://" + net.JoinHostPort("127.0.0.1", port) + "/v1"
}

// until waits for something that another goroutine or process does.
func until(t testing.TB, what string, is func() bool) {
	t.Helper()
	for limit := time.Now().Add(time.Minute); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatal(what, "did not happen within a minute")
		}
	}
}

// messages are so many different ones.
func messages(count int) []smsp.Query {
	queries := make([]smsp.Query, count)
	for i := range queries {
		queries[i] = smsp.Query{PhoneNumber: fmt.Sprintf("+336%08d", i), MessageID: fmt.Sprint(1000 + i)}
	}
	return queries
}
