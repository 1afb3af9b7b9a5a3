//! The result codes. The enumeration, the names and the header's constants all come from this table.
//!
//! `build.rs` compiles this file too, so it must not use the rest of the crate.

macro_rules! codes {
    ($( $(#[doc = $doc:literal])+ $variant:ident = $value:literal, $name:literal, $retryable:literal; )+) => {
        /// The result of a call, of a batch or of one entry: 0 is success, a positive code is a condition that is not
        /// an error, a negative code is an error.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(i32)]
        pub enum Code { $( $(#[doc = $doc])+ $variant = $value, )+ }

        impl Code {
            /// All codes.
            pub const ALL: &'static [Code] = &[ $( Code::$variant, )+ ];

            /// Returns the name of the constant in C, such as `SMSP_E_TIMEOUT`, NUL-terminated.
            pub const fn c_name(self) -> &'static core::ffi::CStr {
                match self { $( Code::$variant => $name, )+ }
            }

            /// Returns what the code means, in one line.
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
    /// Every query was answered.
    Ok = 0, c"SMSP_OK", false;
    /// At least one query was answered, and at least one was not (it is UNANSWERED or INVALID).
    Partial = 1, c"SMSP_PARTIAL", false;
    /// The time of a wait ran out, or smsp_queue_wake ended it. Nothing is wrong.
    Pending = 2, c"SMSP_PENDING", false;
    /// An argument is NULL or cannot be used, or every query is INVALID.
    InvalidArgument = -1, c"SMSP_E_INVALID_ARGUMENT", false;
    /// The name or the value of an option is wrong, or a required option is missing. The message names it.
    Config = -2, c"SMSP_E_CONFIG", false;
    /// There was no connection, or it was lost before the whole answer arrived.
    Connect = -3, c"SMSP_E_CONNECT", true;
    /// The TLS handshake failed, or the server's certificate is not trusted.
    Tls = -4, c"SMSP_E_TLS", false;
    /// A time limit passed. The message names the option.
    Timeout = -5, c"SMSP_E_TIMEOUT", true;
    /// You cancelled the operation, or a child of fork() inherited it or its queue.
    Cancelled = -6, c"SMSP_E_CANCELLED", true;
    /// The HTTP status is not 2xx, and the body has no refusal that the library can read. For 5xx a retry later may help.
    Http = -7, c"SMSP_E_HTTP", false;
    /// The answer is not what the service documents, or it is too large.
    Protocol = -8, c"SMSP_E_PROTOCOL", true;
    /// The service refuses the API key. The library sends no further requests of this call.
    Auth = -9, c"SMSP_E_AUTH", false;
    /// The service refuses the account or your IP address. The library sends no further requests of this call.
    Denied = -10, c"SMSP_E_DENIED", false;
    /// HTTP status 429: the service says that it gets too many requests.
    RateLimited = -11, c"SMSP_E_RATE_LIMITED", true;
    /// The service refuses the request with another code, see smsp_error_api_code. Other requests of the call go on.
    Api = -12, c"SMSP_E_API", false;
    /// The system has not enough memory, threads or descriptors left.
    Resource = -13, c"SMSP_E_RESOURCE", true;
    /// A defect of the library. The library caught it, and you may go on.
    Internal = -99, c"SMSP_E_INTERNAL", false;
}

impl Code {
    /// Returns the number that crosses the C interface.
    pub const fn value(self) -> i32 {
        self as i32
    }

    /// Returns the name of the constant in C, such as `SMSP_E_TIMEOUT`.
    pub fn name(self) -> &'static str {
        self.c_name().to_str().unwrap_or("?")
    }

    /// Returns the code with this number, if there is one.
    pub fn from_value(value: i32) -> Option<Code> {
        Code::ALL.iter().copied().find(|code| code.value() == value)
    }
}
