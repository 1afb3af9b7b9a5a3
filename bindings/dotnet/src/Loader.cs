using System;
using System.IO;

namespace Smsp
{
    /// <summary>Whether the native library is there and fits; said in words that help.</summary>
    internal static class Loader
    {
        /// <summary>Binary interfaces of other major versions differ.</summary>
        private const string Major = "0.";

        private static volatile bool loaded;

        /// <summary>Throws where the library cannot be had; each time anew, as it may be installed meanwhile.</summary>
        internal static void Check()
        {
            if (loaded) return;
            string version;
            try
            {
                version = Text.Read(Native.smsp_version());
            }
            catch (DllNotFoundException error)
            {
                throw new DllNotFoundException(NotFound(), error);
            }
            catch (BadImageFormatException error)
            {
                throw new BadImageFormatException(
                    $"the libsmsp that was found is not for this process, which has {IntPtr.Size * 8} bits", error);
            }
            if (!version.StartsWith(Major, StringComparison.Ordinal))
                throw new DllNotFoundException($"libsmsp {version} was found, but this Smsp.dll needs version {Major}x");
            loaded = true;
        }

        private static string NotFound()
        {
            // An assembly that was loaded from memory is nowhere.
            var assembly = typeof(Loader).Assembly.Location;
            var beside = assembly == "" ? AppDomain.CurrentDomain.BaseDirectory : Path.GetDirectoryName(assembly);
            if (Path.DirectorySeparatorChar == '\\')
                return $"libsmsp.dll ({IntPtr.Size * 8} bits) was not found. Put it beside Smsp.dll, in {beside}, "
                    + "or in the folder of the program.";
            var path = Environment.GetEnvironmentVariable("LD_LIBRARY_PATH");
            var folders = string.IsNullOrEmpty(path) ? "which is not set" : $"now {path}";
            // Mono goes by Smsp.dll.config.
            var name = Type.GetType("Mono.Runtime") == null ? "libsmsp.so" : "libsmsp.so.0";
            return $"{name} was not found, or cannot be loaded (LD_DEBUG=libs shows why). It is looked for beside Smsp.dll, "
                + $"in {beside}; in the folders of LD_LIBRARY_PATH, {folders}; and where the system looks, /usr/local/lib and "
                + "/usr/lib. After `make install`, run ldconfig once as root.";
        }
    }
}
