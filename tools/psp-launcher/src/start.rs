//! From a package to a running program.
//!
//! The warm path is a straight line: trailer, record, exec. Only where there is no record of exactly this index block
//! is the package verified, unpacked and published; then the same line is taken.

use std::ffi::OsString;
use std::path::PathBuf;

use pspf_cache::{
    About, Cache, CacheError, Choice, Entry, EntryName, FileList, Flaw, Record, Root, UseLock, Variables,
};
use pspf_format::json::FromJson;
use pspf_format::strict_json;
use pspf_policy::{Floor, Places};
use pspf_verify::{Identity, Level, Trailer};

use crate::environ::{Caller, Environment};
use crate::failure::{Code, Failure};
use crate::first::First;
use crate::options::Options;
use crate::own::Own;
use crate::placeholders::Placeholders;
use crate::plan::Plan;
use crate::say::Say;
use crate::system::{self, Program, Status};
use crate::{gate, lookup, words};

/// Everything that a start depends on besides the package.
pub struct Start<'a> {
    /// The package.
    pub own: &'a Own,
    /// The launcher's settings.
    pub options: &'a Options,
    /// Where messages go.
    pub say: &'a Say,
    /// The operator's limits.
    pub floor: Floor,
    /// Where policies lie.
    pub places: Places,
}

/// An unpacked package that is marked as in use.
struct Ready {
    entry: Entry,
    record: Record,
    plan: Plan,
    in_use: UseLock,
}

impl Start<'_> {
    /// Runs the package's program with `args`. Returns only with the status of a child or a failure.
    ///
    /// # Errors
    /// Whatever stands between the package and its program.
    pub fn run(&self, args: &[OsString]) -> Result<Status, Failure> {
        let trailer = Trailer::read(&self.own.file)?;
        let ready = self.ready(trailer)?;
        self.launch(ready, args)
    }

    /// The level that holds.
    pub fn level(&self) -> Level {
        let level = self.floor.level(self.options.level);
        if level != self.options.level {
            self.say.warn(&format!(
                "FLAVOR_VALIDATION asks for less than the operator's floor in {}; the floor holds ({level:?})",
                self.places.floor().display()
            ));
        }
        level
    }

    fn ready(&self, trailer: Trailer) -> Result<Ready, Failure> {
        let (level, identity) = (self.level(), trailer.identity());
        let (variables, user) = (Variables::of_process(), pspf_cache::effective_user());
        let here = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/"));
        let root = pspf_cache::choose(&variables, user, &here);
        let name = EntryName::new(&identity.metadata, &identity.index);
        if self.options.use_cache
            && let Some(ready) = self.warm(&root, &name, user, &identity, level)?
        {
            return Ok(ready);
        }
        let opened = root.open(&variables, user, &here)?;
        if let Some(reason) = &opened.instead_of {
            let what = format!("{reason}; the cache is {} instead", opened.path.display());
            match reason {
                // Somebody should know that others can write to this home; the other reasons are everyday.
                CacheError::Unsafe {
                    flaw: Flaw::Writable { .. } | Flaw::Open { .. },
                    ..
                } => self.say.warn(&what),
                _ => self.say.info(&what),
            }
        }
        let entry = Cache::new(opened.path, user).entry(&name);
        let first = First {
            start: self,
            entry: &entry,
            identity: &identity,
            level,
        };
        let lock = entry.lock()?;
        if self.options.use_cache {
            // Somebody else may have been first while we waited.
            if let Some(ready) = self.recorded(entry.clone(), &identity, level)? {
                return Ok(ready);
            }
        }
        first.make(trailer, &lock)?;
        let ready = self.find(entry.clone(), &identity)?;
        ready.ok_or_else(|| {
            let what = format!("{} vanished while it was made; start again", entry.path().display());
            Failure::new(Code::Io, what)
        })
    }

    /// Looks for the entry without creating or locking anything.
    fn warm(
        &self,
        root: &Root,
        name: &EntryName,
        user: u32,
        identity: &Identity,
        level: Level,
    ) -> Result<Option<Ready>, Failure> {
        let directory = match pspf_cache::check_path(&root.entries(), user) {
            Ok(directory) => directory,
            // The way that creates the directory decides what becomes of an unusable home.
            Err(_) if root.choice == Choice::Home => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        self.recorded(Cache::new(directory, user).entry(name), identity, level)
    }

    /// The entry, if its record is of this index block, was made under checks as strict as `level` asks for, and its
    /// files are as the package's own test wants them.
    fn recorded(&self, entry: Entry, identity: &Identity, level: Level) -> Result<Option<Ready>, Failure> {
        let Some(ready) = self.find(entry, identity)? else {
            return Ok(None);
        };
        let findings = &ready.record.about.findings;
        if !findings.is_empty() && level.enforces_signature() {
            return Ok(None);
        }
        findings.iter().for_each(|finding| self.say.warn(finding));
        if !ready.is_settled() {
            if !ready.has_survived() {
                self.say
                    .warn("unpacked files were damaged when the machine stopped; they are made again");
                return Ok(None);
            }
            match ready.settle() {
                // The record is another file now, and that one has to be marked as in use.
                Ok(()) => return self.recorded(ready.entry, identity, level),
                Err(error) => self
                    .say
                    .info(&format!("files will be compared again at the next start: {error}")),
            }
        }
        if !ready.is_complete() {
            self.say
                .info("the package's own test says that its unpacked files are not complete; they are made again");
            return Ok(None);
        }
        Ok(Some(ready))
    }

    fn find(&self, entry: Entry, identity: &Identity) -> Result<Option<Ready>, Failure> {
        let found = match entry.find(Some(&identity.index)) {
            // Whatever made it so, it can be made again.
            Err(error @ CacheError::Damaged { .. }) => {
                self.say.warn(&error.to_string());
                None
            }
            found => found?,
        };
        let Some((record, in_use)) = found else { return Ok(None) };
        match strict_json::read(record.plan.as_bytes()).and_then(Plan::from_json) {
            Ok(plan) => Ok(Some(Ready {
                entry,
                record,
                plan,
                in_use,
            })),
            // Of another version of the launcher: as good as none.
            Err(_) => Ok(None),
        }
    }

    fn launch(&self, ready: Ready, args: &[OsString]) -> Result<Status, Failure> {
        gate::pass(&ready.plan, &self.places, self.say)?;
        let workenv = ready.entry.workenv();
        let fill = ready.placeholders(&workenv);
        let caller = Caller {
            package: &self.own.path,
            name: self.own.name(),
        };
        let environment = Environment::of_process().of_program(&ready.plan, &fill, caller);
        let words = words::split(&ready.plan.command).map_err(|what| Failure::new(Code::Execution, what))?;
        let mut words: Vec<OsString> = words.iter().map(|word| fill.fill(word)).collect();
        let path = lookup::find(&words[0], environment.get("PATH"))?;
        words[0] = self.own.name().to_owned();
        words.extend_from_slice(args);
        self.say.debug(&format!(
            "running {} with {} arguments",
            path.display(),
            words.len() - 1
        ));
        let program = Program::new(&path, words, &environment)?;
        system::launch(&program, ready.in_use, self.options, self.say)
    }
}

impl Ready {
    fn placeholders<'a>(&'a self, workenv: &'a std::path::Path) -> Placeholders<'a> {
        let about = &self.record.about;
        Placeholders {
            workenv,
            name: &about.name,
            version: &about.version,
            slots: &self.plan.slots,
        }
    }

    /// Whether the files were written in this boot, or seen after it to have survived.
    fn is_settled(&self) -> bool {
        let boot = &self.record.about.boot;
        boot.is_none() || *boot == pspf_cache::current_boot()
    }

    /// Compares all files with what was unpacked.
    fn has_survived(&self) -> bool {
        let compared = FileList::compare(&self.entry.files(), &self.entry.workenv());
        compared.is_ok_and(|deviations| deviations.is_empty())
    }

    /// Notes that the files have survived.
    fn settle(&self) -> Result<(), CacheError> {
        let about = About {
            boot: None,
            ..self.record.about.clone()
        };
        Record {
            about,
            plan: self.record.plan.clone(),
        }
        .write(&self.entry.record())
    }

    /// The package's own test of its files (`cache_validation`).
    fn is_complete(&self) -> bool {
        let workenv = self.entry.workenv();
        crate::complete::is_complete(self.plan.cache_validation.as_ref(), &self.placeholders(&workenv))
    }
}
