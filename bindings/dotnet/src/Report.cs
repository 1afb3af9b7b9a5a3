using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;

namespace Smsp
{
    /// <summary>What became of one message. It is answered if the service says what became of it, or refuses to: that it does
    /// not know it (NotFound) or does not speak of it (Rejected). Unanswered and Invalid are not.</summary>
    public struct Status
    {
        private readonly long date;
        private readonly sbyte stopSms;
        private readonly sbyte isSpam;

        internal unsafe Status(Query query, Native.Status* row, TextCache texts, SmspError error)
        {
            Index = checked((int)row->index);
            PhoneNumber = query.PhoneNumber;
            MessageId = query.MessageId;
            StatusText = texts.Read(row->status_text);
            DateText = texts.Read(row->date_text);
            date = row->date;
            State = (State)row->state;
            Code = (Code)row->code;
            Error = error;
            ApiCode = row->api_code;
            stopSms = (sbyte)row->stop_sms;
            isSpam = (sbyte)row->is_spam;
        }

        /// <summary>The place of the query in the list that was given, counted from 0.</summary>
        public int Index { get; }

        /// <summary>The caller's text.</summary>
        public string PhoneNumber { get; }

        /// <summary>The caller's text.</summary>
        public string MessageId { get; }

        /// <summary>The service's text, in English or French, or null.</summary>
        public string StatusText { get; }

        /// <summary>The service's date as text where it is not Unix seconds, else null: it names no time zone.</summary>
        public string DateText { get; }

        /// <summary>What became of it.</summary>
        public State State { get; }

        /// <summary>Ok if it is answered, else the kind of failure.</summary>
        public Code Code { get; }

        /// <summary>Why it is not answered; null if it is. Entries share an error.</summary>
        public SmspError Error { get; }

        /// <summary>The service's code for this entry (200 where it has no objection) or its request; 0 if it gave none.</summary>
        public int ApiCode { get; }

        /// <summary>When the state was reached, in Unix seconds, as the service said.</summary>
        public long? UnixSeconds => date == Native.NoDate ? (long?)null : date;

        /// <summary>When the state was reached, in UTC; null if the service did not tell, or gave no date of the years 1 to 9999.</summary>
        public DateTime? Date
        {
            get
            {
                var fits = date >= -62135596800 && date <= 253402300799;
                return fits ? new DateTime(1970, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddTicks(date * TimeSpan.TicksPerSecond) : (DateTime?)null;
            }
        }

        /// <summary>Whether the recipient answered STOP; null if the service did not tell.</summary>
        public bool? StopSms => Flag(stopSms);

        /// <summary>Whether the message was taken for spam; null if the service did not tell.</summary>
        public bool? IsSpam => Flag(isSpam);

        private static bool? Flag(sbyte flag) => flag < 0 ? (bool?)null : flag != 0;
    }

    /// <summary>The statuses of a call: one for each query, in order. It is immutable, and needs no Dispose.</summary>
    public sealed class Report : IReadOnlyList<Status>
    {
        private readonly Status[] statuses;
        private readonly int[] counts = new int[(int)State.Unknown + 1];

        /// <summary>Copies a report: no call for a row that is answered, the rows are stepped over by the library's stride.</summary>
        private unsafe Report(ReportHandle handle, Query[] queries, SmspError error)
        {
            Error = error;
            statuses = new Status[checked((int)Native.smsp_report_count(handle))];
            var row = (byte*)Native.smsp_report_get(handle, UIntPtr.Zero);
            var stride = checked((int)Native.smsp_report_stride(handle));
            var texts = new TextCache();
            var errors = new ErrorCache();
            for (var i = 0; i < statuses.Length; i++, row += stride)
            {
                var status = (Native.Status*)row;
                var why = status->code == 0 ? null : errors.Read(Native.smsp_report_error(handle, (UIntPtr)i));
                statuses[i] = new Status(queries[i], status, texts, why);
            }
            for (var state = 0; state < counts.Length; state++)
                counts[state] = checked((int)Native.smsp_report_count_state(handle, state));
        }

        /// <summary>Why some were not answered; null if all were.</summary>
        public SmspError Error { get; }

        /// <summary>Whether every query was answered.</summary>
        public bool IsComplete => Error == null;

        /// <summary>How many statuses there are: the count of the queries.</summary>
        public int Count => statuses.Length;

        /// <summary>The status of the query at this index.</summary>
        public Status this[int index] => statuses[index];

        /// <summary>How many are in this state.</summary>
        public int CountOf(State state)
        {
            var place = (int)state;
            if (place >= 0 && place < counts.Length) return counts[place];
            // A later library may know more states.
            return statuses.Count(status => status.State == state);
        }

        /// <summary>The statuses, in the order of the queries.</summary>
        public IEnumerator<Status> GetEnumerator() => ((IEnumerable<Status>)statuses).GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => statuses.GetEnumerator();

        /// <summary>Takes what a call left, frees it, and throws where nothing was answered.</summary>
        internal static Report Take(int code, ReportHandle handle, ErrorHandle failure, Query[] queries)
        {
            using (handle)
            {
                var error = SmspError.Take(failure);
                var report = handle.IsInvalid ? null : new Report(handle, queries, error);
                if (code < 0) throw SmspException.Of((Code)code, error, report);
                return report;
            }
        }
    }
}
