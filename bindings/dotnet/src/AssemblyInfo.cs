using System.Runtime.InteropServices;

// Beside Smsp.dll and in the program's folder; never in the working directory, where others may have put one.
[assembly: DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory | DllImportSearchPath.SafeDirectories)]
