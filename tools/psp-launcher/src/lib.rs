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

#[cfg(unix)]
mod cli;
#[cfg(unix)]
mod complete;
#[cfg(unix)]
mod confine;
#[cfg(unix)]
mod descriptors;
#[cfg(unix)]
mod environ;
#[cfg(unix)]
mod exec;
mod failure;
#[cfg(unix)]
mod first;
#[cfg(unix)]
mod gate;
#[cfg(unix)]
mod lookup;
#[cfg(all(panic = "abort", target_os = "linux", target_feature = "crt-static"))]
mod no_unwinder;
mod options;
#[cfg(unix)]
mod own;
pub mod pattern;
pub mod placeholders;
#[cfg(unix)]
mod plan;
#[cfg(unix)]
mod prepare;
#[cfg(unix)]
mod rehearse;
#[cfg(unix)]
mod run;
#[cfg(unix)]
mod say;
#[cfg(unix)]
mod setup;
#[cfg(unix)]
mod signals;
#[cfg(unix)]
mod sink;
#[cfg(unix)]
mod sizes;
#[cfg(unix)]
mod slot;
#[cfg(unix)]
mod spawn;
#[cfg(unix)]
mod start;
pub mod target;
#[cfg(unix)]
mod tree;
#[cfg(unix)]
mod unpack;
pub mod words;

pub use failure::Code;
#[cfg(unix)]
pub use rehearse::rehearse;
#[cfg(unix)]
pub use run::run;
