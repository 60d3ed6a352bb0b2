//! An unwinder that does not unwind, for the launcher as it ships: it aborts on panic and is linked without tables.
//!
//! The compiler's own unwinder would be there for backtraces alone, and with them the library that reads debug information:
//! a tenth of the file, in every package. With these functions in their place link-time optimisation sees that a backtrace
//! has no frames, and leaves all of it out; a panic prints its message and place without.

#![allow(
    unsafe_code,
    reason = "the C library and the standard library call these functions by name"
)]

use std::ffi::{c_int, c_void};

/// `_URC_END_OF_STACK`: there are no frames.
const END_OF_STACK: c_int = 5;

/// Calls `visit` for no frame.
#[unsafe(no_mangle)]
extern "C" fn _Unwind_Backtrace(_visit: *const c_void, _argument: *mut c_void) -> c_int {
    END_OF_STACK
}

/// What only a panic in flight or a cancelled thread would call, and the launcher knows neither.
macro_rules! never_called {
    ($($name:ident)*) => {
        $(
            #[unsafe(no_mangle)]
            extern "C" fn $name() -> ! {
                std::process::abort()
            }
        )*
    };
}

never_called! {
    _Unwind_DeleteException
    _Unwind_ForcedUnwind
    _Unwind_GetCFA
    _Unwind_GetDataRelBase
    _Unwind_GetIP
    _Unwind_GetIPInfo
    _Unwind_GetLanguageSpecificData
    _Unwind_GetRegionStart
    _Unwind_GetTextRelBase
    _Unwind_RaiseException
    _Unwind_Resume
    _Unwind_Resume_or_Rethrow
    _Unwind_SetGR
    _Unwind_SetIP
    _Unwind_FindEnclosingFunction
}
