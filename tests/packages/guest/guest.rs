//! A Rust archive of somebody else's, to be linked into one program with libsmsp: it uses std, threads and unwinding.
//! It is compiled by rustc alone, in any edition.

/// Counts the bytes of a text in a thread, of which one panics first and is caught.
///
/// # Safety
/// `text` is a NUL-terminated string.
#[no_mangle]
pub unsafe extern "C" fn guest_length(text: *const std::os::raw::c_char) -> i32 {
    let text = std::ffi::CStr::from_ptr(text).to_string_lossy().into_owned();
    std::panic::set_hook(Box::new(|_| ()));
    let caught = std::panic::catch_unwind(|| panic!("caught")).is_err();
    let counted = std::thread::spawn(move || text.len() as i32).join();
    if caught { counted.unwrap_or(-1) } else { -1 }
}
