//! fawn: a small build engine for the Buck2 rules of this repository.
//!
//! The layers, each knowing only those before it: config → load → configure → analyse → execute → command line.
//! `docs/fawn.md` says which part of Buck2's interface is here, and how the rest is refused.

pub mod action;
pub mod session;
