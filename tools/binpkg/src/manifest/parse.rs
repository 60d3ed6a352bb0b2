//! Manifest lines back into entries. What [`Entry`]'s `Display` would not have written is refused.

use super::{Entry, EntryKind, Grants, ManifestError, PayloadPath};
use crate::escape::unescape;

/// Reads one line; `number` counts from 1 and is for messages.
pub(super) fn parse_line(line: &str, number: usize) -> Result<Entry, ManifestError> {
    let refuse = |expected| ManifestError::Line {
        number,
        expected,
        found: line.chars().take(200).collect(),
    };
    let mut fields = line.split(' ');
    let mut field = || fields.next().unwrap_or_default();
    let (letter, mode, size, value, path) = (field(), field(), field(), field(), field());
    let mode = parse_mode(mode).ok_or_else(|| refuse("a mode of four octal digits"))?;
    let kind = match letter {
        "d" if (size, value) == ("-", "-") => EntryKind::Directory,
        "d" => return Err(refuse("`-` for the size and the digest of a directory")),
        "f" => EntryKind::File {
            size: parse_number(size).ok_or_else(|| refuse("the size of the file in bytes"))?,
            sha256: value
                .parse()
                .map_err(|_| refuse("a SHA-256 digest of 64 lower-case hex digits"))?,
        },
        "l" if size == "-" && mode == 0o777 => EntryKind::Link {
            target: parse_target(value).ok_or_else(|| refuse("the target of the link, escaped, of 1 to 4095 bytes"))?,
        },
        "l" => return Err(refuse("mode 0777 and `-` for the size of a link")),
        _ => return Err(refuse("a line that starts with `f`, `d` or `l`")),
    };
    let path = unescape(path).ok_or_else(|| refuse("an escaped path"))?;
    let path = PayloadPath::new(path).map_err(|source| ManifestError::Path { number, source })?;
    let grants =
        parse_grants(fields).ok_or_else(|| refuse("known `key=value` fields in order, none with its default"))?;
    let is_link = matches!(kind, EntryKind::Link { .. });
    if grants.cap.is_some() && (is_link || kind == EntryKind::Directory) {
        return Err(refuse("capabilities on files only"));
    }
    let entry = Entry {
        path,
        kind,
        mode,
        grants,
    };
    // Whatever has a second spelling (leading zeros, order of keys) ends here.
    if entry.to_string() != line {
        return Err(refuse("the one spelling of this entry"));
    }
    Ok(entry)
}

fn parse_mode(text: &str) -> Option<u32> {
    (text.len() == 4).then_some(())?;
    let mode = u32::from_str_radix(text, 8).ok()?;
    (mode <= 0o7777).then_some(mode)
}

fn parse_number<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

fn parse_target(text: &str) -> Option<Vec<u8>> {
    let target = unescape(text)?;
    let fits = (1..=EntryKind::MAX_TARGET).contains(&target.len()) && !target.contains(&0);
    fits.then_some(target)
}

fn parse_grants<'a>(fields: impl Iterator<Item = &'a str>) -> Option<Grants> {
    let mut grants = Grants::default();
    for field in fields {
        let (key, value) = field.split_once('=')?;
        let text = || {
            let value = String::from_utf8(unescape(value)?).ok()?;
            (!value.is_empty() && !value.contains('\0')).then_some(value)
        };
        match key {
            "cap" => grants.cap = Some(text()?),
            "config" => grants.config = value == "1",
            "gid" => grants.gid = parse_number(value)?,
            "group" => grants.group = Some(text()?),
            "uid" => grants.uid = parse_number(value)?,
            "user" => grants.user = Some(text()?),
            _ => return None,
        }
    }
    Some(grants)
}
