//! `nm`, for build scripts that ask for the symbols of what they compiled: ELF files of 64 bits, which is what Linux has, in
//! the BSD form of every other `nm`: `VALUE LETTER NAME`.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use crate::Result;
use crate::files::at;

/// Prints the symbols of each file, by name.
pub fn nm(args: &[OsString]) -> Result<ExitCode> {
    let mut files = Vec::new();
    for arg in args {
        match arg.to_str() {
            // All symbols, in this form: what is printed anyway.
            Some("-a" | "-B") => {}
            Some(flag) if flag.starts_with('-') => {
                return Err(format!("nm: expected -a, -B or a file, got {flag}"));
            }
            _ => files.push(Path::new(arg)),
        }
    }
    for file in &files {
        let bytes = at(file, fs::read(file))?;
        let mut symbols = symbols(&bytes).ok_or_else(|| {
            format!(
                "nm: {} is no ELF file of 64 bits, little-endian, or a damaged one",
                file.display()
            )
        })?;
        symbols.sort_by(|a, b| a.name.cmp(&b.name));
        if files.len() > 1 {
            println!("\n{}:", file.display());
        }
        for symbol in symbols {
            let value = match symbol.letter {
                'U' | 'w' => " ".repeat(16),
                _ => format!("{:016x}", symbol.value),
            };
            println!("{value} {} {}", symbol.letter, symbol.name);
        }
    }
    Ok(ExitCode::SUCCESS)
}

struct Symbol {
    name: String,
    letter: char,
    value: u64,
}

/// A header of a section, as far as symbols need it.
struct Section {
    name: usize,
    kind: u32,
    flags: u64,
    offset: usize,
    size: usize,
    link: usize,
}

/// Symbols of the first symbol table, in its order; none where there is no such table.
fn symbols(bytes: &[u8]) -> Option<Vec<Symbol>> {
    if bytes.get(..6)? != b"\x7fELF\x02\x01" {
        return None;
    }
    let (offset, size, count) = (word(bytes, 0x28)?, half(bytes, 0x3a)?, half(bytes, 0x3c)?);
    let sections: Vec<Section> = (0..count)
        .map(|number| {
            section(
                bytes,
                usize::try_from(offset).ok()?.checked_add(number.checked_mul(size)?)?,
            )
        })
        .collect::<Option<_>>()?;
    let Some(table) = sections.iter().find(|section| section.kind == 2) else {
        return Some(Vec::new());
    };
    let names = content(bytes, sections.get(table.link)?)?;
    let of_sections = content(bytes, sections.get(half(bytes, 0x3e)?)?)?;
    let entries = content(bytes, table)?.chunks_exact(24);
    // The first entry stands for no symbol.
    let symbol = |entry| symbol(entry, names, &sections, of_sections);
    entries.skip(1).map(symbol).collect()
}

fn symbol(entry: &[u8], names: &[u8], sections: &[Section], of_sections: &[u8]) -> Option<Symbol> {
    const OF_A_SECTION: u8 = 3;
    let (info, index) = (*entry.get(4)?, half(entry, 6)?);
    let name = if info & 15 == OF_A_SECTION {
        text(of_sections, sections.get(index)?.name)?
    } else {
        text(names, usize::try_from(quarter(entry, 0)?).ok()?)?
    };
    let (binding, is_object) = (info >> 4, info & 15 == 1);
    let letter = match (index, binding) {
        (0, 2) => 'w',
        (0, _) => 'U',
        (_, 2) if is_object => 'V',
        (_, 2) => 'W',
        (0xfff1, _) => 'A',
        (0xfff2, _) => 'C',
        _ => letter_of(sections.get(index)?),
    };
    Some(Symbol {
        name,
        // What no other file sees has a small letter.
        letter: if binding == 0 {
            letter.to_ascii_lowercase()
        } else {
            letter
        },
        value: word(entry, 8)?,
    })
}

fn letter_of(section: &Section) -> char {
    const WRITE: u64 = 1;
    const ALLOCATED: u64 = 2;
    const PROGRAM: u64 = 4;
    const NO_BYTES: u32 = 8;
    match section.flags {
        flags if flags & ALLOCATED == 0 => 'N',
        flags if flags & PROGRAM != 0 => 'T',
        _ if section.kind == NO_BYTES => 'B',
        flags if flags & WRITE != 0 => 'D',
        _ => 'R',
    }
}

fn section(bytes: &[u8], at: usize) -> Option<Section> {
    let header = bytes.get(at..at.checked_add(64)?)?;
    Some(Section {
        name: usize::try_from(quarter(header, 0)?).ok()?,
        kind: quarter(header, 4)?,
        flags: word(header, 8)?,
        offset: usize::try_from(word(header, 0x18)?).ok()?,
        size: usize::try_from(word(header, 0x20)?).ok()?,
        link: usize::try_from(quarter(header, 0x28)?).ok()?,
    })
}

fn content<'a>(bytes: &'a [u8], section: &Section) -> Option<&'a [u8]> {
    bytes.get(section.offset..section.offset.checked_add(section.size)?)
}

/// The text that begins at `at`, up to the zero at its end.
fn text(bytes: &[u8], at: usize) -> Option<String> {
    let rest = bytes.get(at..)?;
    let end = rest.iter().position(|byte| *byte == 0)?;
    Some(String::from_utf8_lossy(&rest[..end]).into_owned())
}

fn half(bytes: &[u8], at: usize) -> Option<usize> {
    Some(usize::from(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?)))
}

fn quarter(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn word(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}
