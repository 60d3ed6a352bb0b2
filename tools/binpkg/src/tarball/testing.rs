//! For the tests of this module: packages of real trees, and archives that no writer of ours would write.

use std::io::Write as _;
use std::path::Path;

use super::write::header::Header;
use crate::manifest::Manifest;
use crate::metadata::{LayoutKind, Metadata};
use crate::names::{PackageName, ShortHash};
use crate::payload::{Payload, Placement};
use crate::recipe::Permission;

/// Metadata of a package `tool` whose payload has this manifest.
pub(super) fn metadata(manifest: &Manifest, kind: LayoutKind) -> Metadata {
    let hash = manifest.content_hash();
    let text = format!(
        r#"{{"schema": "binpkg-metadata/1", "target": "//tool:tool", "name": "tool", "version": "1",
            "config_hash": "86884539", "content_hash": "{}", "content_hash_full": "{hash}",
            "layout": {{"kind": "{}", "prefix": "/usr", "libdir": "lib"}}}}"#,
        ShortHash::of(&hash),
        kind.word(),
    );
    Metadata::parse(text.as_bytes()).unwrap()
}

/// Looks at a tree as the payload of `tool`.
pub(crate) fn scan(tree: &Path, permissions: &str) -> Payload {
    let permissions: Vec<Permission> = serde_json::from_str(permissions).unwrap();
    let name: PackageName = "tool".parse().unwrap();
    let placement = Placement {
        name: &name,
        kind: None,
        place: None,
        permissions: &permissions,
    };
    Payload::scan(tree, &placement).unwrap()
}

/// A tar archive in the making, without any check.
#[derive(Default)]
pub(super) struct Tar(Vec<u8>);

impl Tar {
    /// One that begins as a package `tool` with these manifest lines does.
    pub(super) fn package(kind: LayoutKind, lines: &[&str]) -> Self {
        Self::package_for("", kind, lines)
    }

    /// The same for a system that the metadata name.
    pub(super) fn package_for(os: &str, kind: LayoutKind, lines: &[&str]) -> Self {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let text = format!("binpkg-manifest/1\n{text}");
        let manifest = Manifest::parse(text.as_bytes()).unwrap();
        let mut metadata = metadata(&manifest, kind);
        metadata.platform.insert("os".into(), os.into());
        let metadata = metadata.to_json().unwrap();
        Self::default()
            .file("METADATA.json", metadata.as_bytes())
            .file("MANIFEST", text.as_bytes())
            .directory("tool/")
    }

    pub(super) fn member(mut self, kind: u8, mode: u32, name: &[u8], link: &[u8], content: &[u8]) -> Self {
        let size = content.len() as u64;
        let header = Header {
            name,
            kind,
            mode,
            uid: 0,
            gid: 0,
            size,
            mtime: 0,
            link,
            user: b"",
            group: b"",
        };
        self.0.extend(header.to_bytes());
        self.0.extend(content);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
        self
    }

    pub(super) fn file(self, name: impl AsRef<[u8]>, content: &[u8]) -> Self {
        self.member(b'0', 0o644, name.as_ref(), b"", content)
    }

    pub(super) fn directory(self, name: &str) -> Self {
        self.member(b'5', 0o755, name.as_bytes(), b"", b"")
    }

    pub(super) fn link(self, name: &str, target: impl AsRef<[u8]>) -> Self {
        self.member(b'2', 0o777, name.as_bytes(), target.as_ref(), b"")
    }

    /// A pax record for the next member.
    pub(super) fn pax(self, key: &str, value: &[u8]) -> Self {
        // The length of a record counts its own digits; two of them in all tests.
        let length = key.len() + value.len() + 5;
        let record = [format!("{length} {key}=").as_bytes(), value, b"\n"].concat();
        assert_eq!(record.len(), length);
        self.member(b'x', 0o644, b"pax", b"", &record)
    }

    /// The archive with its end, uncompressed.
    pub(super) fn end(mut self) -> Vec<u8> {
        self.0.extend([0; 1024]);
        self.0
    }

    /// The archive with its end, as gzip.
    pub(super) fn gz(self) -> Vec<u8> {
        gz(&self.end())
    }
}

pub(super) fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut writer = archive::GzipWriter::new(Vec::new(), None);
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}
