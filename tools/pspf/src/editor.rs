use pspf_format::metadata::{CacheValidation, PackagePolicy, RuntimeEnv, SetupCommand, WorkenvDirectory};
use serde_json::{Map, Value};

use crate::document::Document;
use crate::unsigned::{Options, Unsigned};
use crate::{Error, Launcher, Profile, Slot, SlotCache, Target, command, custom};

/// A package being put together: the first state.
///
/// Methods take and return the editor, in any order. Nothing is read or checked before
/// [`Editor::store`].
pub struct Editor {
    document: Document,
    launcher: Option<Launcher>,
    slots: Vec<Slot>,
    options: Options,
}

impl Editor {
    /// Begins a package of this name and version, in profile `flavorpack`, for any platform.
    pub fn new(name: impl Into<String>, version: impl Into<String>) -> Self {
        let document = Document {
            name: name.into(),
            version: version.into(),
            description: None,
            command: None,
            env: Vec::new(),
            setup_commands: Vec::new(),
            directories: Vec::new(),
            workenv_env: Vec::new(),
            runtime: None,
            cache_validation: None,
            policy: None,
            custom: Map::new(),
            build_time: 0,
            profile: Profile::default(),
            target: Target::Any,
        };
        let jobs = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            document,
            launcher: None,
            slots: Vec::new(),
            options: Options {
                lenient: false,
                jobs,
                cache: None,
            },
        }
    }

    /// One line about the program.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.document.description = Some(description.into());
        self
    }

    /// What a start runs: words with placeholders `{workenv}`, `{package_name}`, `{version}`,
    /// `{slot:N}`. Words that hold `{workenv}` are quoted if the command quotes nothing itself.
    pub fn command(mut self, command: &str) -> Self {
        self.document.command = Some(command::quote_workenv(command));
        self
    }

    /// One variable of the program's environment.
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.document.env.push((name.into(), value.into()));
        self
    }

    /// Who can run the package.
    pub fn profile(mut self, profile: Profile) -> Self {
        self.document.profile = profile;
        self
    }

    /// The launcher, and the platform that its file header must name.
    pub fn launcher(mut self, launcher: Launcher, target: Target) -> Self {
        self.launcher = Some(launcher);
        self.document.target = target;
        self
    }

    /// Adds a slot.
    pub fn slot(mut self, slot: Slot) -> Self {
        self.slots.push(slot);
        self
    }

    /// Adds custom keys to the signed metadata. Keys of the builder are refused by
    /// [`Editor::store`]; under `build` the caller's keys are added to the builder's.
    pub fn metadata(mut self, custom: Map<String, Value>) -> Self {
        self.document.custom.extend(custom);
        self
    }

    /// Adds a command that runs once after extraction.
    pub fn setup_command(mut self, command: SetupCommand) -> Self {
        self.document.setup_commands.push(command);
        self
    }

    /// Adds a directory of the extracted tree.
    pub fn workenv_directory(mut self, directory: WorkenvDirectory) -> Self {
        self.document.directories.push(directory);
        self
    }

    /// One variable that is set for the program and may hold placeholders; FlavorPack's Go launcher
    /// ignores it.
    pub fn workenv_env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.document.workenv_env.push((name.into(), value.into()));
        self
    }

    /// Changes to the caller's environment.
    pub fn runtime_env(mut self, runtime: RuntimeEnv) -> Self {
        self.document.runtime = Some(runtime);
        self
    }

    /// A file of the extracted tree that tells whether the tree is complete.
    pub fn cache_validation(mut self, validation: CacheValidation) -> Self {
        self.document.cache_validation = Some(validation);
        self
    }

    /// Conditions for running.
    pub fn policy(mut self, policy: PackagePolicy) -> Self {
        self.document.policy = Some(policy);
        self
    }

    /// Unix seconds to record as the time of the build; 0, the default, records none.
    pub fn source_date_epoch(mut self, seconds: u64) -> Self {
        self.document.build_time = seconds;
        self
    }

    /// Number of slots that are stored at the same time; the number of processors by default.
    pub fn jobs(mut self, jobs: usize) -> Self {
        self.options.jobs = jobs.max(1);
        self
    }

    /// Looks for packed slots in `cache`, and puts those it packs there.
    pub fn slot_cache(mut self, cache: SlotCache) -> Self {
        self.options.cache = Some(cache);
        self
    }

    /// Accepts what FlavorPack's builders accept: portability rules become
    /// [`Unsigned::warnings`]. For manifests that were written for those builders.
    pub fn lenient(mut self) -> Self {
        self.options.lenient = true;
        self
    }

    /// Packs all slots and checks everything: the second state.
    pub fn store(self) -> Result<Unsigned, Error> {
        let launcher = self
            .launcher
            .ok_or_else(|| Error::field("launcher", "a launcher", "none"))?;
        self.document.target.check(launcher.bytes())?;
        custom::check(&self.document.custom)?;
        Unsigned::store(self.document, launcher, self.slots, self.options)
    }
}
