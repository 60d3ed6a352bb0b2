use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use base64ct::{Base64, Encoding};

/// Names and passwords for hosts, from a file of the form that curl, git and ftp read: `machine HOST login NAME password PASSWORD`,
/// in any number of lines, or `default login …` for all other hosts. It is never printed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Netrc {
    entries: Vec<Entry>,
}

#[derive(Clone, Default, PartialEq, Eq)]
struct Entry {
    /// `None` for all hosts.
    host: Option<String>,
    login: String,
    password: String,
}

/// Why a credentials file is not used. Nothing of its content is told.
#[derive(Debug, thiserror::Error)]
pub enum NetrcError {
    /// It cannot be read.
    #[error("cannot read the credentials file {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Others can read it, or change it.
    #[error(
        "expected the credentials file {} to be readable for its owner only, found mode {mode:04o}; `chmod 600` it", path.display()
    )]
    Mode {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// It is somebody else's.
    #[error("expected the credentials file {} to belong to you, found user id {owner}", path.display())]
    Owner {
        /// The file.
        path: PathBuf,
        /// Its owner.
        owner: u32,
    },
    /// It is of another form.
    #[error("credentials file {}, line {line}: expected {expected}", path.display())]
    Form {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What should be there.
        expected: &'static str,
    },
}

/// No credentials file is larger.
const LARGEST: u64 = 1 << 20;

impl Netrc {
    /// Reads a file that nobody else can read.
    ///
    /// # Errors
    /// See [`NetrcError`].
    pub fn read(path: &Path) -> Result<Self, NetrcError> {
        let error = |source| NetrcError::File {
            path: path.to_owned(),
            source,
        };
        let file = File::open(path).map_err(error)?;
        check(path, &file)?;
        let mut text = String::new();
        file.take(LARGEST).read_to_string(&mut text).map_err(error)?;
        Self::parse(&text).map_err(|(line, expected)| NetrcError::Form {
            path: path.to_owned(),
            line,
            expected,
        })
    }

    fn parse(text: &str) -> Result<Self, (usize, &'static str)> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut words = Words::new(text);
        while let Some((line, word)) = words.next()? {
            let mut value = |what| match words.next()? {
                Some((_, value)) => Ok(value),
                None => Err((line, what)),
            };
            match word.as_str() {
                "machine" => entries.push(Entry {
                    host: Some(value("a host after `machine`")?.to_ascii_lowercase()),
                    ..Entry::default()
                }),
                "default" => entries.push(Entry::default()),
                "macdef" => words.skip_macro(),
                "login" | "password" | "account" => {
                    let value = value("a value after `login`, `password` or `account`")?;
                    let entry = entries.last_mut().ok_or((line, "`machine` or `default` first"))?;
                    match word.as_str() {
                        "login" => entry.login = value,
                        "password" => entry.password = value,
                        _ => {}
                    }
                }
                _ => return Err((line, "`machine`, `default`, `login`, `password`, `account` or `macdef`")),
            }
        }
        Ok(Self { entries })
    }

    /// What to send to a host to say who we are.
    pub(super) fn authorization(&self, host: &str) -> Option<String> {
        let fits = |entry: &&Entry| match &entry.host {
            Some(name) => name.eq_ignore_ascii_case(host),
            None => true,
        };
        let entry = self.entries.iter().find(fits)?;
        let pair = format!("{}:{}", entry.login, entry.password);
        Some(format!("Basic {}", Base64::encode_string(pair.as_bytes())))
    }
}

/// How many there are, and nothing else.
impl fmt::Debug for Netrc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Netrc({} entries)", self.entries.len())
    }
}

#[cfg(unix)]
fn check(path: &Path, file: &File) -> Result<(), NetrcError> {
    use std::os::unix::fs::MetadataExt;
    let path = path.to_owned();
    let found = match file.metadata() {
        Ok(found) => found,
        Err(source) => return Err(NetrcError::File { path, source }),
    };
    // A pipe, such as a shell makes of `<(…)`, is the caller's own.
    let mode = found.mode() & 0o777;
    if found.is_file() && mode & 0o077 != 0 {
        return Err(NetrcError::Mode { path, mode });
    }
    let owner = found.uid();
    if owner != 0 && owner != rustix::process::geteuid().as_raw() {
        return Err(NetrcError::Owner { path, owner });
    }
    Ok(())
}

#[cfg(not(unix))]
fn check(_: &Path, _: &File) -> Result<(), NetrcError> {
    Ok(())
}

/// The words of a file: separated by white space, in double quotes if they hold any, with comments from `#` at their beginning.
struct Words<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Words<'a> {
    fn new(text: &'a str) -> Self {
        Self { rest: text, line: 1 }
    }

    fn step(&mut self) -> Option<char> {
        let next = self.rest.chars().next()?;
        self.rest = &self.rest[next.len_utf8()..];
        self.line += usize::from(next == '\n');
        Some(next)
    }

    fn next(&mut self) -> Result<Option<(usize, String)>, (usize, &'static str)> {
        loop {
            match self.rest.chars().next() {
                None => return Ok(None),
                Some(blank) if blank.is_whitespace() => drop(self.step()),
                Some('#') => {
                    let end = self.rest.find('\n').unwrap_or(self.rest.len());
                    self.rest = &self.rest[end..];
                }
                Some(_) => break,
            }
        }
        let line = self.line;
        let mut word = String::new();
        if self.rest.starts_with('"') {
            self.step();
            loop {
                match self.step() {
                    Some('"') => return Ok(Some((line, word))),
                    Some('\\') => word.extend(self.step()),
                    Some('\n') | None => return Err((line, "a closing quote")),
                    Some(other) => word.push(other),
                }
            }
        }
        while let Some(next) = self.rest.chars().next().filter(|next| !next.is_whitespace()) {
            word.push(next);
            self.step();
        }
        Ok(Some((line, word)))
    }

    /// A macro of ftp's ends with an empty line.
    fn skip_macro(&mut self) {
        let end = self.rest.find("\n\n").map_or(self.rest.len(), |end| end + 2);
        self.line += self.rest[..end].matches('\n').count();
        self.rest = &self.rest[end..];
    }
}

#[cfg(test)]
#[path = "netrc_tests.rs"]
mod tests;
