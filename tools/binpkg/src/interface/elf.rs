//! As much of ELF as names libraries: the dynamic section of a program or a shared library.
//!
//! The file may hold anything. Every offset and length is checked by the read itself, tables have limits, and what does not
//! fit together is a file without a dynamic section, not an error: payloads hold test data, firmware and worse.

use std::io::{self, ErrorKind, Read, Seek, SeekFrom};

/// What the dynamic section says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Dynamic {
    /// The name under which others find this library.
    pub soname: Option<String>,
    /// Names of the libraries that it needs, in order.
    pub needed: Vec<String>,
    /// Directories in which it looks for them first.
    pub search: Vec<String>,
}

/// Most program headers that are looked at.
const MAX_SEGMENTS: u64 = 1024;
/// Longest dynamic section in bytes.
const MAX_DYNAMIC: u64 = 1 << 20;
/// Longest name in the string table in bytes.
const MAX_NAME: u64 = 4096;

const PT_LOAD: u64 = 1;
const PT_DYNAMIC: u64 = 2;
const DT_NULL: u64 = 0;
const DT_NEEDED: u64 = 1;
const DT_STRTAB: u64 = 5;
const DT_SONAME: u64 = 14;
const DT_RPATH: u64 = 15;
const DT_RUNPATH: u64 = 29;

/// Reads the dynamic section; `None` when there is none that makes sense.
pub(super) fn read<F: Read + Seek>(file: &mut F) -> io::Result<Option<Dynamic>> {
    match Reader::new(file).and_then(|mut reader| reader.dynamic()) {
        Ok(dynamic) => Ok(Some(dynamic)),
        // `InvalidInput` is a seek to where no file can be.
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::UnexpectedEof | ErrorKind::InvalidData | ErrorKind::InvalidInput
            ) =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

struct Reader<'a, F> {
    file: &'a mut F,
    wide: bool,
    big_endian: bool,
}

struct Segment {
    kind: u64,
    offset: u64,
    address: u64,
    size: u64,
}

fn nonsense() -> io::Error {
    ErrorKind::InvalidData.into()
}

impl<'a, F: Read + Seek> Reader<'a, F> {
    fn new(file: &'a mut F) -> io::Result<Self> {
        let mut start = [0; 6];
        file.read_exact(&mut start)?;
        let [0x7f, b'E', b'L', b'F', class @ 1..=2, order @ 1..=2] = start else {
            return Err(nonsense());
        };
        Ok(Self {
            file,
            wide: class == 2,
            big_endian: order == 2,
        })
    }

    /// A field of the length that 32-bit and 64-bit files give it, at the place that they give it.
    fn field(&self, bytes: &[u8], narrow: (usize, usize), wide: (usize, usize)) -> io::Result<u64> {
        let (at, length) = if self.wide { wide } else { narrow };
        let field = bytes.get(at..at + length).ok_or_else(nonsense)?;
        let add = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
        Ok(if self.big_endian {
            field.iter().fold(0, add)
        } else {
            field.iter().rev().fold(0, add)
        })
    }

    fn bytes(&mut self, offset: u64, length: u64) -> io::Result<Vec<u8>> {
        self.file.seek(SeekFrom::Start(offset))?;
        let mut bytes = Vec::new();
        self.file.take(length).read_to_end(&mut bytes)?;
        if bytes.len() as u64 != length {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        Ok(bytes)
    }

    fn segments(&mut self) -> io::Result<Vec<Segment>> {
        let header = self.bytes(0, if self.wide { 64 } else { 52 })?;
        let table = self.field(&header, (28, 4), (32, 8))?;
        let size = self.field(&header, (42, 2), (54, 2))?;
        let count = self.field(&header, (44, 2), (56, 2))?;
        if count > MAX_SEGMENTS || size < if self.wide { 56 } else { 32 } {
            return Err(nonsense());
        }
        let table = self.bytes(table, size * count)?;
        let segment = |bytes: &[u8]| {
            Ok(Segment {
                kind: self.field(bytes, (0, 4), (0, 4))?,
                offset: self.field(bytes, (4, 4), (8, 8))?,
                address: self.field(bytes, (8, 4), (16, 8))?,
                size: self.field(bytes, (16, 4), (32, 8))?,
            })
        };
        table
            .chunks_exact(usize::try_from(size).map_err(|_| nonsense())?)
            .map(segment)
            .collect()
    }

    fn dynamic(&mut self) -> io::Result<Dynamic> {
        let segments = self.segments()?;
        let section = segments
            .iter()
            .find(|segment| segment.kind == PT_DYNAMIC)
            .ok_or_else(nonsense)?;
        if section.size > MAX_DYNAMIC {
            return Err(nonsense());
        }
        let section = self.bytes(section.offset, section.size)?;
        let mut tags = Vec::new();
        for item in section.chunks_exact(if self.wide { 16 } else { 8 }) {
            let (tag, value) = (self.field(item, (0, 4), (0, 8))?, self.field(item, (4, 4), (8, 8))?);
            if tag == DT_NULL {
                break;
            }
            tags.push((tag, value));
        }
        let (_, strings) = tags.iter().find(|(tag, _)| *tag == DT_STRTAB).ok_or_else(nonsense)?;
        let strings = file_offset(&segments, *strings).ok_or_else(nonsense)?;
        let mut dynamic = Dynamic::default();
        for (tag, value) in tags {
            if matches!(tag, DT_NEEDED | DT_SONAME | DT_RPATH | DT_RUNPATH) {
                let name = self.name(strings.checked_add(value).ok_or_else(nonsense)?)?;
                match tag {
                    DT_NEEDED => dynamic.needed.push(name),
                    DT_SONAME => dynamic.soname = Some(name),
                    _ => dynamic
                        .search
                        .extend(name.split(':').filter(|place| !place.is_empty()).map(str::to_owned)),
                }
            }
        }
        Ok(dynamic)
    }

    fn name(&mut self, offset: u64) -> io::Result<String> {
        self.file.seek(SeekFrom::Start(offset))?;
        let mut bytes = Vec::new();
        self.file.take(MAX_NAME).read_to_end(&mut bytes)?;
        let end = bytes.iter().position(|byte| *byte == 0).ok_or_else(nonsense)?;
        bytes.truncate(end);
        let name = String::from_utf8(bytes).map_err(|_| nonsense())?;
        // Names go into lines and lists.
        if name.is_empty() || name.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(nonsense());
        }
        Ok(name)
    }
}

/// Where in the file the byte of an address is.
fn file_offset(segments: &[Segment], address: u64) -> Option<u64> {
    segments
        .iter()
        .filter(|segment| segment.kind == PT_LOAD)
        .find_map(|segment| {
            let distance = address
                .checked_sub(segment.address)
                .filter(|distance| *distance < segment.size)?;
            segment.offset.checked_add(distance)
        })
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    /// A file with a dynamic section: one segment that covers everything, at an address of its own.
    pub(in crate::interface) fn elf(wide: bool, big_endian: bool, items: &[(u64, &str)]) -> Vec<u8> {
        const ADDRESS: u64 = 0x10000;
        let (header, segment, item) = if wide { (64, 56, 16) } else { (52, 32, 8) };
        let dynamic = header + 2 * segment;
        let strings = dynamic + (items.len() + 2) * item;
        let mut bytes = vec![0; strings];
        let put = |bytes: &mut Vec<u8>, at: usize, length: usize, value: u64| {
            let all = value.to_be_bytes();
            let field = &mut bytes[at..at + length];
            field.copy_from_slice(&all[8 - length..]);
            if !big_endian {
                field.reverse();
            }
        };
        let word = if wide { 8 } else { 4 };
        bytes[..6].copy_from_slice(&[0x7f, b'E', b'L', b'F', 1 + u8::from(wide), 1 + u8::from(big_endian)]);
        put(&mut bytes, if wide { 32 } else { 28 }, word, header as u64);
        put(&mut bytes, if wide { 54 } else { 42 }, 2, segment as u64);
        put(&mut bytes, if wide { 56 } else { 44 }, 2, 2);
        let mut names = vec![0u8];
        let mut tags = vec![(DT_STRTAB, ADDRESS + strings as u64)];
        for (tag, name) in items {
            tags.push((*tag, names.len() as u64));
            names.extend(name.bytes().chain([0]));
        }
        for (number, (tag, value)) in tags.iter().enumerate() {
            put(&mut bytes, dynamic + number * item, word, *tag);
            put(&mut bytes, dynamic + number * item + word, word, *value);
        }
        let total = (strings + names.len()) as u64;
        let places = [
            (PT_LOAD, 0, ADDRESS, total),
            (PT_DYNAMIC, dynamic as u64, 0, (strings - dynamic) as u64),
        ];
        for (number, (kind, offset, address, size)) in places.into_iter().enumerate() {
            let at = header + number * segment;
            let (offset_at, address_at, size_at) = if wide { (8, 16, 32) } else { (4, 8, 16) };
            put(&mut bytes, at, 4, kind);
            put(&mut bytes, at + offset_at, word, offset);
            put(&mut bytes, at + address_at, word, address);
            put(&mut bytes, at + size_at, word, size);
        }
        bytes.extend(names);
        bytes
    }

    fn parse(bytes: &[u8]) -> Option<Dynamic> {
        read(&mut Cursor::new(bytes)).unwrap()
    }

    const ITEMS: [(u64, &str); 5] = [
        (DT_NEEDED, "libc.so.6"),
        (DT_SONAME, "libz.so.1"),
        (DT_RUNPATH, "$ORIGIN/../lib::/opt/lib"),
        (21, "debug"),
        (DT_NEEDED, "libm.so.6"),
    ];

    #[test]
    fn both_classes_and_orders() {
        for (wide, big_endian) in [(true, false), (true, true), (false, false), (false, true)] {
            let dynamic = parse(&elf(wide, big_endian, &ITEMS)).unwrap();
            assert_eq!(dynamic.soname.as_deref(), Some("libz.so.1"));
            assert_eq!(dynamic.needed, ["libc.so.6", "libm.so.6"]);
            assert_eq!(dynamic.search, ["$ORIGIN/../lib", "/opt/lib"]);
        }
    }

    /// The test itself is a program of this machine.
    #[test]
    fn a_real_program() {
        let mut file = std::fs::File::open(std::env::current_exe().unwrap()).unwrap();
        let found = read(&mut file).unwrap();
        if cfg!(all(target_os = "linux", target_env = "gnu")) {
            assert!(found.unwrap().needed.contains(&"libc.so.6".to_owned()));
        }
    }

    #[test]
    fn other_files() {
        for bytes in [
            &b""[..],
            b"\x7fELF",
            b"#!/bin/sh\n",
            &[0x7f, b'E', b'L', b'F', 3, 1, 0, 0],
        ] {
            assert_eq!(parse(bytes), None);
        }
        let good = elf(true, false, &ITEMS);
        for length in 0..good.len() {
            let _ = parse(&good[..length]);
        }
        assert_eq!(parse(&elf(true, false, &[(DT_NEEDED, "")])), None);
        assert_eq!(parse(&elf(true, false, &[(DT_NEEDED, "a\nb")])), None);
    }

    proptest! {
        #[test]
        fn damaged_files_are_read_or_not(at in 0..400usize, bytes: [u8; 8], wide: bool) {
            let mut file = elf(wide, false, &ITEMS);
            let at = at % (file.len() - 8);
            file[at..at + 8].copy_from_slice(&bytes);
            let _ = parse(&file);
        }
    }
}
