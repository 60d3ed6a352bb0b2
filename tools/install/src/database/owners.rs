//! Which package a path belongs to: a sorted text that is searched by halves, so that a question costs a few reads however
//! many files are installed. It is derived from `installed/` and made again when it is missing or does not fit.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use binpkg::manifest::{EntryKind, Manifest};

use super::{Database, Installed, PackageId};
use crate::error::{At, InstallError};
use crate::target_path::TargetPath;

/// A package that has a path in its manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The package.
    pub package: PackageId,
    /// A directory, which several packages may share.
    pub directory: bool,
}

/// Begins the file; the state of `installed/` follows that it describes.
const HEADER: &str = "binpkg-owners/1";
/// How much is read at once while searching; a line is about a hundred bytes.
const CHUNK: usize = 1024;

/// The sorted lines `PATH d|f NAME@SLOT`, in a file or in memory.
pub(crate) enum Owners {
    File { file: File, start: u64, length: u64 },
    Memory(Vec<u8>),
}

/// What a transaction changes.
#[derive(Debug, Default)]
pub(crate) struct OwnersChange {
    /// Packages whose lines go.
    pub(crate) gone: BTreeSet<PackageId>,
    /// Lines that come.
    pub(crate) lines: Vec<String>,
}

impl Database {
    /// The packages that have `path` in their manifests. Links on the way are followed inside the root.
    ///
    /// # Errors
    /// A database that cannot be read.
    pub fn owners_of(&self, path: &TargetPath) -> Result<Vec<Owner>, InstallError> {
        let owners = Owners::open(self)?;
        let found = owners.of(path).at("read", Owners::path(self))?;
        if !found.is_empty() {
            return Ok(found);
        }
        let place = crate::resolver::Resolver::new(self.tree())
            .entry(path)
            .at("follow", self.tree().name(path))?;
        owners.of(&place).at("read", Owners::path(self))
    }
}

impl Owners {
    fn path(database: &Database) -> PathBuf {
        database.directory.join("owners")
    }

    /// The state of `installed/` that the lines describe: every change of it is a rename in that directory.
    fn state(database: &Database) -> Option<String> {
        let installed = fs::metadata(database.directory.join("installed")).ok()?;
        Some(format!("{HEADER} {}.{:09}", installed.mtime(), installed.mtime_nsec()))
    }

    /// The file, if it fits; else the lines made again, which are also written if that is allowed.
    pub(crate) fn open(database: &Database) -> Result<Self, InstallError> {
        if let Some(owners) = Self::fitting(database) {
            return Ok(owners);
        }
        let state = Self::state(database);
        let mut lines = Vec::new();
        for package in database.all()? {
            lines.extend(Self::lines(&package, &database.manifest(&package.id)?)?);
        }
        lines.sort_unstable();
        let mut text = Vec::new();
        for line in lines {
            text.extend_from_slice(line.as_bytes());
        }
        if let Some(state) = state {
            // Somebody who may only read does without.
            let _ = Self::write(database, &state, |out| out.write_all(&text));
        }
        Ok(Self::Memory(text))
    }

    fn fitting(database: &Database) -> Option<Self> {
        let state = Self::state(database)?;
        let file = File::open(Self::path(database)).ok()?;
        let length = file.metadata().ok()?.len();
        let start = state.len() as u64 + 1;
        let mut first = vec![0; state.len() + 1];
        file.read_exact_at(&mut first, 0).ok()?;
        (first.strip_suffix(b"\n") == Some(state.as_bytes())).then_some(Self::File { file, start, length })
    }

    /// The lines of one package.
    pub(crate) fn lines(package: &Installed, manifest: &Manifest) -> Result<Vec<String>, InstallError> {
        let mut places = package.places()?;
        let line = |entry: &binpkg::manifest::Entry| {
            let letter = if entry.kind == EntryKind::Directory { 'd' } else { 'f' };
            let place = places.of(entry);
            format!("{} {letter} {}\n", place.escaped(), package.id)
        };
        Ok(manifest.entries().iter().map(line).collect())
    }

    /// Reads everything once when there will be many questions.
    pub(crate) fn into_memory(self) -> std::io::Result<Self> {
        match self {
            Self::File { file, start, length } => {
                let mut text = vec![0; length.saturating_sub(start) as usize];
                file.read_exact_at(&mut text, start)?;
                Ok(Self::Memory(text))
            }
            memory => Ok(memory),
        }
    }

    /// The packages that have exactly this path.
    pub(crate) fn of(&self, path: &TargetPath) -> std::io::Result<Vec<Owner>> {
        let wanted = path.escaped() + " ";
        let mut at = self.first_not_below(wanted.as_bytes())?;
        let mut owners = Vec::new();
        while let Some(line) = self.line(at)? {
            let Some(rest) = line.strip_prefix(wanted.as_bytes()) else {
                break;
            };
            at += line.len() as u64 + 1;
            let parsed = std::str::from_utf8(rest).ok().and_then(|rest| rest.split_once(' '));
            if let Some((letter, id)) = parsed
                && let Ok(package) = id.parse()
            {
                owners.push(Owner {
                    package,
                    directory: letter == "d",
                });
            }
        }
        Ok(owners)
    }

    /// Where the first line begins that is not below `wanted`.
    fn first_not_below(&self, wanted: &[u8]) -> std::io::Result<u64> {
        let (mut low, mut high) = (self.start(), self.end());
        // Both are beginnings of lines, or the end.
        while low < high {
            let middle = self.line_start(low, low + (high - low) / 2)?;
            let line = self.line(middle)?.unwrap_or_default();
            if line.as_slice() < wanted {
                low = middle + line.len() as u64 + 1;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }

    fn start(&self) -> u64 {
        match self {
            Self::File { start, .. } => *start,
            Self::Memory(_) => 0,
        }
    }

    fn end(&self) -> u64 {
        match self {
            Self::File { length, .. } => *length,
            Self::Memory(text) => text.len() as u64,
        }
    }

    /// The beginning of the line that the byte at `middle` is in; nothing before `low` is looked at.
    fn line_start(&self, low: u64, middle: u64) -> std::io::Result<u64> {
        let mut end = middle;
        while end > low {
            let from = end.saturating_sub(CHUNK as u64).max(low);
            let bytes = self.bytes(from, (end - from) as usize)?;
            if let Some(newline) = bytes.iter().rposition(|byte| *byte == b'\n') {
                return Ok(from + newline as u64 + 1);
            }
            end = from;
        }
        Ok(low)
    }

    /// The line at `at`, without its end; `None` at the end.
    fn line(&self, at: u64) -> std::io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        let mut from = at;
        while from < self.end() {
            let bytes = self.bytes(from, CHUNK)?;
            match bytes.iter().position(|byte| *byte == b'\n') {
                Some(newline) => {
                    line.extend_from_slice(&bytes[..newline]);
                    return Ok(Some(line));
                }
                None => line.extend_from_slice(&bytes),
            }
            from += bytes.len() as u64;
        }
        Ok((at < self.end()).then_some(line))
    }

    fn bytes(&self, from: u64, length: usize) -> std::io::Result<Vec<u8>> {
        let length = length.min(self.end().saturating_sub(from) as usize);
        match self {
            Self::Memory(text) => Ok(text[from as usize..from as usize + length].to_vec()),
            Self::File { file, .. } => {
                let mut bytes = vec![0; length];
                file.read_exact_at(&mut bytes, from)?;
                Ok(bytes)
            }
        }
    }

    /// Takes the file away, before `installed/` changes: whatever happens next, it is made again.
    pub(crate) fn set_aside(database: &Database, to: &Path) -> Option<File> {
        let fits = Self::fitting(database).is_some();
        let path = Self::path(database);
        match fs::rename(&path, to) {
            Ok(()) if fits => File::open(to).ok(),
            _ => None,
        }
    }

    /// Writes the lines after a change: those of `before`, which are sorted, and those of the change.
    pub(crate) fn merge(database: &Database, before: File, mut change: OwnersChange) -> std::io::Result<()> {
        let Some(state) = Self::state(database) else {
            return Ok(());
        };
        change.lines.sort_unstable();
        let mut old = BufReader::with_capacity(1 << 16, before);
        let gone: Vec<Vec<u8>> = change.gone.iter().map(|id| format!(" {id}\n").into_bytes()).collect();
        Self::write(database, &state, |out| {
            let mut line = Vec::new();
            old.read_until(b'\n', &mut line)?; // the header
            let mut new = change.lines.iter().peekable();
            loop {
                line.clear();
                let more = old.read_until(b'\n', &mut line)? > 0;
                while let Some(next) = new.next_if(|next| !more || next.as_bytes() < line.as_slice()) {
                    out.write_all(next.as_bytes())?;
                }
                if !more {
                    return Ok(());
                }
                if !gone.iter().any(|id| line.ends_with(id)) {
                    out.write_all(&line)?;
                }
            }
        })
    }

    fn write(
        database: &Database,
        state: &str,
        lines: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
    ) -> std::io::Result<()> {
        let path = Self::path(database);
        let beside = path.with_extension(format!("{}.part", std::process::id()));
        let written = File::create(&beside).and_then(|file| {
            let mut out = BufWriter::with_capacity(1 << 16, file);
            writeln!(out, "{state}")?;
            lines(&mut out)?;
            out.flush()?;
            fs::rename(&beside, &path)
        });
        if written.is_err() {
            let _ = fs::remove_file(&beside);
        }
        written
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> TargetPath {
        TargetPath::absolute(Path::new(text)).unwrap()
    }

    #[test]
    fn found_by_halves_in_memory_and_in_a_file() {
        let mut lines: Vec<_> = (0..5000).map(|n| format!("usr/share/f{n} f p{}@0\n", n % 7)).collect();
        lines.push("usr d a@0\n".into());
        lines.push("usr d b@0\n".into());
        lines.push(format!("{} f long@0\n", "x/".repeat(1500) + "x"));
        lines.sort();
        let text = lines.concat();
        let world = tempfile::tempdir().unwrap();
        let file = world.path().join("owners");
        fs::write(&file, format!("{HEADER}\n{text}")).unwrap();
        let start = HEADER.len() as u64 + 1;
        let both = [
            Owners::Memory(text.clone().into_bytes()),
            Owners::File {
                file: File::open(&file).unwrap(),
                start,
                length: start + text.len() as u64,
            },
        ];
        for owners in both {
            for n in 0..5000 {
                let found = owners.of(&path(&format!("/usr/share/f{n}"))).unwrap();
                assert_eq!(found.len(), 1);
                assert_eq!(found[0].package.to_string(), format!("p{}@0", n % 7));
            }
            let shared = owners.of(&path("/usr")).unwrap();
            let names: Vec<_> = shared.iter().map(|owner| owner.package.to_string()).collect();
            assert_eq!(names, ["a@0", "b@0"]);
            assert!(shared.iter().all(|owner| owner.directory));
            assert_eq!(owners.of(&path(&format!("/{}x", "x/".repeat(1500)))).unwrap().len(), 1);
            for absent in ["/usr/share", "/a", "/zzz", "/usr/share/f", "/usr/share/f50000"] {
                assert_eq!(owners.of(&path(absent)).unwrap(), [], "{absent}");
            }
        }
        assert_eq!(Owners::Memory(Vec::new()).of(&path("/x")).unwrap(), []);
    }
}
