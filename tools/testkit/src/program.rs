//! Where the workspace's programs are while a test runs.

use std::path::PathBuf;

/// The path of a program of this workspace: in the folder `$BUCKPACK_PROGRAMS`, else where cargo puts programs, beside the
/// folder of the running test.
///
/// # Panics
/// When there is no such program: build it first, `cargo build -p <crate>`.
pub fn program(name: &str) -> PathBuf {
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let folder = match std::env::var_os("BUCKPACK_PROGRAMS") {
        Some(folder) => PathBuf::from(folder),
        None => {
            let test = std::env::current_exe().expect("the running test has a path");
            test.ancestors()
                .nth(2)
                .expect("a test runs two folders below the programs")
                .to_owned()
        }
    };
    let path = std::path::absolute(folder.join(&file)).expect("the current folder exists");
    assert!(
        path.is_file(),
        "{} is missing; build it first: cargo build --workspace",
        path.display()
    );
    path
}
