using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;

namespace Smsp
{
    /// <summary>A message to ask about.</summary>
    public struct Query
    {
        /// <summary>A query for this message to this recipient.</summary>
        public Query(string phoneNumber, string messageId)
        {
            PhoneNumber = phoneNumber;
            MessageId = messageId;
        }

        /// <summary>The recipient's number, in any of the forms that people write.</summary>
        public string PhoneNumber { get; }

        /// <summary>The id that the service gave when the message was sent.</summary>
        public string MessageId { get; }
    }

    /// <summary>Queries as the library takes them, for one call: the array and behind it all texts, in one piece of memory.
    /// Outside of the managed heap, so that nothing is pinned while the service thinks, and room for the widest texts
    /// costs nothing where they are not wide.</summary>
    internal sealed unsafe class NativeQueries : IDisposable
    {
        private IntPtr memory;

        internal NativeQueries(Query[] queries)
        {
            long size = (long)queries.Length * sizeof(Native.Query) + 1;
            foreach (var query in queries) size += Text.Room(query.PhoneNumber) + Text.Room(query.MessageId);
            memory = Marshal.AllocHGlobal(checked((IntPtr)size));
            var native = (Native.Query*)memory;
            var place = (byte*)(native + queries.Length);
            foreach (var query in queries)
            {
                place = Write(query.PhoneNumber, place, out native->phone_number);
                place = Write(query.MessageId, place, out native->message_id);
                native++;
            }
        }

        internal Native.Query* Pointer => (Native.Query*)memory;

        /// <summary>The caller's queries, in an array that nobody else changes.</summary>
        internal static Query[] Copy(IEnumerable<Query> queries)
        {
            if (queries == null) throw new ArgumentNullException(nameof(queries));
            return queries.ToArray();
        }

        public void Dispose()
        {
            Marshal.FreeHGlobal(memory);
            memory = IntPtr.Zero;
        }

        private static byte* Write(string text, byte* place, out IntPtr start)
        {
            start = text == null ? IntPtr.Zero : (IntPtr)place;
            return text == null ? place : Text.Write(text, place);
        }
    }
}
