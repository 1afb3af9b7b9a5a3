//! Version and names.

use libc::c_char;

use super::boundary::accessor;
use super::error::smsp_code;
use super::report::smsp_state;
use crate::code::Code;
use crate::state::State;

const UNKNOWN: *const c_char = c"?".as_ptr();

/// The version of the library that is running, "x.y.z". Compare with SMSP_VERSION, that of the header.
/// The text is static. Any thread may call this.
#[unsafe(no_mangle)]
pub extern "C" fn smsp_version() -> *const c_char {
    const VERSION: *const c_char = concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast();
    accessor(VERSION, || Some(VERSION))
}

/// The name of a code, such as "SMSP_E_TIMEOUT"; "?" if there is no such code.
/// The text is static. Any thread may call this.
#[unsafe(no_mangle)]
pub extern "C" fn smsp_code_name(code: smsp_code) -> *const c_char {
    accessor(UNKNOWN, || Code::from_value(code).map(|code| code.c_name().as_ptr()))
}

/// The name of a state, such as "not_delivered"; "?" if there is no such state.
/// The text is static. Any thread may call this.
#[unsafe(no_mangle)]
pub extern "C" fn smsp_state_name(state: smsp_state) -> *const c_char {
    accessor(UNKNOWN, || State::from_value(state).map(|state| state.c_name().as_ptr()))
}

/// 1 if a state will never change (DELIVERED, NOT_DELIVERED, NOT_SENT, INVALID), else 0. A message that is not found
/// or refused now may be known later: delivery reports take up to 48 hours. Any thread may call this.
#[unsafe(no_mangle)]
pub extern "C" fn smsp_state_is_final(state: smsp_state) -> i32 {
    accessor(0, || State::from_value(state).map(|state| i32::from(state.is_final())))
}
