//! Execution and commands, seen through the real program on small projects with rules of their own.

mod caching;
mod commands;
mod crash;
mod failing;
mod hermetic;
mod unchanged;
mod world;
