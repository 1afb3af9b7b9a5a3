// Asks what became of messages and prints their statuses.    multi_status.exe PHONE:ID ...
// Configured by the environment: SMSPARTNER_API_KEY, and SMSP_ with the name of an option in capitals for the others.
// Exit status: 0 if every message was answered, 1 if some were, 2 if none was.
using System;
using System.Globalization;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using Smsp;

static class MultiStatus
{
    static int Main(string[] arguments)
    {
        Console.OutputEncoding = new UTF8Encoding(false);
        return Run(arguments).GetAwaiter().GetResult();
    }

    static async Task<int> Run(string[] arguments)
    {
        try
        {
            // One client for the life of the program: it keeps its connections, and any thread may use it.
            using (var client = SmspClient.FromEnvironment())
            {
                var report = await client.MultiStatusAsync(arguments.Select(ToQuery));
                Print(report);
                if (report.IsComplete) return 0;
                Console.Error.WriteLine($"{Code.Partial.Name()}: {report.Error.Message}");
                return 1;
            }
        }
        catch (SmspException error)
        {
            // Nothing was answered; error.IsRetryable tells whether it makes sense to ask again later.
            if (error.Report != null) Print(error.Report);
            Console.Error.WriteLine(error.Message);
            return 2;
        }
    }

    static Query ToQuery(string argument)
    {
        var parts = argument.Split(new[] { ':' }, 2);
        return new Query(parts[0], parts.Length == 2 ? parts[1] : "");    // no id: the report says Invalid
    }

    static void Print(Report report)
    {
        foreach (var status in report)
        {
            var date = status.DateText ?? status.Date?.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
            var detail = status.Error?.Message ?? status.StatusText;
            Console.WriteLine($"{status.PhoneNumber,-16} {status.MessageId,-12} {status.State.Name(),-13} {date,-20} {detail}");
        }
    }
}
