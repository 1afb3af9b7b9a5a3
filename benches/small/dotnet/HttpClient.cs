// One message a call by HttpClient and System.Text.Json; connections are kept, one for each caller.
using System;
using System.Linq;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

sealed record Message(string phoneNumber, long messageId);

sealed record Question(string apiKey, Message[] SMSStatut_List);

sealed record Entry(int code, long messageId, string status, string date, string stopSms, string isSpam);

sealed record Answer(bool success, Entry[] StatutResponse_List);

static class Program
{
    static void Main(string[] arguments)
    {
        var job = new Job(arguments);
        using var client = new HttpClient(Handler());
        job.Run((number, id) => Ask(client, job, number, id));
    }

    private static SocketsHttpHandler Handler()
    {
        var handler = new SocketsHttpHandler();
        var authority = X509CertificateLoader.LoadCertificateFromFile(Environment.GetEnvironmentVariable("BENCH_CA"));
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust };
        policy.CustomTrustStore.Add(authority);
        policy.RevocationMode = X509RevocationMode.NoCheck;
        handler.SslOptions.CertificateChainPolicy = policy;
        return handler;
    }

    private static Row Ask(HttpClient client, Job job, string number, long id)
    {
        var question = new Question(job.Key, [new Message(number, id)]);
        using var request = new HttpRequestMessage(HttpMethod.Post, job.BaseUrl + "/multi-status");
        request.Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(question));
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var response = client.Send(request);
        response.EnsureSuccessStatusCode();
        using var body = response.Content.ReadAsStream();
        return Read(JsonSerializer.Deserialize<Answer>(body), id);
    }

    private static Row Read(Answer answer, long id)
    {
        var entry = answer.success ? answer.StatutResponse_List.Single() : null;
        if (entry?.messageId != id) throw new InvalidOperationException("refused, or not an answer to this question");
        return new Row
        {
            State = State(entry.status, entry.code), Date = entry.date == null ? null : long.Parse(entry.date),
            Stop = Flag(entry.stopSms), Spam = Flag(entry.isSpam),
        };
    }

    private static bool? Flag(string text) => text == null ? null : text == "1";

    private static string State(string text, int code) => code == 4 ? "not_found" : code != 200 ? "rejected" : text switch
    {
        "Delivered" => "delivered",
        "Not delivered" => "not_delivered",
        "Waiting" => "waiting",
        "ko" => "not_sent",
        _ => "unknown",
    };
}
