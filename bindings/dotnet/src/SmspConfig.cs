using System;

namespace Smsp
{
    /// <summary>The options of a client, by name; docs/CONFIGURATION.md lists them. Any thread may use it.</summary>
    public sealed class SmspConfig : IDisposable
    {
        private readonly ConfigHandle handle;

        /// <summary>The defaults; no environment is read.</summary>
        public SmspConfig()
        {
            Loader.Check();
            handle = Native.smsp_config_new();
            if (handle.IsInvalid) throw new OutOfMemoryException();
        }

        internal ConfigHandle Handle => handle;

        /// <summary>An option as text; null if it has no value or if there is none of this name, and secrets read "***".
        /// Setting throws SmspConfigException, and then nothing is changed.</summary>
        public string this[string name]
        {
            get => Text.Read(Native.smsp_config_get(handle, Text.Bytes(name)));
            set => Set(name, value);
        }

        /// <summary>Sets an option; answers this configuration.</summary>
        public SmspConfig Set(string name, string value)
        {
            var bytes = Text.Bytes(value);
            ErrorHandle error;
            var code = Native.smsp_config_set(handle, Text.Bytes(name), bytes, out error);
            // It may be the API key.
            if (bytes != null) Array.Clear(bytes, 0, bytes.Length);
            SmspException.ThrowIf(code, error);
            return this;
        }

        /// <summary>Sets what the environment sets: SMSPARTNER_API_KEY, SMSP_ and an option's name in capitals, and the usual
        /// variables for the proxy. Answers this configuration.</summary>
        public SmspConfig LoadEnvironment()
        {
            ErrorHandle error;
            var code = Native.smsp_config_load_env(handle, out error);
            SmspException.ThrowIf(code, error);
            return this;
        }

        /// <summary>Ends it. Clients made with it have copies of their own.</summary>
        public void Dispose() => handle.Dispose();
    }
}
