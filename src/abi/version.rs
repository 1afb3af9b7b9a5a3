//! Version and names.

use libc::c_char;

use super::boundary::accessor;
use super::error::smsp_code;
use super::report::smsp_state;
use crate::code::Code;
use crate::state::State;

const UNKNOWN: *const c_char = c"?".as_ptr();

/// Returns the version of the library that is running, such as "0.1.0". SMSP_VERSION is the version of the header that
/// the program was compiled with. The text is static.
#[unsafe(no_mangle)]
pub extern "C" fn smsp_version() -> *const c_char {
    const VERSION: *const c_char = concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast();
    accessor(VERSION, || Some(VERSION))
}

/// Returns the name of a code, such as "SMSP_E_TIMEOUT", or "?" for an unknown code. The text is static.
#[unsafe(no_mangle)]
pub extern "C" fn smsp_code_name(code: smsp_code) -> *const c_char {
    accessor(UNKNOWN, || Code::from_value(code).map(|code| code.c_name().as_ptr()))
}

/// Returns the name of a state, such as "not_delivered", or "?" for an unknown state. The text is static.
#[unsafe(no_mangle)]
pub extern "C" fn smsp_state_name(state: smsp_state) -> *const c_char {
    accessor(UNKNOWN, || State::from_value(state).map(|state| state.c_name().as_ptr()))
}

/// Returns 1 if a state is final and never changes (DELIVERED, NOT_DELIVERED, NOT_SENT, INVALID), else 0. Ask again later
/// about the others. Even a message that the service does not find or refuses now may be known later, because delivery
/// reports take up to 48 hours.
#[unsafe(no_mangle)]
pub extern "C" fn smsp_state_is_final(state: smsp_state) -> i32 {
    accessor(0, || State::from_value(state).map(|state| i32::from(state.is_final())))
}
