//! By what a changed file shows without being read.

use digest::Hasher;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;

/// Adds what every change of the file (of a directory: every name that comes or goes) changes.
pub fn add(hasher: &mut Hasher, metadata: &Metadata) {
    let numbers = [
        metadata.ino(),
        metadata.len(),
        u64::from(metadata.mode()),
        metadata.mtime().cast_unsigned(),
        metadata.mtime_nsec().cast_unsigned(),
        metadata.ctime().cast_unsigned(),
        metadata.ctime_nsec().cast_unsigned(),
    ];
    numbers.iter().for_each(|number| hasher.update(&number.to_le_bytes()));
}
