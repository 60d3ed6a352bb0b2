//! Files are written by a thread of their own, while the next ones are still being unpacked and hashed.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use rustix::fs::{Gid, Mode, OFlags, Timespec, Timestamps, Uid, XattrFlags};

use super::capabilities;
use super::grants::Rights;
use crate::error::{At, InstallError};
use crate::target_path::TargetPath;
use crate::tree::Tree;

/// How much of a file travels at once.
const PIECE: usize = 256 << 10;
/// How many pieces may be under way, which bounds the memory.
const PIECES: usize = 64;

/// One step of writing; the pieces of a file follow its beginning.
enum Job<'a> {
    Begin(&'a TargetPath, &'a Rights),
    Piece(Vec<u8>),
    End,
    /// A second file with the content of one that was written before.
    Copy(&'a TargetPath, &'a Rights, &'a TargetPath),
}

/// Where files go that are to be written.
pub(super) struct Queue<'a>(SyncSender<Job<'a>>);

/// Calls `work`, which puts files into the queue, and waits until they are written; a file that cannot be is the first error.
pub(super) fn write_behind<'a, T>(
    tree: &'a Tree,
    time: u64,
    work: impl FnOnce(&mut Queue<'a>) -> Result<T, InstallError>,
) -> Result<T, InstallError> {
    let (sender, receiver) = sync_channel(PIECES);
    std::thread::scope(|scope| {
        let writing = scope.spawn(move || write_all(tree, time, &receiver));
        let mut queue = Queue(sender);
        let worked = work(&mut queue);
        drop(queue);
        match writing.join() {
            Ok(written) => written.and(worked),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

impl<'a> Queue<'a> {
    /// Puts a file into the queue; returns its size.
    pub(super) fn file(
        &mut self,
        place: &'a TargetPath,
        rights: &'a Rights,
        content: &mut dyn Read,
    ) -> io::Result<u64> {
        self.send(Job::Begin(place, rights))?;
        let mut size = 0;
        loop {
            let mut piece = Vec::new();
            content.take(PIECE as u64).read_to_end(&mut piece)?;
            size += piece.len() as u64;
            let last = piece.len() < PIECE;
            if !piece.is_empty() {
                self.send(Job::Piece(piece))?;
            }
            if last {
                break;
            }
        }
        self.send(Job::End)?;
        Ok(size)
    }

    /// Puts a copy of a file into the queue.
    pub(super) fn copy(&mut self, place: &'a TargetPath, rights: &'a Rights, from: &'a TargetPath) -> io::Result<()> {
        self.send(Job::Copy(place, rights, from))
    }

    /// Whoever writes has gone only if it has an error to tell.
    fn send(&mut self, job: Job<'a>) -> io::Result<()> {
        self.0
            .send(job)
            .map_err(|_| io::Error::other("an earlier file could not be written"))
    }
}

fn write_all(tree: &Tree, time: u64, jobs: &Receiver<Job<'_>>) -> Result<(), InstallError> {
    let mut open: Option<(File, &TargetPath, &Rights)> = None;
    for job in jobs {
        match (job, &mut open) {
            (Job::Begin(place, rights), _) => {
                open = Some((
                    create(tree, place, rights).at("create", tree.name(place))?,
                    place,
                    rights,
                ));
            }
            (Job::Piece(piece), Some((file, place, _))) => file.write_all(&piece).at("write", tree.name(place))?,
            (Job::End, Some((file, place, rights))) => {
                give(file.as_fd(), rights, Some(time)).at("set the mode of", tree.name(place))?;
                open = None;
            }
            (Job::Copy(place, rights, from), _) => {
                let mut content = tree.read(from).at("read", tree.name(from))?;
                write_file(tree, place, rights, Some(time), &mut content).at("write", tree.name(place))?;
            }
            (Job::Piece(_) | Job::End, None) => {}
        }
    }
    Ok(())
}

/// Writes a file at once.
pub(super) fn write_file(
    tree: &Tree,
    place: &TargetPath,
    rights: &Rights,
    time: Option<u64>,
    content: &mut dyn Read,
) -> io::Result<u64> {
    let mut file = create(tree, place, rights)?;
    let size = io::copy(content, &mut file)?;
    give(file.as_fd(), rights, time)?;
    Ok(size)
}

fn create(tree: &Tree, place: &TargetPath, rights: &Rights) -> io::Result<File> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    // Mostly the final mode, which then need not be set; nobody can use a set-id bit before it belongs to the right owner.
    let mode = Mode::from_raw_mode(rights.mode & 0o777) | Mode::RUSR | Mode::WUSR;
    let made: OwnedFd = tree.within(place, |parent, name| rustix::fs::openat(parent, name, flags, mode))?;
    Ok(made.into())
}

/// Sets owner, mode, capabilities and time, as far as they are not so already: each change is one in the file system's journal.
pub(super) fn give(file: impl AsFd, rights: &Rights, time: Option<u64>) -> io::Result<()> {
    let now = rustix::fs::fstat(&file)?;
    // In this order: a change of the owner takes set-id bits and capabilities away.
    if let Some((uid, gid)) = rights.owner.filter(|owner| *owner != (now.st_uid, now.st_gid)) {
        rustix::fs::fchown(&file, Some(Uid::from_raw(uid)), Some(Gid::from_raw(gid)))?;
    }
    if now.st_mode & 0o7777 != rights.mode {
        rustix::fs::fchmod(&file, Mode::from_raw_mode(rights.mode))?;
    }
    if let Some(value) = &rights.capabilities {
        rustix::fs::fsetxattr(&file, capabilities::ATTRIBUTE, value, XattrFlags::empty())?;
    }
    if let Some(seconds) = time {
        let time = Timespec {
            tv_sec: seconds as i64,
            tv_nsec: 0,
        };
        let times = Timestamps {
            last_access: time,
            last_modification: time,
        };
        rustix::fs::futimens(&file, &times)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_every_length() {
        let world = tempfile::tempdir().unwrap();
        let tree = Tree::open(world.path()).unwrap();
        let rights = Rights {
            mode: 0o640,
            owner: None,
            capabilities: None,
        };
        let sizes = [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE];
        let places: Vec<_> = sizes
            .iter()
            .map(|size| TargetPath::root().join(format!("f{size}").as_bytes()))
            .collect();
        write_behind(&tree, 1, |queue| {
            for (size, place) in sizes.iter().zip(&places) {
                let bytes: Vec<u8> = (0..*size).map(|n| n as u8).collect();
                assert_eq!(queue.file(place, &rights, &mut &bytes[..]).unwrap(), *size as u64);
            }
            Ok(())
        })
        .unwrap();
        for (size, place) in sizes.iter().zip(&places) {
            let bytes = std::fs::read(tree.name(place)).unwrap();
            assert!(bytes.iter().enumerate().all(|(n, byte)| *byte == n as u8) && bytes.len() == *size);
        }
    }

    #[test]
    fn the_first_error_is_told() {
        let world = tempfile::tempdir().unwrap();
        let tree = Tree::open(world.path()).unwrap();
        let rights = Rights {
            mode: 0o640,
            owner: None,
            capabilities: None,
        };
        let place = TargetPath::root().join(b"missing/x");
        let error = write_behind(&tree, 1, |queue| {
            loop {
                queue.file(&place, &rights, &mut &b"x"[..]).at("unpack", "x")?;
            }
            #[expect(unreachable_code, reason = "says what the type is")]
            Ok(())
        });
        let text = error.unwrap_err().to_string();
        assert!(
            text.starts_with("cannot create ") && text.ends_with("missing/x"),
            "{text}"
        );
    }
}
