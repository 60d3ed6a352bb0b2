//! What the machine's apt does not list, source packages and packages of another suite: its own archives, listed once more,
//! in a place of our own.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail, ensure};

/// Lists older than this are fetched again: a version that came since would not be found in them.
const FRESH: Duration = Duration::from_secs(24 * 3600);

/// What `apt-get` is told, and what keeps others from changing the lists meanwhile.
#[derive(Default)]
pub struct Lists {
    /// Arguments that come before the command.
    pub options: Vec<OsString>,
    _lock: Option<File>,
}

/// What is listed.
#[derive(Clone, Copy, Debug)]
pub enum Wanted<'a> {
    /// Source packages of the suites that the machine lists.
    Sources,
    /// Packages of another suite.
    Suite(&'a str),
}

/// Makes the lists, if they are not there yet, and says where they are.
///
/// # Errors
/// The machine's apt has no archive of Debian, a place that cannot be written, `apt-get update` that fails.
pub fn options(apt: &Path, wanted: Wanted) -> Result<Lists> {
    let place = match wanted {
        Wanted::Sources => place()?,
        Wanted::Suite(suite) => place()?.join("suites").join(checked(suite)?),
    };
    let context = || format!("cannot write in {}", place.display());
    for dir in ["state/lists/partial", "cache/archives/partial"] {
        fs::create_dir_all(place.join(dir)).with_context(context)?;
    }
    let lock = File::create(place.join("lock")).with_context(context)?;
    lock.lock().context("cannot lock the lists of packages")?;
    let list = archives(apt, wanted)?;
    let file = place.join("sources.list");
    let options = options_for(&place, &file);
    let stamp = place.join("updated");
    if fs::read_to_string(&file).ok().as_ref() != Some(&list) || !is_fresh(&stamp) {
        fs::write(&file, &list).with_context(context)?;
        let output = Command::new(apt)
            .args(&options)
            .args(["update", "--quiet=2", "--error-on=any"])
            .stdin(Stdio::null())
            .output()
            .context("cannot start apt-get")?;
        ensure!(
            output.status.success(),
            "apt-get could not list the packages of the archives that it uses: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
        fs::write(&stamp, "").with_context(context)?;
    }
    Ok(Lists {
        options,
        _lock: Some(lock),
    })
}

fn options_for(place: &Path, list: &Path) -> Vec<OsString> {
    let settings = [
        ("Dir::Etc::SourceList", list.to_owned()),
        ("Dir::Etc::SourceParts", PathBuf::from("/dev/null")),
        ("Dir::State", place.join("state")),
        ("Dir::Cache", place.join("cache")),
        // The other user that apt takes as root may not write here.
        ("APT::Sandbox::User", PathBuf::from("root")),
    ];
    let option = |(name, value): (&str, PathBuf)| {
        let mut option = OsString::from(format!("--option={name}="));
        option.push(value);
        option
    };
    settings.into_iter().map(option).collect()
}

/// The Debian archives of the machine's own lists, as lines of a list of sources.
fn archives(apt: &Path, wanted: Wanted) -> Result<String> {
    let format = match wanted {
        Wanted::Sources => "deb-src $(REPO_URI) $(RELEASE) $(COMPONENT)".to_owned(),
        Wanted::Suite(suite) => format!("deb $(REPO_URI) {suite} main"),
    };
    let output = Command::new(apt)
        .args([
            "indextargets",
            &format!("--format={format}"),
            "Created-By: Packages",
            "Origin: Debian",
        ])
        // The archive of security updates has suites of its own.
        .args(matches!(wanted, Wanted::Suite(_)).then_some("Label: Debian"))
        .stdin(Stdio::null())
        .output()
        .context("cannot start apt-get")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut lines: Vec<&str> = text.lines().filter(|line| line.starts_with("deb")).collect();
    lines.sort_unstable();
    lines.dedup();
    if lines.is_empty() {
        bail!(
            "apt-get on this machine knows no archive of Debian ({}); run `apt-get update`, or put the file under its sha256 into \
             the folder that `[buckpack] registry_dir` names",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(lines.join("\n") + "\n")
}

/// The name of a suite stands in a line of a list and in a path.
fn checked(suite: &str) -> Result<&str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-.".contains(c);
    if suite.starts_with(|c: char| c.is_ascii_alphanumeric()) && suite.chars().all(plain) {
        return Ok(suite);
    }
    bail!("--suite: expected the name of a suite, such as trixie-backports, found `{suite}`")
}

/// `$XDG_CACHE_HOME/buckpack/apt` or below `$HOME/.cache`; apt keeps it like its own.
fn place() -> Result<PathBuf> {
    let set = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let cache = set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|home| home.join(".cache")));
    let cache = cache.context("neither XDG_CACHE_HOME nor HOME is set, so the lists of sources have no place")?;
    let absolute = std::path::absolute(cache.join("buckpack/apt")).context("there is no current directory")?;
    Ok(absolute)
}

fn is_fresh(stamp: &Path) -> bool {
    let age = |time: SystemTime| SystemTime::now().duration_since(time).ok();
    let modified = fs::metadata(stamp).and_then(|found| found.modified());
    modified.ok().and_then(age).is_some_and(|age| age < FRESH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suite_is_a_word() {
        assert_eq!(checked("trixie-backports").unwrap(), "trixie-backports");
        for bad in ["", "..", "a b", "a/b", "-x"] {
            assert!(checked(bad).is_err(), "{bad}");
        }
    }
}
