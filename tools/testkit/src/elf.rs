//! Files that look like shared libraries to whoever reads their names.

/// A shared library for x86-64 that is called `soname` (empty for none) and needs others: a dynamic section and nothing else.
pub fn library(soname: &str, needed: &[&str]) -> Vec<u8> {
    const ADDRESS: u64 = 0x10000;
    const HEADER: usize = 64;
    const SEGMENT: usize = 56;
    let own = [(14, soname)].into_iter().filter(|(_, name)| !name.is_empty());
    let items: Vec<(u64, &str)> = own.chain(needed.iter().map(|name| (1, *name))).collect();
    let dynamic = HEADER + 2 * SEGMENT;
    let strings = dynamic + (items.len() + 2) * 16;
    let mut names = vec![0];
    let mut tags = vec![(5, ADDRESS + strings as u64)];
    for (tag, name) in items {
        tags.push((tag, names.len() as u64));
        names.extend(name.bytes().chain([0]));
    }
    tags.push((0, 0));
    let total = (strings + names.len()) as u64;
    let mut bytes = vec![0; HEADER];
    bytes[..6].copy_from_slice(&[0x7f, b'E', b'L', b'F', 2, 1]);
    bytes[16] = 3;
    bytes[18] = 62;
    bytes[32] = HEADER as u8;
    bytes[54] = SEGMENT as u8;
    bytes[56] = 2;
    // Kind and flags, offset, virtual address, physical address, size in the file, size in memory, alignment.
    for (kind, offset, address, size) in [
        (1, 0, ADDRESS, total),
        (2, dynamic as u64, 0, (strings - dynamic) as u64),
    ] {
        for field in [kind, offset, address, address, size, size, 1_u64] {
            bytes.extend(field.to_le_bytes());
        }
    }
    for (tag, value) in tags {
        bytes.extend(u64::to_le_bytes(tag));
        bytes.extend(u64::to_le_bytes(value));
    }
    bytes.extend(names);
    bytes
}
