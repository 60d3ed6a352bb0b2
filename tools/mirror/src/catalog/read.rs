use std::io::Read;
use std::time::Duration;

use crate::attempt::{Again, AttemptError, Failure, retrying};
use crate::stamp::Stamp;
use crate::transport::{Content, Mirror, OpenError};

/// A small file of a mirror, whole; what may pass is tried again.
pub(super) fn read(mirror: &Mirror, path: &str, largest: u64, pause: Duration) -> Result<Vec<u8>, AttemptError> {
    outcome(retrying(
        pause,
        |_| Again::Yes,
        || {
            let (bytes, _) = take(mirror.open(path)?, largest)?;
            Ok(bytes)
        },
    ))
}

/// The same with what is said of its version, unless it is still the one that `known` was said of.
pub(super) fn read_changed(
    mirror: &Mirror,
    path: &str,
    known: &Stamp,
    largest: u64,
    pause: Duration,
) -> Result<Option<(Vec<u8>, Stamp)>, AttemptError> {
    outcome(retrying(
        pause,
        |_| Again::Yes,
        || match mirror.open_changed(path, known)? {
            Some(content) => take(content, largest).map(Some),
            None => Ok(None),
        },
    ))
}

fn take(content: Content, largest: u64) -> Result<(Vec<u8>, Stamp), Failure> {
    let mut bytes = Vec::new();
    // One byte more than may come, so that a longer answer shows.
    let outcome = content.reader.take(largest + 1).read_to_end(&mut bytes);
    if let Err(why) = outcome {
        let after = bytes.len() as u64;
        return Err(Failure::Attempt(AttemptError::Broken { after, why }));
    }
    if bytes.len() as u64 > largest {
        let (expected, found) = (largest, "more".to_owned());
        return Err(Failure::Attempt(AttemptError::Size { expected, found }));
    }
    Ok((bytes, content.stamp))
}

fn outcome<T>(outcome: Result<T, Failure>) -> Result<T, AttemptError> {
    outcome.map_err(|failure| match failure {
        Failure::Attempt(error) => error,
        // Nothing is written here, so this is not reached.
        Failure::Output(error) => AttemptError::Open(OpenError::Refused(error.to_string())),
    })
}
