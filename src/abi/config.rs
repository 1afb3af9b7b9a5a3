//! Configuration.

use std::ffi::CString;
use std::sync::{Mutex, MutexGuard, PoisonError};

use libc::{c_char, size_t};

use super::boundary::{accessor, free, into_handle, required, required_text, text};
use super::error::{fallible, smsp_code, smsp_error};
use crate::config::{Config, OPTIONS};

/// The options of a client, by name: docs/CONFIGURATION.md lists them all. Made by smsp_config_new, ended by
/// smsp_config_free. Any thread may use it.
pub struct smsp_config(Mutex<Shared>);

#[derive(Default)]
struct Shared {
    config: Config,
    /// Texts that were handed out; another thread may set the option while one is read.
    handed_out: Vec<CString>,
}

impl smsp_config {
    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is set at this moment.
    pub(super) fn snapshot(&self) -> Config {
        self.lock().config.clone()
    }
}

impl Shared {
    /// The value of an option, which lives as long as this does.
    fn hand_out(&mut self, name: &str) -> Option<*const c_char> {
        let value = self.config.get_c(name)?;
        let known = self.handed_out.iter().position(|text| **text == *value);
        let place = known.unwrap_or_else(|| {
            self.handed_out.push(value.to_owned());
            self.handed_out.len() - 1
        });
        Some(self.handed_out[place].as_ptr())
    }
}

/// A configuration with the defaults; it reads no environment. The caller frees it.
#[unsafe(no_mangle)]
pub extern "C" fn smsp_config_new() -> *mut smsp_config {
    accessor(std::ptr::null_mut(), || Some(into_handle(smsp_config(Mutex::default()))))
}

/// Sets what the environment sets: SMSP_ and an option's name in capitals (SMSP_BASE_URL), SMSPARTNER_API_KEY for
/// api_key, and for proxy the first of HTTPS_PROXY, https_proxy, ALL_PROXY, all_proxy, unless NO_PROXY or no_proxy lists
/// the host. It overrides what was set before and is overridden by what is set after. An empty variable is an unset one.
/// It must not run beside setenv.
/// Returns SMSP_OK, or SMSP_E_CONFIG with an error that names the variable; then nothing is changed. It is
/// SMSP_E_CONFIG too in a program that has more rights than its caller (setuid): the environment is the caller's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smsp_config_load_env(config: *mut smsp_config, error: *mut *mut smsp_error) -> smsp_code {
    unsafe { fallible(error, || required(config, "config")?.lock().config.load_env()) }
}

/// Sets an option to a value, both as text. Times are in milliseconds, 0 is none; booleans are true, false, 1, 0.
/// Returns SMSP_OK, or SMSP_E_CONFIG with an error that names the option and says what it takes; then nothing is
/// changed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smsp_config_set(
    config: *mut smsp_config,
    name: *const c_char,
    value: *const c_char,
    error: *mut *mut smsp_error,
) -> smsp_code {
    let set = || {
        let (config, name, value) =
            unsafe { (required(config, "config")?, required_text(name, "name")?, required_text(value, "value")?) };
        config.lock().config.set_c(name, value)
    };
    unsafe { fallible(error, set) }
}

/// The value of an option as text; NULL if it has none or if there is no such option. Secrets read "***". The text
/// lives as long as the configuration.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smsp_config_get(config: *const smsp_config, name: *const c_char) -> *const c_char {
    let get = || unsafe { config.as_ref() }?.lock().hand_out(unsafe { text(name) }?.to_str().ok()?);
    accessor(std::ptr::null(), get)
}

/// The name of the option at this index; NULL past the last. The text is static. Any thread may call this.
#[unsafe(no_mangle)]
pub extern "C" fn smsp_option_name(index: size_t) -> *const c_char {
    accessor(std::ptr::null(), || OPTIONS.get(index).map(|option| option.c_name().as_ptr()))
}

/// Ends a configuration; NULL is fine. Clients made with it have copies of their own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smsp_config_free(config: *mut smsp_config) {
    unsafe { free(config) };
}
