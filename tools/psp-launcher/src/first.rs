//! The first start of a package: verify all, unpack, set up, publish.

use std::fs;
use std::path::Path;
use std::time::Duration;

use pspf_cache::{
    About, Cache, Entry, ExtractionLock, FILES, FileList, Limits, RECORD_FORMAT, Record, WORKENV, remove_tree,
    sweep_when_due,
};
use pspf_verify::{Identity, Level, Package, Trailer};

use crate::environ::{Caller, Environment};
use crate::failure::{Code, Failure};
use crate::placeholders::Placeholders;
use crate::plan::Plan;
use crate::setup::Setup;
use crate::start::Start;
use crate::system;
use crate::unpack::{Unpacked, unpack};
use crate::{complete, gate, prepare, sizes};

/// A first start, by the holder of the entry's lock.
pub struct First<'a> {
    /// What it depends on.
    pub start: &'a Start<'a>,
    /// The entry to be made.
    pub entry: &'a Entry,
    /// What identifies the package.
    pub identity: &'a Identity,
    /// The level that holds.
    pub level: Level,
}

type OpenPackage<'a> = Package<'a, fs::File>;

impl First<'_> {
    /// Makes the entry. On failure nothing of it is left.
    ///
    /// # Errors
    /// A refused package, a policy that forbids the start, a file system that does not play along.
    pub fn make(&self, trailer: Trailer, lock: &ExtractionLock) -> Result<(), Failure> {
        let package = Package::open(&self.start.own.file, trailer, self.level)?;
        let findings: Vec<String> = package.warnings().iter().map(ToString::to_string).collect();
        findings.iter().for_each(|finding| self.start.say.warn(finding));
        let plan = Plan::new(&package)?;
        gate::pass(&plan, &self.start.places, self.start.say)?;
        self.check_setup(&package)?;
        let total = self.check_place(&package, &plan)?;
        let made = self
            .entry
            .stage(lock)
            .map_err(|error| sizes::full_or(error.into()))
            .and_then(|staging| self.fill(&package, &plan, &findings, &staging, total, lock));
        if made.is_err() {
            // The failure that comes first is the one to tell.
            let _ = remove_tree(&self.entry.staging());
            return made;
        }
        self.clean_up();
        Ok(())
    }

    /// Refuses setup commands where the operator forbids them.
    fn check_setup(&self, package: &OpenPackage<'_>) -> Result<(), Failure> {
        if self.start.floor.setup_commands || package.metadata().setup_commands.is_empty() {
            return Ok(());
        }
        let what = format!(
            "the package has setup commands, and `setup_commands` in {} forbids them",
            self.start.places.floor().display()
        );
        Err(Failure::new(Code::Refused, what))
    }

    /// Refuses a place without room, or from which the program cannot be run; returns the bytes to come.
    fn check_place(&self, package: &OpenPackage<'_>, plan: &Plan) -> Result<u64, Failure> {
        let path = self.entry.path();
        let directory = path.parent().unwrap_or(&path);
        let first = plan.command.trim_start().trim_start_matches('"');
        if first.starts_with("{workenv}")
            && let Some(what) = system::no_execution(directory)
        {
            return Err(Failure::new(Code::Io, what));
        }
        sizes::check_room(package.slots(), directory, &self.start.floor, &self.start.places)
    }

    /// Fills the staged entry, publishes it, and sets it up where the package wants that.
    fn fill(
        &self,
        package: &OpenPackage<'_>,
        plan: &Plan,
        findings: &[String],
        staging: &Path,
        total: u64,
        lock: &ExtractionLock,
    ) -> Result<(), Failure> {
        let unpacked = self.unpack(package, staging, total)?;
        let record = self.record(package, plan, findings, unpacked)?;
        if package.metadata().setup_commands.is_empty() {
            record.write(&staging.join("record"))?;
            return Ok(self.entry.publish(lock)?);
        }
        // Setup commands may write the workenv's path into files, so they run in its final place; without its record
        // the entry does not count until they are through.
        self.entry.publish(lock)?;
        let done = self
            .set_up(package, plan)
            .and_then(|()| Ok(FileList::renew(&self.entry.files(), &self.entry.workenv())?))
            .and_then(|()| Ok(record.write(&self.entry.record())?));
        if done.is_err() {
            let _ = self.entry.discard(lock);
        }
        done
    }

    fn unpack(&self, package: &OpenPackage<'_>, staging: &Path, total: u64) -> Result<Unpacked, Failure> {
        let metadata = package.metadata();
        let root = staging.join(WORKENV);
        let directories = metadata
            .workenv
            .as_ref()
            .map(|workenv| workenv.directories.as_slice())
            .unwrap_or_default();
        let progress = self
            .start
            .say
            .progress(format!("unpacking {}", metadata.package.name.escape_debug()), total);
        let list = || FileList::create(staging.join(FILES)).map_err(Failure::from);
        prepare::directories(&root, directories)?;
        let again = || {
            remove_tree(&root)?;
            prepare::private_directory(&root)?;
            prepare::directories(&root, directories)
        };
        unpack(package, &root, list, &progress, again)
    }

    fn record(
        &self,
        package: &OpenPackage<'_>,
        plan: &Plan,
        findings: &[String],
        unpacked: Unpacked,
    ) -> Result<Record, Failure> {
        let about = About {
            format: RECORD_FORMAT.to_owned(),
            index_sha256: self.identity.index,
            metadata_sha256: self.identity.metadata,
            name: package.metadata().package.name.clone(),
            version: package.metadata().package.version.clone(),
            bytes: unpacked.bytes,
            files: unpacked.files,
            package: self.start.own.path.to_str().map(str::to_owned),
            findings: findings.to_vec(),
            boot: pspf_cache::current_boot(),
        };
        let plan = serde_json::to_string(plan).map_err(|error| Failure::of(Code::Execution, &error))?;
        Ok(Record { about, plan })
    }

    fn set_up(&self, package: &OpenPackage<'_>, plan: &Plan) -> Result<(), Failure> {
        let metadata = package.metadata();
        let workenv = self.entry.workenv();
        let (name, version) = (&metadata.package.name, &metadata.package.version);
        let fill = Placeholders {
            workenv: &workenv,
            name,
            version,
            slots: &plan.slots,
        };
        let own = self.start.own;
        let caller = Caller {
            package: &own.path,
            name: own.name(),
        };
        let environment = Environment::of_process().of_program(plan, &fill, caller);
        let log = self.entry.path().join("setup.log");
        Setup {
            fill: &fill,
            environment: &environment,
            log: &log,
        }
        .run(&metadata.setup_commands)?;
        if !complete::is_complete(plan.cache_validation.as_ref(), &fill) {
            let what = "the package's own test (`cache_validation`) does not hold after its setup commands; every start \
                        will unpack it again";
            self.start.say.warn(what);
        }
        Ok(())
    }

    /// Removes what was not used for long. A start does not fail for it.
    fn clean_up(&self) {
        let path = self.entry.path();
        let Some(directory) = path.parent() else { return };
        let (floor, usual) = (&self.start.floor, Limits::default());
        let limits = Limits {
            max_age: floor
                .cache_max_age_days
                .map_or(usual.max_age, |days| Duration::from_secs(days.saturating_mul(86400))),
            max_bytes: floor.cache_max_bytes.unwrap_or(usual.max_bytes),
            ..usual
        };
        let cache = Cache::new(directory.to_owned(), pspf_cache::effective_user());
        match sweep_when_due(&cache, &limits) {
            Ok(Some(swept)) if !swept.removed.is_empty() => {
                self.start.say.info(&format!(
                    "{} unpacked packages that were not used for long were removed",
                    swept.removed.len()
                ));
            }
            Ok(_) => {}
            Err(error) => self.start.say.info(&format!("clean-up stopped: {error}")),
        }
    }
}
