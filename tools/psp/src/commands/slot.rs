use std::path::{Path, PathBuf};

use anyhow::bail;
use pspf::{FileMode, OperationChain, Profile, Slot, store_slot};

use crate::errors::Coded;
use crate::files;
use crate::programs::{Expected, unsuitable};
use crate::spec::SlotSpec;

/// Pack one slot: for build rules, which assemble a package from slots packed one by one.
#[derive(clap::Args)]
pub struct Args {
    /// JSON file with id, source, target, operations, level, purpose, lifecycle, permissions and profile.
    #[arg(long, value_name = "FILE")]
    spec: PathBuf,
    /// Where to write the stored bytes.
    #[arg(long, value_name = "FILE")]
    payload: PathBuf,
    /// Where to write what `psp assemble` must know of them, as JSON.
    #[arg(long, value_name = "FILE")]
    record: PathBuf,
}

impl Args {
    /// Packs the slot.
    pub fn run(self) -> anyhow::Result<()> {
        let spec: SlotSpec = files::read_json(&self.spec)?;
        check_programs(&spec)?;
        let (slot, profile) = slot(spec).coded()?;
        let record = store_slot(slot, profile, &self.payload).coded()?;
        files::write_json(&self.record, &record)
    }
}

/// A slot with code must hold programs that start where the package does; another may hold any, and they are told of.
fn check_programs(spec: &SlotSpec) -> anyhow::Result<()> {
    let Some(platform) = &spec.platform else { return Ok(()) };
    let expected = Expected {
        platform: platform.parse().coded()?,
        libc: spec.libc.as_deref().map(str::parse).transpose()?,
    };
    let chain = OperationChain::parse(spec.operations.as_deref().unwrap_or_default())
        .map_err(pspf::Error::from)
        .coded()?;
    // In a tar a file keeps its name, below the target; any other slot without a target is called as its id.
    let unpacked = spec.target.as_ref().unwrap_or(&spec.id);
    let renamed = (!chain.is_tar()).then_some(Path::new(unpacked));
    let complaints = unsuitable(&spec.source, renamed, &expected)?;
    if complaints.is_empty() {
        return Ok(());
    }
    let words = format!("slot `{}`: {}", spec.id, complaints.join("; "));
    if spec.purpose.as_deref() == Some("code") {
        bail!(words);
    }
    eprintln!("psp: warning: {words}");
    Ok(())
}

fn slot(spec: SlotSpec) -> Result<(Slot, Profile), pspf::Error> {
    let profile = spec.profile.as_deref().map_or(Ok(Profile::default()), str::parse)?;
    let chain = OperationChain::parse(spec.operations.as_deref().unwrap_or_default())?;
    let mut slot = Slot::path(spec.id, spec.source).operations(chain);
    if let Some(target) = spec.target {
        slot = slot.target(target);
    }
    if let Some(level) = spec.level {
        slot = slot.level(level);
    }
    if let Some(purpose) = spec.purpose {
        slot = slot.purpose(purpose);
    }
    if let Some(lifecycle) = spec.lifecycle {
        slot = slot.lifecycle(lifecycle);
    }
    if let Some(permissions) = spec.permissions {
        slot = slot.permissions(FileMode::parse(&permissions)?);
    }
    Ok((slot, profile))
}
