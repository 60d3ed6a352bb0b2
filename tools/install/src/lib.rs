//! Installations of binary packages: where files go, what is installed, and changes that happen as a whole or not at all. No
//! network, and no packages that run anything while they are installed.
//!
//! | part | holds |
//! |---|---|
//! | [`Place`], [`TargetPath`] | the root, the prefix, and paths that never leave the root (section 13.4) |
//! | [`Database`], [`DbLock`] | what is installed, who owns a path, the history, one writer at a time (14.1, 14.2) |
//! | [`Transaction`] | installing, removing, repairing and rolling back: asked for, checked, committed (14.3 to 14.6) |
//! | [`Database::recover`] | what becomes of a transaction that was cut short |
//! | [`Dependents`] | who needs whom, and what a removal takes with it |
//! | [`Database::verify`] | whether files are still what was installed |
//!
//! # Threat model
//!
//! A tarball may come from anyone, and a root may be full of links that anyone made. Each line has its test.
//!
//! | attack or accident | answer |
//! |---|---|
//! | a payload that is not what its manifest says | every byte is compared while it is unpacked under temporary names; the first difference undoes the transaction |
//! | a tarball exchanged between the plan and the unpacking | metadata and manifest are compared with those of the plan ([`InstallError::Changed`]) |
//! | a path or a link of the package that leaves the root | refused by `binpkg`, before anything is planned |
//! | links of the target that lead out of the root | followed as the target itself would, `/` and `..` ending at the root; files are opened part by part, none through a link |
//! | a link put into the way after the plan | directories are opened with `O_NOFOLLOW`, files are made with `O_EXCL`: the transaction fails, and is undone |
//! | a package that writes into the database, or has temporary names | [`Obstacle::Database`], [`Obstacle::Reserved`] |
//! | set-id bits, owners, capabilities | only what the manifest grants, and only by root ([`InstallError::Privilege`]) |
//! | an old program with a set-id bit, kept for rollback | the store and the journal can be entered by root only |
//! | a file that belongs to somebody else | [`Conflicts`]; what may be replaced is kept in the store first |
//! | two writers | [`DbLock`]; a lock of the kernel, which goes with its process |
//! | a full disk, a kill, a power failure | the protocol below |
//!
//! Not defended against: another process of the same rights that changes the target or the database meanwhile, and a kernel or
//! disk that says that something is written and has not written it.
//!
//! # Commit protocol
//!
//! 1. The plan is written to `journal/<id>/` and synced: every temporary name that will be used, every place, every removal.
//! 2. New files are unpacked straight from the tarball to where they will be, under `.binpkg-<id>-<n>` beside their place, with
//!    mode, owner and capabilities; so there is no second copy, and no byte is read twice. A directory that is new is prepared
//!    as a whole under one such name. "Nothing changes before every check has passed" means: nothing under a name that anybody
//!    looks for. What fails until here takes the temporary names away again.
//! 3. What will be replaced or removed goes to the journal's store under its digest, as a second name of the same file where the
//!    file system can do that. The new entries of the database and the record of the history are written beside it.
//! 4. Each file system is synced once. Then `preparing` is renamed to `committing`, and that is synced: **the point of no return**.
//! 5. What was prepared is renamed into place; what goes is removed; directories that are empty now are removed.
//! 6. The new entries of the database are exchanged with the old ones, package by package.
//! 7. Each file system is synced again. Store and record are moved out of the journal, the list of owners is brought up to date,
//!    and the journal is renamed out of sight and removed.
//!
//! # Why recovery works
//!
//! *Before the point of no return* the target differs from what it was by temporary names only, all of which the plan names, and
//! the plan was on the disk before the first of them. Undoing is removing these names and the journal; a name that is not there
//! is skipped, so undoing can itself be cut short and done again.
//!
//! *After it* everything that the rest needs is on the disk, and the rest renames and removes only, so a full disk does not stop
//! it. Each step can see whether it was taken: a temporary name that is gone was renamed, a file that is gone was removed, an entry
//! of the database with the number of this transaction was exchanged. Taking all steps again therefore takes the missing ones.
//! Where a file gives way to a directory or the reverse, the old one is first renamed aside, to a name that the plan implies.
//!
//! A journal appears and disappears by one rename, so one that is seen has a whole plan, and one that is not seen has nothing
//! left to do. The list of owners is taken away before the database changes and bears the state that it describes, so one that
//! was not brought up to date is not believed.
//!
//! Each rename is atomic; the set of them is recoverable, but other processes may see the middle of it.

#![forbid(unsafe_code)]

mod database;
mod dependents;
mod error;
mod place;
mod resolver;
mod target_path;
#[cfg(test)]
mod testing;
mod transaction;
mod tree;
mod verify;

pub use database::{
    Change, Content, Database, DbLock, HistoryRecord, Holder, Installed, Origin, Owner, PackageId, Places, Replaced,
    Source, Version,
};
pub use dependents::{Dependents, Removal, RemovalOptions};
pub use error::{InstallError, RecordError};
pub use place::Place;
pub use target_path::TargetPath;
pub use transaction::{
    Checked, Conflict, Conflicts, Event, Incoming, InstallOptions, Interrupted, Obstacle, Outcome, Recovered,
    RemoveOptions, Transaction,
};
pub use verify::{Damage, Depth, Finding};
