use std::path::Path;

use digest::Sha256;
use pspf_format::SEAL_NAME;
use pspf_format::metadata::SlotEntry;
use pspf_verify::Slot;
use serde_json::{Value, json};

use crate::content::Content;
use crate::document::check_length;
use crate::frame::PayloadFacts;
use crate::write::Parts;
use crate::{Error, Launcher, PackageFile, SigningKey, Written};

/// Signs and seals a finished package anew, without rebuilding it.
///
/// Launcher, payloads and all metadata stay; signature, seal and the note where the key came from are
/// new. A package that was not sealed gets its signed entries brought in line with its slot table,
/// as the seal demands. A package that does not verify is refused.
pub fn resign(file: &PackageFile, key: &SigningKey, output: &Path) -> Result<Written, Error> {
    let package = file.package()?;
    let refused = |source| Error::Refused {
        path: file.path().to_owned(),
        source,
    };
    let unreadable = |source| Error::Json {
        what: "metadata".into(),
        source,
    };
    let mut document: Value = serde_json::from_slice(package.metadata_json()).map_err(unreadable)?;
    let (mut entries, mut payloads) = (Vec::new(), Vec::new());
    for (position, slot) in package.slots().iter().enumerate() {
        let Some(payload) = package.payload(position) else {
            continue;
        };
        let digest = payload.finish().map_err(refused)?;
        entries.push(SlotEntry {
            size: slot.size,
            checksum: format!("sha256:{digest}"),
            operations: slot.chain.to_string(),
            permissions: Some(slot.mode.to_string()),
            ..slot.entry.clone()
        });
        payloads.push((
            facts(slot, digest),
            Content::Part {
                file: file.shared(),
                offset: slot.offset,
            },
        ));
    }
    document["slots"] = serde_json::to_value(entries).map_err(unreadable)?;
    document["signing"] = json!({ "key": key.origin() });
    document["seal"] = SEAL_NAME.into();
    let json = check_length(document.to_string().into_bytes())?;
    let parts = Parts {
        launcher: read_launcher(file, package.index().launcher_size.get())?,
        payloads,
        json: |_: &[Sha256]| Ok(json.clone()),
        build_time: package.index().build_timestamp.get(),
        key: key.clone(),
        jobs: 1,
    };
    parts.write(output)
}

fn facts(slot: &Slot, digest: Sha256) -> PayloadFacts {
    PayloadFacts {
        size: slot.size,
        original_size: slot.original_size,
        digest,
        chain: slot.chain,
        platform: slot.platform,
    }
}

fn read_launcher(file: &PackageFile, size: u64) -> Result<Launcher, Error> {
    use std::io::{Read, Seek};
    let mut bytes = Vec::new();
    let mut reader = &*file.shared();
    reader
        .rewind()
        .and_then(|()| reader.take(size).read_to_end(&mut bytes))
        .map_err(Error::file("read", file.path()))?;
    Ok(Launcher::from_bytes(bytes))
}
