use std::time::SystemTime;

use binpkg::index::{Expires, Index, Root};
use binpkg::sign::{IndexSignatures, KeyId, SignatureLineError, signed_index};

use super::form::{Form, Front};
use super::trust::{TrustError, signers};
use super::{CatalogError, Purpose, Seen, Source};

/// A serial that jumps further than this is not believed: nothing could follow it.
const LONGEST_JUMP: u64 = 1_000_000;

/// What was judged, and believed.
pub(super) struct Believed {
    pub(super) front: Front,
    /// Trusted keys that signed it.
    pub(super) signers: Vec<KeyId>,
    /// Something to tell that is no reason to refuse it.
    pub(super) warning: Option<String>,
}

/// Judges the bytes of a root or an index: is it signed by whom it must be, the newest that was seen, and still to be used?
pub(super) fn judge(
    source: &Source,
    seen: &Seen,
    purpose: Purpose,
    form: Form,
    body: &[u8],
    signatures: Option<&str>,
) -> Result<Believed, CatalogError> {
    let file = form.signed_name();
    let signers = if source.trusted.is_empty() {
        Vec::new()
    } else {
        let signatures = parse(file, signatures.unwrap_or_default())?;
        signers(file, &signed_index(body), signatures.lines(), &source.trusted)?
    };
    let front = match form {
        Form::Whole => Front::Whole(Index::parse(body)?),
        Form::Packed | Form::Plain => Front::Sharded(Root::parse(body)?),
    };
    let found = front.serial();
    let remembered = seen.highest(&source.trusted.ids())?;
    let highest = remembered.max(source.serial);
    if found < highest {
        let memory_path = (remembered > source.serial).then(|| seen.path()).flatten();
        return Err(CatalogError::RolledBack {
            file,
            seen: highest,
            found,
            memory_path,
        });
    }
    if highest > 0 && found - highest > LONGEST_JUMP {
        let seen = highest;
        return Err(CatalogError::FastForward { file, seen, found });
    }
    let warning = expiry(file, front.expires(), purpose)?;
    Ok(Believed {
        front,
        signers,
        warning,
    })
}

fn expiry(file: &'static str, expires: Option<&Expires>, purpose: Purpose) -> Result<Option<String>, CatalogError> {
    let Some(at) = expires.filter(|expires| expires.is_past(SystemTime::now())) else {
        return Ok(None);
    };
    let error = CatalogError::Expired {
        file,
        at: at.to_string(),
    };
    match purpose {
        Purpose::Install => Err(error),
        Purpose::Query => Ok(Some(error.to_string())),
    }
}

fn parse(what: &str, text: &str) -> Result<IndexSignatures, TrustError> {
    text.parse().map_err(|error: SignatureLineError| TrustError::Form {
        what: what.to_owned(),
        why: error.to_string(),
    })
}
