use digest::Sha256;
use pspf_format::IndexBlock;
use pspf_format::layout::{END_MAGIC, INDEX_LEN, START_MAGIC, TRAILER_LEN};

use crate::read_at::{ReadAt, read_exact};
use crate::{Finding, Part, Refusal};

/// The last 8200 bytes of a package, with right magics and nothing else checked.
///
/// Reading it takes one length query and one read, whatever the size of the package.
#[derive(Clone)]
pub struct Trailer {
    index: Box<[u8; INDEX_LEN]>,
    file_length: u64,
}

/// What tells one package from another on a warm start.
///
/// An identity proves something only to someone who recorded it after [`Package::open`] and every
/// payload check had passed; until then it is whatever the file claims.
///
/// [`Package::open`]: crate::Package::open
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// SHA-256 of the 8192 bytes of the index block.
    pub index: Sha256,
    /// SHA-256 of the compressed metadata, as the index block states it.
    pub metadata: Sha256,
    /// Length of the file in bytes.
    pub file_length: u64,
}

impl Trailer {
    /// Reads the trailer and checks length and magics.
    pub fn read(input: &(impl ReadAt + ?Sized)) -> Result<Self, Refusal> {
        let file_length = input.length().map_err(|error| Refusal::read(0, error))?;
        let Some(start) = file_length.checked_sub(TRAILER_LEN as u64) else {
            let found = format!("a file of {file_length} bytes, which is no package");
            return Err(Finding::format(Part::Trailer, "at least 8200 bytes", found).into());
        };
        let mut bytes = vec![0; TRAILER_LEN];
        read_exact(input, &mut bytes, start)?;
        let (head, rest) = bytes.split_at(START_MAGIC.len());
        let (index, tail) = rest.split_at(INDEX_LEN);
        check_magic("end", tail, &END_MAGIC)?;
        check_magic("start", head, &START_MAGIC)?;
        let mut block = Box::new([0; INDEX_LEN]);
        block.copy_from_slice(index);
        Ok(Self {
            index: block,
            file_length,
        })
    }

    /// The index block, unchecked.
    pub fn index(&self) -> &IndexBlock {
        IndexBlock::from_bytes(&self.index)
    }

    /// The bytes of the index block.
    pub fn index_bytes(&self) -> &[u8; INDEX_LEN] {
        &self.index
    }

    /// Length of the file in bytes.
    pub fn file_length(&self) -> u64 {
        self.file_length
    }

    /// What to look up, and after a full verification to record, for warm starts.
    pub fn identity(&self) -> Identity {
        Identity {
            index: Sha256::of(&self.index[..]),
            metadata: Sha256::from_bytes(self.index().metadata_checksum),
            file_length: self.file_length,
        }
    }
}

fn check_magic(name: &str, found: &[u8], expected: &[u8; 4]) -> Result<(), Refusal> {
    if found == expected {
        return Ok(());
    }
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let expected = format!("{name} magic {}", hex(expected));
    Err(Finding::format(
        Part::Trailer,
        expected,
        format!("{}, so this is no package or a damaged one", hex(found)),
    )
    .into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_files_and_wrong_magics() {
        let short = Trailer::read(&b"#!/bin/sh\n"[..]).err().unwrap();
        assert_eq!(
            short.to_string(),
            "trailer: expected at least 8200 bytes, found a file of 10 bytes, which is no package"
        );
        let zeros = Trailer::read(&[0; 9000][..]).err().unwrap();
        assert_eq!(
            zeros.to_string(),
            "trailer: expected end magic f09faa84, found 00000000, so this is no package or a damaged one"
        );
    }
}
