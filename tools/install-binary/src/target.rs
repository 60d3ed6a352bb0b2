//! Which installation a command works on.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use cli::Words;
use install::{Database, DbLock, Place, Recovered};

use crate::exit::Coded;

/// Where packages are installed.
#[derive(clap::Args)]
pub(crate) struct TargetArgs {
    /// The root that everything stays in
    #[arg(long, value_name = "DIR", default_value = "/")]
    pub(crate) root: PathBuf,
    /// The prefix, seen from the root
    #[arg(short, long, value_name = "PATH", default_value = Place::USR)]
    pub(crate) prefix: PathBuf,
    /// Folder of the database [default: /var/lib/binpkg in the root; with another prefix .binpkg in that]
    #[arg(long, value_name = "DIR")]
    pub(crate) state_dir: Option<PathBuf>,
}

/// How a command that changes an installation begins.
#[derive(clap::Args)]
pub(crate) struct ChangeArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// Wait so long for another process that works on this installation
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub(crate) wait: u64,
    /// Do not ask; and finish or undo an interrupted transaction first, as `recover` does
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// Say nothing but errors, warnings and the data asked for
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

impl TargetArgs {
    /// Looks at the database.
    pub(crate) fn open(&self) -> Result<Database> {
        let place = Place::new(&self.root, &self.prefix, self.state_dir.clone()).coded()?;
        Database::open(place).coded()
    }

    /// The options that name this installation again, for commands that people are told to type.
    pub(crate) fn options(&self) -> String {
        let mut text = String::new();
        let mut option =
            |name: &str, value: &Path| text.push_str(&format!(" {name} {}", shell(&value.to_string_lossy())));
        if self.root != Path::new("/") {
            option("--root", &self.root);
        }
        if self.prefix != Path::new(Place::USR) {
            option("--prefix", &self.prefix);
        }
        if let Some(folder) = &self.state_dir {
            option("--state-dir", folder);
        }
        text
    }
}

impl ChangeArgs {
    pub(crate) fn words(&self) -> Words {
        Words::new("install-binary", self.quiet)
    }

    /// Takes the right to change the installation. What an interrupted transaction left is dealt with if that was allowed.
    pub(crate) fn lock(&self, database: &Database) -> Result<DbLock> {
        let lock = database.lock(&command(), Duration::from_secs(self.wait)).coded()?;
        if let Some(interrupted) = database.interrupted().coded()? {
            if !self.yes {
                return Err(install::InstallError::from(interrupted)).coded();
            }
            let recovered = database.recover(&lock).coded().context("cannot recover")?;
            self.words().note(&recovery(&recovered));
        }
        Ok(lock)
    }
}

/// What recovery did.
pub(crate) fn recovery(recovered: &Recovered) -> String {
    match recovered {
        Recovered::Nothing => "nothing to recover".to_owned(),
        Recovered::Undone(was) => format!("undone: the interrupted transaction {} ({})", was.id, was.command),
        Recovered::Finished(was) => format!("finished: the interrupted transaction {} ({})", was.id, was.command),
    }
}

/// What was typed, for the history and for whoever waits.
fn command() -> String {
    let words = std::env::args_os().skip(1).map(|word| shell(&word.to_string_lossy()));
    words.collect::<Vec<_>>().join(" ")
}

/// A word as it is typed into a shell.
pub(crate) fn shell(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "+,-./:=@_%~^".contains(c);
    if !word.is_empty() && word.chars().all(plain) && !word.starts_with('~') {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_shell() {
        for (word, typed) in [
            ("bash@5.3", "bash@5.3"),
            ("", "''"),
            ("a b", "'a b'"),
            ("it's", "'it'\\''s'"),
            ("~x", "'~x'"),
        ] {
            assert_eq!(shell(word), typed);
        }
    }
}
