//! From stored slots to a package file: everything is read once.
//!
//! Where a payload goes depends on its size alone, as long as the metadata is stored without
//! compression. So payloads are copied to their places while other threads hash their sources, and
//! metadata, table and trailer are written when the digests are known.

use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use digest::Sha256;

use crate::content::{Content, SourceFile};
use crate::frame::{Frame, PayloadFacts};
use crate::metadata_stream::MAX_STORED;
use crate::{Error, Launcher, OutputFile, SigningKey, parallel};

/// A package in a file: the last state.
#[derive(Clone, Debug)]
pub struct Written {
    /// Where.
    pub path: PathBuf,
    /// Length in bytes.
    pub size: u64,
}

/// What a package is made of.
pub(crate) struct Parts<J> {
    pub launcher: Launcher,
    /// Payloads in order. Facts hold a digest already, but for [`Content::File`].
    pub payloads: Vec<(PayloadFacts, Content)>,
    /// Writes the metadata JSON for the digests of all payloads.
    pub json: J,
    pub build_time: u64,
    pub key: SigningKey,
    /// Number of threads.
    pub jobs: usize,
}

impl<J: Fn(&[Sha256]) -> Result<Vec<u8>, Error>> Parts<J> {
    /// Writes the package: beside, renamed, mode 0755.
    pub fn write(mut self, path: &Path) -> Result<Written, Error> {
        let mut output = OutputFile::create(path)?;
        let size = self.write_to(&mut output).map_err(|error| match error {
            Error::Output(source) => Error::file("write", path)(source),
            other => other,
        })?;
        output.finish(0o755)?;
        Ok(Written {
            path: path.to_owned(),
            size,
        })
    }

    fn write_to(&mut self, output: &mut OutputFile) -> Result<u64, Error> {
        let draft_json = self.json()?;
        if draft_json.len() > MAX_STORED {
            let hashed = hash_all(&self.payloads, self.jobs)?;
            self.take_digests(&hashed)?;
        }
        let draft = self.frame(&self.json()?)?;
        let hashed = std::thread::scope(|scope| {
            let hashing = scope.spawn(|| hash_all(&self.payloads, self.jobs.saturating_sub(1)));
            let copied = copy_all(&self.payloads, &draft.payload_offsets, output);
            let hashed = hashing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            copied.and(hashed)
        })?;
        self.take_digests(&hashed)?;
        let frame = self.frame(&self.json()?)?;
        if frame.payload_offsets != draft.payload_offsets {
            return Err(Error::TooLarge);
        }
        for (offset, bytes) in [
            (0, self.launcher.bytes()),
            (frame.metadata_offset, &frame.metadata),
            (frame.table_offset, &frame.table),
            (frame.trailer_offset, &frame.trailer),
        ] {
            put(output, offset, bytes)?;
        }
        Ok(frame.file_length())
    }

    fn json(&self) -> Result<Vec<u8>, Error> {
        let digests: Vec<Sha256> = self.payloads.iter().map(|(facts, _)| facts.digest).collect();
        (self.json)(&digests)
    }

    fn frame(&self, json: &[u8]) -> Result<Frame, Error> {
        let facts: Vec<PayloadFacts> = self.payloads.iter().map(|(facts, _)| *facts).collect();
        Frame::new(json, self.launcher.facts(), &facts, self.build_time, self.key.private())
    }

    /// Takes new digests over, and compares those that somebody stated before.
    fn take_digests(&mut self, hashed: &[Option<Sha256>]) -> Result<(), Error> {
        for ((facts, content), hashed) in self.payloads.iter_mut().zip(hashed) {
            let (Some(found), Some(file)) = (*hashed, content.to_hash()) else {
                continue;
            };
            if matches!(content, Content::Recorded(_)) && found != facts.digest {
                return Err(Error::PayloadChanged {
                    path: file.path.clone(),
                    expected: facts.digest,
                    found,
                });
            }
            file.check_unchanged()?;
            facts.digest = found;
        }
        Ok(())
    }
}

fn put(output: &mut OutputFile, offset: u64, bytes: &[u8]) -> Result<(), Error> {
    let file = output.file_mut();
    file.seek(SeekFrom::Start(offset))
        .and_then(|_| file.write_all(bytes))
        .map_err(Error::Output)
}

/// Copies payloads to their places; what lies between them stays zero.
fn copy_all(payloads: &[(PayloadFacts, Content)], offsets: &[u64], output: &mut OutputFile) -> Result<(), Error> {
    for ((facts, content), offset) in payloads.iter().zip(offsets) {
        output
            .file_mut()
            .seek(SeekFrom::Start(*offset))
            .map_err(Error::Output)?;
        content.copy(output.file_mut(), facts.size)?;
    }
    Ok(())
}

/// Hashes all files that need it; of several errors the one of the first payload is returned.
fn hash_all(payloads: &[(PayloadFacts, Content)], jobs: usize) -> Result<Vec<Option<Sha256>>, Error> {
    let hash = |(_, content): &(PayloadFacts, Content)| content.to_hash().map(SourceFile::digest).transpose();
    parallel::map(payloads.iter().collect(), jobs, hash)
        .into_iter()
        .collect()
}
