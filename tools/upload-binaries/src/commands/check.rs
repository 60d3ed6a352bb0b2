use anyhow::{Result, anyhow};
use cli::{Exit, WithExit};
use mirror::publish::{Check, Finding, Found, Signing, State, Store};
use serde_json::json;

use super::print;
use crate::args::{LockArgs, warn};
use crate::signing::SigningArgs;
use crate::target::{FarArgs, nothing, store, with_exit};

/// Arguments of `check`.
#[derive(clap::Args)]
pub struct Args {
    /// The mirror
    mirror: String,
    /// Read and hash every tarball and recipe, too
    #[arg(long)]
    full: bool,
    /// Make the index again from sidecars and metadata, where it is not what the files say
    #[arg(long)]
    fix: bool,
    /// With --fix, sign the index; and every key that is named here or with --key is one that must have signed packages and index
    #[command(flatten)]
    signing: SigningArgs,
    #[command(flatten)]
    lock: LockArgs,
    #[command(flatten)]
    far: FarArgs,
    /// Print what was found as JSON
    #[arg(long)]
    json: bool,
}

/// Looks, and with `--fix` repairs and looks again.
///
/// # Errors
/// Exit code 4 if anything is (still) wrong.
pub fn run(args: &Args) -> Result<()> {
    let (signing, trusted) = (args.signing.read()?, args.signing.trusts()?);
    let store = store(&args.mirror, args.far.rules())?;
    if with_exit(store.list())?.is_empty() {
        return nothing(&*store);
    }
    let check = Check {
        store: &*store,
        trusted: &trusted,
        full: args.full,
    };
    let mut findings = with_exit(check.run())?;
    if args.fix && !findings.is_empty() {
        fix(args, &*store, signing.as_ref())?;
        findings = with_exit(check.run())?;
    }
    print(&text(&findings, args.json))?;
    match findings.len() {
        0 => Ok(()),
        count => Err(anyhow!("{} has {count} faults{}", args.mirror, hint(args, &findings))).exit(Exit::Unverified),
    }
}

/// The files say what there is; what they do not say is out of the index then.
fn fix(args: &Args, store: &dyn Store, signing: Option<&Signing>) -> Result<()> {
    let lock = with_exit(store.lock(&args.lock.rules()))?;
    lock.warning().into_iter().for_each(warn);
    let state = with_exit(State::read_with(store, &mut |_| Ok(())))?;
    let listed = with_exit(store.list())?;
    let found = with_exit(Found::look(store, &state, &listed, !args.full))?;
    with_exit(found.write(store, &*lock, &state, signing, true, &mut warn))?;
    Ok(())
}

fn text(findings: &[Finding], json: bool) -> String {
    if json {
        let findings: Vec<_> = findings
            .iter()
            .map(|it| json!({"path": it.path, "what": it.what}))
            .collect();
        return format!("{}\n", json!({"ok": findings.is_empty(), "findings": findings}));
    }
    findings.iter().map(|finding| format!("{finding}\n")).collect()
}

fn hint(args: &Args, findings: &[Finding]) -> &'static str {
    if !args.fix && !findings.is_empty() {
        "; --fix makes the index again from the files"
    } else {
        "; the files themselves are published again, or removed, by hand"
    }
}
