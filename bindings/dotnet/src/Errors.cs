using System;
using System.Collections.Generic;

namespace Smsp
{
    /// <summary>Why something failed.</summary>
    public sealed class SmspError
    {
        private SmspError(Code code, string message)
        {
            Code = code;
            Message = message;
        }

        /// <summary>The kind of failure.</summary>
        public Code Code { get; }

        /// <summary>What happened, in one line that names the culprit and never holds the API key.</summary>
        public string Message { get; }

        /// <summary>The service's own code; 0 if it gave none.</summary>
        public int ApiCode { get; private set; }

        /// <summary>The HTTP status of the answer; 0 if there was none.</summary>
        public int HttpStatus { get; private set; }

        /// <summary>Whether the same call may succeed later without a change by the caller.</summary>
        public bool IsRetryable { get; private set; }

        /// <summary>The code's name and the message.</summary>
        public override string ToString() => $"{Code.Name()}: {Message}";

        /// <summary>An error that the library does not make itself.</summary>
        internal static SmspError Of(Code code, string message, bool isRetryable = false)
            => new SmspError(code, message) { IsRetryable = isRetryable };

        /// <summary>Reads an error and frees it; null for none.</summary>
        internal static SmspError Take(ErrorHandle handle)
        {
            using (handle) return handle.IsInvalid ? null : Copy(handle.DangerousGetHandle());
        }

        internal static SmspError Copy(IntPtr error)
            => new SmspError((Code)Native.smsp_error_code(error), Text.Read(Native.smsp_error_message(error)))
            {
                ApiCode = Native.smsp_error_api_code(error),
                HttpStatus = Native.smsp_error_http_status(error),
                IsRetryable = Native.smsp_error_is_retryable(error) != 0,
            };
    }

    /// <summary>The errors of a report: its entries share them, and each is copied once.</summary>
    internal sealed class ErrorCache
    {
        private readonly Dictionary<long, SmspError> copies = new Dictionary<long, SmspError>();

        internal SmspError Read(IntPtr error)
        {
            SmspError copy;
            if (!copies.TryGetValue((long)error, out copy)) copies[(long)error] = copy = SmspError.Copy(error);
            return copy;
        }
    }

    /// <summary>Nothing at all was answered, or nothing could be asked. Kinds of failure have classes of their own.</summary>
    public class SmspException : Exception
    {
        internal SmspException(SmspError error, Report report) : base(error.ToString())
        {
            Error = error;
            Report = report;
        }

        /// <summary>Why.</summary>
        public SmspError Error { get; }

        /// <summary>The kind of failure.</summary>
        public Code Code => Error.Code;

        /// <summary>The service's own code; 0 if it gave none.</summary>
        public int ApiCode => Error.ApiCode;

        /// <summary>The HTTP status of the answer; 0 if there was none.</summary>
        public int HttpStatus => Error.HttpStatus;

        /// <summary>Whether the same call may succeed later without a change by the caller.</summary>
        public bool IsRetryable => Error.IsRetryable;

        /// <summary>A status for each query, whose error says why it has no answer; null if nothing was asked.</summary>
        public Report Report { get; }

        /// <summary>Throws where a call failed.</summary>
        internal static void ThrowIf(int code, ErrorHandle handle)
        {
            var error = SmspError.Take(handle);
            if (code < 0) throw Of((Code)code, error, null);
        }

        internal static SmspException Of(Code code, SmspError error, Report report)
        {
            error = error ?? SmspError.Of(code, "the library gives no reason");
            switch (code)
            {
                case Code.Config:
                    return new SmspConfigException(error, report);
                case Code.Connect:
                case Code.Tls:
                case Code.Timeout:
                    return new SmspNetworkException(error, report);
                case Code.Auth:
                case Code.Denied:
                case Code.RateLimited:
                case Code.Api:
                    return new SmspRefusedException(error, report);
                case Code.Http:
                case Code.Protocol:
                    return new SmspServiceException(error, report);
                default:
                    return new SmspException(error, report);
            }
        }
    }

    /// <summary>An option's name or value is wrong; the message names it.</summary>
    public sealed class SmspConfigException : SmspException
    {
        internal SmspConfigException(SmspError error, Report report) : base(error, report)
        {
        }
    }

    /// <summary>The service was not reached, or not in time: Connect, Tls, Timeout.</summary>
    public sealed class SmspNetworkException : SmspException
    {
        internal SmspNetworkException(SmspError error, Report report) : base(error, report)
        {
        }
    }

    /// <summary>The service refuses: Auth, Denied, RateLimited, Api.</summary>
    public sealed class SmspRefusedException : SmspException
    {
        internal SmspRefusedException(SmspError error, Report report) : base(error, report)
        {
        }
    }

    /// <summary>The service answered what it should not: Http, Protocol.</summary>
    public sealed class SmspServiceException : SmspException
    {
        internal SmspServiceException(SmspError error, Report report) : base(error, report)
        {
        }
    }
}
