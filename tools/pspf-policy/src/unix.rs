//! Where policies lie on systems with a directory `/etc`.

use std::path::PathBuf;

/// The variable that holds the user's home.
pub const HOME: &str = "HOME";

/// The user's directory in a home.
pub fn config_in_home(home: PathBuf) -> PathBuf {
    home.join(".config").join("flavor")
}

/// The operator's directory.
pub fn operators_directory() -> PathBuf {
    PathBuf::from("/etc/flavor")
}
