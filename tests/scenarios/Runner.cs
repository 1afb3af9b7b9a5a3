// Runner.exe SCENARIO BASE_URL [CA_FILE]
// Does what a scenario says with the binding for .NET, and prints canonical lines: README.md.
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;
using Smsp;

static class Runner
{
    private static readonly string[] PassedOver = { "simulator", "environment", "needs" };

    private static readonly List<Query> queries = new List<Query>();
    private static string baseUrl, caFile;
    private static SmspConfig config;
    private static SmspClient client;
    private static Operation operation;
    private static StreamWriter output;

    static int Main(string[] arguments)
    {
        baseUrl = arguments[1];
        caFile = arguments.ElementAtOrDefault(2);
        using (output = new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false)))
            foreach (var line in File.ReadLines(arguments[0]))
            {
                var words = line.Split(' ');
                if (line == "" || line[0] == '#' || PassedOver.Contains(words[0])) continue;
                if (Do(words)) continue;
                Console.Error.WriteLine("not understood: " + line);
                return 2;
            }
        operation?.Dispose();
        client?.Dispose();
        config?.Dispose();
        return 0;
    }

    private static void Print(string line) => output.Write(line + "\n");

    private static bool Do(string[] words)
    {
        switch (words.Length)
        {
            case 1: return DoWord(words[0]);
            case 2: return DoPair(words[0], words[1]);
            case 3: return DoThree(words[0], words[1], words[2]);
            default: return false;
        }
    }

    private static bool DoWord(string word)
    {
        switch (word)
        {
            case "version":
                Print("version " + Library.Version);
                return true;
            case "codes":
                foreach (var code in Enum.GetValues(typeof(Code)).Cast<Code>().OrderBy(code => (int)code))
                    Print($"code {(int)code} {code.Name()}");
                return true;
            case "states":
                foreach (var state in Enum.GetValues(typeof(State)).Cast<State>().OrderBy(state => (int)state))
                    Print($"state {(int)state} {state.Name()} {(state.IsFinal() ? "final" : "open")}");
                return true;
            case "options":
                foreach (var name in Library.Options) Print($"option {name} {Word(config[name])}");
                return true;
            case "counters":
                foreach (var name in Library.Counters) Print($"counter {name} {client.Counter(name)}");
                return true;
            case "config":
                config?.Dispose();
                config = new SmspConfig();
                return true;
            case "env":
                Result(word, () => config.LoadEnvironment());
                return true;
            case "client":
                NewClient(() => new SmspClient(config));
                return true;
            case "clear":
                queries.Clear();
                return true;
            case "ask":
                Answer(word, () => client.MultiStatus(queries));
                return true;
            case "start":
                operation?.Dispose();
                operation = null;
                Result(word, () => operation = client.Start(queries));
                return true;
            case "progress":
                Print($"progress {operation.Progress.Done} {operation.Progress.Total}");
                return true;
            case "descriptor":
                Print("descriptor " + (IsReadable(operation.Descriptor) ? "readable" : "silent"));
                return true;
            case "cancel":
                operation.Cancel();
                return true;
            case "finish":
                Answer(word, () => operation.Finish());
                return true;
            default:
                return false;
        }
    }

    private static bool DoPair(string word, string value)
    {
        switch (word)
        {
            case "client":
                NewClient(SmspClient.FromEnvironment);
                return value == "env";
            case "get":
                Print($"get {value} {Word(config[value])}");
                return true;
            case "queries":
                for (var i = 0; i < int.Parse(value); i++) queries.Add(new Query($"+336{i:D8}", $"{1000 + i}"));
                return true;
            case "clients":
                Print($"clients {value} {Enumerable.Range(0, int.Parse(value)).Count(_ => AsksWell())}");
                return true;
            case "until":
                while (operation.Progress.Done < int.Parse(value)) operation.Wait(1);
                return true;
            case "wait":
                Print("wait " + (operation.Wait(int.Parse(value)) ? Code.Ok : Code.Pending).Name());
                return true;
            case "counter":
                Counter(value);
                return true;
            case "release":
                if (value == "client") client.Dispose();
                else operation.Dispose();
                return value == "client" || value == "operation";
            default:
                return false;
        }
    }

    private static bool DoThree(string word, string first, string second)
    {
        switch (word)
        {
            case "set":
                var value = second == "{base_url}" ? baseUrl : second == "{ca_file}" ? caFile : Text(second);
                Result(word, () => config.Set(Text(first), value));
                return true;
            case "query":
                queries.Add(new Query(Text(first), Text(second)));
                return true;
            default:
                return false;
        }
    }

    /// <summary>The text that a word stands for.</summary>
    private static string Text(string word)
    {
        if (word == "-") return null;
        if (word == "%") return "";
        var bytes = new List<byte>();
        for (var i = 0; i < word.Length; i++)
        {
            bytes.Add(word[i] == '%' ? Convert.ToByte(word.Substring(i + 1, 2), 16) : (byte)word[i]);
            if (word[i] == '%') i += 2;
        }
        return new UTF8Encoding(false, true).GetString(bytes.ToArray());
    }

    /// <summary>The word for a text.</summary>
    private static string Word(string text)
    {
        if (text == null) return "-";
        if (text == "") return "%";
        if (text == "-") return "%2D";
        var plain = Encoding.UTF8.GetBytes(text);
        return string.Concat(plain.Select(it => it > ' ' && it <= '~' && it != '%' ? ((char)it).ToString() : $"%{it:X2}"));
    }

    private static string Flag(bool? flag) => flag == null ? "-" : flag.Value ? "1" : "0";

    private static void NewClient(Func<SmspClient> make)
    {
        client?.Dispose();
        client = null;
        Result("client", () => client = make());
    }

    private static void Result(string word, Action action)
    {
        try
        {
            action();
            Result(word, Code.Ok, null);
        }
        catch (SmspException error)
        {
            Result(word, error.Code, error.Error);
        }
    }

    private static void Result(string word, Code code, SmspError error)
    {
        Print($"{word} {code.Name()}" + (error == null ? "" : Told(error)));
    }

    private static string Told(SmspError error)
        => $" {error.Code.Name()} {error.ApiCode} {error.HttpStatus} {Flag(error.IsRetryable)} {error.Message}";

    private static void Answer(string word, Func<Report> ask)
    {
        Report report;
        try
        {
            report = ask();
            Result(word, report.IsComplete ? Code.Ok : Code.Partial, report.Error);
        }
        catch (SmspException error)
        {
            report = error.Report;
            Result(word, error.Code, error.Error);
        }
        Show(report);
    }

    private static void Show(Report report)
    {
        if (report == null)
        {
            Print("report -");
            return;
        }
        var states = Enum.GetValues(typeof(State)).Cast<State>().Where(state => report.CountOf(state) > 0);
        Print($"report {report.Count}" + string.Concat(states.Select(state => $" {state.Name()} {report.CountOf(state)}")));
        foreach (var status in report)
        {
            var date = status.UnixSeconds == null ? "-" : status.UnixSeconds.Value.ToString();
            Print($"status {status.Index} {Word(status.PhoneNumber)} {Word(status.MessageId)} {status.State.Name()} {status.Code.Name()} "
                + $"{status.ApiCode} {date} {Flag(status.StopSms)} {Flag(status.IsSpam)} {Word(status.DateText)} {Word(status.StatusText)}");
            if (status.Error != null) Print("error" + Told(status.Error));
        }
    }

    private static void Counter(string name)
    {
        try
        {
            var value = client.Counter(name);
            Result("counter", Code.Ok, null);
            Print($"value {value}");
        }
        catch (SmspException error)
        {
            Result("counter", error.Code, null);
        }
    }

    private static bool AsksWell()
    {
        try
        {
            using (var one = new SmspClient(config)) return one.MultiStatus(queries).IsComplete;
        }
        catch (SmspException)
        {
            return false;
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct PollDescriptor
    {
        internal int descriptor;
        internal short events, found;
    }

    [DllImport("libc.so.6")]
    private static extern int poll(ref PollDescriptor descriptor, ulong count, int timeout);

    private static bool IsReadable(int descriptor)
    {
        const short Readable = 1;
        var look = new PollDescriptor { descriptor = descriptor, events = Readable };
        return poll(ref look, 1, 0) == 1 && look.found == Readable;
    }
}
