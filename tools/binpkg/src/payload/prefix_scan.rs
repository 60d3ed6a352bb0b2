use std::fs::File;
use std::io::{self, Read};

use super::{Payload, PayloadError};
use crate::manifest::{EntryKind, PayloadPath};

/// The files and links of a payload that contain `text`: what a package that works below any prefix must not have of the
/// prefix that it was built for.
///
/// # Errors
/// A file that cannot be read.
pub fn files_with<'a>(payload: &'a Payload, text: &[u8]) -> Result<Vec<&'a PayloadPath>, PayloadError> {
    let mut found = Vec::new();
    for entry in payload.manifest().entries() {
        let contains = match &entry.kind {
            EntryKind::Directory => false,
            EntryKind::Link { target } => position(target, text).is_some(),
            EntryKind::File { .. } => {
                let path = payload.file(&entry.path);
                let file = File::open(&path).map_err(PayloadError::file("open", &path))?;
                contains(file, text).map_err(PayloadError::file("read", &path))?
            }
        };
        if contains {
            found.push(&entry.path);
        }
    }
    Ok(found)
}

/// Reads in pieces that overlap by less than the text, so that it is found across their borders.
fn contains(mut file: impl Read, text: &[u8]) -> io::Result<bool> {
    let overlap = text.len().saturating_sub(1);
    let mut buffer = vec![0; (128 << 10) + overlap];
    let mut kept = 0;
    loop {
        let count = match file.read(&mut buffer[kept..]) {
            Ok(0) => return Ok(text.is_empty()),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let end = kept + count;
        if position(&buffer[..end], text).is_some() {
            return Ok(true);
        }
        kept = overlap.min(end);
        buffer.copy_within(end - kept..end, 0);
    }
}

fn position(bytes: &[u8], text: &[u8]) -> Option<usize> {
    let Some(first) = text.first() else { return Some(0) };
    let mut start = 0;
    while let Some(step) = bytes[start..].iter().position(|byte| byte == first) {
        start += step;
        if bytes[start..].starts_with(text) {
            return Some(start);
        }
        start += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Delivers pieces of a few bytes.
    struct Pieces<'a>(&'a [u8], usize);

    impl Read for Pieces<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let length = buffer.len().min(self.1);
            self.0.read(&mut buffer[..length])
        }
    }

    proptest! {
        #[test]
        fn found_across_borders(text in "[ab/]{1,4}", bytes in "[ab/]{0,20}", size in 1..5usize) {
            let expected = bytes.contains(&text);
            prop_assert_eq!(contains(Pieces(bytes.as_bytes(), size), text.as_bytes()).unwrap(), expected);
        }
    }

    #[test]
    fn larger_than_the_buffer() {
        let mut bytes = vec![b'/'; 300 << 10];
        assert!(!contains(&bytes[..], b"/usr").unwrap());
        bytes[(128 << 10) - 2..][..4].copy_from_slice(b"/usr");
        assert!(contains(&bytes[..], b"/usr").unwrap());
    }
}
