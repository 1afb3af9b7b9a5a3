using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace Smsp
{
    /// <summary>A client of the service. Any number of threads may share one, and should: connections are kept and used
    /// again. Make one for the life of the process.</summary>
    public sealed class SmspClient : IDisposable
    {
        private readonly ClientHandle handle;

        /// <summary>A client with a copy of this configuration. Nothing is sent yet.</summary>
        public SmspClient(SmspConfig config)
        {
            if (config == null) throw new ArgumentNullException(nameof(config));
            ErrorHandle error;
            var code = Native.smsp_client_new(config.Handle, out handle, out error);
            SmspException.ThrowIf(code, error);
        }

        private SmspClient(ClientHandle made)
        {
            handle = made;
        }

        /// <summary>A client that the environment configures alone: SMSPARTNER_API_KEY, and SMSP_ with an option's name.</summary>
        public static SmspClient FromEnvironment()
        {
            Loader.Check();
            ClientHandle client;
            ErrorHandle error;
            var code = Native.smsp_client_new_from_env(out client, out error);
            SmspException.ThrowIf(code, error);
            return new SmspClient(client);
        }

        /// <summary>Asks what became of these messages, and waits for the answers. If only some were answered, the report's
        /// Error says why; if none was, SmspException is thrown. Any number may be given.</summary>
        public unsafe Report MultiStatus(IEnumerable<Query> queries)
        {
            var copy = NativeQueries.Copy(queries);
            int code;
            ReportHandle report;
            ErrorHandle error;
            using (var native = new NativeQueries(copy))
                code = Native.smsp_multi_status(handle, native.Pointer, (UIntPtr)copy.Length, out report, out error);
            return Report.Take(code, report, error, copy);
        }

        /// <summary>Starts to ask, and returns at once. For most, MultiStatusAsync is easier.</summary>
        public unsafe Operation Start(IEnumerable<Query> queries)
        {
            var copy = NativeQueries.Copy(queries);
            int code;
            OperationHandle operation;
            ErrorHandle error;
            using (var native = new NativeQueries(copy))
                code = Native.smsp_multi_status_start(handle, native.Pointer, (UIntPtr)copy.Length, out operation, out error);
            SmspException.ThrowIf(code, error);
            return new Operation(operation, copy);
        }

        /// <summary>Asks without blocking a thread of the pool. progress hears how many are answered or given up, on a thread of
        /// the pool, in order, at most 20 times a second, and the end before the task is done. A cancelled call of which
        /// something was answered is a report whose Error says so; else the task is cancelled.</summary>
        public Task<Report> MultiStatusAsync(
            IEnumerable<Query> queries,
            IProgress<CallProgress> progress = null,
            CancellationToken cancellationToken = default(CancellationToken))
        {
            if (queries == null) throw new ArgumentNullException(nameof(queries));
            if (cancellationToken.IsCancellationRequested) return Task.FromCanceled<Report>(cancellationToken);
            try
            {
                return new Call(Start(queries), progress, cancellationToken).Task;
            }
            catch (SmspException error)
            {
                return Task.FromException<Report>(error);
            }
        }

        /// <summary>A counter, cumulative since the client was made; Library.Counters names them.</summary>
        public long Counter(string name)
        {
            ulong value;
            var code = Native.smsp_client_stat(handle, Text.Bytes(name), out value);
            if (code < 0) throw SmspException.Of((Code)code, SmspError.Of((Code)code, $"there is no counter \"{name}\""), null);
            return checked((long)value);
        }

        /// <summary>Ends the client. Calls that still run go on to their end.</summary>
        public void Dispose() => handle.Dispose();
    }
}
