using System;
using System.Runtime.InteropServices;

namespace Smsp
{
    /// <summary>include/smsp.h, as it is. size_t is UIntPtr; texts are bytes that end with a zero.</summary>
    internal static unsafe class Native
    {
        /// <summary>libsmsp.so or libsmsp.dll; Mono finds libsmsp.so.0 by Smsp.dll.config.</summary>
        private const string Name = "libsmsp";

        /// <summary>The date of a status that has none: SMSP_NO_DATE.</summary>
        internal const long NoDate = long.MinValue;

        // The library writes these fields, which some compilers miss.
#pragma warning disable 649

        /// <summary>struct smsp_query</summary>
        [StructLayout(LayoutKind.Sequential)]
        internal struct Query
        {
            internal IntPtr phone_number;
            internal IntPtr message_id;
        }

        /// <summary>struct smsp_status. It may grow at its end: reached by pointer and stride only.</summary>
        [StructLayout(LayoutKind.Sequential)]
        internal struct Status
        {
            internal IntPtr phone_number;
            internal IntPtr message_id;
            internal IntPtr status_text;
            internal IntPtr date_text;
            internal long date;
            internal int state;
            internal int code;
            internal int api_code;
            internal int stop_sms;
            internal int is_spam;
            internal uint index;
        }

#pragma warning restore 649

        [DllImport(Name, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern IntPtr smsp_version();

        [DllImport(Name, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern IntPtr smsp_code_name(int code);

        [DllImport(Name, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern IntPtr smsp_state_name(int state);

        [DllImport(Name, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int smsp_state_is_final(int state);

        [DllImport(Name, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int smsp_error_code(IntPtr error);

        [DllImport(Name, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern IntPtr smsp_error_message(IntPtr error);

        [DllImport(Name, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int smsp_error_api_code(IntPtr error);

        [DllImport(Name, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int smsp_error_http_status(IntPtr error);

        [DllImport(Name, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int smsp_error_is_retryable(IntPtr error);

        [DllImport(Name, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern void smsp_error_free(IntPtr error);

        [DllImport(Name, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern ConfigHandle smsp_config_new();

        [DllImport(Name, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int smsp_config_load_env(ConfigHandle config, out ErrorHandle error);

        [DllImport(Name, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int smsp_config_set(ConfigHandle config, byte[] name, byte[] value, out ErrorHandle error);

        [DllImport(Name, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern IntPtr smsp_config_get(ConfigHandle config, byte[] name);

        [DllImport(Name, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern IntPtr smsp_option_name(UIntPtr index);

        [DllImport(Name, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern void smsp_config_free(IntPtr config);

        [DllImport(Name, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int smsp_client_new(ConfigHandle config, out ClientHandle client, out ErrorHandle error);

        [DllImport(Name, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int smsp_client_new_from_env(out ClientHandle client, out ErrorHandle error);

        [DllImport(Name, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int smsp_client_stat(ClientHandle client, byte[] name, out ulong value);

        [DllImport(Name, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern IntPtr smsp_stat_name(UIntPtr index);

        [DllImport(Name, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern void smsp_client_free(IntPtr client);

        [DllImport(Name, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int smsp_multi_status(
            ClientHandle client, Query* queries, UIntPtr count, out ReportHandle report, out ErrorHandle error);

        [DllImport(Name, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int smsp_multi_status_start(
            ClientHandle client, Query* queries, UIntPtr count, out OperationHandle operation, out ErrorHandle error);

        [DllImport(Name, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int smsp_operation_wait(OperationHandle operation, long timeout_ms);

        [DllImport(Name, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int smsp_operation_progress(OperationHandle operation, out UIntPtr done, out UIntPtr total);

        [DllImport(Name, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int smsp_operation_fd(OperationHandle operation);

        [DllImport(Name, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern void smsp_operation_cancel(OperationHandle operation);

        [DllImport(Name, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int smsp_operation_finish(
            OperationHandle operation, out ReportHandle report, out ErrorHandle error);

        [DllImport(Name, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern void smsp_operation_free(IntPtr operation);

        [DllImport(Name, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern QueueHandle smsp_queue_new();

        [DllImport(Name, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int smsp_operation_notify(OperationHandle operation, QueueHandle queue, ulong tag);

        [DllImport(Name, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int smsp_queue_wait(
            QueueHandle queue, long timeout_ms, ulong* tags, UIntPtr room, out UIntPtr count);

        [DllImport(Name, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern void smsp_queue_wake(QueueHandle queue);

        [DllImport(Name, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern void smsp_queue_free(IntPtr queue);

        [DllImport(Name, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern UIntPtr smsp_report_count(ReportHandle report);

        [DllImport(Name, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern Status* smsp_report_get(ReportHandle report, UIntPtr index);

        [DllImport(Name, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern UIntPtr smsp_report_stride(ReportHandle report);

        [DllImport(Name, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern UIntPtr smsp_report_count_state(ReportHandle report, int state);

        /// <summary>It lives as long as the report, and is not to be freed.</summary>
        [DllImport(Name, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern IntPtr smsp_report_error(ReportHandle report, UIntPtr index);

        [DllImport(Name, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern void smsp_report_free(IntPtr report);
    }
}
