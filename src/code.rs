//! The result codes, declared once: the enumeration, the names and the header's constants come from here.
//!
//! `build.rs` compiles this file too, so it uses nothing else of the crate.

macro_rules! codes {
    ($( $(#[doc = $doc:literal])+ $variant:ident = $value:literal, $name:literal, $retryable:literal; )+) => {
        /// What came of a call, of a batch or of one entry: 0 is success, positive is a condition that
        /// is not an error, negative an error.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(i32)]
        pub enum Code { $( $(#[doc = $doc])+ $variant = $value, )+ }

        impl Code {
            /// Every code there is.
            pub const ALL: &'static [Code] = &[ $( Code::$variant, )+ ];

            /// The name of its constant in C, such as `SMSP_E_TIMEOUT`, NUL-terminated.
            pub const fn c_name(self) -> &'static core::ffi::CStr {
                match self { $( Code::$variant => $name, )+ }
            }

            /// What it means, in one line.
            pub const fn doc(self) -> &'static str {
                match self { $( Code::$variant => concat!($( $doc ),+), )+ }
            }

            /// Whether the same call may succeed later without a change by the caller.
            pub const fn is_retryable(self) -> bool {
                match self { $( Code::$variant => $retryable, )+ }
            }
        }
    };
}

codes! {
    /// Every entry was answered.
    Ok = 0, c"SMSP_OK", false;
    /// At least one entry was answered and at least one was not (UNANSWERED or INVALID).
    Partial = 1, c"SMSP_PARTIAL", false;
    /// A wait ran out of time; nothing is wrong.
    Pending = 2, c"SMSP_PENDING", false;
    /// A pointer or value that no call can use, or every entry is INVALID.
    InvalidArgument = -1, c"SMSP_E_INVALID_ARGUMENT", false;
    /// An option's name or value; the message names it.
    Config = -2, c"SMSP_E_CONFIG", false;
    /// No connection, or it was lost before a whole answer came.
    Connect = -3, c"SMSP_E_CONNECT", true;
    /// The TLS handshake was refused, or the server's certificate is not trusted.
    Tls = -4, c"SMSP_E_TLS", false;
    /// One of the time limits; the message names it.
    Timeout = -5, c"SMSP_E_TIMEOUT", true;
    /// The caller cancelled.
    Cancelled = -6, c"SMSP_E_CANCELLED", true;
    /// An HTTP status that is not 2xx, without a readable refusal in its body (5xx may help later).
    Http = -7, c"SMSP_E_HTTP", false;
    /// An answer that is not what the service documents, or one that is too large.
    Protocol = -8, c"SMSP_E_PROTOCOL", true;
    /// The service refuses the API key: batches not yet sent are not sent.
    Auth = -9, c"SMSP_E_AUTH", false;
    /// The service refuses the account or this address: batches not yet sent are not sent.
    Denied = -10, c"SMSP_E_DENIED", false;
    /// HTTP status 429: too many requests.
    RateLimited = -11, c"SMSP_E_RATE_LIMITED", true;
    /// The service refuses this batch by another code (`api_code`); other batches go on.
    Api = -12, c"SMSP_E_API", false;
    /// Memory, threads or descriptors for this call cannot be had.
    Resource = -13, c"SMSP_E_RESOURCE", true;
    /// A defect of the library, caught.
    Internal = -99, c"SMSP_E_INTERNAL", false;
}

impl Code {
    /// The number that crosses the C interface.
    pub const fn value(self) -> i32 {
        self as i32
    }

    /// The name of its constant in C, such as `SMSP_E_TIMEOUT`.
    pub fn name(self) -> &'static str {
        self.c_name().to_str().unwrap_or("?")
    }

    /// The code with this number, if there is one.
    pub fn from_value(value: i32) -> Option<Code> {
        Code::ALL.iter().copied().find(|code| code.value() == value)
    }
}
