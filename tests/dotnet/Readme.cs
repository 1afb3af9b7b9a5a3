// What bindings/dotnet/README.md shows, put in place of the marks.
using System;
using System.Threading;
using System.Threading.Tasks;
using Smsp;

static class Readme
{
    private sealed class Bar
    {
        internal int Value { get; set; }
    }

    static void Main()
    {
        Program().Wait();
        Options();
        using (var client = SmspClient.FromEnvironment())
            Progress(client, new[] { new Query("0612345679", "199897") }, new Bar(), CancellationToken.None).Wait();
    }

    private static async Task Program()
    {
@0@
    }

    private static void Options()
    {
@1@
        client.Dispose();
    }

    private static async Task Progress(SmspClient client, Query[] queries, Bar bar, CancellationToken cancellationToken)
    {
@2@
        if (report.Count != 1 || bar.Value > 100) throw new InvalidOperationException();
    }
}
