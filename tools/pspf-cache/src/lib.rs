//! The cache of unpacked packages: where it is, who may use it, what is in it, when it goes.
//!
//! The launcher fills and reads it; `psp cache` lists, checks and empties it. Both go through this crate, so
//! that there is one idea of what a safe directory, a valid entry and an entry in use are.
//!
//! ```text
//! <root>/buckpack/                    0700, checked for owner and mode with every directory above it
//!     <metadata sha256>-<index>/      one unpacked package; <index> = 16 digits of the index block's sha256
//!         record                      the verified start that made it; its presence makes the entry valid
//!         files                       checksum, length and mode of every file that was unpacked
//!         setup.log                   what setup commands printed
//!         workenv/                    the program's files
//!     .lock-<entry>                   kernel lock held while the entry is being made
//!     .staging-<entry>                the entry while it is being made
//!     .trash-<entry>-<pid>            an entry on its way out
//!     .swept                          its time is that of the last automatic clean-up
//! ```
//!
//! Threats and answers: another user plants or edits entries (owner and mode of every component are checked
//! before anything is read); a process dies at any point (nothing counts until `record` stands; the kernel
//! drops the lock); power fails before the disk has the files (the first start after another boot compares them);
//! two starts race (the lock, then one rename); a clean-up meets a running program (every
//! program holds a shared lock on its record); the same user edits files (`psp cache verify` tells).

mod boot;
mod entry;
mod error;
mod file_list;
mod file_state;
mod lock;
mod names;
mod record;
mod remove;
mod root;
mod safety;
mod sweep;
#[cfg_attr(unix, path = "unix/mod.rs")]
#[cfg_attr(windows, path = "windows/mod.rs")]
mod system;
pub mod windows_path;

pub use boot::current as current_boot;
pub use entry::{Cache, Entry};
pub use error::{CacheError, IoContext};
pub use file_list::{Deviation, FileList};
pub use file_state::{FileState, Sum};
pub use lock::{ExtractionLock, UseLock};
pub use names::EntryName;
pub use record::{About, RECORD_FORMAT, Record};
pub use remove::remove_tree;
pub use root::{Choice, FILES, Opened, Root, Variables, WORKENV, choose};
pub use safety::{Flaw, create_private_path};
pub use sweep::{Limits, Listed, Swept, list, sweep, sweep_when_due};
pub use system::{check_path, effective_user, is_root, kept_mode, link_text, mode};
