using System.Collections.Generic;

namespace Smsp
{
    /// <summary>What came of a call or of an entry. 0 is success, positive a condition that is not an error.</summary>
    public enum Code
    {
        /// <summary>SMSP_OK: every entry was answered.</summary>
        Ok = 0,

        /// <summary>SMSP_PARTIAL: some entries were answered, others not.</summary>
        Partial = 1,

        /// <summary>SMSP_PENDING: a wait ran out of time; nothing is wrong.</summary>
        Pending = 2,

        /// <summary>SMSP_E_INVALID_ARGUMENT: every entry is invalid, or a value that no call can use.</summary>
        InvalidArgument = -1,

        /// <summary>SMSP_E_CONFIG: an option's name or value; the message names it.</summary>
        Config = -2,

        /// <summary>SMSP_E_CONNECT: no connection, or it was lost before a whole answer came.</summary>
        Connect = -3,

        /// <summary>SMSP_E_TLS: the handshake was refused, or the certificate is not trusted.</summary>
        Tls = -4,

        /// <summary>SMSP_E_TIMEOUT: one of the time limits; the message names it.</summary>
        Timeout = -5,

        /// <summary>SMSP_E_CANCELLED: the caller cancelled.</summary>
        Cancelled = -6,

        /// <summary>SMSP_E_HTTP: an HTTP status that is not 2xx.</summary>
        Http = -7,

        /// <summary>SMSP_E_PROTOCOL: an answer that is not what the service documents, or too large.</summary>
        Protocol = -8,

        /// <summary>SMSP_E_AUTH: the service refuses the API key.</summary>
        Auth = -9,

        /// <summary>SMSP_E_DENIED: the service refuses the account or this address.</summary>
        Denied = -10,

        /// <summary>SMSP_E_RATE_LIMITED: HTTP status 429, too many requests.</summary>
        RateLimited = -11,

        /// <summary>SMSP_E_API: the service refuses this batch by another code.</summary>
        Api = -12,

        /// <summary>SMSP_E_RESOURCE: memory, threads or descriptors cannot be had.</summary>
        Resource = -13,

        /// <summary>SMSP_E_INTERNAL: a defect of the library, caught.</summary>
        Internal = -99,
    }

    /// <summary>What became of a message.</summary>
    public enum State
    {
        /// <summary>SMSP_STATE_UNANSWERED: asked, but no answer was had; the entry's error says why.</summary>
        Unanswered = 0,

        /// <summary>SMSP_STATE_DELIVERED: it reached its recipient. Final.</summary>
        Delivered = 1,

        /// <summary>SMSP_STATE_NOT_DELIVERED: it did not and will not. Final.</summary>
        NotDelivered = 2,

        /// <summary>SMSP_STATE_WAITING: under way, no delivery report yet.</summary>
        Waiting = 3,

        /// <summary>SMSP_STATE_NOT_FOUND: the service does not know it, or not yet.</summary>
        NotFound = 4,

        /// <summary>SMSP_STATE_NOT_SENT: the service did not send it. Final.</summary>
        NotSent = 5,

        /// <summary>SMSP_STATE_REJECTED: the service refuses this entry; the API code and the status text say why.</summary>
        Rejected = 6,

        /// <summary>SMSP_STATE_INVALID: not asked, the number or the id cannot be one; the entry's error says why. Final.</summary>
        Invalid = 7,

        /// <summary>SMSP_STATE_UNKNOWN: the service's text is none that the library knows; it is in the status text.</summary>
        Unknown = 8,
    }

    /// <summary>What the library says of itself.</summary>
    public static class Library
    {
        /// <summary>The version of the native library that runs, "x.y.z".</summary>
        public static string Version
        {
            get
            {
                Loader.Check();
                return Text.Read(Native.smsp_version());
            }
        }

        /// <summary>The names of all options, which docs/CONFIGURATION.md explains.</summary>
        public static IEnumerable<string> Options
        {
            get
            {
                Loader.Check();
                return Names(Native.smsp_option_name);
            }
        }

        /// <summary>The names of all counters of a client.</summary>
        public static IEnumerable<string> Counters
        {
            get
            {
                Loader.Check();
                return Names(Native.smsp_stat_name);
            }
        }

        /// <summary>The library's name of a code, such as "SMSP_E_TIMEOUT".</summary>
        public static string Name(this Code code)
        {
            Loader.Check();
            return Text.Read(Native.smsp_code_name((int)code));
        }

        /// <summary>The library's name of a state, such as "not_delivered".</summary>
        public static string Name(this State state)
        {
            Loader.Check();
            return Text.Read(Native.smsp_state_name((int)state));
        }

        /// <summary>Whether a state will never change.</summary>
        public static bool IsFinal(this State state)
        {
            Loader.Check();
            return Native.smsp_state_is_final((int)state) != 0;
        }

        private delegate System.IntPtr NameAt(System.UIntPtr index);

        private static IEnumerable<string> Names(NameAt nameAt)
        {
            for (uint i = 0; ; i++)
            {
                var name = Text.Read(nameAt((System.UIntPtr)i));
                if (name == null) yield break;
                yield return name;
            }
        }
    }
}
