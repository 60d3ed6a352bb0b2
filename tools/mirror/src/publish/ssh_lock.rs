//! The lock of a mirror on another machine: a folder, because making one is atomic everywhere.

use std::sync::PoisonError;
use std::time::Duration;

use super::lock::{Held, LockError, LockRules, counts};
use super::ssh_store::{INCOMING, Place, SshStore};
use crate::ssh::{SshError, quote};

/// The right to write, until it is dropped.
pub(super) struct SshLock<'a> {
    store: &'a SshStore,
    place: Place,
    warning: Option<String>,
}

/// What came of trying.
enum Tried {
    Ours(String),
    Theirs(String, Duration),
    /// It was released meanwhile.
    Again,
}

impl<'a> SshLock<'a> {
    pub(super) fn take(store: &'a SshStore, owner: String, rules: &LockRules) -> Result<Self, LockError> {
        let mut warning = None;
        loop {
            let (theirs, age) = match store.patiently(|| attempt(store, &owner))? {
                Tried::Ours(folder) => {
                    let place = Place { owner, folder };
                    *store.held.lock().unwrap_or_else(PoisonError::into_inner) = Some(place.clone());
                    return Ok(Self { store, place, warning });
                }
                Tried::Theirs(theirs, age) => (theirs, age),
                Tried::Again => continue,
            };
            if warning.is_some() || counts(rules, &theirs, age) {
                let owner = theirs.chars().take(300).collect();
                return Err(LockError::Taken { owner, age });
            }
            warning = Some(format!("took over the lock of another process ({theirs})"));
            store.patiently(|| remove(store, &theirs))?;
        }
    }
}

/// Makes the folder; one that is ours already, because an answer was lost, is as good.
fn attempt(store: &SshStore, owner: &str) -> Result<Tried, SshError> {
    let (doing, owner) = ("locking", quote(owner.trim_end()));
    let script = format!(
        "mkdir -p \"$r\"; cd \"$r\"
ours() {{ rm -rf {INCOMING} && mkdir {INCOMING} && t=$(mktemp -d) && ln -s \"$r/{INCOMING}\" \"$t/in\" && echo \"ours $t/in\"; }}
if mkdir .lock 2>/dev/null; then
if printf '%s\\n' {owner} >.lock/owner && ours; then return 0; fi
rm -rf .lock; echo 'the folder cannot be written' >&2; exit 1
fi
if [ ! -e .lock ]; then mkdir .lock.new; rmdir .lock.new; echo again; return 0; fi
s=$(stat -c %Y .lock 2>/dev/null || stat -f %m .lock 2>/dev/null || date +%s)
if [ -d .lock ]; then o=$(cat .lock/owner 2>/dev/null || :); else o=$(cat .lock 2>/dev/null || :); fi
if [ \"$o\" = {owner} ]; then ours; return 0; fi
echo \"theirs $(($(date +%s) - s)) $o\"
"
    );
    let answer = store.run(doing, &script)?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let refuse = || store.session.unreadable(doing);
    let (word, rest) = answer.trim_end().split_once(' ').unwrap_or((answer.trim_end(), ""));
    match word {
        // The folder's name goes to scp and rsync, each of which has a reading of its own for whatever is not plain.
        "ours" if rest.starts_with('/') && rest.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c)) => {
            Ok(Tried::Ours(rest.to_owned()))
        }
        "theirs" => {
            let (age, owner) = rest.split_once(' ').unwrap_or((rest, ""));
            let age = age.parse::<i64>().map_err(|_| refuse())?;
            let age = Duration::from_secs(age.max(0).unsigned_abs());
            Ok(Tried::Theirs(owner.to_owned(), age))
        }
        "again" => Ok(Tried::Again),
        _ => Err(refuse()),
    }
}

/// Removes somebody's lock, if it still is this one.
fn remove(store: &SshStore, theirs: &str) -> Result<(), SshError> {
    let script = format!(
        "cd \"$r\"; a=.lock.broken-{}
mv .lock \"$a\" 2>/dev/null || return 0
if [ -d \"$a\" ]; then o=$(cat \"$a/owner\" 2>/dev/null || :); else o=$(cat \"$a\" 2>/dev/null || :); fi
if [ \"$o\" = {} ]; then rm -rf \"$a\"; else mv \"$a\" .lock; fi
",
        std::process::id(),
        quote(theirs)
    );
    store.run("taking over the lock", &script).map(drop)
}

impl Held for SshLock<'_> {
    fn warning(&self) -> Option<&str> {
        self.warning.as_deref()
    }

    fn check(&self) -> Result<(), LockError> {
        let script = "cat \"$r/.lock/owner\" 2>/dev/null || :\n";
        let found = self.store.patiently(|| self.store.run("looking at the lock", script))?;
        let owner = String::from_utf8_lossy(&found).trim_end().to_owned();
        if owner == self.place.owner.trim_end() {
            return Ok(());
        }
        Err(LockError::Lost { owner })
    }
}

impl Drop for SshLock<'_> {
    fn drop(&mut self) {
        let place = self.store.held.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(Place { owner, folder }) = place else { return };
        let link = folder.trim_end_matches("/in");
        let script = format!(
            "rm -rf {}; cd \"$r\"; if [ \"$(cat .lock/owner 2>/dev/null)\" = {} ]; then rm -rf {INCOMING} .lock; fi\n",
            quote(link),
            quote(owner.trim_end())
        );
        // Whoever comes next sees whose it was, and takes it over by the rules.
        let _ = self.store.run("unlocking", &script);
    }
}
