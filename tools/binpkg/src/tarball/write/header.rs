//! Tar headers, byte by byte (section 3.2): ustar, GNU long-name records, base-256 for numbers that need it.

/// What a header says.
pub(in crate::tarball) struct Header<'a> {
    /// Name in the archive; a directory's ends with a slash.
    pub name: &'a [u8],
    /// Type flag: `0`, `2` or `5`.
    pub kind: u8,
    /// Permission bits.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Bytes that follow.
    pub size: u64,
    /// Seconds since 1970.
    pub mtime: u64,
    /// Target of a link.
    pub link: &'a [u8],
    /// Owner by name.
    pub user: &'a [u8],
    /// Group by name.
    pub group: &'a [u8],
}

pub(in crate::tarball) const BLOCK: u64 = 512;

/// Longest name that stands in the header itself.
const SHORT: usize = 100;

impl Header<'_> {
    /// The header with the records that precede it.
    pub(in crate::tarball) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(BLOCK as usize);
        for (flag, text) in [(b'K', self.link), (b'L', self.name)] {
            if text.len() > SHORT {
                long_record(flag, text, &mut bytes);
            }
        }
        bytes.extend(self.block());
        bytes
    }

    fn block(&self) -> [u8; BLOCK as usize] {
        let mut block = [0; BLOCK as usize];
        text(&mut block[..SHORT], self.name);
        number(&mut block[100..108], self.mode.into());
        number(&mut block[108..116], self.uid.into());
        number(&mut block[116..124], self.gid.into());
        number(&mut block[124..136], self.size);
        number(&mut block[136..148], self.mtime);
        block[148..156].fill(b' ');
        block[156] = self.kind;
        text(&mut block[157..257], self.link);
        block[257..265].copy_from_slice(b"ustar\x0000");
        name(&mut block[265..297], self.user);
        name(&mut block[297..329], self.group);
        number(&mut block[329..337], 0);
        number(&mut block[337..345], 0);
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        block
    }
}

/// A record whose content is the name of the next header, with a NUL, padded to a block.
fn long_record(flag: u8, text: &[u8], bytes: &mut Vec<u8>) {
    let header = Header {
        name: b"././@LongLink",
        kind: flag,
        mode: 0o644,
        uid: 0,
        gid: 0,
        size: text.len() as u64 + 1,
        mtime: 0,
        link: b"",
        user: b"",
        group: b"",
    };
    bytes.extend(header.block());
    bytes.extend(text);
    let end = (bytes.len() + 1).next_multiple_of(BLOCK as usize);
    bytes.resize(end, 0);
}

/// As much as fits; a longer text stands in a record of its own.
fn text(field: &mut [u8], text: &[u8]) {
    let length = text.len().min(field.len());
    field[..length].copy_from_slice(&text[..length]);
}

/// A name that fits with its NUL. A longer one is left out: a part of it would be somebody else's, and the manifest has it.
fn name(field: &mut [u8], name: &[u8]) {
    if name.len() < field.len() {
        text(field, name);
    }
}

/// Octal digits and a NUL, or base-256 when these do not suffice.
fn number(field: &mut [u8], value: u64) {
    let digits = field.len() - 1;
    if value < 1 << (3 * digits) {
        field[..digits].copy_from_slice(format!("{value:0digits$o}").as_bytes());
        return;
    }
    for (place, byte) in field
        .iter_mut()
        .rev()
        .zip(value.to_le_bytes().into_iter().chain(std::iter::repeat(0)))
    {
        *place = byte;
    }
    field[0] |= 0x80;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header<'a>(name: &'a [u8], link: &'a [u8], size: u64) -> Header<'a> {
        let (user, group) = (b"somebody", b"a group whose name is longer than 31");
        Header {
            name,
            kind: b'0',
            mode: 0o4755,
            uid: 3_000_000,
            gid: 5,
            size,
            mtime: 1 << 32,
            link,
            user,
            group,
        }
    }

    /// What another implementation reads out of our headers.
    #[test]
    fn the_tar_crate_agrees() {
        for (name, link) in [
            ("a".repeat(100), "b".repeat(100)),
            ("a".repeat(101), "b".repeat(4095)),
            ("a/".repeat(2000), String::new()),
            ("ü\n".to_owned(), "x".to_owned()),
        ] {
            let size = 9 << 30;
            let bytes = header(name.as_bytes(), link.as_bytes(), size).to_bytes();
            assert_eq!(bytes.len() % 512, 0);
            let mut archive = tar::Archive::new(&bytes[..]);
            let entry = archive.entries().unwrap().next().unwrap().unwrap();
            assert_eq!(entry.path_bytes(), name.as_bytes());
            assert_eq!(entry.link_name_bytes().unwrap_or_default(), link.as_bytes());
            let header = entry.header();
            assert_eq!(
                (header.mode().unwrap(), header.uid().unwrap(), header.gid().unwrap()),
                (0o4755, 3_000_000, 5)
            );
            assert_eq!(
                (header.username_bytes(), header.groupname_bytes()),
                (Some(&b"somebody"[..]), Some(&b""[..]))
            );
            assert_eq!((header.entry_size().unwrap(), header.mtime().unwrap()), (size, 1 << 32));
        }
    }

    #[test]
    fn base_256_only_where_octal_ends() {
        let field = |value| {
            let mut field = [0; 12];
            number(&mut field, value);
            field
        };
        assert_eq!(&field((1 << 33) - 1), b"77777777777\0");
        assert_eq!(field(1 << 33), [0x80, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0]);
    }
}
