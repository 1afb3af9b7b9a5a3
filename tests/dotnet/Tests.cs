// What tests/languages/dotnet.rs runs: Tests.exe NAME BASE_URL. It prints what it is asked to print, else failed checks only.
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Smsp;

static class Tests
{
    private const string Key = "k3y-of-the-tests";

    /// <summary>Messages of the documentation's samples, and one that cannot be asked.</summary>
    private static readonly Query[] Messages =
    {
        new Query("+33699999993", "111111"), new Query("+33699999992", "1000"), new Query("06xxxxxxx1", "1222"),
    };

    private static int failures;

    static int Main(string[] arguments)
    {
        var name = arguments[0];
        var rest = arguments.Skip(1).ToArray();
        var url = rest.FirstOrDefault();
        switch (name)
        {
            case "layouts": Layouts(); break;
            case "version": Console.WriteLine(Library.Version); break;
            case "missing": Missing(); break;
            case "utf8": Utf8(); break;
            case "answers": Answers(url); break;
            case "texts": Texts(url); break;
            case "configuration": Configuration(); break;
            case "failures": Failures(rest); break;
            case "errors": Errors(url); break;
            case "refused": Refused(url); break;
            case "progress": Progress(url); break;
            case "cancel": Cancel(url); break;
            case "throwing": Throwing(url); break;
            case "paced": Paced(url); break;
            case "many": Many(url); break;
            case "short": Short(url); break;
            case "idle": Idle(url); break;
            case "leave": Leave(url); break;
            case "leave busy": LeaveBusy(url); break;
            case "domain": Domain(url); break;
            case "descriptors": Descriptors(url); break;
            case "threads": Threads(url); break;
            case "disposed": Disposed(url); break;
            case "memory": Memory(url); break;
            default: throw new ArgumentException(name);
        }
        return failures == 0 ? 0 : 1;
    }

    private static void Check(bool holds, string what)
    {
        if (holds) return;
        failures++;
        Console.WriteLine("failed: " + what);
    }

    private static void Equal<T>(T wanted, T found, string what)
        => Check(EqualityComparer<T>.Default.Equals(wanted, found), $"{what} is {found}, not {wanted}");

    private static E Throws<E>(Action action, string what) where E : Exception
    {
        try
        {
            action();
        }
        catch (E error)
        {
            Equal(typeof(E), error.GetType(), what);
            return error;
        }
        Check(false, what + " throws nothing");
        return null;
    }

    private static SmspConfig Config(string url)
        => new SmspConfig { ["api_key"] = Key, ["base_url"] = url, ["max_retries"] = "0" };

    private static SmspClient Client(string url, params string[] options)
    {
        using (var config = Config(url))
        {
            foreach (var option in options.Select(option => option.Split('='))) config[option[0]] = option[1];
            return new SmspClient(config);
        }
    }

    /// <summary>One message for each request, one request at a time.</summary>
    private static SmspClient OneByOne(string url)
        => Client(url, "batch_size=1", "max_connections=1", "request_timeout_ms=0");

    /// <summary>The structs as the marshaller lays them out, to be held against those of C.</summary>
    private static void Layouts()
    {
        foreach (var type in new[] { "Query", "Status" })
        {
            var layout = typeof(SmspClient).Assembly.GetType("Smsp.Native+" + type, true);
            Console.WriteLine($"{type.ToLowerInvariant()} {Marshal.SizeOf(layout)}");
            foreach (var field in layout.GetFields(BindingFlags.Instance | BindingFlags.NonPublic))
                Console.WriteLine($"{field.Name} {Marshal.OffsetOf(layout, field.Name)}");
        }
    }

    /// <summary>What is said where the library cannot be had, at each way in.</summary>
    private static void Missing()
    {
        var first = Throws<DllNotFoundException>(() => new SmspConfig(), "a configuration");
        var again = Throws<DllNotFoundException>(() => SmspClient.FromEnvironment(), "a client");
        Throws<DllNotFoundException>(() => Library.Options.Count(), "the options");
        Throws<DllNotFoundException>(() => Code.Ok.Name(), "a name");
        Equal(first.Message, again.Message, "the message");
        Console.WriteLine(first.Message);
    }

    /// <summary>Every character is written as the system's encoding does; what is no UTF-8 stays none.</summary>
    private static void Utf8()
    {
        var text = typeof(SmspClient).Assembly.GetType("Smsp.Text", true);
        var bytes = text.GetMethod("Bytes", BindingFlags.Static | BindingFlags.NonPublic);
        Func<string, byte[]> write = it => (byte[])bytes.Invoke(null, new object[] { it });
        for (var start = 0; start <= 0x10FFFF; start += 0x400)
        {
            var scalars = Enumerable.Range(start, 0x400).Where(it => it != 0 && (it < 0xD800 || it > 0xDFFF));
            var part = string.Concat(scalars.Select(char.ConvertFromUtf32));
            var wanted = Encoding.UTF8.GetBytes(part);
            var written = write(part);
            Check(written.Take(wanted.Length).SequenceEqual(wanted), $"UTF-8 from U+{start:X}");
            Equal(0, written[wanted.Length], $"the byte behind U+{start:X}");
        }
        Check(write("a\0b").SequenceEqual(new byte[] { 0x61, 0xC0, 0x80, 0x62, 0, 0, 0, 0, 0, 0 }), "a zero character");
        Check(write("\uD83D").SequenceEqual(new byte[] { 0xED, 0xA0, 0xBD, 0 }), "the first half of a pair");
        Check(write("\uDE00\uD83D").Take(6).SequenceEqual(new byte[] { 0xED, 0xB8, 0x80, 0xED, 0xA0, 0xBD }), "a pair, swapped");
        Equal(null, write(null), "no text");
    }

    private static void Answers(string url)
    {
        using (var client = Client(url))
        {
            var report = client.MultiStatus(Messages.Take(2));
            CheckAnswered(report);
            Check(report.IsComplete && report.Error == null, "the report is complete");
            Equal(2, report.Count, "the count");

            // One that is not asked: the others are answered, and the report says why.
            report = client.MultiStatus(Messages);
            CheckAnswered(report);
            Check(!report.IsComplete, "the report is not complete");
            Equal(Code.InvalidArgument, report.Error.Code, "the error's code");
            Check(report.Error.Message.StartsWith("queries[2] (counted from 0): phone_number \"06xxxxxxx1\": "), report.Error.Message);
            Equal(State.Invalid, report[2].State, "the state of what is not asked");
            Equal(Code.InvalidArgument, report[2].Code, "its code");
            Equal("SMSP_E_INVALID_ARGUMENT: phone_number: this is not a phone number", report[2].Error.ToString(), "its error");
            Equal((bool?)null, report[2].StopSms, "its stop");
            Equal((long?)null, report[2].UnixSeconds, "its date");
            Equal(1, report.CountOf(State.Invalid), "how many are invalid");

            report = client.MultiStatus(new Query[0]);
            Check(report.Count == 0 && report.IsComplete && !report.Any(), "nothing asked, nothing answered");
            Throws<ArgumentNullException>(() => client.MultiStatus(null), "no list");
            Throws<ArgumentNullException>(() => client.MultiStatusAsync(null), "no list, later");
            Throws<IndexOutOfRangeException>(() => report[0].State.ToString(), "an index out of range");

            Equal(2L, client.Counter("requests"), "the requests");
            Equal(Code.InvalidArgument, Throws<SmspException>(() => client.Counter("x"), "a counter").Code, "a counter's code");

            // A task has the same, and so has an operation.
            CheckAnswered(client.MultiStatusAsync(Messages).Result);
            using (var operation = client.Start(Messages))
            {
                Check(operation.Wait() && operation.Wait(0) && operation.Descriptor >= 0, "it is done");
                Equal(3, operation.Progress.Done, "done");
                CheckAnswered(operation.Finish());
                var twice = Throws<SmspException>(() => operation.Finish(), "finishing twice");
                Check(twice.Code == Code.InvalidArgument && twice.Report == null, twice.Message);
            }
        }
    }

    private static void CheckAnswered(Report report)
    {
        var first = report[0];
        Equal("+33699999993", first.PhoneNumber, "the number");
        Equal("111111", first.MessageId, "the id");
        Equal(State.Delivered, first.State, "the state");
        Equal(Code.Ok, first.Code, "the code");
        Equal(null, first.Error, "the error");
        Check(report.Select(status => status.Index).SequenceEqual(Enumerable.Range(0, report.Count)), "the places");
        Equal(200, first.ApiCode, "the service's code");
        Equal("Delivered", first.StatusText, "the text");
        Equal(1517934416L, first.UnixSeconds, "the seconds");
        Equal(new DateTime(2018, 2, 6, 16, 26, 56, DateTimeKind.Utc), first.Date, "the date");
        Equal(false, first.StopSms, "whether it was stopped");
        Equal(false, first.IsSpam, "whether it was spam");
        Equal((string)null, first.DateText, "the date's text");
        Equal(State.NotFound, report[1].State, "the second state");
        Equal(4, report[1].ApiCode, "its code");
        Equal("Numéro introuvable", report[1].StatusText, "its text");
        Equal(1, report.CountOf(State.Delivered), "how many are delivered");
        Equal(0, report.CountOf((State)77), "how many are in a state that is none");
        Equal(report.Count, report.Count(), "the count of what is enumerated");
    }

    /// <summary>What C texts cannot hold is invalid, and neither cut off nor changed; the rest is asked.</summary>
    private static void Texts(string url)
    {
        var good = Messages[0];
        var wrong = new[]
        {
            new Query("+33699999993\0", "111111"), new Query("+33699999993", "111111\0"), new Query("+33699999993", "\0"),
            new Query("+33699999993", "1111\u00e911\0"), new Query("+33699999993", "1\uD83D"), new Query("+33699999993", "\uDE001"),
            new Query(null, "111111"), new Query("+33699999993", null), new Query(null, null), new Query("", ""), new Query(),
            new Query(new string('1', 100000), "1"), new Query("+33699999993", new string('\u20ac', 100000)),
        };
        const string NotUtf8 = ": the text is not UTF-8", Null = ": the pointer is NULL";
        var reasons = new[]
        {
            "phone_number" + NotUtf8, "message_id" + NotUtf8, "message_id" + NotUtf8,
            "message_id" + NotUtf8, "message_id" + NotUtf8, "message_id" + NotUtf8,
            "phone_number" + Null, "message_id" + Null, "phone_number" + Null, "phone_number: the text is empty", "phone_number" + Null,
            "phone_number: this is not a phone number", "message_id: an id has at most 255 bytes",
        };
        using (var client = Client(url))
        {
            var report = client.MultiStatus(wrong.Concat(new[] { good }));
            for (var i = 0; i < wrong.Length; i++)
            {
                Equal(wrong[i].PhoneNumber, report[i].PhoneNumber, $"number {i}");
                Equal(wrong[i].MessageId, report[i].MessageId, $"id {i}");
                Equal(State.Invalid, report[i].State, $"state {i}");
                Equal(reasons[i], report[i].Error.Message, $"reason {i}");
            }
            Equal(State.Delivered, report[wrong.Length].State, "the good one");
            Check(report.Error.Message.Contains("queries[0] (counted from 0): phone_number: the text is not UTF-8"), report.Error.Message);
            Equal(1L, client.Counter("entries_answered"), "what was asked");

            var nothing = Throws<SmspException>(() => client.MultiStatus(wrong), "nothing to ask");
            Equal(Code.InvalidArgument, nothing.Code, "its code");
            Equal(wrong.Length, nothing.Report.Count, "its rows");
        }
    }

    private static void Configuration()
    {
        using (var config = new SmspConfig { ["batch_size"] = "7", ["api_key"] = "secret" })
        {
            Equal("7", config["batch_size"], "an option that was set");
            Equal("***", config["api_key"], "a secret");
            Equal((string)null, config["proxy"], "an option without a value");
            Equal((string)null, config["nonsense"], "an option that is none");
            var error = Throws<SmspConfigException>(() => config["batch_size"] = "501", "a value out of range");
            Check(error.Code == Code.Config && error.Message.StartsWith("SMSP_E_CONFIG: batch_size"), error.Message);
            Equal("7", config["batch_size"], "what was refused changes nothing");
            error = Throws<SmspConfigException>(() => config["api_key"] = "se\0cret", "a zero character");
            Check(error.Message.Contains("not UTF-8"), error.Message);
            Throws<SmspConfigException>(() => config["a\0b"] = "1", "a name with a zero character");
            Throws<SmspException>(() => config["user_agent"] = null, "no value");
            Check(Library.Options.Contains("api_key") && Library.Counters.Contains("requests"), "the names");
            Check(State.Delivered.IsFinal() && !State.Waiting.IsFinal(), "what is final");
        }
        using (var config = new SmspConfig())
        {
            var error = Throws<SmspConfigException>(() => new SmspClient(config), "no key");
            Check(error.Message.Contains("api_key") && error.Report == null, error.Message);
            error = Throws<SmspConfigException>(() => SmspClient.FromEnvironment(), "an environment without a key");
            Check(error.Code == Code.Config && error.Message.Contains("api_key"), error.Message);
        }
        Throws<ArgumentNullException>(() => new SmspClient(null), "no configuration");
        var disposed = new SmspConfig();
        disposed.Dispose();
        disposed.Dispose();
        Throws<ObjectDisposedException>(() => disposed["batch_size"] = "1", "a configuration that is ended");
        Throws<ObjectDisposedException>(() => new SmspClient(disposed), "a client of it");
    }

    /// <summary>Prints for each URL how asking there fails: blocking, and the same as a task.</summary>
    private static void Failures(string[] urls)
    {
        foreach (var url in urls)
            using (var client = Client(url, "request_timeout_ms=3000"))
            {
                var error = Assert(() => client.MultiStatus(Messages));
                var later = Assert(() => client.MultiStatusAsync(Messages).GetAwaiter().GetResult());
                Equal(error.GetType(), later.GetType(), "the class of a task's failure");
                Equal(error.Code, later.Code, "the code of a task's failure");
                Check(error.Message.StartsWith(error.Code.Name() + ": "), error.Message);
                var states = string.Join(",", error.Report.Select(status => $"{status.State}:{status.Code}"));
                Equal(error.Error.ToString(), error.Report[0].Error.ToString(), "the error of an entry");
                Console.WriteLine(
                    $"{error.GetType().Name} {error.Code} {error.ApiCode} {error.HttpStatus} {error.IsRetryable} {states}");
            }
    }

    private static SmspException Assert(Action action)
    {
        try
        {
            action();
        }
        catch (SmspException error)
        {
            return error;
        }
        throw new InvalidOperationException("it did not fail");
    }

    /// <summary>Messages fail in different ways in one call: each has its own error, and those of a request share it.</summary>
    private static void Errors(string url)
    {
        using (var client = Client(url, "batch_size=2", "max_connections=1"))
        {
            var report = client.MultiStatus(new[] { "1", "2", "3", "4", "5", "", "2" }.Select(id => new Query("+33612345678", id)));
            Equal(Code.Http, report.Error.Code, "the error of the call");
            var told = report.Select(status => status.Error).Select(
                error => error == null ? "answered" : $"{error.Code} {error.ApiCode} {error.HttpStatus} {error.IsRetryable}");
            const string Http = "Http 0 404 False", Api = "Api 50 200 False", Invalid = "InvalidArgument 0 0 False";
            Equal($"{Http}, {Http}, {Api}, {Api}, answered, {Invalid}, {Http}", string.Join(", ", told), "what is told");
            Check(report.All(status => (status.Error?.Code ?? Code.Ok) == status.Code), "the codes are those of the errors");
            Check(report.All(status => status.Error == null || status.Error.ApiCode == status.ApiCode), "and so are the service's");
            Equal("message_id: the text is empty", report[5].Error.Message, "what is invalid");
            Check(report[2].Error.Message.Contains("50"), report[2].Error.Message);
            var shared = new[] { 1, 6 }.All(i => ReferenceEquals(report[0].Error, report[i].Error));
            Check(shared && ReferenceEquals(report[2].Error, report[3].Error), "the messages of a request share an error");
        }
    }

    /// <summary>The service refuses a batch for its third message.</summary>
    private static void Refused(string url)
    {
        using (var client = Client(url))
        {
            var report = client.MultiStatus(Some(4));
            Check(report.IsComplete, "all are answered");
            Equal(1, report.CountOf(State.Rejected), "how many are refused");
            Equal($"{State.Rejected} {Code.Ok} 9", $"{report[2].State} {report[2].Code} {report[2].ApiCode}", "the third");
            Check(report[2].Error == null && report[2].StatusText != null, "it is answered");
            Equal(2L, client.Counter("batches_halved"), "the batches that were halved");
        }
    }

    /// <summary>Tells at once, on the thread that it is told on.</summary>
    private sealed class Listener : IProgress<CallProgress>
    {
        private readonly Action<CallProgress> listen;

        public Listener(Action<CallProgress> listen)
        {
            this.listen = listen;
        }

        public void Report(CallProgress value) => listen(value);
    }

    private static Query[] Some(int count)
        => Enumerable.Range(0, count).Select(i => new Query($"+336{i:D8}", $"{1000 + i}")).ToArray();

    private static void Progress(string url)
    {
        var heard = new List<int>();
        using (var client = OneByOne(url))
        {
            var call = client.MultiStatusAsync(Some(8), new Listener(now =>
            {
                Equal(8, now.Total, "the total");
                Check(Thread.CurrentThread.IsThreadPoolThread, "progress is told on the pool");
                heard.Add(now.Done);
            }));
            call.Wait();
            var count = heard.Count;
            Equal(8, heard.Last(), "the last that is heard, before the task is done");
            Check(heard.Zip(heard.Skip(1), (one, next) => one < next).All(it => it), string.Join(" ", heard));
            Check(heard.Any(done => done > 0 && done < 8), "something is heard on the way");
            Thread.Sleep(50);
            Equal(count, heard.Count, "nothing is heard after the end");
        }
    }

    /// <summary>Answers that come one after another, fast, are not told one by one.</summary>
    private static void Paced(string url)
    {
        using (var client = OneByOne(url))
        {
            var count = 0;
            var time = Stopwatch.StartNew();
            var report = client.MultiStatusAsync(Some(300), new Listener(now => count++)).Result;
            Equal(300, report.Count - report.CountOf(State.Unanswered), "the answers");
            // The last one may be a little after the timer's.
            Check(count >= 2 && count <= time.ElapsedMilliseconds / 50 + 2, $"told {count} times in {time.ElapsedMilliseconds} ms");
        }
    }

    /// <summary>The third message is held back for ever.</summary>
    private static void Cancel(string url)
    {
        var queries = Some(4);
        using (var client = OneByOne(url))
        {
            // What was answered is a report.
            var source = new CancellationTokenSource();
            var call = client.MultiStatusAsync(queries, new Listener(now => { if (now.Done == 2) source.Cancel(); }), source.Token);
            var report = call.Result;
            Equal(Code.Cancelled, report.Error.Code, "why the rest has no answer");
            Check(report.Error.IsRetryable, "it may be asked again");
            Equal(2, report.CountOf(State.Unanswered), "how many have no answer");
            Check(report.Skip(2).All(status => status.Code == Code.Cancelled), "they were cancelled");

            // Nothing was answered: the task is cancelled, as tasks are.
            source = new CancellationTokenSource();
            call = client.MultiStatusAsync(queries.Skip(2), null, source.Token);
            Check(!call.Wait(100), "it waits");
            source.Cancel();
            var cancelled = Throws<TaskCanceledException>(() => call.GetAwaiter().GetResult(), "a cancelled task");
            Check(call.IsCanceled && cancelled.CancellationToken == source.Token, "by its token");

            // Before it began: nothing is asked.
            var before = client.Counter("requests");
            call = client.MultiStatusAsync(queries, null, source.Token);
            Check(call.IsCanceled, "it is cancelled at once");
            Equal(before, client.Counter("requests"), "nothing was asked");

            // Operations likewise; one that is ended is cancelled.
            using (var operation = client.Start(queries.Skip(2)))
            {
                Check(!operation.Wait(1), "it waits");
                operation.Cancel();
                Equal(Code.Cancelled, Throws<SmspException>(() => operation.Finish(), "its end").Code, "its code");
            }
            client.Start(queries.Skip(2)).Dispose();
        }
    }

    /// <summary>An exception of the caller's own progress ends the call, and is what the task fails with.</summary>
    private static void Throwing(string url)
    {
        using (var client = OneByOne(url))
        {
            var call = client.MultiStatusAsync(Some(4), new Listener(now => throw new FormatException("mine")));
            Equal("mine", Throws<FormatException>(() => call.GetAwaiter().GetResult(), "the task").Message, "its message");
            call = client.MultiStatusAsync(Some(2), new Listener(now => { if (now.Done == 2) throw new FormatException("end"); }));
            Equal("end", Throws<FormatException>(() => call.GetAwaiter().GetResult(), "the task").Message, "its message");
        }
    }

    private static string[] Tasks() => Directory.GetDirectories("/proc/self/task");

    private static int OpenFiles() => Directory.GetFiles("/proc/self/fd").Length;

    /// <summary>The folder of the thread that waits. Threads that it starts inherit its name, so this is asked before a call
    /// has ended.</summary>
    private static string Waiter()
    {
        var named = Tasks().Where(task => File.ReadAllText(task + "/comm").Trim() == "smsp waiter").ToArray();
        Equal(1, named.Length, "the threads that wait");
        return named[0];
    }

    /// <summary>How often a thread has slept.</summary>
    private static int Sleeps(string task)
    {
        const string Name = "voluntary_ctxt_switches:";
        var line = File.ReadAllLines(task + "/status").Single(it => it.StartsWith(Name, StringComparison.Ordinal));
        return int.Parse(line.Substring(Name.Length));
    }

    private static bool Until(Func<bool> holds)
    {
        var time = Stopwatch.StartNew();
        while (!holds())
        {
            if (time.ElapsedMilliseconds > 60000) return false;
            Thread.Sleep(5);
        }
        return true;
    }

    /// <summary>Calls that wait hold no thread of the pool, one thread in all, and no descriptor of their own; each can be
    /// cancelled by itself.</summary>
    private static void Many(string url)
    {
        const int Count = 200;
        using (var client = Client(url, "max_connections=4", "request_timeout_ms=0"))
        {
            var descriptors = OpenFiles();
            var threads = Tasks().Length;
            var sources = Enumerable.Range(0, Count).Select(_ => new CancellationTokenSource()).ToArray();
            var calls = sources.Select(source => client.MultiStatusAsync(Some(1), null, source.Token)).ToArray();
            int workers, most, ports;
            ThreadPool.GetMaxThreads(out most, out ports);
            ThreadPool.GetAvailableThreads(out workers, out ports);
            Equal(most, workers, "the free threads of the pool");
            var waiter = Waiter();
            // The client's connections, and the runtime's own.
            var more = OpenFiles() - descriptors;
            Check(more <= 30, $"{more} descriptors more");
            more = Tasks().Length - threads;
            Check(more <= 30, $"{more} threads more");
            var sleeps = Sleeps(waiter);
            Thread.Sleep(500);
            sleeps = Sleeps(waiter) - sleeps;
            Check(sleeps <= 20, $"it woke {sleeps} times for nothing");
            Check(calls.All(call => !call.IsCompleted), "all of them wait");

            const TaskContinuationOptions Inline = TaskContinuationOptions.ExecuteSynchronously;
            var isPool = calls[7].ContinueWith(_ => Thread.CurrentThread.IsThreadPoolThread, Inline);
            var time = Stopwatch.StartNew();
            sources[7].Cancel();
            Check(((IAsyncResult)calls[7]).AsyncWaitHandle.WaitOne(20000) && calls[7].IsCanceled, "one is cancelled");
            Check(time.ElapsedMilliseconds < 1000, $"after {time.ElapsedMilliseconds} ms");
            Check(isPool.Result, "it continues on the pool");
            Equal(Count - 1, calls.Count(call => !call.IsCompleted), "the others still wait");
            // Those that begin after others came to their end are waited for as well.
            var late = new CancellationTokenSource();
            var last = client.MultiStatusAsync(Some(1), null, late.Token);
            foreach (var source in sources) source.Cancel();
            Check(Task.WhenAll(calls).ContinueWith(all => all.IsCanceled).Result, "all are cancelled");
            Check(!last.IsCompleted, "the last one waits");
            late.Cancel();
            Check(last.ContinueWith(it => it.IsCanceled).Result, "the last one is cancelled");
        }
    }

    /// <summary>What the service says of a message.</summary>
    private static string Told(Status status)
        => $"{status.State} {status.StatusText} {status.UnixSeconds} {status.DateText} {status.StopSms} {status.IsSpam}";

    /// <summary>Each of thousands of calls gets the statuses of its own messages, however many end at once.</summary>
    private static void Short(string url)
    {
        const int Count = 40, Calls = 100;
        using (var client = Client(url))
        {
            var messages = Some(Count * Calls);
            var wanted = client.MultiStatus(messages).Select(Told).ToArray();
            Check(wanted.Distinct().Count() >= 50, "one can tell whose status is whose");
            var wrong = 0;
            Func<int, Task> ask = async first =>
            {
                for (var i = first; i < first + Calls; i++)
                {
                    var report = await client.MultiStatusAsync(new[] { messages[i] }).ConfigureAwait(false);
                    if (report.Count != 1 || Told(report[0]) != wanted[i]) Interlocked.Increment(ref wrong);
                }
            };
            Task.WaitAll(Enumerable.Range(0, Count).Select(number => ask(number * Calls)).ToArray());
            Equal(0, wrong, "calls that got what is another's");
        }
    }

    private const BindingFlags Internal = BindingFlags.Static | BindingFlags.NonPublic;

    private static readonly Type WaiterType = typeof(SmspClient).Assembly.GetType("Smsp.Waiter", true);

    /// <summary>How long the thread waits for a call.</summary>
    private static void SetIdle(int milliseconds) => WaiterType.GetField("idleMilliseconds", Internal).SetValue(null, milliseconds);

    /// <summary>The thread and its descriptor end when there has been no call for a while; the next call has another.</summary>
    private static void Idle(string url)
    {
        SetIdle(100);
        for (var round = 0; round < 3; round++)
        {
            var descriptors = EventDescriptors();
            string waiter;
            using (var client = Client(url, "request_timeout_ms=0"))
            {
                var source = new CancellationTokenSource();
                var held = client.MultiStatusAsync(Some(1), null, source.Token);
                // Longer than the thread waits for a call.
                Check(!held.Wait(500), "it waits");
                waiter = round == 0 ? Waiter() : null;
                Check(EventDescriptors() > descriptors, "there is a queue");
                source.Cancel();
                Throws<TaskCanceledException>(() => held.GetAwaiter().GetResult(), "a cancelled task");
            }
            Check(Until(() => EventDescriptors() == descriptors), "the queue ends");
            Check(Until(() => waiter == null || !Directory.Exists(waiter)), "the thread ends");
        }
    }

    private static int EventDescriptors()
        => Directory.GetFiles("/proc/self/fdinfo").Count(file => Try(() => File.ReadAllText(file)).Contains("eventfd-count"));

    /// <summary>The text, or none if the file is gone.</summary>
    private static string Try(Func<string> read)
    {
        try
        {
            return read();
        }
        catch (IOException)
        {
            return "";
        }
    }

    /// <summary>The program ends at once, though the thread would wait for calls a while.</summary>
    private static void Leave(string url) => Client(url).MultiStatusAsync(Some(1)).Wait();

    /// <summary>The program ends while calls run. What runs at its end can still ask.</summary>
    private static void LeaveBusy(string url)
    {
        var client = Client(url, "batch_size=1", "request_timeout_ms=0");
        var held = Enumerable.Range(0, 2).Select(_ => client.MultiStatusAsync(Some(4).Skip(3))).ToArray();
        AppDomain.CurrentDomain.ProcessExit += (sender, arguments) =>
        {
            var report = client.MultiStatusAsync(Some(1)).Result;
            Console.WriteLine($"{report.Count - report.CountOf(State.Unanswered)} answered, {held.Count(call => call.IsCompleted)} ended");
        };
    }

    /// <summary>What asks in another application domain.</summary>
    private sealed class Guest : MarshalByRefObject
    {
        public void Ask(string url, bool isHeld)
        {
            var client = Client(url, "batch_size=1", "request_timeout_ms=0");
            client.MultiStatusAsync(Some(1)).Wait();
            if (isHeld) client.MultiStatusAsync(Some(4).Skip(3));
        }
    }

    /// <summary>A domain can be unloaded at once, whether calls run in it or not, and others have calls of their own.</summary>
    private static void Domain(string url)
    {
        using (var client = Client(url, "request_timeout_ms=0"))
        {
            var source = new CancellationTokenSource();
            var call = client.MultiStatusAsync(Some(4).Skip(3), null, source.Token);
            foreach (var isHeld in new[] { false, true })
            {
                var domain = AppDomain.CreateDomain("guest");
                var guest = (Guest)domain.CreateInstanceAndUnwrap(typeof(Guest).Assembly.FullName, typeof(Guest).FullName);
                guest.Ask(url, isHeld);
                var time = Stopwatch.StartNew();
                AppDomain.Unload(domain);
                Check(time.ElapsedMilliseconds < 3000, $"unloading took {time.ElapsedMilliseconds} ms");
            }
            Check(!call.IsCompleted, "the call of this domain waits");
            source.Cancel();
            Check(call.ContinueWith(it => it.IsCanceled).Result, "it is cancelled");
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Limit
    {
        internal UIntPtr now, most;
    }

    [DllImport("libc.so.6")]
    private static extern int getrlimit(int resource, out Limit limit);

    [DllImport("libc.so.6")]
    private static extern int setrlimit(int resource, ref Limit limit);

    /// <summary>Does this while the system gives no descriptor, and refuses to wait for one.</summary>
    private static void WithoutDescriptors(Action action)
    {
        const int OpenFiles = 7;
        Limit limit;
        Equal(0, getrlimit(OpenFiles, out limit), "the limit is read");
        var none = new Limit { now = UIntPtr.Zero, most = limit.most };
        Equal(0, setrlimit(OpenFiles, ref none), "it is lowered");
        try
        {
            action();
        }
        finally
        {
            Equal(0, setrlimit(OpenFiles, ref limit), "it is raised again");
        }
    }

    /// <summary>Calls fail where no descriptor is to be had to wait for them; those that run come to their end.</summary>
    private static void Descriptors(string url)
    {
        SetIdle(50);
        using (var client = OneByOne(url))
        {
            // The runtime loads what it needs at its first use.
            client.MultiStatusAsync(Some(1)).Wait();
            Check(Until(() => WaiterType.GetField("current", Internal).GetValue(null) == null), "nothing waits");
            WithoutDescriptors(() =>
            {
                var refused = Throws<SmspException>(() => client.MultiStatusAsync(Some(1)).GetAwaiter().GetResult(), "a call");
                Equal(Code.Resource, refused.Code, "its code");
                Check(refused.Message.Contains("to wait for calls"), refused.Message);
                Check(refused.IsRetryable, "it may be asked again");
            });
            var held = client.MultiStatusAsync(Some(4).Skip(3));
            var source = new CancellationTokenSource();
            var call = client.MultiStatusAsync(Some(4).Skip(3), null, source.Token);
            WithoutDescriptors(() =>
            {
                source.Cancel();
                Check(call.ContinueWith(it => it.IsCanceled).Result, "a call is cancelled");
            });
            Check(!held.IsCompleted, "the other one waits");
        }
    }

    /// <summary>Threads share a client, while the collector runs.</summary>
    private static void Threads(string url)
    {
        var stop = false;
        var collector = new Thread(() => { while (!Volatile.Read(ref stop)) { GC.Collect(); Thread.Sleep(1); } });
        collector.Start();
        using (var client = Client(url))
        {
            var threads = Enumerable.Range(0, 6).Select(number => new Thread(() =>
            {
                for (var round = 0; round < 20; round++)
                {
                    var queries = Some(200).Skip(number).Concat(Messages).ToArray();
                    var report = round % 2 == 0 ? client.MultiStatus(queries) : client.MultiStatusAsync(queries).Result;
                    for (var i = 0; i < queries.Length; i++)
                        if (report[i].MessageId != queries[i].MessageId || report[i].StatusText == null != (i == queries.Length - 1))
                            Check(false, $"row {i} of thread {number}");
                    Equal(1, report.CountOf(State.Invalid), "how many are invalid");
                }
            })).ToArray();
            foreach (var thread in threads) thread.Start();
            foreach (var thread in threads) thread.Join();
        }
        Volatile.Write(ref stop, true);
        collector.Join();
    }

    /// <summary>What is ended while it works comes to its end; what is forgotten is collected.</summary>
    private static void Disposed(string url)
    {
        var client = Client(url);
        var call = client.MultiStatusAsync(Messages);
        var operation = client.Start(Messages);
        client.Dispose();
        client.Dispose();
        CheckAnswered(call.Result);
        CheckAnswered(operation.Finish());
        operation.Dispose();
        operation.Dispose();
        Throws<ObjectDisposedException>(() => client.MultiStatus(Messages), "a client that is ended");
        Throws<ObjectDisposedException>(() => client.MultiStatusAsync(Messages), "a client that is ended, later");
        Throws<ObjectDisposedException>(() => operation.Wait(), "an operation that is ended");
        for (var i = 0; i < 50; i++) Client(url).Start(Messages);
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct MallocInfo
    {
        internal UIntPtr arena, ordblks, smblks, hblks, hblkhd, usmblks, fsmblks, uordblks, fordblks, keepcost;
    }

    [DllImport("libc.so.6")]
    private static extern MallocInfo mallinfo2();

    /// <summary>What malloc has given and not got back.</summary>
    private static long Allocated()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var info = mallinfo2();
        return (long)info.uordblks + (long)info.hblkhd;
    }

    /// <summary>Calls of every kind leave nothing behind, in native memory or in descriptors.</summary>
    private static void Memory(string url)
    {
        using (var client = Client(url))
        {
            Action<int> ask = calls =>
            {
                for (var i = 0; i < calls; i++)
                {
                    client.MultiStatus(Messages);
                    client.MultiStatusAsync(Messages).Wait();
                    Throws<SmspException>(() => client.MultiStatus(Messages.Skip(2)), "nothing to ask");
                    Client(url).Dispose();
                }
            };
            ask(100);
            var descriptors = Directory.GetFiles("/proc/self/fd").Length;
            // The runtime takes memory for itself now and then; a leak is there each time.
            var grown = Enumerable.Range(0, 5).Select(_ =>
            {
                var before = Allocated();
                ask(150);
                return Allocated() - before;
            }).ToArray();
            Check(grown.Min() < 150 * 100, $"bytes left behind by 150 rounds, five times: {string.Join(", ", grown)}");
            // Kept connections come and go.
            var more = Directory.GetFiles("/proc/self/fd").Length - descriptors;
            Check(more < 20, $"{more} more files are open after 750 rounds");
        }
    }
}
