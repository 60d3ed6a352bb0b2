//! Threads without names, for the launcher as it ships.
//!
//! Its threads have none. The standard library would name one all the same, and musl does that through `printf`: 9 kB, in every
//! package. With this function in its place none of them is linked.

#![allow(unsafe_code, reason = "the standard library calls this function by name")]

use std::ffi::{c_char, c_int, c_void};

/// Leaves the thread without a name.
#[unsafe(no_mangle)]
extern "C" fn pthread_setname_np(_thread: *const c_void, _name: *const c_char) -> c_int {
    0
}
