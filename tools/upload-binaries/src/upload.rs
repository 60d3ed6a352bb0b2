//! Publishing.

use std::path::Path;

use anyhow::{Context, Result, anyhow};
use cli::{Exit, WithExit};
use mirror::Address;
use mirror::local_package::{LocalPackage, find};
use mirror::publish::{DirectoryStore, LockError, Plan, PublishError, Refusal, Store, publish, read_index};

use crate::Args;
use crate::summary::Summary;

/// Publishes, or says what would be.
///
/// # Errors
/// Exit code 3 without packages, 4 for one that does not verify, 5 for one that clashes with what is published, 7 for a mirror
/// that somebody else writes.
pub fn run(args: &Args) -> Result<()> {
    let packages = read_packages(&args.source)?;
    let base = directory(args.mirror.as_deref().unwrap_or_default())?;
    let mut summary = Summary::new(args.dry_run);
    if args.dry_run {
        let store = DirectoryStore::at(&base);
        let index = read_index(&store).with_context(|| format!("cannot publish to {}", base.display()))?;
        let plan = make_plan(args, packages, &index);
        summary.add(&plan, &index, index.packages().len() + plan.new.len());
        summary.print(args.json)?;
        return refuse(&plan);
    }
    let context = || format!("cannot publish to {}", base.display());
    let store = DirectoryStore::create(&base).with_context(context)?;
    let lock = store
        .lock(&args.lock_rules())
        .map_err(|error| with_code(error.into()))
        .with_context(context)?;
    if let Some(warning) = &lock.warning {
        args.warn(warning);
    }
    let index = read_index(&store).with_context(context)?;
    let plan = make_plan(args, packages, &index);
    if !plan.refused.is_empty() {
        return refuse(&plan);
    }
    let after = publish(&store, index.clone(), &plan)
        .map_err(with_code)
        .with_context(context)?;
    drop(lock);
    summary.add(&plan, &index, after.packages().len());
    summary.print(args.json)
}

/// The directory of a mirror that can be written.
///
/// # Errors
/// Another kind of mirror.
pub fn directory(text: &str) -> Result<std::path::PathBuf> {
    match text.parse::<Address>().exit(Exit::Usage)? {
        Address::Directory(path) => Ok(path),
        Address::Http(address) => Err(anyhow!(
            "expected a directory or file:// for a mirror to publish to, found {address}"
        ))
        .exit(Exit::Usage),
    }
}

/// Every package below a folder, each read to its last byte.
///
/// # Errors
/// No package, or packages that do not verify: all of them are named.
pub fn read_packages(source: &Path) -> Result<Vec<LocalPackage>> {
    let found = find(source)?;
    if found.is_empty() {
        return Err(anyhow!(
            "no binary package in {}: expected files NAME-VERSION-HASH-bin.tar.gz or .zst with their .sha256; make them with \
             package-binary",
            source.display()
        ))
        .exit(Exit::NotFound);
    }
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for path in found {
        match LocalPackage::read(&path) {
            Ok(package) => good.push(package),
            Err(error) => bad.push(format!("{:#}", anyhow::Error::from(error))),
        }
    }
    if !bad.is_empty() {
        return Err(anyhow!("nothing was published, because of {}", list(&bad))).exit(Exit::Unverified);
    }
    Ok(good)
}

fn make_plan(args: &Args, packages: Vec<LocalPackage>, index: &binpkg::index::Index) -> Plan {
    let mut plan = Plan::new(packages, index);
    for package in &plan.new {
        if package.recipe.is_none() {
            let file = &package.checked.sidecar.file;
            args.warn(&format!(
                "{file} has no {file}.recipe.json beside it; nobody will be able to explain its config hash"
            ));
        }
        if package.is_host_built() && !args.allow_host_built {
            plan.refused.push(Refusal {
                file: package.checked.sidecar.file.clone(),
                why: "it was built with the machine's own compiler, which its recipe cannot pin; publish it with \
                      --allow-host-built if that is what you want"
                    .to_owned(),
            });
        }
    }
    plan
}

fn refuse(plan: &Plan) -> Result<()> {
    if plan.refused.is_empty() {
        return Ok(());
    }
    let words: Vec<_> = plan.refused.iter().map(ToString::to_string).collect();
    Err(anyhow!("nothing was published, because of {}", list(&words))).exit(Exit::Conflict)
}

/// One thing as it is, several as a list.
fn list(things: &[String]) -> String {
    match things {
        [one] => one.clone(),
        all => format!("{} packages:\n  {}", all.len(), all.join("\n  ")),
    }
}

fn with_code(error: PublishError) -> anyhow::Error {
    let locked = matches!(&error, PublishError::Lock(LockError::Taken { .. }));
    let exit = if locked { Exit::Locked } else { Exit::Failed };
    match Result::<(), _>::Err(error).exit(exit) {
        Err(error) => error,
        Ok(()) => anyhow!("no error"),
    }
}
