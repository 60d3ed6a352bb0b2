//! Packages whose address is known without an index (section 9.4), and what only their sidecars say.

use std::time::Duration;

use binpkg::index::Record;
use binpkg::names::{Compression, FileName, PackageName, ShortHash, Version};
use binpkg::sidecar::Sidecar;
use digest::Sha256;

use super::read::read;
use super::trust::check_record;
use super::{CatalogError, Found, Options, Refusals, Source};
use crate::causes::with_causes;
use crate::transport::Mirror;

/// No sidecar is larger, however many keys signed it.
const LARGEST: u64 = 1 << 20;

/// The longest form of a config hash in file names that is tried: more digits are needed only where builds clash in these.
const DIGITS: [usize; 3] = [8, 12, 16];

/// Looks for one exact build by the address of its sidecar: one small file, and no index. `None` if no mirror has it there.
/// The record knows what the sidecar says, which is enough to fetch and check it, and nothing of its platform or dependencies.
///
/// # Errors
/// A sidecar that does not verify, no mirror that can be read.
pub fn exact(
    sources: &[Source],
    (name, version, config_hash): (&PackageName, &Version, &Sha256),
    options: &Options,
    warn: &mut dyn FnMut(&str),
) -> Result<Option<Found>, CatalogError> {
    if options.offline {
        let file = format!("the sidecar of {name} {version}");
        return Err(CatalogError::Offline { file });
    }
    let mut refusals = Vec::new();
    for (number, source) in sources.iter().enumerate() {
        match at(source, name, version, config_hash, options.pause) {
            Ok(Some(record)) => return Ok(Some(Found { record, source: number })),
            Ok(None) => {}
            Err(error) if error.is_unreadable() => refusals.push((source.mirror.address().to_owned(), error)),
            Err(error) => return Err(error.of(source.mirror.address())),
        }
    }
    if refusals.len() == sources.len() {
        return Err(CatalogError::Nowhere(Refusals(refusals)));
    }
    for (address, error) in &refusals {
        warn(&format!(
            "{address} cannot be read, and is left out: {}",
            with_causes(error)
        ));
    }
    Ok(None)
}

fn at(
    source: &Source,
    name: &PackageName,
    version: &Version,
    config_hash: &Sha256,
    pause: Duration,
) -> Result<Option<Record>, CatalogError> {
    let hex = config_hash.hex();
    for compression in [Compression::Gz, Compression::Zst] {
        for digits in DIGITS {
            let Ok(short) = hex[..digits].parse::<ShortHash>() else {
                continue;
            };
            let Ok(file) = FileName::new(name.clone(), version, short, compression) else {
                return Ok(None);
            };
            let place = file.mirror_path();
            let Some(sidecar) = sidecar(&source.mirror, &place, &file.to_string(), pause)? else {
                break;
            };
            if sidecar.config_hash_full != Some(*config_hash) || sidecar.package != *name || sidecar.version != *version
            {
                // Another build with the same digits: this one has more of them in its name.
                continue;
            }
            let Some(size) = sidecar.size else { break };
            let record = Record::of_sidecar(&sidecar, size, place);
            check_record(&record, &source.trusted)?;
            return Ok(Some(record));
        }
    }
    Ok(None)
}

fn sidecar(mirror: &Mirror, place: &str, file: &str, pause: Duration) -> Result<Option<Sidecar>, CatalogError> {
    let path = format!("{place}.sha256");
    let bytes = match read(mirror, &path, LARGEST, pause) {
        Ok(bytes) => bytes,
        Err(error) if error.is_not_there() => return Ok(None),
        Err(source) => return Err(CatalogError::Open { file: path, source }),
    };
    match Sidecar::parse(&bytes, file) {
        Ok(sidecar) => Ok(Some(sidecar)),
        Err(source) => Err(CatalogError::Sidecar { file: path, source }),
    }
}

/// A record with what its sidecar says, where the index of an older tool does not.
pub(super) fn complete(mirror: &Mirror, mut record: Record, pause: Duration) -> Result<Record, CatalogError> {
    if record.sha256.is_some() && record.config_hash_full.is_some() && record.content_hash_full.is_some() {
        return Ok(record);
    }
    let place = record.place();
    let file = format!("{place}.sha256");
    let Some(sidecar) = sidecar(mirror, &place, &record.filename, pause)? else {
        let source = crate::AttemptError::Open(crate::OpenError::NotThere);
        return Err(CatalogError::Open { file, source });
    };
    let same = [
        ("Package", record.name.to_string(), sidecar.package.to_string()),
        ("Version", record.version.to_string(), sidecar.version.to_string()),
        (
            "Config Hash",
            record.config_hash.to_string(),
            sidecar.config_hash.to_string(),
        ),
        (
            "Content Hash",
            record.file_hash.to_string(),
            sidecar.content_hash.to_string(),
        ),
        (
            "Size",
            record.size.to_string(),
            sidecar.size.unwrap_or(record.size).to_string(),
        ),
    ];
    for (key, expected, found) in same {
        if expected != found {
            return Err(CatalogError::OtherSidecar {
                file,
                key,
                expected,
                found,
            });
        }
    }
    record.sha256 = Some(sidecar.sha256);
    record.config_hash_full = sidecar.config_hash_full;
    record.content_hash_full = sidecar.content_hash_full;
    record.target.get_or_insert(sidecar.target);
    if record.signatures.is_empty() {
        record.signatures = sidecar.signatures;
    }
    Ok(record)
}
