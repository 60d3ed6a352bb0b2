//! The launcher of PSPF/2025 packages: the program that begins every package and starts what is in it.
//!
//! ```text
//! own file ─▶ trailer ─▶ record of an earlier verified start? ──yes──▶ policy ─▶ exec
//!                                     │ no                                          ▲
//!                                     └▶ lock ─▶ verify ─▶ unpack beside ─▶ rename ─┘
//! ```
//!
//! A start that finds its record reads the trailer of the package and nothing else of it. Everything that comes from
//! the package was checked by `pspf-verify`; everything that is kept between starts is in `pspf-cache`; conditions for
//! a start are in `pspf-policy`.

mod cli;
pub mod command_line;
mod complete;
mod environ;
mod failure;
mod first;
mod gate;
mod lookup;
#[cfg(all(panic = "abort", target_os = "linux", target_feature = "crt-static"))]
mod no_thread_names;
#[cfg(all(panic = "abort", target_os = "linux", target_feature = "crt-static"))]
mod no_unwinder;
mod options;
mod own;
pub mod pattern;
pub mod placeholders;
mod plan;
mod prepare;
mod rehearse;
mod run;
mod say;
mod setup;
mod sink;
mod sizes;
mod slot;
mod start;
#[cfg_attr(unix, path = "unix/mod.rs")]
#[cfg_attr(windows, path = "windows/mod.rs")]
mod system;
pub mod target;
mod tree;
mod unpack;
pub mod windows_program;
pub mod words;

pub use failure::Code;
pub use rehearse::rehearse;
pub use run::run;
pub use system::Status;
