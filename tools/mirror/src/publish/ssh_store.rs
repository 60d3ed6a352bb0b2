//! A mirror on another machine, written over ssh.
//!
//! Each step of a publication is one transfer and one script there, whatever the number of files: bytes arrive in a folder of their own on
//! the disk of the mirror, are hashed there, and get their names by `ln` (which never replaces anything) or `mv` (which replaces in one
//! step).

use std::io::Read;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use digest::Sha256;

use super::lock::{Held, LockError, LockRules, owner};
use super::ssh_lock::SshLock;
use super::ssh_staging::Staged;
use super::store::{Listed, NewFile, Store, StoreError};
use crate::ssh::{Session, SshAddress, SshError, SshOptions, quote};

/// Where bytes wait until they are complete, below the mirror.
pub(super) const INCOMING: &str = ".incoming";

/// How a mirror is written over ssh.
#[derive(Clone, Debug)]
pub struct SshRules {
    /// How ssh is used.
    pub options: SshOptions,
    /// Whether rsync brings the files, in the place of scp.
    pub with_rsync: bool,
    /// Where files wait to be brought; a private folder in it is made and removed. The usual place for such folders, if none.
    pub staging: Option<PathBuf>,
    /// How many transfers run side by side.
    pub jobs: usize,
    /// How often is tried again what failed because of the connection.
    pub retries: u32,
}

impl Default for SshRules {
    fn default() -> Self {
        Self {
            options: SshOptions::from_env(),
            with_rsync: false,
            staging: None,
            jobs: 4,
            retries: 3,
        }
    }
}

/// A mirror on another machine.
pub struct SshStore {
    pub(super) session: Session,
    rules: SshRules,
    /// The lock's text and the folder with a plain name that leads to [`INCOMING`], while the mirror is locked.
    pub(super) held: Mutex<Option<Place>>,
}

/// What holding the lock gives.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) owner: String,
    pub(super) folder: String,
}

impl SshStore {
    /// The mirror at this address: in its folder `binaries` where there is one, else in itself.
    pub fn new(address: SshAddress, rules: SshRules) -> Self {
        let session = Session::new(address, rules.options.clone());
        let held = Mutex::new(None);
        Self { session, rules, held }
    }

    /// Runs a script there that finds the folder of the mirror in `$r`.
    pub(super) fn run(&self, doing: &str, script: &str) -> Result<Vec<u8>, SshError> {
        self.session.run(doing, &format!("{}{script}", self.root()))
    }

    fn root(&self) -> String {
        let path = quote(&self.session.address().path);
        format!("r={path}\nif [ -d \"$r/binaries\" ]; then r=\"$r/binaries\"; fi\n")
    }

    /// Does it again, after a growing pause, if the connection was to blame.
    pub(super) fn patiently<T, E: Passing>(&self, step: impl Fn() -> Result<T, E>) -> Result<T, E> {
        let mut pause = Duration::from_millis(500);
        for _ in 0..self.rules.retries {
            match step() {
                Err(error) if error.may_pass() => std::thread::sleep(pause),
                done => return done,
            }
            pause *= 2;
        }
        step()
    }

    pub(super) fn place(&self) -> Option<Place> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Brings files and gives them their names, by the function `put` of the script.
    fn put(&self, files: &[&NewFile], put: &str) -> Result<(), StoreError> {
        let doing = "putting files in place";
        let Some(place) = self.place() else {
            return Err(self.session.unreadable("locking").into());
        };
        if files.is_empty() {
            return Ok(());
        }
        let staged = Staged::new(files, self.rules.staging.as_deref(), self.rules.jobs)?;
        let brought = self
            .session
            .bring(&staged.folders, &place.folder, self.rules.with_rsync);
        brought.map_err(|error| self.with_space(error, staged.bytes))?;
        let mut script = format!(
            "cd \"$r/{INCOMING}\"\n{HASH}if [ \"$(cat ../.lock/owner)\" != {} ]; then echo lost; return 0; fi\n",
            quote(place.owner.trim_end())
        );
        script.push_str(CHECK);
        for (number, file) in staged.files.iter().enumerate() {
            script.push_str(&format!("check {number} {} {}\n", file.sha256, file.size));
        }
        script.push_str("sync -- * 2>/dev/null || :\n");
        script.push_str(put);
        for (number, file) in files.iter().enumerate() {
            let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            script.push_str(&format!(
                "put {number} {} {}\n",
                quote(&format!("../{}", file.path)),
                quote(&format!("../{folder}"))
            ));
        }
        script.push_str("echo done\n");
        let answer = self.run(doing, &script)?;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (word, rest) = answer.trim_end().split_once(' ').unwrap_or((answer.trim_end(), ""));
        let path = || {
            rest.parse()
                .ok()
                .and_then(|number: usize| files.get(number))
                .map(|file| file.path.clone())
        };
        match (word, path()) {
            ("done", _) => Ok(()),
            ("other", Some(path)) => Err(StoreError::OtherBytes { path }),
            ("damaged", Some(path)) => Err(StoreError::Damaged { path }),
            ("lost", _) => Err(StoreError::LockLost),
            _ => Err(self.session.unreadable(doing).into()),
        }
    }

    /// Says that the disk is full, if it is; how files are brought, nobody says that on the way.
    fn with_space(&self, error: SshError, needed: u64) -> SshError {
        let SshError::Failed { address, doing, said } = error else {
            return error;
        };
        let free = self.run("looking at the disk", "df -Pk \"$r\" | awk 'NR == 2 { print $4 }'\n");
        let free: Option<u64> = free
            .ok()
            .and_then(|free| String::from_utf8_lossy(&free).trim().parse().ok());
        match free {
            Some(free) if free * 1024 < needed => SshError::Failed {
                said: format!(
                    "no space left there ({free} KiB free, {} needed); {said}",
                    needed.div_ceil(1024)
                ),
                address,
                doing,
            },
            _ => SshError::Failed { address, doing, said },
        }
    }
}

/// Defines `hash`, which reads its input, or leaves it undefined.
const HASH: &str = "if command -v sha256sum >/dev/null 2>&1; then hash_of() { sha256sum | cut -c1-64; }
elif command -v shasum >/dev/null 2>&1; then hash_of() { shasum -a 256 | cut -c1-64; }
elif command -v openssl >/dev/null 2>&1; then hash_of() { openssl dgst -sha256 -r | cut -c1-64; }
else hash_of() { echo none; }
fi
";

/// Whether a file has arrived: by its digest, or by its size where nothing can make one.
const CHECK: &str = "check() {
h=$(hash_of <\"$1\")
if [ \"$h\" = none ]; then if [ $(wc -c <\"$1\") -eq \"$3\" ]; then return 0; fi
elif [ \"$h\" = \"$2\" ]; then return 0; fi
echo \"damaged $1\"; exit 0
}
";

/// Gives a new name, and compares where it is taken. Without hard links there is the lock alone.
const PUT_NEW: &str = "put() {
chmod 644 \"$1\"; mkdir -p \"$3\"
if [ ! -e \"$2\" ]; then
if ln \"$1\" \"$2\" 2>/dev/null; then rm -f \"$1\"; return 0; fi
if [ ! -e \"$2\" ]; then mv \"$1\" \"$2\"; return 0; fi
fi
if cmp -s \"$1\" \"$2\"; then rm -f \"$1\"; else echo \"other $1\"; exit 0; fi
}
";

const REPLACE: &str = "put() { chmod 644 \"$1\"; mkdir -p \"$3\"; mv -f \"$1\" \"$2\"; }\n";

/// Prints size and path of each file, each with a zero after it.
const LIST: &str = "cd \"$r\" 2>/dev/null || return 0
if find . -prune -printf '' 2>/dev/null; then find -L . -name '.?*' -prune -o -type f -printf '%s %P\\0'
else find -L . -name '.?*' -prune -o -type f -exec sh -c 'for f; do printf \"%s %s\\0\" $(wc -c <\"$f\") \"${f#./}\"; done' sh {} +
fi
";

impl Store for SshStore {
    fn address(&self) -> String {
        self.session.address().to_string()
    }

    fn lock<'a>(&'a self, rules: &LockRules) -> Result<Box<dyn Held + 'a>, LockError> {
        Ok(Box::new(SshLock::take(self, owner(), rules)?))
    }

    fn read(&self, paths: &[String]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        if paths.is_empty() {
            return Ok(Vec::new());
        }
        let doing = "reading the index";
        let mut script = String::from(
            "get() { if [ -f \"$r/$1\" ]; then echo $(wc -c <\"$r/$1\"); cat \"$r/$1\"; else echo none; fi; }\n",
        );
        paths
            .iter()
            .for_each(|path| script.push_str(&format!("get {}\n", quote(path))));
        let answer = self.patiently(|| self.run(doing, &script))?;
        let (mut rest, mut files) = (&answer[..], Vec::new());
        for _ in paths {
            let cut = |rest: &mut &[u8]| -> Option<Option<Vec<u8>>> {
                let end = rest.iter().position(|byte| *byte == b'\n')?;
                let word = std::str::from_utf8(&rest[..end]).ok()?;
                *rest = &rest[end + 1..];
                if word == "none" {
                    return Some(None);
                }
                let size = word.parse().ok()?;
                let (file, more) = rest.split_at_checked(size)?;
                *rest = more;
                Some(Some(file.to_vec()))
            };
            files.push(cut(&mut rest).ok_or_else(|| self.session.unreadable(doing))?);
        }
        Ok(files)
    }

    fn open(&self, path: &str) -> Result<Box<dyn Read>, StoreError> {
        let base = &self.session.address().path;
        for place in [format!("{base}/binaries/{path}"), format!("{base}/{path}")] {
            if let Some(file) = self.session.open(&place)? {
                return Ok(Box::new(file));
            }
        }
        Err(StoreError::file("read", path)(std::io::ErrorKind::NotFound.into()))
    }

    fn digests(&self, paths: &[String]) -> Result<Vec<Option<Sha256>>, StoreError> {
        let doing = "hashing files";
        let mut script =
            format!("{HASH}get() {{ if [ -f \"$r/$1\" ]; then hash_of <\"$r/$1\"; else echo absent; fi; }}\n");
        paths
            .iter()
            .for_each(|path| script.push_str(&format!("get {}\n", quote(path))));
        let answer = self.patiently(|| self.run(doing, &script))?;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let mut words = answer.lines();
        let digest = |path: &String| match words.next() {
            Some("absent") => Ok(None),
            // Nothing there makes digests: the bytes come here.
            Some("none") => {
                let mut hashing = digest::HashingReader::new(self.open(path)?);
                std::io::copy(&mut hashing, &mut std::io::sink()).map_err(StoreError::file("read", path))?;
                Ok(Some(hashing.finish().0))
            }
            Some(word) => word
                .parse()
                .map(Some)
                .map_err(|_| self.session.unreadable(doing).into()),
            None => Err(self.session.unreadable(doing).into()),
        };
        paths.iter().map(digest).collect()
    }

    fn put_new(&self, files: &[NewFile]) -> Result<(), StoreError> {
        self.patiently(|| {
            let paths: Vec<_> = files.iter().map(|file| file.path.clone()).collect();
            let mut missing = Vec::new();
            for (file, there) in files.iter().zip(self.digests(&paths)?) {
                match there {
                    None => missing.push(file),
                    Some(there) if there == file.digest()?.0 => {}
                    Some(_) => {
                        let path = file.path.clone();
                        return Err(StoreError::OtherBytes { path });
                    }
                }
            }
            self.put(&missing, PUT_NEW)
        })
    }

    fn replace(&self, files: &[NewFile]) -> Result<(), StoreError> {
        let files: Vec<_> = files.iter().collect();
        self.patiently(|| self.put(&files, REPLACE))
    }

    fn list(&self) -> Result<Vec<Listed>, StoreError> {
        let doing = "listing the files";
        let answer = self.patiently(|| self.run(doing, LIST))?;
        let mut found = Vec::new();
        for line in answer.split(|byte| *byte == 0).filter(|line| !line.is_empty()) {
            let line = String::from_utf8_lossy(line);
            let parsed = line
                .split_once(' ')
                .and_then(|(size, path)| Some((size.parse().ok()?, path)));
            let (size, path) = parsed.ok_or_else(|| self.session.unreadable(doing))?;
            let path = path.to_owned();
            found.push(Listed { path, size });
        }
        found.sort();
        Ok(found)
    }
}

/// An error that may be one of the moment.
pub(super) trait Passing {
    /// Whether the same may work a moment later.
    fn may_pass(&self) -> bool;
}

impl Passing for SshError {
    fn may_pass(&self) -> bool {
        self.may_pass()
    }
}

impl Passing for StoreError {
    fn may_pass(&self) -> bool {
        matches!(self, Self::Ssh(error) if error.may_pass())
    }
}
