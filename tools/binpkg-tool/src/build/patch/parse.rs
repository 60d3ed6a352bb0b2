//! The text of a patch.

use anyhow::{Context, Result, bail, ensure};
use archive::RelativePath;

/// What happens to one file.
#[derive(Debug)]
pub struct FilePatch {
    /// The file, below the root of the sources.
    pub name: RelativePath,
    pub change: Change,
    pub hunks: Vec<Hunk>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Create { executable: bool },
    Edit,
    Delete,
}

/// A run of lines and what becomes of them.
#[derive(Debug)]
pub struct Hunk {
    /// The line of the patch, counted from 1, for messages.
    pub at: usize,
    /// Its first line in the old file, counted from 1; 0 for an empty file.
    pub start: usize,
    /// The old lines, with their line ends.
    pub before: Vec<Vec<u8>>,
    pub after: Vec<Vec<u8>>,
}

/// Reads all files of a patch; text between them is for people.
///
/// # Errors
/// The line that is no unified difference, or one of a kind that is refused.
pub fn parse(text: &[u8]) -> Result<Vec<FilePatch>> {
    let mut lines = Lines {
        lines: text.split_inclusive(|byte| *byte == b'\n').collect(),
        next: 0,
    };
    let mut files: Vec<FilePatch> = Vec::new();
    let mut executable = false;
    while let Some(line) = lines.take() {
        let at = lines.next;
        for refused in [
            "rename from ",
            "copy from ",
            "GIT binary patch",
            "old mode ",
            "Binary files ",
        ] {
            if line.starts_with(refused.as_bytes()) {
                bail!("line {at}: expected changes of text, found `{}`", refused.trim_end());
            }
        }
        if line.starts_with(b"diff ") {
            executable = false;
        } else if line.starts_with(b"new file mode 100755") {
            executable = true;
        } else if let Some(old) = line.strip_prefix(b"--- ")
            && let Some(new) = lines.peek().and_then(|line| line.strip_prefix(b"+++ "))
        {
            lines.next += 1;
            let (old, new) = (name(old)?, name(new)?);
            let change = match (&old, &new) {
                (None, Some(_)) => Change::Create { executable },
                (Some(_), None) => Change::Delete,
                (Some(old), Some(new)) if old == new => Change::Edit,
                (Some(old), Some(new)) => bail!("line {at}: expected one file, found `{old}` and `{new}`"),
                (None, None) => bail!("line {at}: expected a file, found `/dev/null` twice"),
            };
            let text = new.or(old).unwrap_or_default();
            let name = RelativePath::parse(&text).with_context(|| format!("line {at}: `{}`", text.escape_debug()))?;
            let hunks = hunks(&mut lines)?;
            ensure!(!hunks.is_empty(), "line {at}: `{text}` has no change; expected `@@`");
            files.push(FilePatch { name, change, hunks });
        }
    }
    ensure!(
        !files.is_empty(),
        "it changes no file; expected `--- a/FILE` and `+++ b/FILE`"
    );
    Ok(files)
}

struct Lines<'a> {
    lines: Vec<&'a [u8]>,
    next: usize,
}

impl<'a> Lines<'a> {
    fn peek(&self) -> Option<&'a [u8]> {
        self.lines.get(self.next).copied()
    }

    fn take(&mut self) -> Option<&'a [u8]> {
        let line = self.peek()?;
        self.next += 1;
        Some(line)
    }
}

/// The name without its first folder, or none for `/dev/null`. A time may follow after a tab.
fn name(rest: &[u8]) -> Result<Option<String>> {
    let text = String::from_utf8_lossy(rest);
    let text = text.split(['\t', '\n', '\r']).next().unwrap_or_default().trim_end();
    if text == "/dev/null" {
        return Ok(None);
    }
    match text.split_once('/') {
        Some((_, name)) => Ok(Some(name.to_owned())),
        None => bail!(
            "expected a name below a folder such as `a/`, found `{}`",
            text.escape_debug()
        ),
    }
}

fn hunks(lines: &mut Lines<'_>) -> Result<Vec<Hunk>> {
    let mut hunks = Vec::new();
    while let Some(header) = lines.peek().and_then(|line| line.strip_prefix(b"@@ -")) {
        lines.next += 1;
        hunks.push(hunk(header, lines)?);
    }
    Ok(hunks)
}

fn hunk(header: &[u8], lines: &mut Lines<'_>) -> Result<Hunk> {
    let at = lines.next;
    let text = String::from_utf8_lossy(header);
    let range = |text: Option<&str>| {
        let (start, count) = text?.split_once(',').unwrap_or((text?, "1"));
        Some((start.parse::<usize>().ok()?, count.parse::<usize>().ok()?))
    };
    let mut words = text.split(' ');
    let (old, new) = (
        range(words.next()),
        range(words.next().and_then(|word| word.strip_prefix('+'))),
    );
    let (Some((start, mut old)), Some((_, mut new))) = (old, new) else {
        bail!(
            "line {at}: expected `@@ -START,COUNT +START,COUNT @@`, found `@@ -{}`",
            text.trim_end()
        );
    };
    let mut hunk = Hunk {
        at,
        start,
        before: Vec::new(),
        after: Vec::new(),
    };
    // Of the line before: what `\ No newline at end of file` speaks of.
    let mut sides = (false, false);
    while old > 0 || new > 0 {
        let Some(line) = lines.take() else {
            bail!("it ends within the hunk of line {at}, {old} old and {new} new lines early");
        };
        let (kind, rest) = match line {
            // An editor may have taken the blank off an empty line.
            [b'\n'] => (b' ', line),
            [kind, rest @ ..] => (*kind, rest),
            [] => continue,
        };
        sides = match kind {
            b' ' => (true, true),
            b'-' => (true, false),
            b'+' => (false, true),
            b'\\' => {
                hunk.without_line_end(sides);
                continue;
            }
            _ => bail!("line {}: expected ` `, `-` or `+` in the hunk of line {at}", lines.next),
        };
        let counts = [
            (sides.0, &mut old, &mut hunk.before),
            (sides.1, &mut new, &mut hunk.after),
        ];
        for (_, count, list) in counts.into_iter().filter(|(is, ..)| *is) {
            *count = count
                .checked_sub(1)
                .with_context(|| format!("line {}: the hunk of line {at} has more lines than it says", lines.next))?;
            list.push(rest.to_vec());
        }
    }
    if lines.peek().is_some_and(|line| line.starts_with(b"\\ ")) {
        lines.next += 1;
        hunk.without_line_end(sides);
    }
    Ok(hunk)
}

impl Hunk {
    fn without_line_end(&mut self, sides: (bool, bool)) {
        for (_, list) in [(sides.0, &mut self.before), (sides.1, &mut self.after)]
            .into_iter()
            .filter(|(is, _)| *is)
        {
            if let Some(line) = list.last_mut() {
                line.pop();
            }
        }
    }
}
