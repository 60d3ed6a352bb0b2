//! Namespaces for actions, without any privilege of the caller.
//!
//! One helper process (fawn itself, started again with [`SERVER`] as its first argument) enters a user namespace, prepares
//! two root directories and forks one worker per job slot. Actions are children of the workers: a fork, a mount
//! namespace, an overlay and a `pivot_root` each. When fawn ends, however it ends, the kernel ends them all.
//!
//! | root | holds | for |
//! |---|---|---|
//! | strict | `/usr /bin /lib* /etc /opt /nix /dev /proc /sys` read-only, an empty `/tmp` | every action |
//! | host | everything but the project | `local_only` actions |

mod client;
mod enter;
mod protocol;
mod roots;
mod server;
mod sys;

use super::ROOT;

pub use client::Client;
pub use server::serve;

/// First argument of the helper process.
pub const SERVER: &str = "__sandbox-server";
