//! Mirrors of binary packages: where they are, what can be read from them, and how a pinned file gets from there to here.
//!
//! | module | holds |
//! |---|---|
//! | [`address`] | what people write for a mirror |
//! | [`transport`] | what every kind of mirror can do |
//! | [`directory`], [`http`] | the kinds |
//! | [`fetch`] | one pinned file, from the first mirror that has it |
//! | [`index`] | what a mirror says it has, and whether to believe it |
//! | [`local_package`] | packages in a folder, checked |
//! | [`publish`] | how they get to a mirror |
//! | [`whole_file`] | files that appear complete |
//!
//! # What a mirror may do to us
//!
//! Everything a mirror says is somebody else's word. Each lie has one answer and one test:
//!
//! | lie or fault | answer |
//! |---|---|
//! | other bytes than pinned | refused by digest, the next mirror is asked at once |
//! | more or fewer bytes than pinned | refused by size; of a longer answer one byte too many is read, no more |
//! | an error page with status 200 | the same: it has another size or digest |
//! | nothing for half a minute, or a trickle | given up, tried again, then the next mirror |
//! | 408, 429, 5xx, a connection that breaks | tried again three times with growing pauses |
//! | 401, 403, 404 | the next mirror at once |
//! | endless redirects | at most ten are followed |

#![forbid(unsafe_code)]

pub mod address;
pub mod directory;
pub mod fetch;
pub mod http;
pub mod index;
pub mod local_package;
pub mod publish;
pub mod transport;
pub mod whole_file;

pub use address::{Address, AddressError};
pub use fetch::{FetchError, Fetcher, Pin};
pub use transport::{Mirror, OpenError, Transport};
pub use whole_file::WholeFile;
