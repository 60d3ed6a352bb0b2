//! Debian packages: an `ar` archive whose member `data.tar…` holds the files.

use std::io::{Read, Take};

use anyhow::{Context, Result, bail, ensure};

/// How an `ar` archive begins.
pub const MAGIC: &[u8] = b"!<arch>\n";

/// Length of a member's header: name 16, time 12, owner 6, group 6, mode 8, size 10, end 2.
const HEADER: usize = 60;

/// The bytes of the data member; `input` is at the very beginning.
///
/// # Errors
/// No `ar` archive, or one without such a member.
pub fn data<R: Read>(mut input: R) -> Result<Take<R>> {
    let mut magic = [0; MAGIC.len()];
    input
        .read_exact(&mut magic)
        .context("no Debian package: it ends in its first line")?;
    ensure!(magic == MAGIC, "no Debian package: expected it to begin with `!<arch>`");
    loop {
        let mut header = [0; HEADER];
        input
            .read_exact(&mut header)
            .context("no Debian package: expected a member `data.tar`, found the end")?;
        let (name, size) = member(&header)?;
        if name.starts_with("data.tar") {
            return Ok(input.take(size));
        }
        // Members begin at even places.
        let length = size.next_multiple_of(2);
        let skipped = std::io::copy(&mut input.by_ref().take(length), &mut std::io::sink())?;
        ensure!(skipped == length, "no Debian package: the member `{name}` ends early");
    }
}

fn member(header: &[u8; HEADER]) -> Result<(&str, u64)> {
    let text = |bytes| std::str::from_utf8(bytes).map(str::trim_end).unwrap_or_default();
    let (name, size) = (text(&header[..16]), text(&header[48..58]));
    // Below 10^10, so no sum of lengths can overflow.
    match size.parse() {
        Ok(length) if header.ends_with(b"`\n") && size.bytes().all(|digit| digit.is_ascii_digit()) => {
            Ok((name.trim_end_matches('/'), length))
        }
        _ => bail!(
            "no Debian package: expected the header of a member, found `{}`",
            header.escape_ascii()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ar(members: &[(&str, &str)]) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        for (name, content) in members {
            bytes.extend(
                format!(
                    "{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n",
                    0,
                    0,
                    0,
                    100644,
                    content.len()
                )
                .bytes(),
            );
            bytes.extend(content.bytes());
            if content.len() % 2 == 1 {
                bytes.push(b'\n');
            }
        }
        bytes
    }

    fn read(bytes: &[u8]) -> Result<String, String> {
        let mut text = String::new();
        data(bytes)
            .map_err(|error| error.to_string())?
            .read_to_string(&mut text)
            .unwrap();
        Ok(text)
    }

    #[test]
    fn the_data_member() {
        let members = [
            ("debian-binary", "2.0\n"),
            ("control.tar.xz/", "odd"),
            ("data.tar.xz/", "data"),
            ("_more", "x"),
        ];
        assert_eq!(read(&ar(&members)), Ok("data".into()));
    }

    #[test]
    fn other_files() {
        let cases = [
            (b"!<arch>".to_vec(), "ends in its first line"),
            (b"!<arc!>\n".to_vec(), "expected it to begin with `!<arch>`"),
            (
                ar(&[("debian-binary", "2.0\n")]),
                "expected a member `data.tar`, found the end",
            ),
            (
                ar(&[("debian-binary", "2.0\n")])[..70].to_vec(),
                "the member `debian-binary` ends early",
            ),
            (
                [MAGIC, &[b'x'; 60]].concat(),
                "expected the header of a member, found `xxx",
            ),
        ];
        for (bytes, words) in cases {
            let error = read(&bytes).unwrap_err();
            assert!(
                error.starts_with("no Debian package: ") && error.contains(words),
                "{error}"
            );
        }
    }
}
