using System;
using System.Threading;
using System.Threading.Tasks;

namespace Smsp
{
    /// <summary>An operation that becomes a task. What is the caller's runs on the thread pool: progress and continuations.</summary>
    internal sealed class Call
    {
        /// <summary>How often progress is looked at.</summary>
        private const int ProgressMilliseconds = 50;

        private readonly Operation operation;
        private readonly IProgress<CallProgress> progress;
        private readonly CancellationToken token;
        private readonly CancellationTokenRegistration registration;
        private readonly TaskCompletionSource<Report> source = new TaskCompletionSource<Report>();
        /// <summary>One thread at a time tells of progress, so that it is told in order.</summary>
        private readonly object telling = new object();
        /// <summary>Null where nobody asks for progress.</summary>
        private Timer timer;
        private bool isOver;
        private int told = -1;
        private Exception thrown;

        internal Call(Operation operation, IProgress<CallProgress> progress, CancellationToken token)
        {
            this.operation = operation;
            this.progress = progress;
            this.token = token;
            registration = token.Register(operation.Cancel);
            if (progress != null) Context.WithoutFlow(StartTimer);
            try
            {
                Waiter.Add(this);
            }
            catch
            {
                lock (telling) Close();
                throw;
            }
        }

        internal Task<Report> Task => source.Task;

        /// <summary>Has the tag put into the queue once it is done.</summary>
        internal Code Notify(QueueHandle queue, ulong tag) => operation.Notify(queue, tag);

        /// <summary>It is done: the rest is for the pool.</summary>
        internal void End() => ThreadPool.QueueUserWorkItem(call => ((Call)call).Finish(), this);

        private void StartTimer() => timer = new Timer(call => ((Call)call).Look(), this, ProgressMilliseconds, ProgressMilliseconds);

        /// <summary>Has the caller told how far it has come, unless that goes on already.</summary>
        private void Look()
        {
            if (!Monitor.TryEnter(telling)) return;
            try
            {
                // The timer may be late.
                if (!isOver) Tell();
            }
            finally
            {
                Monitor.Exit(telling);
            }
        }

        private void Tell()
        {
            if (progress == null || thrown != null) return;
            var now = operation.Progress;
            if (now.Done == told) return;
            told = now.Done;
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

        /// <summary>Completes the task, as the last thing: the caller's continuations run here, and the program may end as soon
        /// as its task is complete, and with it this thread, wherever it is. So nothing is caught from there on.</summary>
        private void Finish()
        {
            Report report = null;
            Exception error;
            lock (telling)
            {
                Tell();
                error = thrown;
                try
                {
                    report = operation.Finish();
                }
                catch (Exception failure)
                {
                    error = thrown ?? failure;
                }
                Close();
            }
            var failed = error as SmspException;
            var isCancelled = thrown == null && failed != null && failed.Code == Code.Cancelled && token.IsCancellationRequested;
            if (error == null) source.TrySetResult(report);
            else if (isCancelled) source.TrySetCanceled(token);
            else source.TrySetException(error);
        }

        /// <summary>Nothing is told and none cancels it from here on.</summary>
        private void Close()
        {
            isOver = true;
            timer?.Dispose();
            registration.Dispose();
            operation.Dispose();
        }
    }
}
