using System;
using System.Collections.Generic;
using System.Threading;

namespace Smsp
{
    /// <summary>One thread waits for the ends of all calls of the application domain, by one queue. Both are made for a
    /// call, and end once there has been none for a while.</summary>
    internal sealed unsafe class Waiter
    {
        private const int Room = 64;
        private const int StackBytes = 256 * 1024;

        /// <summary>The end of the domain aborts its threads, which they see between two waits.</summary>
        private const int EndingMilliseconds = 50;

        /// <summary>Until what the system refused is tried again.</summary>
        private const int RefusedMilliseconds = 10;

        private static readonly object gate = new object();

        /// <summary>Not constant for the tests.</summary>
        private static int idleMilliseconds = 10000;

        private static volatile bool isEnding;
        private static Waiter current;

        private readonly QueueHandle queue;
        private readonly Dictionary<ulong, Call> calls = new Dictionary<ulong, Call>();
        private ulong last;

        private Waiter(QueueHandle queue)
        {
            this.queue = queue;
        }

        /// <summary>Has a call ended once its operation is done.</summary>
        internal static void Add(Call call)
        {
            lock (gate)
            {
                if (current == null) current = Start();
                current.Expect(call);
            }
        }

        private void Expect(Call call)
        {
            calls.Add(++last, call);
            var code = call.Notify(queue, last);
            if (code == Code.Ok) return;
            calls.Remove(last);
            throw Refused(code, "there is no memory to wait for a call, or this process was forked");
        }

        private static Exception Refused(Code code, string message)
            => SmspException.Of(code, SmspError.Of(code, message, isRetryable: code == Code.Resource), null);

        private static Waiter Start()
        {
            var queue = Native.smsp_queue_new();
            if (queue.IsInvalid) throw Refused(Code.Resource, "there is no descriptor or memory to wait for calls");
            var waiter = new Waiter(queue);
            var thread = new Thread(waiter.Loop, StackBytes) { IsBackground = true, Name = "smsp waiter" };
            Context.WithoutFlow(thread.Start);
            AppDomain.CurrentDomain.DomainUnload += waiter.End;
            AppDomain.CurrentDomain.ProcessExit += waiter.End;
            return waiter;
        }

        private void Loop()
        {
            var tags = stackalloc ulong[Room];
            UIntPtr count;
            do
            {
                var time = isEnding ? EndingMilliseconds : idleMilliseconds;
                var code = (Code)Native.smsp_queue_wait(queue, time, tags, (UIntPtr)Room, out count);
                if (code < 0) Thread.Sleep(RefusedMilliseconds);
                for (var i = 0; i < (int)count; i++) Take(tags[i]).End();
            } while (GoesOn(count != UIntPtr.Zero));
            // They would keep a load context alive.
            AppDomain.CurrentDomain.DomainUnload -= End;
            AppDomain.CurrentDomain.ProcessExit -= End;
            queue.Dispose();
        }

        private Call Take(ulong tag)
        {
            lock (gate)
            {
                var call = calls[tag];
                calls.Remove(tag);
                return call;
            }
        }

        private bool GoesOn(bool wasBusy)
        {
            lock (gate)
            {
                if (wasBusy || calls.Count > 0) return true;
                current = null;
                return false;
            }
        }

        /// <summary>Its thread ends now if it has nothing to wait for, and otherwise when it has not. A handler of the caller
        /// may still wait for calls.</summary>
        private void End(object sender, EventArgs arguments)
        {
            isEnding = true;
            lock (gate)
                if (current == this) Native.smsp_queue_wake(queue);
        }
    }

    /// <summary>What belongs to the flow of the call that happens to be first is not for threads that serve all.</summary>
    internal static class Context
    {
        internal static void WithoutFlow(Action action)
        {
            if (ExecutionContext.IsFlowSuppressed())
                action();
            else
                using (ExecutionContext.SuppressFlow()) action();
        }
    }
}
