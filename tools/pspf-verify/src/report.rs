use pspf_format::PublicKey;

use crate::log::Log;
use crate::{Finding, Level, Package, Payload, ReadAt, Refusal, Trailer};

/// Everything that a full verification found.
#[derive(Debug, Default)]
pub struct Report {
    /// Faults, each of which refuses the package; empty for a good one.
    pub refusals: Vec<Finding>,
    /// What somebody should know about a good package.
    pub warnings: Vec<Finding>,
    /// The key in the package, when the trailer could be read.
    pub key: Option<PublicKey>,
    /// Whether the package's own metadata calls the key a development key.
    pub development_key: bool,
    /// Whether the package is sealed.
    pub sealed: bool,
}

impl Report {
    /// True when nothing refuses the package.
    pub fn is_ok(&self) -> bool {
        self.refusals.is_empty()
    }
}

/// Verifies a whole package, payloads included, and collects all findings.
///
/// Checks that depend on a failed one are left out. Fails only when reading does.
pub fn verify(input: &(impl ReadAt + ?Sized), level: Level) -> Result<Report, Refusal> {
    report(input, level, |payload| payload.finish().map(drop))
}

/// As [`verify`]; a thread reads on while large payloads are hashed.
///
/// # Errors
/// As [`verify`].
pub fn verify_ahead(input: &(impl ReadAt + Sync + ?Sized), level: Level) -> Result<Report, Refusal> {
    report(input, level, |payload| payload.finish_ahead())
}

fn report<R: ReadAt + ?Sized>(
    input: &R,
    level: Level,
    finish: impl Fn(Payload<'_, R>) -> Result<(), Refusal>,
) -> Result<Report, Refusal> {
    let mut log = Log::collecting(level);
    let mut report = Report::default();
    match checks(input, &mut log, &mut report, finish) {
        Ok(()) => {}
        Err(Refusal::Finding(finding)) => log.refusals.push(finding),
        Err(error) => return Err(error),
    }
    (report.refusals, report.warnings) = (log.refusals, log.warnings);
    Ok(report)
}

fn checks<R: ReadAt + ?Sized>(
    input: &R,
    log: &mut Log,
    report: &mut Report,
    finish: impl Fn(Payload<'_, R>) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let trailer = Trailer::read(input)?;
    report.key = Some(trailer.index().key());
    let package = Package::check(input, trailer, log)?;
    report.development_key = package.metadata().has_development_key();
    report.sealed = package.is_sealed();
    for position in 0..package.slots().len() {
        let Some(payload) = package.payload(position) else {
            continue;
        };
        match finish(payload) {
            Ok(()) => {}
            Err(Refusal::Finding(finding)) => log.refuse(finding)?,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
