using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace Smsp
{
    /// <summary>An operation that becomes a task. What is the caller's runs on the thread pool: progress and continuations.</summary>
    internal sealed class Call
    {
        private readonly Operation operation;
        private readonly IProgress<CallProgress> progress;
        private readonly CancellationToken token;
        private readonly CancellationTokenRegistration registration;
        private readonly TaskCompletionSource<Report> source =
            new TaskCompletionSource<Report>(TaskCreationOptions.RunContinuationsAsynchronously);
        /// <summary>One thread at a time tells of progress, so that it is told in order.</summary>
        private readonly object telling = new object();
        private int told = -1;
        private int isTelling;
        private Exception thrown;

        internal Call(Operation operation, IProgress<CallProgress> progress, CancellationToken token)
        {
            this.operation = operation;
            this.progress = progress;
            this.token = token;
            registration = token.Register(operation.Cancel);
            Waiter.Add(this);
        }

        internal Task<Report> Task => source.Task;

        /// <summary>Waits for it a moment; whether it is done.</summary>
        internal bool Wait(int milliseconds) => operation.Wait(milliseconds);

        /// <summary>Has the caller told how far it has come, unless that goes on already.</summary>
        internal void Look()
        {
            if (progress == null || operation.Progress.Done == Volatile.Read(ref told)) return;
            if (Interlocked.Exchange(ref isTelling, 1) == 0) ThreadPool.QueueUserWorkItem(_ => Tell());
        }

        /// <summary>It is done: the rest is for the pool.</summary>
        internal void End() => ThreadPool.QueueUserWorkItem(_ => Finish());

        private void Tell()
        {
            lock (telling)
            {
                // Done meanwhile, and told so.
                if (source.Task.IsCompleted) return;
                TellHeld();
                Volatile.Write(ref isTelling, 0);
            }
        }

        private void TellHeld()
        {
            var now = operation.Progress;
            if (progress == null || thrown != null || now.Done == told) return;
            Volatile.Write(ref told, now.Done);
            try
            {
                progress.Report(now);
            }
            catch (Exception error)
            {
                thrown = error;
                operation.Cancel();
            }
        }

        private void Finish()
        {
            lock (telling)
            {
                TellHeld();
                // None cancels it from here on.
                registration.Dispose();
                using (operation) Settle();
            }
        }

        /// <summary>Completes the task, as the last thing: the program may end as soon as its task is complete, and with
        /// it this thread, wherever it is. So nothing is caught from there on.</summary>
        private void Settle()
        {
            Report report = null;
            var error = thrown;
            try
            {
                report = operation.Finish();
            }
            catch (Exception failure)
            {
                error = thrown ?? failure;
            }
            var failed = error as SmspException;
            var isCancelled = thrown == null && failed != null && failed.Code == Code.Cancelled && token.IsCancellationRequested;
            if (error == null) source.TrySetResult(report);
            else if (isCancelled) source.TrySetCanceled(token);
            else source.TrySetException(error);
        }
    }

    /// <summary>One thread for all calls that are waited for: it looks at each every few milliseconds, and ends when there
    /// has been nothing to wait for.</summary>
    internal static class Waiter
    {
        private const int SliceMilliseconds = 4;
        private const int IdleMilliseconds = 10000;
        private const int StackBytes = 256 * 1024;

        private static readonly List<Call> calls = new List<Call>();
        private static bool isRunning;

        internal static void Add(Call call)
        {
            lock (calls)
            {
                calls.Add(call);
                Monitor.Pulse(calls);
                if (isRunning) return;
                Run();
                isRunning = true;
            }
        }

        /// <summary>Starts the thread, without what belongs to the call that happens to be the first.</summary>
        private static void Run()
        {
            var thread = new Thread(Loop, StackBytes) { IsBackground = true, Name = "smsp waiter" };
            if (ExecutionContext.IsFlowSuppressed())
                thread.Start();
            else
                using (ExecutionContext.SuppressFlow()) thread.Start();
        }

        private static void Loop()
        {
            var seen = new List<Call>();
            while (Next(seen))
            {
                seen[0].Wait(SliceMilliseconds);
                foreach (var call in seen)
                {
                    if (!call.Wait(0))
                    {
                        call.Look();
                        continue;
                    }
                    lock (calls) calls.Remove(call);
                    call.End();
                }
            }
        }

        /// <summary>The calls of now; false if there has been none for long.</summary>
        private static bool Next(List<Call> seen)
        {
            seen.Clear();
            lock (calls)
            {
                if (calls.Count == 0) Monitor.Wait(calls, IdleMilliseconds);
                isRunning = calls.Count > 0;
                seen.AddRange(calls);
                return isRunning;
            }
        }
    }
}
