//! The contents of source files, remembered between commands so that an unchanged file is not read again.

use super::entry::{Entry, FileEntry};
use super::store::{Origin, Store};
use super::{files, paths, scan};
use anyhow::{Context, Result, bail};
use std::collections::{BTreeMap, HashMap};
use std::fs::{self, Metadata};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// A file that changed less than this before it was read may change again without a new time stamp.
const RACY: Duration = Duration::from_millis(50);
const HEADER: &str = "fawn sources 1";

/// Everything by which a changed file shows without being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    size: u64,
    inode: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self {
            size: metadata.len(),
            inode: metadata.ino(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    fn is_settled(&self) -> bool {
        let Ok(now) = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) else {
            return false;
        };
        let (seconds, nanos) = self.changed.max(self.modified);
        let Ok(seconds) = u64::try_from(seconds) else {
            return true;
        };
        Duration::new(seconds, u32::try_from(nanos).unwrap_or(0)) + RACY < now
    }
}

#[derive(Clone, Copy)]
struct Known {
    stamp: Stamp,
    file: FileEntry,
    settled: bool,
}

/// The sources of one project.
pub struct Sources {
    root: PathBuf,
    record: PathBuf,
    known: Mutex<HashMap<String, Known>>,
    entries: Mutex<HashMap<String, Entry>>,
}

impl Sources {
    /// The sources below `root`; `record` is the file that remembers them.
    pub fn load(root: &Path, record: PathBuf) -> Self {
        let known = fs::read_to_string(&record)
            .ok()
            .and_then(|text| parse(&text))
            .unwrap_or_default();
        Self {
            root: root.to_owned(),
            record,
            known: Mutex::new(known),
            entries: Mutex::default(),
        }
    }

    /// The content of a source; looked at once in a command. A source that is a link is what the link leads to.
    ///
    /// # Errors
    /// A path that does not exist, leads out of the project, or cannot be read.
    pub fn entry(&self, path: &str, store: &Store) -> Result<Entry> {
        if let Some(entry) = lock(&self.entries).get(path) {
            return Ok(entry.clone());
        }
        let entry = self.look(path, store)?;
        lock(&self.entries).insert(path.to_owned(), entry.clone());
        Ok(entry)
    }

    /// Every path that was looked at, with what lies in directories.
    pub fn looked(&self) -> Vec<PathBuf> {
        let mut looked = Vec::new();
        for (path, entry) in &*lock(&self.entries) {
            let full = self.root.join(path);
            entry.walk(&mut String::new(), &mut |inner, _| {
                looked.push(match inner {
                    "" => full.clone(),
                    inner => full.join(inner),
                });
            });
        }
        looked
    }

    fn look(&self, path: &str, store: &Store) -> Result<Entry> {
        let full = self.root.join(path);
        let metadata = match fs::metadata(&full) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == ErrorKind::NotFound && full.is_symlink() => {
                bail!("the source `{path}` is a link to nothing; repair or remove the link")
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                bail!("the source `{path}` does not exist; create it, or remove it from the target that names it")
            }
            Err(error) => return Err(error).with_context(|| format!("cannot read the source `{path}`")),
        };
        if full.is_symlink() {
            self.check_link(path, &full)?;
        }
        if metadata.is_file() {
            return self.file(path, &full, &metadata, store).map(Entry::File);
        }
        if !metadata.is_dir() {
            bail!("the source `{path}` is neither a file nor a directory");
        }
        let mut entries = BTreeMap::new();
        for child in fs::read_dir(&full).with_context(|| format!("cannot list the source `{path}`"))? {
            let child = child.with_context(|| format!("cannot list the source `{path}`"))?;
            let Ok(name) = child.file_name().into_string() else {
                bail!(
                    "the source `{path}` holds a file name that is not UTF-8: {}",
                    child.path().display()
                );
            };
            let child = format!("{path}/{name}");
            let entry = self.link(&child)?.map_or_else(|| self.look(&child, store), Ok)?;
            entries.insert(name, entry);
        }
        Ok(Entry::dir(entries))
    }

    /// A link inside a source directory stays one; what it leads to comes along as a source of its own.
    fn link(&self, path: &str) -> Result<Option<Entry>> {
        let full = self.root.join(path);
        let Ok(target) = fs::read_link(&full) else {
            return Ok(None);
        };
        if target.is_absolute() {
            bail!("the source `{path}` is an absolute link; make it a relative one, which holds in every checkout");
        }
        if !full.exists() {
            bail!("the source `{path}` is a link to nothing; repair or remove the link");
        }
        self.check_link(path, &full)?;
        match target.to_str() {
            Some(target) if paths::resolve(paths::parent(path), target).is_some() => {
                Ok(Some(Entry::Link(target.into())))
            }
            _ => bail!("the source `{path}` is a link that leads out of the project; copy the file instead"),
        }
    }

    fn check_link(&self, path: &str, full: &Path) -> Result<()> {
        let target = full
            .canonicalize()
            .with_context(|| format!("cannot follow the source `{path}`"))?;
        if !target.starts_with(&self.root) {
            bail!("the source `{path}` is a link that leads out of the project; copy the file instead");
        }
        if full.parent().is_some_and(|parent| parent.starts_with(&target)) {
            bail!("the source `{path}` is a link to a directory that holds it; remove the link");
        }
        Ok(())
    }

    fn file(&self, path: &str, full: &Path, metadata: &Metadata, store: &Store) -> Result<FileEntry> {
        let stamp = Stamp::of(metadata);
        let known = lock(&self.known).get(path).copied();
        let file = match known {
            Some(known) if known.stamp == stamp && known.settled => known.file,
            _ => {
                let settled = stamp.is_settled();
                let file = scan::file(full, metadata)?;
                lock(&self.known).insert(path.to_owned(), Known { stamp, file, settled });
                file
            }
        };
        let file = FileEntry {
            executable: scan::is_executable(metadata),
            ..file
        };
        store.offer(file.digest, Origin::Path(full.into()));
        Ok(file)
    }

    /// Remembers what was looked at.
    ///
    /// # Errors
    /// The operating system's.
    pub fn save(&self) -> Result<()> {
        let mut lines: Vec<String> = lock(&self.known)
            .iter()
            .filter(|(_, known)| known.settled)
            .map(line)
            .collect();
        lines.sort_unstable();
        let text = format!("{HEADER}\0{}", lines.concat());
        if fs::read(&self.record).is_ok_and(|old| old == text.as_bytes()) {
            return Ok(());
        }
        files::write_atomically(&self.record, text.as_bytes())
    }
}

fn line((path, known): (&String, &Known)) -> String {
    let Stamp {
        size,
        inode,
        modified,
        changed,
    } = known.stamp;
    format!(
        "{path}\n{} {size} {inode} {} {} {} {}\0",
        known.file.digest, modified.0, modified.1, changed.0, changed.1
    )
}

/// `None` when anything in it is odd: then every source is read again.
fn parse(text: &str) -> Option<HashMap<String, Known>> {
    let mut records = text.split_terminator('\0');
    (records.next()? == HEADER).then_some(())?;
    records
        .map(|record| {
            let (path, rest) = record.rsplit_once('\n')?;
            let mut fields = rest.split(' ');
            let digest = fields.next()?.parse().ok()?;
            let size = fields.next()?.parse().ok()?;
            let inode = fields.next()?.parse().ok()?;
            let mut number = || fields.next()?.parse().ok();
            let stamp = Stamp {
                size,
                inode,
                modified: (number()?, number()?),
                changed: (number()?, number()?),
            };
            let file = FileEntry {
                digest,
                size,
                executable: false,
            };
            Some((
                path.to_owned(),
                Known {
                    stamp,
                    file,
                    settled: true,
                },
            ))
        })
        .collect()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use digest::Sha256;

    fn sources(world: &Path) -> (Sources, Store) {
        (
            Sources::load(world, world.join("record")),
            Store::new(&world.join("cache")),
        )
    }

    fn digest(world: &Path, path: &str) -> Sha256 {
        let (sources, store) = sources(world);
        let Entry::File(file) = sources.entry(path, &store).unwrap() else {
            panic!("no file")
        };
        sources.save().unwrap();
        file.digest
    }

    #[test]
    fn a_change_without_a_new_size_is_seen() {
        let world = tempfile::tempdir().unwrap();
        let world = world.path();
        for text in ["one", "two", "six"] {
            fs::write(world.join("a b"), text).unwrap();
            assert_eq!(digest(world, "a b"), Sha256::of(text.as_bytes()));
        }
    }

    #[test]
    fn a_settled_file_is_remembered() {
        let world = tempfile::tempdir().unwrap();
        fs::write(world.path().join("a"), "x").unwrap();
        std::thread::sleep(RACY * 2);
        digest(world.path(), "a");
        let known = parse(&fs::read_to_string(world.path().join("record")).unwrap()).unwrap();
        assert_eq!(known["a"].file.digest, Sha256::of(b"x"));
        fs::write(world.path().join("record"), "fawn sources 1\0torn").unwrap();
        assert_eq!(digest(world.path(), "a"), Sha256::of(b"x"));
    }

    #[test]
    fn links_are_followed_inside_only() {
        let world = tempfile::tempdir().unwrap();
        let root = world.path().canonicalize().unwrap();
        fs::create_dir(root.join("d")).unwrap();
        fs::write(root.join("d/f"), "x").unwrap();
        std::os::unix::fs::symlink("d", root.join("in")).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", root.join("out")).unwrap();
        std::os::unix::fs::symlink("nothing", root.join("dead")).unwrap();
        let (sources, store) = sources(&root);
        assert_eq!(
            sources.entry("in", &store).unwrap(),
            sources.entry("d", &store).unwrap()
        );
        let message = |path| sources.entry(path, &store).unwrap_err().to_string();
        assert!(message("out").contains("leads out of the project"));
        assert!(message("dead").contains("a link to nothing"));
        assert!(message("none").contains("does not exist"));
    }

    #[test]
    fn links_inside_a_directory_stay_links() {
        let world = tempfile::tempdir().unwrap();
        let root = world.path().canonicalize().unwrap();
        let link = |target: &str, at: &str| {
            let at = root.join(at);
            fs::create_dir_all(at.parent().unwrap()).unwrap();
            std::os::unix::fs::symlink(target, at).unwrap();
        };
        fs::create_dir(root.join("other")).unwrap();
        link("../other", "good/l");
        link("/etc", "absolute/l");
        link("../..", "outside/l");
        link("nothing", "dead/l");
        link("..", "circle/l");
        let (sources, store) = sources(&root);
        let expected = Entry::dir([("l".to_owned(), Entry::Link("../other".into()))].into());
        assert_eq!(sources.entry("good", &store).unwrap(), expected);
        for (path, why) in [
            ("absolute", "`absolute/l` is an absolute link"),
            ("outside", "`outside/l` is a link that leads out of the project"),
            ("dead", "`dead/l` is a link to nothing"),
            ("circle", "`circle/l` is a link to a directory that holds it"),
        ] {
            let error = sources.entry(path, &store).unwrap_err().to_string();
            assert!(error.contains(why), "{path}: {error}");
        }
    }
}
