// What the binding for .NET costs, in the lines of benches/client.c. Configured by the environment.
//   dotnet.exe binding COUNT ROUNDS   a call with so many messages
//   dotnet.exe plain COUNT ROUNDS     the same job as one writes it without: HttpWebRequest, DataContractJsonSerializer
//   dotnet.exe one CALLS              a call with one message: the median
//   dotnet.exe growth CALLS           memory that so many calls leave behind, four times
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Net;
using System.Runtime.InteropServices;
using System.Runtime.Serialization;
using System.Runtime.Serialization.Json;
using Smsp;

static class Bench
{
    private const int Batch = 500;

    static int Main(string[] arguments)
    {
        var count = int.Parse(arguments[1]);
        switch (arguments[0])
        {
            case "binding":
                using (var client = SmspClient.FromEnvironment())
                    Rounds(count, int.Parse(arguments[2]), queries => client.MultiStatus(queries).CountOf(State.Delivered));
                return 0;
            case "plain":
                Rounds(count, int.Parse(arguments[2]), queries => Plain.Delivered(queries));
                return 0;
            case "one":
                One(count);
                return 0;
            case "growth":
                Growth(count);
                return 0;
        }
        return 2;
    }

    private static Query[] Queries(int count)
        => Enumerable.Range(0, count).Select(i => new Query($"+336{i:D8}", $"{100000 + i}")).ToArray();

    private static void Rounds(int count, int rounds, Func<Query[], int> ask)
    {
        var queries = Queries(count);
        for (var round = 0; round < rounds; round++)
        {
            GC.Collect();
            var cpu = Cpu();
            var wall = Stopwatch.StartNew();
            var delivered = ask(queries);
            var (used, took) = (Cpu() - cpu, wall.Elapsed.TotalSeconds);
            Console.WriteLine($"{count} statuses: {1e6 * used / count:F3} us of CPU and {1e6 * took / count:F3} us of time each, {delivered} delivered");
        }
    }

    private static void One(int calls)
    {
        var query = Queries(1);
        using (var client = SmspClient.FromEnvironment())
        {
            var blocking = Median(calls, () => client.MultiStatus(query));
            var task = Median(calls, () => client.MultiStatusAsync(query).Wait());
            Console.WriteLine($"one message: {blocking:F0} us blocking, {task:F0} us as a task");
        }
    }

    private static double Median(int calls, Action ask)
    {
        var times = new double[calls];
        for (var i = 0; i < calls; i++)
        {
            var wall = Stopwatch.StartNew();
            ask();
            times[i] = wall.Elapsed.TotalMilliseconds * 1000;
        }
        Array.Sort(times);
        return times[calls / 2];
    }

    private static void Growth(int calls)
    {
        var queries = Queries(3);
        using (var client = SmspClient.FromEnvironment())
        {
            Action<int> ask = number => { for (var i = 0; i < number; i++) client.MultiStatus(queries); };
            // The runtime takes memory for itself until it has compiled and sized all it needs.
            for (var round = 0; round < 4; round++)
            {
                var (native, managed, resident) = (Native(), GC.GetTotalMemory(true), Resident());
                ask(calls);
                Console.WriteLine($"{calls} calls leave behind {Native() - native} bytes of malloc, "
                    + $"{GC.GetTotalMemory(true) - managed} bytes of managed memory; resident {Resident() - resident} KiB more");
            }
        }
    }

    private static long Resident()
        => long.Parse(File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmRSS")).Split(' ').Reverse().ElementAt(1));

    private static long Native()
    {
        var info = mallinfo2();
        return (long)info[7] + (long)info[4];
    }

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

    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct MallocInfo
    {
        private fixed ulong numbers[10];

        internal ulong this[int index]
        {
            get { fixed (ulong* all = numbers) return all[index]; }
        }
    }

    [DllImport("libc.so.6")]
    private static extern MallocInfo mallinfo2();

    /// <summary>The service's own sample, with its mistakes mended: a kept connection, typed answers, batches.</summary>
    private static class Plain
    {
        [DataContract]
        private sealed class Entry
        {
            [DataMember] public string phoneNumber = null;
            [DataMember] public string messageId = null;
            [DataMember(EmitDefaultValue = false)] public string status = null;
            [DataMember(EmitDefaultValue = false)] public string date = null;
            [DataMember(EmitDefaultValue = false)] public int code = 0;
        }

        [DataContract]
        private sealed class Question
        {
            [DataMember] public string apiKey = null;
            [DataMember] public Entry[] SMSStatut_List = null;
        }

        [DataContract]
        private sealed class Answer
        {
            [DataMember] public Entry[] StatutResponse_List = null;
        }

        private static readonly DataContractJsonSerializer questions = new DataContractJsonSerializer(typeof(Question));
        private static readonly DataContractJsonSerializer answers = new DataContractJsonSerializer(typeof(Answer));

        internal static int Delivered(Query[] queries)
        {
            var delivered = 0;
            for (var start = 0; start < queries.Length; start += Batch)
                delivered += Ask(queries.Skip(start).Take(Batch)).Count(entry => entry.status == "Delivered");
            return delivered;
        }

        private static IEnumerable<Entry> Ask(IEnumerable<Query> queries)
        {
            var request = (HttpWebRequest)WebRequest.Create(Environment.GetEnvironmentVariable("SMSP_BASE_URL") + "/multi-status");
            request.Method = "POST";
            request.ContentType = "application/json";
            var entries = queries.Select(query => new Entry { phoneNumber = query.PhoneNumber, messageId = query.MessageId });
            var question = new Question
            {
                apiKey = Environment.GetEnvironmentVariable("SMSPARTNER_API_KEY"), SMSStatut_List = entries.ToArray(),
            };
            using (var body = request.GetRequestStream()) questions.WriteObject(body, question);
            using (var response = request.GetResponse())
            using (var body = response.GetResponseStream())
                return ((Answer)answers.ReadObject(body)).StatutResponse_List;
        }
    }
}
