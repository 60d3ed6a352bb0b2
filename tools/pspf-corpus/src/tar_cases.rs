//! Packages that read well and must be refused on unpacking, before anything is outside of the
//! directory they go to.

use tar::{Builder, EntryType, Header};

use crate::forge::gzip;
use crate::{Forge, Member};

/// 512 MiB of zeros, compressed twice.
const BOMB: &[u8] = include_bytes!("../samples/zeros-512-mib.gz.gz");

/// One package whose slot `tree` must not be unpacked.
pub struct TarCase {
    /// What is hostile about it.
    pub name: &'static str,
    /// The file.
    pub bytes: Vec<u8>,
    /// What some message of the chain of errors must contain.
    pub refusal: &'static str,
}

/// All of them.
pub fn tar_cases() -> Vec<TarCase> {
    let mut cases = entries();
    cases.extend(streams());
    cases
}

fn entries() -> Vec<TarCase> {
    let one = |name: &'static str, path: &str, kind: EntryType, link: &str, refusal: &'static str| {
        tree(
            name,
            &gzip(&[&entry(path, kind, link, b""), &[0; 1024][..]].concat()),
            refusal,
        )
    };
    vec![
        one(
            "parent directory",
            "../outside",
            EntryType::Regular,
            "",
            "expected a relative path without `..`",
        ),
        one(
            "parent directory in the middle",
            "a/../../outside",
            EntryType::Regular,
            "",
            "expected a relative path without `..`",
        ),
        one(
            "parent directory that stays inside",
            "a/../inside",
            EntryType::Regular,
            "",
            "expected a relative path without `..`",
        ),
        one(
            "absolute path",
            "/tmp/outside",
            EntryType::Regular,
            "",
            "expected a relative path without `..`",
        ),
        one(
            "symlink to outside",
            "link",
            EntryType::Symlink,
            "../../outside",
            "symlink",
        ),
        one("absolute symlink", "link", EntryType::Symlink, "/etc/passwd", "symlink"),
        one("hard link", "link", EntryType::Link, "/etc/passwd", "hard link"),
        one("character device", "device", EntryType::Char, "", "device"),
        one("block device", "device", EntryType::Block, "", "device"),
        one("FIFO", "fifo", EntryType::Fifo, "", "FIFO"),
        one("sparse file", "sparse", EntryType::GNUSparse, "", "sparse file"),
        tree(
            "write through a symlink",
            &gzip(
                &[
                    &entry("link", EntryType::Symlink, "elsewhere", b""),
                    &entry("link/file", EntryType::Regular, "", b"x"),
                    &[0; 1024][..],
                ]
                .concat(),
            ),
            "link",
        ),
    ]
}

fn streams() -> Vec<TarCase> {
    let file = [&entry("file", EntryType::Regular, "", b"x")[..], &[0; 1024][..]].concat();
    let member = gzip(&file);
    vec![
        tree(
            "empty tar",
            &gzip(&[0; 1024]),
            "expected a tar archive with at least one entry",
        ),
        tree("no tar", &gzip(b"hello\n"), "tar archive"),
        tree("truncated tar", &gzip(&file[..512]), "not a readable tar archive"),
        tree(
            "bytes after the tar",
            &gzip(&[&file[..], b"hidden"].concat()),
            "expected nothing after the end of the tar archive",
        ),
        tree(
            "truncated gzip",
            &member[..member.len() - 4],
            "not a readable tar archive",
        ),
        tree(
            "two gzip members",
            &[&member[..], &member[..]].concat(),
            "bytes after the end of the gzip stream",
        ),
        package(
            "nested gzip of 512 MiB",
            Member {
                original_size: None,
                ..Member::new("tree", "bomb", "gzip|gzip", 0x1010, BOMB)
            },
            "unpacks to more than the limit",
        ),
    ]
}

fn tree(name: &'static str, stored: &[u8], refusal: &'static str) -> TarCase {
    package(name, Member::new("tree", "{workenv}", "tgz", 0x1001, stored), refusal)
}

fn package(name: &'static str, member: Member, refusal: &'static str) -> TarCase {
    let bytes = Forge {
        members: vec![member],
        ..Forge::default()
    }
    .build();
    TarCase { name, bytes, refusal }
}

/// Header and content of one entry; the name goes into the header as it is.
fn entry(path: &str, kind: EntryType, link: &str, content: &[u8]) -> Vec<u8> {
    let mut header = Header::new_gnu();
    let fields = header.as_old_mut();
    fields.name[..path.len()].copy_from_slice(path.as_bytes());
    fields.linkname[..link.len()].copy_from_slice(link.as_bytes());
    header.set_entry_type(kind);
    header.set_mode(0o4755);
    header.set_size(content.len() as u64);
    if matches!(kind, EntryType::Char | EntryType::Block) {
        header
            .set_device_major(1)
            .and_then(|()| header.set_device_minor(3))
            .expect("a GNU header has device numbers");
    }
    header.set_cksum();
    let mut builder = Builder::new(Vec::new());
    let written = builder.append(&header, content).and_then(|()| builder.into_inner());
    let mut bytes = written.expect("writing to memory does not fail");
    bytes.truncate(bytes.len() - 1024);
    bytes
}
