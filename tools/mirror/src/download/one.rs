use std::path::PathBuf;

use digest::Hasher;

use super::cache::{Cache, Found, cache_error};
use super::order::Order;
use super::part::{Origin, Part};
use super::{DownloadError, Events, Options, Wanted};
use crate::attempt::{Again, AttemptError, Attempts, Failure, Size, pour, retrying};
use crate::transport::{Content, Mirror};

/// One file, from nothing to its place in the cache.
pub(super) struct One<'a> {
    pub(super) mirrors: &'a [Mirror],
    pub(super) cache: &'a Cache,
    pub(super) options: &'a Options,
    pub(super) order: &'a Order,
    pub(super) wanted: &'a Wanted,
    pub(super) events: &'a dyn Events,
}

impl One<'_> {
    pub(super) fn run(&self) -> Result<PathBuf, DownloadError> {
        let sha256 = &self.wanted.sha256;
        let (path, part_path) = (self.cache.path(sha256), self.cache.part(sha256));
        if let Found::Whole = self.cache.find(sha256)? {
            return Ok(path);
        }
        let words = self.wanted.words.clone();
        if self.options.offline {
            return Err(DownloadError::Offline { words, path });
        }
        self.cache.make()?;
        let mut waiting = || self.warn("waiting for another download of it");
        let mut part = Part::lock(&part_path, &mut waiting).map_err(cache_error("lock", &part_path))?;
        // Whoever had the lock may have brought it.
        match self.cache.find(sha256)? {
            Found::Whole => {
                part.discard().map_err(cache_error("remove", &part_path))?;
                return Ok(path);
            }
            Found::Nothing => {}
            Found::Other => {
                self.warn("in the cache are other bytes under its name, which are thrown away");
                std::fs::remove_file(&path).map_err(cache_error("remove", &path))?;
            }
        }
        if self.is_complete(&mut part).map_err(cache_error("read", &part_path))? {
            part.finish(&path).map_err(cache_error("rename", &part_path))?;
            return Ok(path);
        }
        let failed = match self.ask_all(&mut part) {
            Ok(()) => {
                part.finish(&path).map_err(cache_error("rename", &part_path))?;
                return Ok(path);
            }
            Err(failed) => failed,
        };
        // What nobody can go on with is not worth its room.
        if part.origin().is_none() || part.length().is_ok_and(|length| length == 0) {
            part.discard().map_err(cache_error("remove", &part_path))?;
        }
        match failed {
            Failed::Output(error) => Err(cache_error("write", &part_path)(error)),
            Failed::Everywhere(_) if self.mirrors.is_empty() => {
                let sha256 = *sha256;
                Err(DownloadError::NoMirror { words, sha256 })
            }
            Failed::Everywhere(attempts) => Err(DownloadError::Nowhere { words, attempts }),
        }
    }

    fn warn(&self, text: &str) {
        self.events
            .warned(self.wanted, &format!("{}: {text}", self.wanted.words));
    }

    /// Whether a part is all of it: of a run that ended between the last byte and the final name.
    fn is_complete(&self, part: &mut Part) -> std::io::Result<bool> {
        let length = part.length()?;
        if length < self.wanted.size {
            return Ok(false);
        }
        if length == self.wanted.size && part.hash()?.finish() == self.wanted.sha256 {
            return Ok(true);
        }
        part.restart(None)?;
        Ok(false)
    }

    fn ask_all(&self, part: &mut Part) -> Result<(), Failed> {
        let mut attempts = Vec::new();
        let mut missing: Vec<usize> = (0..self.mirrors.len()).collect();
        let order = self.order.mirrors(&self.wanted.path);
        missing.retain(|number| !order.contains(number));
        for (position, &number) in order.iter().enumerate() {
            let mirror = &self.mirrors[number];
            let error = match self.ask(number, mirror, part) {
                Ok(()) => return Ok(()),
                Err(Failure::Output(error)) => return Err(Failed::Output(error)),
                Err(Failure::Attempt(error)) => error,
            };
            if let Some(next) = order.get(position + 1) {
                let next = self.mirrors[*next].address();
                self.warn(&format!("{error} from {}; trying {next}", mirror.address()));
            }
            attempts.push((mirror.address().to_owned(), error));
        }
        // What was learnt earlier in this run is told again, so that the list is whole.
        attempts.extend(missing.into_iter().map(|number| {
            let error = AttemptError::Open(crate::OpenError::NotThere);
            (self.mirrors[number].address().to_owned(), error)
        }));
        Err(Failed::Everywhere(Attempts(attempts)))
    }

    fn ask(&self, number: usize, mirror: &Mirror, part: &mut Part) -> Result<(), Failure> {
        let _permit = self.order.permit(number);
        let is_last = self.order.is_last(number);
        let mut again = |error: &AttemptError| {
            if is_last {
                return Again::No;
            }
            self.warn(&format!("{error} from {}; asking again", mirror.address()));
            Again::Yes
        };
        retrying(self.options.pause, &mut again, || {
            let outcome = self.once(mirror, part);
            self.learn(number, &outcome);
            outcome
        })
    }

    fn learn(&self, number: usize, outcome: &Result<(), Failure>) {
        match outcome {
            Ok(()) => self.order.worked(number),
            Err(Failure::Output(_)) => {}
            Err(Failure::Attempt(error)) if error.is_not_there() => self.order.lacks(number, &self.wanted.path),
            Err(Failure::Attempt(_)) => {
                if self.order.failed(number) && self.mirrors.len() > 1 {
                    let address = self.mirrors[number].address();
                    self.warn(&format!(
                        "{address} has failed three times in a row, and is asked last from now on"
                    ));
                }
            }
        }
    }

    /// Goes on where an earlier try ended, if the mirror has the same file still. What does not hash to the digest in the end
    /// is fetched once more from its beginning.
    fn once(&self, mirror: &Mirror, part: &mut Part) -> Result<(), Failure> {
        let length = part.length().map_err(Failure::Output)?;
        if let Some(origin) = part.origin()
            && length > 0
            && origin.mirror == mirror.address()
        {
            let content = mirror.open_rest(&self.wanted.path, length, &origin.validator)?;
            let is_resumed = content.start > 0;
            match self.receive(mirror, content, part) {
                Err(Failure::Attempt(error)) if is_resumed && error.is_unverified() => {
                    self.warn(&format!(
                        "{error} after going on at byte {length}; fetching it from its beginning"
                    ));
                }
                outcome => return outcome,
            }
        }
        self.receive(mirror, mirror.open(&self.wanted.path)?, part)
    }

    fn receive(&self, mirror: &Mirror, content: Content, part: &mut Part) -> Result<(), Failure> {
        let hasher = if content.start > 0 {
            part.hash().map_err(Failure::Output)?
        } else {
            let origin = content.stamp.strong().map(|validator| Origin {
                mirror: mirror.address().to_owned(),
                validator: validator.to_owned(),
            });
            part.restart(origin.as_ref()).map_err(Failure::Output)?;
            Hasher::new()
        };
        self.events.started(self.wanted, mirror.address(), content.start);
        let size = Size::Exactly(self.wanted.size);
        let mut moved = |there| self.events.moved(self.wanted, there);
        let outcome = pour(content, hasher, size, part.writer(), &mut moved).and_then(|found| {
            if found == self.wanted.sha256 {
                return Ok(());
            }
            let expected = self.wanted.sha256;
            Err(Failure::Attempt(AttemptError::Digest { expected, found }))
        });
        if let Err(Failure::Attempt(error)) = &outcome
            && error.is_unverified()
        {
            part.restart(None).map_err(Failure::Output)?;
        }
        outcome
    }
}

enum Failed {
    Output(std::io::Error),
    Everywhere(Attempts),
}
