// One message a call by HttpWebRequest and DataContractJsonSerializer; connections are kept, one for each caller.
using System;
using System.Linq;
using System.Net;
using System.Runtime.Serialization;
using System.Runtime.Serialization.Json;

static class Program
{
    // The server of the benchmark reads the number first.
    [DataContract]
    private sealed class Message
    {
        [DataMember(Order = 1)] public string phoneNumber = null;
        [DataMember(Order = 2)] public long messageId = 0;
    }

    [DataContract]
    private sealed class Question
    {
        [DataMember] public string apiKey = null;
        [DataMember] public Message[] SMSStatut_List = null;
    }

    [DataContract]
    private sealed class Entry
    {
        [DataMember] public int code = 0;
        [DataMember] public long messageId = 0;
        [DataMember] public string status = null;
        [DataMember] public string date = null;
        [DataMember] public string stopSms = null;
        [DataMember] public string isSpam = null;
    }

    [DataContract]
    private sealed class Answer
    {
        [DataMember] public bool success = false;
        [DataMember] public Entry[] StatutResponse_List = null;
    }

    private static readonly DataContractJsonSerializer questions = new DataContractJsonSerializer(typeof(Question));
    private static readonly DataContractJsonSerializer answers = new DataContractJsonSerializer(typeof(Answer));

    static void Main(string[] arguments)
    {
        ServicePointManager.DefaultConnectionLimit = 64;
        ServicePointManager.Expect100Continue = false;
        ServicePointManager.UseNagleAlgorithm = false;
        // The authority of the benchmark is in no store; once for each connection, this costs nothing that counts.
        ServicePointManager.ServerCertificateValidationCallback = (sender, certificate, chain, errors) => true;
        var job = new Job(arguments);
        job.Run((number, id) => Ask(job, number, id));
    }

    private static Row Ask(Job job, string number, long id)
    {
        var request = (HttpWebRequest)WebRequest.Create(job.BaseUrl + "/multi-status");
        request.Method = "POST";
        request.ContentType = "application/json";
        var message = new Message { phoneNumber = number, messageId = id };
        using (var body = request.GetRequestStream())
            questions.WriteObject(body, new Question { apiKey = job.Key, SMSStatut_List = new[] { message } });
        using (var response = request.GetResponse())
        using (var body = response.GetResponseStream())
            return Read((Answer)answers.ReadObject(body), id);
    }

    private static Row Read(Answer answer, long id)
    {
        var entry = answer.success ? answer.StatutResponse_List.Single() : null;
        if (entry?.messageId != id) throw new InvalidOperationException("refused, or not an answer to this question");
        return new Row
        {
            State = State(entry.status, entry.code), Date = entry.date == null ? (long?)null : long.Parse(entry.date),
            Stop = Flag(entry.stopSms), Spam = Flag(entry.isSpam),
        };
    }

    private static bool? Flag(string text) => text == null ? (bool?)null : text == "1";

    private static string State(string text, int code)
    {
        if (code == 4) return "not_found";
        if (code != 200) return "rejected";
        switch (text)
        {
            case "Delivered": return "delivered";
            case "Not delivered": return "not_delivered";
            case "Waiting": return "waiting";
            case "ko": return "not_sent";
        }
        return "unknown";
    }
}
