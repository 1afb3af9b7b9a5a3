// What benches/small/small.h and callers.h have, for threads of .NET.
// arguments of each program: BASE_URL KEY CALLERS CALLS CONNECTIONS [table]
using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Runtime.InteropServices;
using System.Threading;

/// <summary>What the service says of a message. A date or flag that it does not tell is null.</summary>
struct Row
{
    internal string State;
    internal long? Date;
    internal bool? Stop, Spam;
}

sealed class Job
{
    /// <summary>Calls of all callers until the runtime has compiled what they need.</summary>
    private const int WarmUp = 1000;

    private readonly int callers, calls;
    private readonly bool table;
    internal readonly string BaseUrl, Key, Connections;

    internal Job(string[] arguments)
    {
        BaseUrl = arguments[0];
        Key = arguments[1];
        callers = int.Parse(arguments[2]);
        calls = int.Parse(arguments[3]);
        Connections = arguments[4];
        table = arguments.Length > 5;
    }

    /// <summary>Lets all callers warm up and then start together, and prints what the asking took.</summary>
    internal void Run(Func<string, long, Row> ask)
    {
        var rows = new Row[callers * calls];
        var times = new double[rows.Length];
        var barrier = new Barrier(callers + 1);
        var threads = new Thread[callers];
        for (var caller = 0; caller < callers; caller++)
        {
            var first = caller * calls;
            threads[caller] = new Thread(() => Caller(ask, first, rows, times, barrier));
            threads[caller].Start();
        }
        barrier.SignalAndWait();
        var (cpu, started, wall) = (Cpu(), threads_started(), Stopwatch.StartNew());
        barrier.SignalAndWait();
        barrier.SignalAndWait();
        var seconds = wall.Elapsed.TotalSeconds;
        cpu = Cpu() - cpu;
        started = threads_started() - started;
        foreach (var thread in threads) thread.Join();
        if (table) Print(rows);
        else Print(cpu, seconds, times, started);
    }

    private void Caller(Func<string, long, Row> ask, int first, Row[] rows, double[] times, Barrier barrier)
    {
        try
        {
            for (var i = 0; i <= WarmUp / callers; i++) ask(Number(first), Id(first));
            barrier.SignalAndWait();
            barrier.SignalAndWait();
            for (var i = first; i < first + calls; i++)
            {
                var number = Number(i);
                var begun = Stopwatch.GetTimestamp();
                rows[i] = ask(number, Id(i));
                times[i] = 1e6 * (Stopwatch.GetTimestamp() - begun) / Stopwatch.Frequency;
            }
            barrier.SignalAndWait();
        }
        catch (Exception error)
        {
            // All the others would wait for it.
            Environment.FailFast(error.ToString());
        }
    }

    private static string Number(int index) => $"+336{index:D8}";

    private static long Id(int index) => 100000 + index;

    private static void Print(double cpu, double seconds, double[] times, int started)
    {
        var count = times.Length;
        Array.Sort(times);
        Console.WriteLine(string.Format(CultureInfo.InvariantCulture, "{0:F3} {1:F1} {2:F2} {3:F2} {4}", 1e6 * cpu / count,
            count / seconds, times[count / 2], times[count * 99 / 100], started));
    }

    private static void Print(Row[] rows)
    {
        using (var output = new StreamWriter(Console.OpenStandardOutput()))
        {
            for (var i = 0; i < rows.Length; i++)
            {
                var row = rows[i];
                var date = row.Date == null ? "-" : row.Date.ToString();
                output.Write($"{Number(i)}\t{Id(i)}\t{row.State}\t{date}\t{Shown(row.Stop)}\t{Shown(row.Spam)}\t\n");
            }
        }
    }

    private static string Shown(bool? flag) => flag == null ? "-" : flag.Value ? "1" : "0";

    private static double Cpu()
    {
        Usage usage;
        getrusage(0, out usage);
        return usage.userSeconds + usage.systemSeconds + (usage.userMicroseconds + usage.systemMicroseconds) / 1e6;
    }

    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct Usage
    {
        internal long userSeconds, userMicroseconds, systemSeconds, systemMicroseconds;
        private fixed long rest[14];
    }

    [DllImport("libc.so.6")]
    private static extern int getrusage(int who, out Usage usage);

    // It was loaded before all else, by LD_PRELOAD.
    [DllImport("libthreads.so")]
    private static extern int threads_started();
}
