//! From builds that were asked for to an installation that has them (section 13.6): plan, ask, fetch, check, commit.

use anyhow::{Result, anyhow};
use cli::{Exit, WithExit};

use crate::choose::Root;
use crate::out;
use crate::plan::{Plan, Step, confirm, installed_builds};
use crate::progress::Mode;
use crate::resolve::{Build, ResolveError, resolve};
use crate::supply::Supply;
use crate::target::ChangeArgs;
use crate::transact::{self, HowArgs};

/// What is done with the plan, and how it comes about.
pub(crate) struct Work<'a> {
    /// The installation.
    pub(crate) change: &'a ChangeArgs,
    /// How packages are installed.
    pub(crate) how: &'a HowArgs,
    /// What is needed is not looked for.
    pub(crate) no_deps: bool,
    /// What is installed is installed again.
    pub(crate) reinstall: bool,
    /// Nothing is changed.
    pub(crate) dry_run: bool,
    /// For a choice that nobody made: what to say of it before anybody is asked.
    pub(crate) question: Option<String>,
}

impl Work<'_> {
    /// Does it.
    pub(crate) fn run(&self, roots: Vec<Root>, supply: &mut Supply<'_>) -> Result<()> {
        let database = self.change.target.open()?;
        if self.dry_run {
            let plan = self.plan(roots, &installed_builds(&database)?, supply)?;
            return match supply.reporter.mode() {
                Mode::Json => out::print_json(&plan.as_json()),
                _ => out::print(&plan.lines()),
            };
        }
        let lock = self.change.lock(&database)?;
        let plan = self.plan(roots, &installed_builds(&database)?, supply)?;
        match supply.reporter.mode() {
            Mode::Json => out::print_json(&plan.as_json())?,
            _ => self.change.words().note(plan.lines().trim_end()),
        }
        if plan.steps.is_empty() {
            return transact::tell(&install::Outcome::default(), supply.reporter.mode() == Mode::Json);
        }
        if let Some(why) = &self.question {
            if self.change.yes && supply.reporter.mode() != Mode::Json {
                self.change.words().note(why);
            }
            confirm(self.change.yes, why, "Go on?")?;
        }
        let builds: Vec<_> = plan.steps.iter().map(|step| step.build.clone()).collect();
        let packages = supply.take(&builds)?;
        let explicit = plan.steps.iter().map(|step| step.by.is_none());
        let outcome = transact::install(
            (&database, &lock),
            packages.into_iter().zip(explicit).collect(),
            self.how,
            supply.reporter.installing(),
        )?;
        transact::tell(&outcome, supply.reporter.mode() == Mode::Json)
    }

    fn plan(&self, roots: Vec<Root>, installed: &[Build], supply: &mut Supply<'_>) -> Result<Plan> {
        let mut plan = Plan::default();
        let is_present = |build: &Build| {
            installed
                .iter()
                .any(|old| old.replaces(build) && old.config_hash == build.config_hash)
        };
        let (present, roots): (Vec<_>, Vec<_>) = roots
            .into_iter()
            .partition(|root| is_present(&root.build) && !self.reinstall);
        plan.present = present.into_iter().map(|root| root.build).collect();
        let builds: Vec<_> = roots.iter().map(|root| root.build.clone()).collect();
        for (number, build) in builds.iter().enumerate() {
            if let Some(other) = builds[..number].iter().find(|other| other.replaces(build)) {
                return Err(anyhow!(
                    "{other} and {build} cannot be installed together: both go to the slot {}",
                    build.slot
                ))
                .exit(Exit::Conflict);
            }
        }
        let mut steps: Vec<_> = roots
            .into_iter()
            .map(|root| (root.build, None, root.because, root.candidates))
            .collect();
        if self.no_deps {
            self.warn_of_needs(&builds, supply);
        } else {
            let resolution = resolve(&builds, installed, supply).or_else(|error| match error {
                ResolveError::Published(error) => Err(error),
                clash @ ResolveError::Clash { .. } => Err(anyhow!("{clash}")).exit(Exit::Conflict),
                missing @ ResolveError::Missing { .. } => Err(anyhow!("{missing}")).exit(Exit::NotFound),
            })?;
            let added = resolution.added.into_iter();
            steps.extend(added.map(|added| (added.build, Some(added.by), String::new(), Vec::new())));
            plan.kept = resolution.kept;
        }
        for (build, by, because, candidates) in steps {
            plan.steps.push(Step {
                before: installed.iter().find(|old| build.replaces(old)).cloned(),
                by,
                fetch: supply.cost(&build),
                installed_size: supply.installed_size(&build),
                because,
                candidates,
                build,
            });
        }
        plan.check_coverage(installed)?;
        Ok(plan)
    }

    fn warn_of_needs(&self, builds: &[Build], supply: &Supply<'_>) {
        let needing: Vec<_> = builds
            .iter()
            .filter(|build| !build.runtime_deps.is_empty())
            .map(Build::to_string)
            .collect();
        if !needing.is_empty() {
            let needing = needing.join(", ");
            supply
                .reporter
                .warn(&format!("what {needing} needs is not looked for, because of --no-deps"));
        }
    }
}
