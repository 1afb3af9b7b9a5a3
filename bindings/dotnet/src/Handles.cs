using System;
using System.Runtime.InteropServices;

namespace Smsp
{
    /// <summary>A handle of the library: freed once, whatever happens, and not while a call uses it.</summary>
    internal abstract class Handle : SafeHandle
    {
        protected Handle() : base(IntPtr.Zero, true)
        {
        }

        public override bool IsInvalid => handle == IntPtr.Zero;
    }

    internal sealed class ConfigHandle : Handle
    {
        protected override bool ReleaseHandle()
        {
            Native.smsp_config_free(handle);
            return true;
        }
    }

    internal sealed class ClientHandle : Handle
    {
        protected override bool ReleaseHandle()
        {
            Native.smsp_client_free(handle);
            return true;
        }
    }

    internal sealed class OperationHandle : Handle
    {
        protected override bool ReleaseHandle()
        {
            Native.smsp_operation_free(handle);
            return true;
        }
    }

    internal sealed class QueueHandle : Handle
    {
        protected override bool ReleaseHandle()
        {
            Native.smsp_queue_free(handle);
            return true;
        }
    }

    internal sealed class ReportHandle : Handle
    {
        protected override bool ReleaseHandle()
        {
            Native.smsp_report_free(handle);
            return true;
        }
    }

    internal sealed class ErrorHandle : Handle
    {
        protected override bool ReleaseHandle()
        {
            Native.smsp_error_free(handle);
            return true;
        }
    }
}
