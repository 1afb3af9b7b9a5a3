//! Configuration.

use std::ffi::CString;
use std::sync::{Mutex, MutexGuard, PoisonError};

use libc::{c_char, size_t};

use super::boundary::{accessor, free, into_handle, required, required_text, text};
use super::error::{fallible, smsp_code, smsp_error};
use crate::config::{Config, OPTIONS};

/// The options of a client, by name. Created by smsp_config_new, freed by smsp_config_free. Any number of threads may use
/// it at the same time.
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
        let index = known.unwrap_or_else(|| {
            self.handed_out.push(value.to_owned());
            self.handed_out.len() - 1
        });
        Some(self.handed_out[index].as_ptr())
    }
}

/// Creates a configuration with the default values. It does not read the environment. You own it. Returns NULL only if an
/// internal error occurs.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn smsp_config_new() -> *mut smsp_config {
    accessor(std::ptr::null_mut(), || Some(into_handle(smsp_config(Mutex::default()))))
}

/// Sets all options that the environment has variables for: SMSP_ and the option's name in capitals, such as
/// SMSP_BASE_URL; SMSPARTNER_API_KEY for api_key; and for proxy the first that is set of SMSP_PROXY, HTTPS_PROXY,
/// https_proxy, ALL_PROXY and all_proxy. A proxy from the last four is not used for the hosts that NO_PROXY or no_proxy
/// lists. Variables override what was set before. What you set later overrides them. Empty variables are ignored.
/// Do not call this while another thread calls setenv.
///
/// Returns SMSP_OK, or SMSP_E_CONFIG with an error that names the variable; then no option has changed. In a program with
/// more rights than its caller (setuid), this always returns SMSP_E_CONFIG, because the caller controls the environment.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn smsp_config_load_env(config: *mut smsp_config, error: *mut *mut smsp_error) -> smsp_code {
    unsafe { fallible(error, || required(config, "config")?.lock().config.load_env()) }
}

/// Sets the option with this name. Values are texts: times in milliseconds, booleans "true", "false", "1" or "0". The
/// library copies the value. Clients that exist already do not change.
///
/// Returns SMSP_OK, or SMSP_E_CONFIG with an error that names the option and the values that it takes; then the option has
/// not changed.
#[unsafe(no_mangle)]
#[must_use]
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

/// Returns the value of an option, or NULL if it has no value or does not exist. Secrets are shown as "***". The text
/// belongs to the configuration and stays valid when the option is set again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smsp_config_get(config: *const smsp_config, name: *const c_char) -> *const c_char {
    let get = || unsafe { config.as_ref() }?.lock().hand_out(unsafe { text(name) }?.to_str().ok()?);
    accessor(std::ptr::null(), get)
}

/// Returns the name of the option at this index, or NULL past the last: count from 0 to list all options. The text is
/// static.
#[unsafe(no_mangle)]
pub extern "C" fn smsp_option_name(index: size_t) -> *const c_char {
    accessor(std::ptr::null(), || OPTIONS.get(index).map(|option| option.c_name().as_ptr()))
}

/// Frees a configuration. Does nothing if NULL. Clients have copies of their own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smsp_config_free(config: *mut smsp_config) {
    unsafe { free(config) };
}
