//! Whether the code signature of a macOS launcher holds.
//!
//! The kernel compares the pages of a program with the digests in its signature while it runs, and ends a program that is
//! not as it was signed; on Apple's processors it runs none without a signature. Linkers write one without a key ("ad
//! hoc"). It covers the Mach-O file up to the signature itself, so what a package appends does not break it, and a
//! launcher that somebody stripped after it was linked is found here and not on somebody else's machine.

use std::ops::Range;

use digest::Sha256;
use object::Endianness;
use object::macho::{CPU_TYPE_ARM64, FatArch32, LC_CODE_SIGNATURE, MachHeader64};
use object::read::macho::{FatArch, LoadCommandVariant, MachHeader, MachOFatFile};

/// What is wrong with a code signature.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MachFlaw {
    /// The load commands cannot be read.
    #[error("it is not a readable Mach-O file")]
    Unreadable,
    /// There is none, and Apple's processors run nothing without.
    #[error("it has no code signature")]
    Missing,
    /// The signature is not what its header says.
    #[error("its code signature is damaged: {0}")]
    Damaged(&'static str),
    /// A page was changed after it was signed.
    #[error("its bytes {} to {} are not those that were signed", .0.start, .0.end)]
    Page(Range<usize>),
}

/// A signature: blobs behind a table of kinds and places. All numbers in it are big-endian.
const SUPER_BLOB: u32 = 0xfade_0cc0;
/// The blob that holds the digests.
const CODE_DIRECTORY: u32 = 0xfade_0c02;
/// The kind of the first code directory, and those of further ones, with digests of other lengths.
const FIRST_DIRECTORY: u32 = 0;
const FURTHER_DIRECTORIES: Range<u32> = 0x1000..0x1005;
/// SHA-256 in full.
const HASH_SHA256: u8 = 2;
/// The fields of a code directory that every version has.
const DIRECTORY_HEADER: usize = 44;

/// Checks every architecture of the launcher.
pub fn check(launcher: &[u8]) -> Result<(), MachFlaw> {
    let Ok(fat) = MachOFatFile::<FatArch32>::parse(launcher) else {
        return check_one(launcher);
    };
    fat.arches()
        .iter()
        .try_for_each(|arch| check_one(arch.data(launcher).map_err(unreadable)?))
}

fn unreadable(_: object::Error) -> MachFlaw {
    MachFlaw::Unreadable
}

fn check_one(file: &[u8]) -> Result<(), MachFlaw> {
    let header = MachHeader64::<Endianness>::parse(file, 0).map_err(unreadable)?;
    let endian = header.endian().map_err(unreadable)?;
    let mut commands = header.load_commands(endian, file, 0).map_err(unreadable)?;
    while let Some(command) = commands.next().map_err(unreadable)? {
        let LoadCommandVariant::LinkeditData(data) = command.variant().map_err(unreadable)? else {
            continue;
        };
        if data.cmd.get(endian) == LC_CODE_SIGNATURE {
            let (start, length) = (data.dataoff.get(endian) as usize, data.datasize.get(endian) as usize);
            let blob = part(file, start, length).ok_or(MachFlaw::Damaged("it ends behind the file"))?;
            return compare(&file[..start], directory(blob)?);
        }
    }
    match header.cputype(endian) {
        CPU_TYPE_ARM64 => Err(MachFlaw::Missing),
        _ => Ok(()),
    }
}

/// The code directory with digests of SHA-256, the only ones that count since macOS 11.
fn directory(blob: &[u8]) -> Result<&[u8], MachFlaw> {
    let damaged = || MachFlaw::Damaged("it holds no SHA-256 of the program's pages");
    if number(blob, 0) != Some(SUPER_BLOB) {
        return Err(MachFlaw::Damaged("it does not begin as one"));
    }
    let count = number(blob, 8).unwrap_or(0).min(64) as usize;
    let found = (0..count).find_map(|place| {
        let kind = number(blob, 12 + 8 * place)?;
        let start = number(blob, 16 + 8 * place)? as usize;
        let length = number(blob, start.checked_add(4)?)? as usize;
        let directory = part(blob, start, length)?;
        let fits = kind == FIRST_DIRECTORY || FURTHER_DIRECTORIES.contains(&kind);
        let is = fits && number(directory, 0) == Some(CODE_DIRECTORY) && directory.len() >= DIRECTORY_HEADER;
        (is && directory[36] == 32 && directory[37] == HASH_SHA256).then_some(directory)
    });
    found.ok_or_else(damaged)
}

/// Compares the pages of `code`, which is all that stands before the signature.
fn compare(code: &[u8], directory: &[u8]) -> Result<(), MachFlaw> {
    let field = |offset| number(directory, offset).unwrap_or(0) as usize;
    let (digests, count, limit) = (field(16), field(28), field(32));
    if limit != code.len() {
        return Err(MachFlaw::Damaged("it does not cover the program up to itself"));
    }
    let page = 1usize
        .checked_shl(u32::from(directory[39]))
        .filter(|page| *page >= 4096);
    let page = page.ok_or(MachFlaw::Damaged("its pages have a size that macOS does not know"))?;
    let digests = count
        .checked_mul(32)
        .and_then(|length| part(directory, digests, length));
    let digests = digests.filter(|_| count == code.len().div_ceil(page));
    let digests = digests.ok_or(MachFlaw::Damaged("it has not one digest for each page"))?;
    for (number, (bytes, digest)) in code.chunks(page).zip(digests.chunks(32)).enumerate() {
        if Sha256::of(bytes).as_bytes().as_slice() != digest {
            let start = number * page;
            return Err(MachFlaw::Page(start..start + bytes.len()));
        }
    }
    Ok(())
}

fn part(bytes: &[u8], start: usize, length: usize) -> Option<&[u8]> {
    bytes.get(start..start.checked_add(length)?)
}

fn number(bytes: &[u8], offset: usize) -> Option<u32> {
    part(bytes, offset, 4)?.try_into().ok().map(u32::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program of one load command, `signed` bytes long up to its signature, as a linker signs it.
    fn program(cpu: u32, signed: usize) -> Vec<u8> {
        let mut file = Vec::new();
        let little = |file: &mut Vec<u8>, numbers: &[u32]| file.extend(numbers.iter().flat_map(|n| n.to_le_bytes()));
        let pages = signed.div_ceil(4096);
        let directory = DIRECTORY_HEADER + 32 * pages;
        little(&mut file, &[0xfeed_facf, cpu, 0, 2, 1, 16, 0, 0]);
        little(
            &mut file,
            &[LC_CODE_SIGNATURE, 16, signed as u32, (20 + directory) as u32],
        );
        file.resize(signed, 7);
        let digests: Vec<u8> = file
            .chunks(4096)
            .flat_map(|page| *Sha256::of(page).as_bytes())
            .collect();
        let big = |file: &mut Vec<u8>, numbers: &[u32]| file.extend(numbers.iter().flat_map(|n| n.to_be_bytes()));
        big(
            &mut file,
            &[SUPER_BLOB, (20 + directory) as u32, 1, FIRST_DIRECTORY, 20],
        );
        big(
            &mut file,
            &[
                CODE_DIRECTORY,
                directory as u32,
                0x20100,
                2,
                DIRECTORY_HEADER as u32,
                0,
                0,
            ],
        );
        big(&mut file, &[pages as u32, signed as u32]);
        file.extend([32, HASH_SHA256, 0, 12, 0, 0, 0, 0]);
        file.extend(digests);
        file
    }

    const AMD64: u32 = 0x0100_0007;

    #[test]
    fn a_signature_holds_whatever_is_appended() {
        let mut file = program(CPU_TYPE_ARM64, 10_000);
        assert_eq!(check(&file), Ok(()));
        file.extend([1; 5000]);
        assert_eq!(check(&file), Ok(()));
    }

    #[test]
    fn changed_pages_are_found() {
        let mut file = program(CPU_TYPE_ARM64, 10_000);
        file[9_000] ^= 1;
        assert_eq!(check(&file), Err(MachFlaw::Page(8192..10_000)));
        file[5_000] ^= 1;
        assert_eq!(
            check(&file).unwrap_err().to_string(),
            "its bytes 4096 to 8192 are not those that were signed"
        );
    }

    #[test]
    fn only_apples_processors_ask_for_a_signature() {
        let without = |cpu| {
            let mut file = program(cpu, 5_000);
            file[32] = 0x26; // LC_FUNCTION_STARTS, a table like it
            check(&file)
        };
        assert_eq!(
            (without(CPU_TYPE_ARM64), without(AMD64)),
            (Err(MachFlaw::Missing), Ok(()))
        );
    }

    #[test]
    fn damaged_signatures() {
        let good = program(AMD64, 8192);
        for (place, what) in [
            (8192, "does not begin as one"),
            (8192 + 20, "no SHA-256"),
            (8192 + 20 + 37, "no SHA-256"),
            (8192 + 20 + 35, "does not cover"),
            (8192 + 20 + 31, "not one digest"),
            (8192 + 20 + 39, "pages have a size"),
        ] {
            let mut file = good.clone();
            file[place] ^= 0x4;
            assert!(
                check(&file).unwrap_err().to_string().contains(what),
                "{place}: {:?}",
                check(&file)
            );
        }
        assert_eq!(
            check(&good[..good.len() - 1]),
            Err(MachFlaw::Damaged("it ends behind the file"))
        );
        assert_eq!(check(&good[..40]), Err(MachFlaw::Unreadable));
    }
}
