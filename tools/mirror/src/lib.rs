//! Mirrors of binary packages: where they are, what can be read from them, and how a pinned file gets from there to here.
//!
//! | module | holds |
//! |---|---|
//! | [`address`] | what people write for a mirror |
//! | [`transport`] | what every kind of mirror can do |
//! | [`directory`], [`http`], [`ssh`] | the kinds; proxies, credentials, redirects |
//! | [`stamp`] | how a file of a web server is recognised later |
//! | [`catalog`] | which packages mirrors have, and whether to believe it |
//! | [`fetch`] | one pinned file, from the first mirror that has it: what builds use |
//! | [`download`] | many of them side by side, into a cache: what installers use |
//! | [`local_package`] | packages in a folder, checked |
//! | [`publish`] | how they get to a mirror |
//! | [`whole_file`] | files that appear complete |
//!
//! # What a mirror may do to us
//!
//! Everything a mirror says is somebody else's word. Each lie has one answer and one test (`tests/faults.rs`, `tests/resume.rs`,
//! `tests/credentials.rs`, `tests/catalog.rs`, `tests/fetch.rs`). Of files:
//!
//! | lie or fault | answer |
//! |---|---|
//! | other bytes than pinned | refused by digest, the next mirror is asked at once |
//! | more or fewer bytes than pinned | refused by size; of a longer answer one byte too many is read, no more |
//! | an error page with status 200 | the same: it has another size or digest |
//! | nothing for half a minute, or a trickle | given up, tried again, then the next mirror |
//! | 408, 429, 5xx, a connection that breaks | tried again three times with growing pauses, or as long as it asks for |
//! | 401, 403, 404 | the next mirror at once |
//! | three failures in a row | asked last from then on |
//! | a file that changes between two parts of a transfer | parts are joined by a strong validator only, and the whole is hashed |
//! | redirects without end, to `http://`, to other schemes | at most ten are followed, and none of the others |
//! | a redirect to another server, to catch a password | credentials stay behind, for good |
//!
//! Of what there is:
//!
//! | attack | answer |
//! |---|---|
//! | no signature, one by a key that nobody trusts, by a revoked key, of other bytes | refused, each with ids and advice |
//! | an older index than was seen before (rollback) | refused: the highest serial of each key is remembered |
//! | an index that nobody renews (freeze) | refused for installing once it has expired, told for queries |
//! | a serial that leaves no room for more (fast-forward) | refused |
//! | a shard of another publication (mix-and-match) | refused: the signed root names shards by digest |
//! | a record under another package's name, or that leads out of the mirror | refused |
//! | root and signature read while both are replaced | read once more |
//! | an index that is a bomb | unpacked up to a limit |

#![forbid(unsafe_code)]

pub mod address;
mod attempt;
mod cache_folder;
pub mod catalog;
mod causes;
pub mod directory;
pub mod download;
pub mod fetch;
pub mod http;
pub mod local_package;
pub mod publish;
pub mod ssh;
pub mod stamp;
pub mod transport;
pub mod whole_file;

pub use address::{Address, AddressError, InsecureError};
pub use attempt::{AttemptError, Attempts, Size};
pub use cache_folder::cache_folder;
pub use download::Downloads;
pub use fetch::{FetchError, Fetcher, Pin};
pub use http::{Access, AccessError};
pub use transport::{Mirror, OpenError, Transport};
pub use whole_file::WholeFile;
