//! `host_info()`: the machine that runs the build.

use starlark::environment::GlobalsBuilder;
use starlark::starlark_module;
use starlark::values::structs::AllocStruct;
use starlark::values::{Heap, Value};

const OS: [(&str, &str); 4] = [
    ("is_freebsd", "freebsd"),
    ("is_linux", "linux"),
    ("is_macos", "macos"),
    ("is_windows", "windows"),
];

const ARCH: [(&str, &str); 8] = [
    ("is_aarch64", "aarch64"),
    ("is_arm", "arm"),
    ("is_i386", "x86"),
    ("is_mips", "mips"),
    ("is_mips64", "mips64"),
    ("is_powerpc", "powerpc"),
    ("is_powerpc64", "powerpc64"),
    ("is_x86_64", "x86_64"),
];

/// Names of Buck2's struct that fawn has no machine for.
const NEVER_OS: [&str; 1] = ["is_unknown"];
const NEVER_ARCH: [&str; 5] = ["is_armeb", "is_mipsel", "is_mipsel64", "is_unknown", "is_riscv64"];

fn flags<'v>(known: &[(&str, &str)], never: &[&str], current: &str, heap: Heap<'v>) -> Value<'v> {
    let known = known
        .iter()
        .map(|(name, value)| (*name, Value::new_bool(*value == current)));
    let never = never.iter().map(|name| (*name, Value::new_bool(false)));
    heap.alloc(AllocStruct(known.chain(never).collect::<Vec<_>>()))
}

/// Puts `host_info` into the globals.
#[starlark_module]
pub(crate) fn register(globals: &mut GlobalsBuilder) {
    fn host_info<'v>(heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let os = flags(&OS, &NEVER_OS, std::env::consts::OS, heap);
        let arch = flags(&ARCH, &NEVER_ARCH, std::env::consts::ARCH, heap);
        Ok(heap.alloc(AllocStruct([("os", os), ("arch", arch)])))
    }
}
