// One message a call by the binding; all callers share one client.
using System;
using Smsp;

static class Program
{
    static void Main(string[] arguments)
    {
        var job = new Job(arguments);
        var config = new SmspConfig().Set("base_url", job.BaseUrl).Set("api_key", job.Key)
            .Set("max_connections", job.Connections);
        var authority = Environment.GetEnvironmentVariable("BENCH_CA");
        if (authority != null) config.Set("ca_file", authority);
        using (var client = new SmspClient(config))
            job.Run((number, id) => Ask(client, number, id));
    }

    private static Row Ask(SmspClient client, string number, long id)
    {
        var status = client.MultiStatus(new[] { new Query(number, id.ToString()) })[0];
        return new Row { State = Name(status.State), Date = status.UnixSeconds, Stop = status.StopSms, Spam = status.IsSpam };
    }

    private static string Name(State state)
    {
        switch (state)
        {
            case State.Delivered: return "delivered";
            case State.NotDelivered: return "not_delivered";
            case State.NotFound: return "not_found";
            case State.NotSent: return "not_sent";
        }
        return "unknown";
    }
}
