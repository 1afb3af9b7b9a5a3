using System;
using System.Threading;

namespace Smsp
{
    /// <summary>How far a call has come.</summary>
    public struct CallProgress
    {
        internal CallProgress(UIntPtr done, UIntPtr total)
        {
            Done = checked((int)done);
            Total = checked((int)total);
        }

        /// <summary>How many queries are answered or given up.</summary>
        public int Done { get; }

        /// <summary>How many there are.</summary>
        public int Total { get; }
    }

    /// <summary>A call in the background. Any thread may wait for it, look at it, cancel and finish it.</summary>
    public sealed class Operation : IDisposable
    {
        private readonly OperationHandle handle;
        private readonly Query[] queries;

        internal Operation(OperationHandle handle, Query[] queries)
        {
            this.handle = handle;
            this.queries = queries;
        }

        /// <summary>How far it has come; never waits.</summary>
        public CallProgress Progress
        {
            get
            {
                UIntPtr done, total;
                Native.smsp_operation_progress(handle, out done, out total);
                return new CallProgress(done, total);
            }
        }

        /// <summary>A descriptor that becomes readable once it is done, for event loops that poll; -1 if there is none.
        /// It is never read, written or closed by the caller.</summary>
        public int Descriptor => Native.smsp_operation_fd(handle);

        /// <summary>Waits at most so many milliseconds, -1 is no limit; whether it is done.</summary>
        public bool Wait(int milliseconds = Timeout.Infinite)
            => Native.smsp_operation_wait(handle, milliseconds) == (int)Code.Ok;

        internal Code Notify(QueueHandle queue, ulong tag) => (Code)Native.smsp_operation_notify(handle, queue, tag);

        /// <summary>Asks it to end, and returns at once. It is done within 200 ms.</summary>
        public void Cancel() => Native.smsp_operation_cancel(handle);

        /// <summary>Waits until it is done, and hands over what MultiStatus would have. Once.</summary>
        public Report Finish()
        {
            ReportHandle report;
            ErrorHandle error;
            var code = Native.smsp_operation_finish(handle, out report, out error);
            return Report.Take(code, report, error, queries);
        }

        /// <summary>Ends it. One that is not done is cancelled first, and waited for.</summary>
        public void Dispose() => handle.Dispose();
    }
}
