//! Hunks against the bytes of a file.

use anyhow::{Result, ensure};

use super::parse::Hunk;

/// The file after the hunks.
///
/// # Errors
/// A hunk whose old lines do not stand exactly where it says.
pub fn apply(before: &[u8], hunks: &[Hunk]) -> Result<Vec<u8>> {
    let lines: Vec<_> = before.split_inclusive(|byte| *byte == b'\n').collect();
    let mut after = Vec::new();
    let mut next = 0;
    for hunk in hunks {
        // A hunk without old lines stands after the line that it names.
        let start = if hunk.before.is_empty() {
            hunk.start
        } else {
            hunk.start.saturating_sub(1)
        };
        ensure!(
            (next..=lines.len()).contains(&start),
            "the hunk of line {} is for line {}; expected one of {} to {}",
            hunk.at,
            hunk.start,
            next + 1,
            lines.len()
        );
        after.extend(lines[next..start].iter().copied().map(<[u8]>::to_vec));
        next = start;
        for expected in &hunk.before {
            let found = lines.get(next).copied().unwrap_or_default();
            ensure!(
                found == expected,
                "the hunk of line {} does not fit line {}: expected `{}`, found `{}`; make the patch anew against these sources",
                hunk.at,
                next + 1,
                shown(expected),
                shown(found)
            );
            next += 1;
        }
        after.extend(hunk.after.iter().cloned());
    }
    after.extend(lines[next..].iter().copied().map(<[u8]>::to_vec));
    Ok(after.concat())
}

fn shown(line: &[u8]) -> String {
    String::from_utf8_lossy(line).escape_debug().to_string()
}
