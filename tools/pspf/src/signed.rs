use std::io;
use std::path::{Path, PathBuf};

use digest::{HashingWriter, Sha256};

use crate::content::Content;
use crate::frame::{Frame, PayloadFacts};
use crate::sink::Sink;
use crate::{Error, Launcher, OutputFile};

/// A signed and sealed package that is not yet in a file: the third state.
pub struct Signed {
    frame: Frame,
    launcher: Launcher,
    payloads: Vec<(PayloadFacts, Content)>,
}

/// A package in a file: the last state.
#[derive(Clone, Debug)]
pub struct Written {
    /// Where.
    pub path: PathBuf,
    /// Length in bytes.
    pub size: u64,
}

impl Signed {
    pub(crate) fn new(frame: Frame, launcher: Launcher, payloads: Vec<(PayloadFacts, Content)>) -> Self {
        Self {
            frame,
            launcher,
            payloads,
        }
    }

    /// Length of the package in bytes.
    pub fn size(&self) -> u64 {
        self.frame.file_length()
    }

    /// Writes the package: beside, synced, renamed, mode 0755.
    ///
    /// Payloads are compared with their signed digests on the way; a source that changed since
    /// [`Editor::store`](crate::Editor::store) is an error and leaves no file.
    pub fn write(self, path: &Path) -> Result<Written, Error> {
        let mut output = OutputFile::create(path)?;
        self.write_to(&mut output).map_err(|error| match error {
            Error::Output(source) => Error::file("write", path)(source),
            other => other,
        })?;
        output.finish(0o755)?;
        Ok(Written {
            path: path.to_owned(),
            size: self.size(),
        })
    }

    /// SHA-256 of the whole package, without writing it.
    pub fn digest(&self) -> Result<Sha256, Error> {
        let mut output = HashingWriter::new(io::sink());
        self.write_to(&mut output)?;
        Ok(output.finish().1)
    }

    fn write_to(&self, output: &mut impl Sink) -> Result<(), Error> {
        let frame = &self.frame;
        let mut output = At { output, position: 0 };
        output.put(0, self.launcher.bytes())?;
        output.put(frame.metadata_offset, &frame.metadata)?;
        output.put(frame.table_offset, &frame.table)?;
        for ((facts, content), offset) in self.payloads.iter().zip(&frame.payload_offsets) {
            output.pad(*offset)?;
            content.copy(output.output, facts.size, &facts.digest)?;
            output.position = offset + facts.size;
        }
        output.put(frame.trailer_offset, &frame.trailer)
    }
}

/// An output that knows its position and fills gaps with zeros.
struct At<'a, W> {
    output: &'a mut W,
    position: u64,
}

impl<W: Sink> At<'_, W> {
    fn pad(&mut self, offset: u64) -> Result<(), Error> {
        let gap = (offset - self.position) as usize;
        self.output.write_all(&[0; 8][..gap]).map_err(Error::Output)?;
        self.position = offset;
        Ok(())
    }

    fn put(&mut self, offset: u64, bytes: &[u8]) -> Result<(), Error> {
        self.pad(offset)?;
        self.output.write_all(bytes).map_err(Error::Output)?;
        self.position += bytes.len() as u64;
        Ok(())
    }
}
