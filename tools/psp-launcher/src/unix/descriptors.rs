//! Standard descriptors that the caller has closed.

#![allow(unsafe_code, reason = "system calls that nothing wraps")]

/// Gives descriptors 0, 1 and 2 a harmless meaning where they are closed. Otherwise the next file that is opened, such as
/// one being unpacked, would become stderr, and messages would go into it. The program finds them closed, as they were.
pub fn prepare() {
    for descriptor in 0..3 {
        // SAFETY: asks about a number; the path is a string that ends with a zero byte. The lowest free number is the one
        // just seen to be free.
        unsafe {
            if libc::fcntl(descriptor, libc::F_GETFD) < 0 {
                libc::open(c"/dev/null".as_ptr(), libc::O_RDWR | libc::O_CLOEXEC);
            }
        }
    }
}
